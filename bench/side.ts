/** What the load generator needs of each side of the comparison, and the figures of one sale. */
import type { ProcessorMeter } from './processor-time.ts';

/** On the clock of the load generator's process, in milliseconds. */
export interface TimedSale {
  /** In an open loop this is the planned moment, not the one at which a till became free. */
  readonly asked: number;
  readonly payable: number;
  /**
   * The provider's callback arrived; in the bare workflow: the signal is sent. Absent when the watch found the money
   * first.
   */
  readonly noticed?: number;
  /** The till knows: the SSE event is read; in the bare workflow: the second activity has run. */
  readonly told: number;
}

export interface BenchmarkTill {
  sell(asked: number): Promise<TimedSale>;
  /** After a failed sale: whatever is on the link leaves it. */
  clear(): Promise<void>;
}

export interface BenchmarkSide {
  readonly name: 'Relink' | 'bare';
  readonly tills: readonly BenchmarkTill[];
  /** Whose processor time a sale costs; the load generator is in both. */
  readonly processes: Readonly<Record<string, ProcessorMeter>>;
}
