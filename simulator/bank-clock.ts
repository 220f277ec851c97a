/**
 * The bank's own clock: the machine's, moved by `POST /control/clock`. Tokens and callback retries do not follow it.
 */

export interface BankClock {
  now(): number;
  offsetMs(): number;
  /** Moves the clock to this distance from the machine's and tells whoever waits for a moment. */
  setOffset(offsetMs: number): void;
  onMove(listener: () => void): void;
}

export function createBankClock(): BankClock {
  let offset = 0;
  const listeners: (() => void)[] = [];
  return {
    now: () => Date.now() + offset,
    offsetMs: () => offset,
    setOffset: (offsetMs) => {
      offset = offsetMs;
      for (const listener of listeners) listener();
    },
    onMove: (listener) => {
      listeners.push(listener);
    },
  };
}
