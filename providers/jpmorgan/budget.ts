/**
 * How many requests a second one merchant may use of the bank, in this process (protocol.md §7): a token bucket that
 * lets tills go before the watch and the watch before batches. It holds back, it never drops a call that can still
 * wait.
 */
import { setTimeout as later } from 'node:timers/promises';

/** Lower goes first. */
export const PRIORITY = { sale: 0, read: 1, batch: 2 } as const;
export type Priority = (typeof PRIORITY)[keyof typeof PRIORITY];

export interface Budget {
  /** Resolves to false when the turn does not come within `patienceMs`, or the signal aborts first. */
  take(priority: Priority, patienceMs: number, signal: AbortSignal): Promise<boolean>;
  /** The bank said 429: half the pace, at once; it comes back over the following minute. */
  lower(): void;
  perSecond(): number;
}

interface BudgetWaiter {
  readonly priority: Priority;
  readonly admit: () => void;
}

const SLOWEST = 1;
const RECOVERY_SECONDS = 60;

export function createBudget(requestsPerSecond: number, now: () => number = () => performance.now()): Budget {
  const most = Math.max(requestsPerSecond, SLOWEST);
  let rate = most;
  let tokens = most;
  let at = now();
  let loweredAt = -Infinity;
  const waiting: BudgetWaiter[] = [];
  let pumping = false;

  const refill = (): void => {
    const seconds = (now() - at) / 1000;
    at = now();
    rate = Math.min(most, rate + (most * seconds) / RECOVERY_SECONDS);
    tokens = Math.min(rate, tokens + rate * seconds);
  };

  const pump = async (): Promise<void> => {
    if (pumping) return;
    pumping = true;
    for (;;) {
      refill();
      while (tokens >= 1) {
        const next = waiting.shift();
        if (!next) break;
        tokens -= 1;
        next.admit();
      }
      if (waiting.length === 0) break;
      await later(Math.max(1, ((1 - tokens) / rate) * 1000), undefined, { ref: false });
    }
    pumping = false;
  };

  return {
    take: (priority, patienceMs, signal) => {
      const turn = waitInLine(waiting, priority, patienceMs, signal);
      void pump();
      return turn;
    },
    lower: () => {
      refill();
      // A burst that is answered by twenty 429s is one warning, not twenty.
      if (now() - loweredAt < 1000) return;
      loweredAt = now();
      rate = Math.max(SLOWEST, rate / 2);
      tokens = 0;
    },
    perSecond: () => {
      refill();
      return rate;
    },
  };
}

/** Queues behind calls of the same priority and before lower ones; leaves when the patience ends. */
function waitInLine(
  line: BudgetWaiter[],
  priority: Priority,
  patienceMs: number,
  signal: AbortSignal,
): Promise<boolean> {
  return new Promise((resolve) => {
    const settle = (admitted: boolean): void => {
      clearTimeout(timer);
      signal.removeEventListener('abort', leave);
      resolve(admitted);
    };
    const mine: BudgetWaiter = { priority, admit: () => settle(true) };
    const leave = (): void => {
      const place = line.indexOf(mine);
      if (place !== -1) line.splice(place, 1);
      settle(false);
    };
    const timer = setTimeout(leave, patienceMs);
    if (signal.aborted) {
      leave();
      return;
    }
    signal.addEventListener('abort', leave);
    const behind = line.findIndex((one) => one.priority > priority);
    line.splice(behind === -1 ? line.length : behind, 0, mine);
  });
}
