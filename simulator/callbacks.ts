/**
 * Tells the client of each change of status and remembers what was not yet accepted. Nothing here is ordered: neither
 * is the bank. Faults are drawn once per callback, not per attempt.
 */
import { present } from '../domain/present.ts';
import type { BankClock } from './bank-clock.ts';
import { createCallbackDelivery } from './callback-delivery.ts';
import type { QueuedCallback } from './callback-delivery.ts';
import type { Faults } from './faults.ts';
import type { JournalEntry } from './journal.ts';
import type { BankRequestStatus, StatusEvent } from './records.ts';

export interface BankCallbacks {
  announce(status: BankRequestStatus, requestId: string, endToEndId?: string): void;
  /** Takes an undelivered callback of an earlier run. */
  restore(number: number, event: StatusEvent): void;
  /** Takes an earlier run's delivery. */
  restoreDone(number: number): void;
  /** Sends what was restored. */
  start(): void;
  entries(): Generator<JournalEntry>;
  counts(): { readonly waiting: number; readonly delivered: number; readonly dropped: number };
  close(): void;
}

interface CallbackSettings {
  readonly url: string | undefined;
  readonly secret: string | undefined;
  readonly delayMs: number;
  readonly clock: BankClock;
  readonly faults: Faults;
  readonly append: (entry: JournalEntry) => void;
}

/** Held back at most so long when no other callback comes to overtake it. */
const REORDER_AT_MOST_MS = 3_000;

const REMARKS: Partial<Record<BankRequestStatus, string>> = {
  EXPIRED: 'QR Code expired',
  CANCELLED: 'User Cancelled',
};

export function createBankCallbacks(settings: CallbackSettings): BankCallbacks {
  const { url, secret, faults } = settings;
  const undelivered = createUndelivered(settings.append);
  const counts = { delivered: 0, dropped: 0 };
  let held: QueuedCallback | undefined;
  let holding: NodeJS.Timeout | undefined;

  const release = (): void => {
    clearTimeout(holding);
    if (held !== undefined) delivery.send(held, 0);
    held = undefined;
  };
  const delivery = createCallbackDelivery(
    { url: url ?? '', secret },
    {
      accepted: (callback) => {
        counts.delivered += 1;
        undelivered.done(callback);
      },
      // A held callback goes once another has overtaken it.
      attempted: (overtaker) => {
        if (overtaker !== held) release();
      },
    },
  );
  const send = (event: StatusEvent): void => {
    const { does, delayMs } = faults.ofCallback();
    if (does === 'drop') {
      counts.dropped += 1;
    } else if (does === 'reorder' && held === undefined) {
      held = undelivered.keep(event);
      holding = setTimeout(release, REORDER_AT_MOST_MS);
    } else {
      delivery.send(undelivered.keep(event), does === 'delay' ? delayMs : settings.delayMs);
      if (does === 'duplicate') delivery.send(undelivered.keep(event), settings.delayMs);
    }
  };
  return {
    announce: (status, requestId, endToEndId) => {
      if (url !== undefined) send(eventOf(settings.clock.now(), status, requestId, endToEndId));
    },
    restore: undelivered.restore,
    restoreDone: undelivered.restoreDone,
    start: () => {
      if (url !== undefined) for (const callback of undelivered.restored()) delivery.send(callback, 0);
    },
    entries: () => undelivered.entries(),
    counts: () => ({ waiting: undelivered.count(), ...counts }),
    close: () => {
      clearTimeout(holding);
      delivery.close();
    },
  };
}

/** Callbacks that nobody has accepted yet, numbered across restarts. */
function createUndelivered(append: (entry: JournalEntry) => void) {
  const waiting = new Map<number, QueuedCallback>();
  let lastNumber = 0;
  let lastRestored = 0;
  return {
    keep: (event: StatusEvent): QueuedCallback => {
      lastNumber += 1;
      const callback = { number: lastNumber, event };
      waiting.set(callback.number, callback);
      append({ is: 'callback', ...callback });
      return callback;
    },
    done: ({ number }: QueuedCallback): void => {
      if (waiting.delete(number)) append({ is: 'callback-done', number });
    },
    restore: (number: number, event: StatusEvent): void => {
      lastNumber = Math.max(lastNumber, number);
      lastRestored = lastNumber;
      waiting.set(number, { number, event });
    },
    restoreDone: (number: number): void => void waiting.delete(number),
    /** Those of an earlier run; what came since is already on its way. */
    restored: (): QueuedCallback[] => [...waiting.values()].filter(({ number }) => number <= lastRestored),
    *entries(): Generator<JournalEntry> {
      for (const callback of waiting.values()) yield { is: 'callback', ...callback };
    },
    count: (): number => waiting.size,
  };
}

function eventOf(now: number, status: BankRequestStatus, requestId: string, endToEndId?: string): StatusEvent {
  const remark = REMARKS[status];
  return {
    id: requestId,
    occurredAt: new Date(now).toISOString().slice(0, 19),
    status,
    ...present({ endToEndId, additionalInformation: remark }),
  };
}
