/**
 * One run of reconciliation without Temporal, timed, its memory watched, its findings held against what was planted.
 */
import { randomBytes } from 'node:crypto';
import { MockActivityEnvironment } from '@temporalio/testing';
import type pg from 'pg';
import { createReconciliation } from '../activities/reconciliation/create-reconciliation.ts';
import { tenantTransaction } from '../db/pool.ts';
import { askRun, readRun, type Run } from '../db/reconciliation/reconciliations.ts';
import { explainedShare } from '../domain/reconciliation/reconciliation-tally.ts';
import { DEMO_MERCHANT } from '../embedded/merchant.ts';
import type { Provider } from '../providers/provider.ts';
import { MORNING, type PlantedDay } from './samples/planted-day.ts';

const MARKS = [0.1, 0.5, 1] as const;
const { merchantId } = DEMO_MERCHANT;

export interface Bench {
  /** Processor seconds so far, this process and Postgres: what it costs, however busy the machine is with others. */
  readonly spent: () => number;
  readonly owner: pg.Pool;
  readonly pool: pg.Pool;
  readonly router: pg.Pool;
  readonly day: PlantedDay;
}

export const say = (line: string): void => void process.stdout.write(`${line}\n`);
export const newId = (): string => randomBytes(16).toString('hex');
export const megabytes = (): number => Math.round(process.memoryUsage().rss / 1_048_576);

/** The most memory that the process had until each mark of the way. */
export function createMarks(count: number) {
  const peaks: { readonly rows: number; readonly mb: number }[] = [];
  let peak = megabytes();
  const timer = setInterval(() => {
    peak = Math.max(peak, megabytes());
  }, 20);
  return {
    at(rows: number): void {
      peak = Math.max(peak, megabytes());
      const next = MARKS[peaks.length];
      if (next !== undefined && rows >= count * next) peaks.push({ rows, mb: peak });
    },
    stop(): string {
      clearInterval(timer);
      return peaks.map(({ rows, mb }) => `${mb} MB at ${rows}`).join(', ');
    },
  };
}

export async function ask(bench: Bench, statementId?: string): Promise<string> {
  const runId = newId();
  const span = { from: new Date(MORNING.getTime() - 3_600_000), to: new Date(MORNING.getTime() + 86_400_000) };
  const kind = statementId === undefined ? 'asked' : 'statement';
  await tenantTransaction(bench.pool, merchantId, async (client) =>
    askRun(client, merchantId, { runId, kind, statementId, askedBy: 'bench', ...span }),
  );
  return runId;
}

export async function go(bench: Bench, runId: string, provider: Provider): Promise<Run> {
  const nothing = async () => Promise.resolve(undefined);
  const messages = { signal: nothing, wake: nothing, startBatch: nothing, unlink: nothing };
  const does = createReconciliation({ ...bench, provider, messages, crash: () => undefined, pause: nothing });
  const ref = { merchantId, runId };
  const within = async <T>(work: () => Promise<T>): Promise<T> => new MockActivityEnvironment().run(work) as Promise<T>;
  const plan = await within(async () => does.startReconciliation(ref));
  for (const window of plan.windows) await within(async () => does.reconcileWindow({ ...ref, ...window }));
  if (plan.kind === 'statement') await within(async () => does.matchStatement(ref));
  await within(async () => does.finishReconciliation(ref));
  const run = await tenantTransaction(bench.pool, merchantId, async (client) => readRun(client, runId));
  if (run === undefined) throw new Error('no run');
  return run;
}

/** From now on; the answer tells what it took until then. */
export function timed({ spent }: Bench): (what: string, rows: number, memory: string) => void {
  const [startedAt, before] = [performance.now(), spent()];
  return (what, rows, memory) => {
    const seconds = (performance.now() - startedAt) / 1_000;
    const busy = (spent() - before).toFixed(1);
    say(
      `${what}: ${seconds.toFixed(1)} s, ${Math.round(rows / seconds)} rows/s, ${busy} processor seconds, peak ${memory}`,
    );
  };
}

export function judgeReconcileRun({ tally }: Run, expected: Readonly<Record<string, number>>): void {
  const share = explainedShare(tally.money['BRL'] ?? { seen: '0', explained: '0' });
  say(`  explained: ${share} % of BRL; found: ${JSON.stringify(named(tally.counts))}`);
  for (const [kind, count] of Object.entries(expected)) {
    if (tally.counts[`finding.${kind}`] !== count) throw new Error(`${kind}: ${count} were planted`);
  }
  const all = Object.values(expected).reduce((sum, count) => sum + count, 0);
  if (tally.counts['findings'] !== all)
    throw new Error(`${all} differences were planted, ${tally.counts['findings']} found`);
}

function named(counts: Readonly<Record<string, number>>): Readonly<Record<string, number>> {
  const found = Object.entries(counts).filter(([name]) => name.startsWith('finding.'));
  return Object.fromEntries(found.map(([name, count]) => [name.slice('finding.'.length), count]));
}
