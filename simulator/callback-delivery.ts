/**
 * Brings one callback after the other to the client, again and again until it answers 2xx. Every callback waits for
 * itself, so that one which is never accepted holds up no other.
 */
import type { StatusEvent } from './records.ts';

export interface QueuedCallback {
  readonly number: number;
  readonly event: StatusEvent;
}

interface Receiver {
  readonly url: string;
  readonly secret: string | undefined;
}

interface DeliveryListener {
  accepted(callback: QueuedCallback): void;
  /** After each attempt, accepted or not. */
  attempted(callback: QueuedCallback): void;
}

interface CallbackDelivery {
  send(callback: QueuedCallback, delayMs: number): void;
  close(): void;
}

const BACK_OFF_MS = [1_000, 2_000, 5_000, 10_000, 20_000, 40_000];
const LONGEST_BACK_OFF_MS = 60_000;
const ANSWER_WITHIN_MS = 10_000;
const MOST_AT_ONCE = 128;

export function createCallbackDelivery(receiver: Receiver, news: DeliveryListener): CallbackDelivery {
  const timers = new Set<NodeJS.Timeout>();
  const underWay = new Set<AbortController>();
  const ready: { readonly callback: QueuedCallback; readonly attempts: number }[] = [];
  let closed = false;

  const later = (callback: QueuedCallback, attempts: number, delayMs: number): void => {
    if (closed) return;
    const timer = setTimeout(() => {
      timers.delete(timer);
      ready.push({ callback, attempts });
      work();
    }, delayMs);
    timers.add(timer);
  };
  const work = (): void => {
    while (underWay.size < MOST_AT_ONCE) {
      const next = ready.shift();
      if (next === undefined) return;
      const abort = new AbortController();
      underWay.add(abort);
      void attempt(next.callback, next.attempts, abort);
    }
  };
  const attempt = async (callback: QueuedCallback, attempts: number, abort: AbortController): Promise<void> => {
    const accepted = await post(receiver, callback.event, abort);
    underWay.delete(abort);
    if (accepted) news.accepted(callback);
    else later(callback, attempts + 1, BACK_OFF_MS[attempts] ?? LONGEST_BACK_OFF_MS);
    news.attempted(callback);
    work();
  };
  return {
    send: (callback, delayMs) => later(callback, 0, delayMs),
    close: () => {
      closed = true;
      ready.length = 0;
      for (const timer of timers) clearTimeout(timer);
      for (const abort of underWay) abort.abort();
    },
  };
}

/** True when the receiver took it. Whatever else happens means: try again. */
async function post(receiver: Receiver, event: StatusEvent, abort: AbortController): Promise<boolean> {
  const patience = setTimeout(() => abort.abort(), ANSWER_WITHIN_MS);
  try {
    const response = await fetch(receiver.url, {
      method: 'POST',
      headers: {
        'content-type': 'application/json',
        ...(receiver.secret === undefined ? {} : { authorization: `Bearer ${receiver.secret}` }),
      },
      body: JSON.stringify(event),
      redirect: 'manual',
      signal: abort.signal,
    });
    await response.arrayBuffer();
    return response.ok;
  } catch {
    return false;
  } finally {
    clearTimeout(patience);
  }
}
