/**
 * The two ways of asking. Closed: each link sells again as soon as its till knows, which finds the most it can do.
 * Open: sales come at a fixed rate whether or not the last one is through, which finds how long a customer waits.
 */
import { setTimeout as pause } from 'node:timers/promises';
import { present } from '../domain/present.ts';
import { busySeconds, type ProcessorMeter } from './processor-time.ts';
import type { BenchmarkSide, BenchmarkTill, TimedSale } from './side.ts';

export interface Window {
  readonly sales: readonly TimedSale[];
  readonly failed: number;
  readonly firstFailure?: string;
  /** Of the counted part. */
  readonly seconds: number;
  readonly salesPerSecond: number;
  /** Processor seconds per sale, by process. Empty where the machine does not tell. */
  readonly cpuPerSale: Readonly<Record<string, number>>;
  /** Processors that were busy with work that is not this benchmark's. */
  readonly othersBusy?: number;
}

/** The first part of every window is the caches filling up again after the other side's turn. */
const DROPPED = 0.25;

interface LoadPlan {
  readonly side: BenchmarkSide;
  /** The side whose turn it is not: what it does meanwhile is no neighbour's work. */
  readonly resting: BenchmarkSide;
  /** Those that both sides use: the servers and this process. */
  readonly shared: Readonly<Record<string, ProcessorMeter>>;
  readonly links: number;
  readonly seconds: number;
}

export async function closedLoop(plan: LoadPlan): Promise<Window> {
  const { side, links, seconds } = plan;
  return measure(plan, async (record, until) => {
    const loops = side.tills.slice(0, links).map(async (till, number) => {
      // One after the other, or all would be asked for at once and paid at once, wave after wave.
      await pause((number / links) * seconds * 1_000 * DROPPED);
      while (performance.now() < until) await record(till, performance.now());
    });
    await Promise.all(loops);
  });
}

export async function openLoop(plan: LoadPlan & { readonly rate: number }): Promise<Window> {
  const { side, links, rate } = plan;
  return measure(plan, async (record, until) => {
    const free = side.tills.slice(0, links);
    const wanting: ((till: BenchmarkTill) => void)[] = [];
    const underWay: Promise<void>[] = [];
    const sell = async (planned: number): Promise<void> => {
      const till = free.shift() ?? (await new Promise<BenchmarkTill>((resolve) => wanting.push(resolve)));
      await record(till, planned);
      const next = wanting.shift();
      if (next === undefined) free.push(till);
      else next(till);
    };
    const began = performance.now();
    for (let number = 0; began + (number * 1_000) / rate < until; number += 1) {
      const planned = began + (number * 1_000) / rate;
      const early = planned - performance.now();
      if (early > 0) await pause(early);
      underWay.push(sell(planned));
    }
    await Promise.all(underWay);
  });
}

type SaleRecorder = (till: BenchmarkTill, asked: number) => Promise<void>;

async function measure(
  { side, resting, shared, seconds }: LoadPlan,
  run: (record: SaleRecorder, until: number) => Promise<void>,
): Promise<Window> {
  const processes = { ...side.processes, ...shared };
  const began = performance.now();
  const from = began + seconds * 1_000 * DROPPED;
  const until = began + seconds * 1_000;
  const sales: TimedSale[] = [];
  const failures: { readonly at: number; readonly because: string }[] = [];
  const record: SaleRecorder = async (till, asked) => {
    try {
      sales.push(await till.sell(asked));
    } catch (error) {
      failures.push({ at: performance.now(), because: error instanceof Error ? error.message : String(error) });
      await till.clear().catch(() => undefined);
    }
  };
  const spending = spent(processes, from, until);
  const idling = spent(resting.processes, from, until);
  await run(record, until);
  const [{ cpu, busy }, { cpu: idle }] = await Promise.all([spending, idling]);
  const within = (at: number): boolean => at >= from && at < until;
  // Half a sale when it is payable and half when the till knows: fifty tills move in waves, and a short window would
  // else see all of one wave or nothing of it.
  const counted = sales.reduce(
    (sum, { payable, told }) => sum + (Number(within(payable)) + Number(within(told))) / 2,
    0,
  );
  const failed = failures.filter(({ at }) => at >= from);
  const length = (until - from) / 1_000;
  const ours = [...Object.values(cpu), ...Object.values(idle)].reduce((sum, each) => sum + each, 0);
  return {
    sales: sales.filter(({ asked }) => within(asked)),
    failed: failed.length,
    ...present({ firstFailure: failed[0]?.because }),
    seconds: length,
    salesPerSecond: counted / length,
    cpuPerSale:
      counted === 0 ? {} : Object.fromEntries(Object.entries(cpu).map(([name, used]) => [name, used / counted])),
    ...(busy === undefined ? {} : { othersBusy: Math.max(0, busy - ours) / length }),
  };
}

/** Processor seconds between two moments. Both are waited for beside the load, on the same clock as the sales. */
async function spent(processes: Readonly<Record<string, ProcessorMeter>>, from: number, until: number) {
  const look = () => ({
    busy: busySeconds(),
    cpu: Object.entries(processes).map(([name, seconds]) => ({ name, used: seconds() })),
  });
  await pause(Math.max(0, from - performance.now()));
  const before = look();
  await pause(Math.max(0, until - performance.now()));
  const after = look();
  const cpu = after.cpu.flatMap(({ name, used }, index) => {
    const earlier = before.cpu[index]?.used;
    return used === undefined || earlier === undefined ? [] : [[name, used - earlier] as const];
  });
  const busy = after.busy === undefined || before.busy === undefined ? undefined : after.busy - before.busy;
  return { cpu: Object.fromEntries(cpu), busy };
}
