/**
 * The time of a world. It stands still while anything runs, and jumps to whatever falls due next; of all that runs in a
 * world only one thing moves at a time, so that one seed gives one order of events, however slow the machine is.
 */
interface TimerEntry {
  readonly at: number;
  readonly turn: number;
  readonly act: () => void;
}

export class WorldClock {
  now: number;
  #due: TimerEntry[] = [];
  #turn = 0;
  #running = 0;
  #stopped: (() => void) | undefined;
  #broken: { readonly by: unknown } | undefined;

  constructor(now: number) {
    this.now = now;
  }

  /** Of two at one instant the one that was named first comes first. */
  at(at: number, act: () => void): void {
    this.#turn += 1;
    const due = { at: Math.max(at, this.now), turn: this.#turn, act };
    // Most things fall due soon after they are named, so the search from the end is short.
    const before = this.#due.findLastIndex((other) => other.at <= due.at);
    this.#due.splice(before + 1, 0, due);
  }

  /** Starts what takes time; it may `sleep`. What it throws ends the world. */
  start(afterMs: number, work: () => Promise<void>): void {
    this.at(this.now + afterMs, () => {
      this.#running += 1;
      void work()
        .catch((error: unknown) => {
          this.#broken ??= { by: error };
        })
        .finally(() => this.#stop());
    });
  }

  /** Lets everything else that falls due until then happen. Only within `start`. */
  async sleep(ms: number): Promise<void> {
    const woken = new Promise<void>((resolve) => {
      this.at(this.now + ms, () => {
        this.#running += 1;
        resolve();
      });
    });
    this.#stop();
    return woken;
  }

  /** Plays everything that falls due until then, and whatever follows from it. */
  async playUntil(horizon: number): Promise<void> {
    for (;;) {
      await this.#standstill();
      if (this.#broken !== undefined) throw this.#broken.by;
      const [next] = this.#due;
      if (next === undefined || next.at > horizon) break;
      this.#due.shift();
      this.now = next.at;
      next.act();
    }
    this.now = Math.max(this.now, horizon);
  }

  async #standstill(): Promise<void> {
    if (this.#running === 0) return;
    await new Promise<void>((resolve) => {
      this.#stopped = resolve;
    });
  }

  #stop(): void {
    this.#running -= 1;
    if (this.#running > 0) return;
    this.#stopped?.();
    this.#stopped = undefined;
  }
}
