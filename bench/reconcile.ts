/**
 * `npm run bench:reconcile`: a day of 100,000 settlements against as many rows of a provider, and against a statement of as
 * many lines, with differences planted in both. Postgres is real and durable; the provider is a generator, so that what is
 * measured is ours. Fails when a planted difference is not found once, and says how long it took and in how much memory.
 */
import { randomBytes } from 'node:crypto';
import { mkdirSync, readFileSync, rmSync } from 'node:fs';
import path from 'node:path';
import { parseArgs } from 'node:util';
import { MockActivityEnvironment } from '@temporalio/testing';
import pg from 'pg';
import { createActivities } from '../activities/create-activities.ts';
import { readCsv, type CsvMapping } from '../api/statement-csv.ts';
import { spool, storeStatement } from '../api/statement-upload.ts';
import { createPool, tenantTransaction } from '../db/pool.ts';
import { askRun, readRun, type Run } from '../db/reconciliations.ts';
import { explainedShare } from '../domain/reconciliation-tally.ts';
import { ownDatabase, prepareDatabase } from '../embedded/database.ts';
import { DEMO_MERCHANT, ensureMerchant } from '../embedded/merchant.ts';
import { cacheDir, startLocalServices } from '../embedded/services.ts';
import type { Provider } from '../providers/provider.ts';
import {
  amountOf,
  endToEndIdOf,
  MORNING,
  plantedProvider,
  plantLedger,
  type Plant,
  type PlantedDay,
} from '../test/support/planted-day.ts';
import { meterOf, meterOfFamily } from './processor-time.ts';

const PLANTS: readonly Plant[] = [
  'missing-here',
  'missing-there',
  'cancelled-there',
  'doubled',
  'one-cent',
  'other-currency',
  'next-day',
  'unknown-request',
  'became-payable',
  'became-paid',
  'second-payment',
];
/** What each of them is called when it is found. */
const CALLED: Readonly<Record<string, string>> = {
  'cancelled-there': 'missing-there',
  'one-cent': 'amount-differs',
  'other-currency': 'currency-differs',
  'next-day': 'date-differs',
  'second-payment': 'unseen-payment',
};
const OF_EACH = 5;
const MARKS = [0.1, 0.5, 1] as const;
const { merchantId } = DEMO_MERCHANT;

interface Bench {
  /** Processor seconds so far, this process and Postgres: what it costs, however busy the machine is with others. */
  readonly spent: () => number;
  readonly owner: pg.Pool;
  readonly pool: pg.Pool;
  readonly router: pg.Pool;
  readonly day: PlantedDay;
}

const say = (line: string): void => void process.stdout.write(`${line}\n`);
const newId = (): string => randomBytes(16).toString('hex');
const megabytes = (): number => Math.round(process.memoryUsage().rss / 1_048_576);

/** The most memory that the process had until each mark of the way. */
function createMarks(count: number) {
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

function dayOf(count: number): PlantedDay {
  const plants = new Map<number, Plant>();
  const step = Math.floor(count / (PLANTS.length * OF_EACH + 1));
  for (let n = 0; n < PLANTS.length * OF_EACH; n += 1)
    plants.set((n + 1) * step, PLANTS[n % PLANTS.length] ?? 'one-cent');
  return { merchantId, count, plants, start: MORNING };
}

async function ask(bench: Bench, statementId?: string): Promise<string> {
  const runId = newId();
  const span = { from: new Date(MORNING.getTime() - 3_600_000), to: new Date(MORNING.getTime() + 86_400_000) };
  const kind = statementId === undefined ? 'asked' : 'statement';
  await tenantTransaction(bench.pool, merchantId, async (client) =>
    askRun(client, merchantId, { runId, kind, statementId, askedBy: 'bench', ...span }),
  );
  return runId;
}

async function go(bench: Bench, runId: string, provider: Provider): Promise<Run> {
  const does = createActivities({ ...bench, provider, crash: () => undefined }, async () => Promise.resolve());
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
function timed({ spent }: Bench): (what: string, rows: number, memory: string) => void {
  const [startedAt, before] = [performance.now(), spent()];
  return (what, rows, memory) => {
    const seconds = (performance.now() - startedAt) / 1_000;
    const busy = (spent() - before).toFixed(1);
    say(
      `${what}: ${seconds.toFixed(1)} s, ${Math.round(rows / seconds)} rows/s, ${busy} processor seconds, peak ${memory}`,
    );
  };
}

function judge({ tally }: Run, expected: Readonly<Record<string, number>>): void {
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

async function againstProvider(bench: Bench): Promise<void> {
  const { day } = bench;
  const marks = createMarks(day.count);
  const real = plantedProvider(day);
  let rows = 0;
  const provider: Provider = {
    ...real,
    async searchRequests(range, call) {
      const page = await real.searchRequests(range, call);
      rows += page.requests.length;
      marks.at(page.truncated ? rows : day.count);
      return page;
    },
  };
  const runId = await ask(bench);
  const tell = timed(bench);
  const run = await go(bench, runId, provider);
  tell(`${day.count} provider rows against the ledger`, day.count, marks.stop());
  const expected: Record<string, number> = {};
  for (const plant of day.plants.values()) {
    const kind = CALLED[plant] ?? plant;
    expected[kind] = (expected[kind] ?? 0) + 1;
  }
  judge(run, expected);
}

/** Every ninth thousandth line is of one of these: a cent off, another day, another id, twice, left out. */
async function* statementOf({ count, plants }: PlantedDay, passed: (n: number) => void): AsyncIterable<Buffer> {
  let text = 'day;amount;currency;id\n';
  for (let n = 0; n < count; n += 1) {
    const plant = plants.get(n);
    const cents = amountOf(n) + (plant === 'one-cent' ? 1 : 0);
    const value = `${Math.floor(cents / 100)},${String(cents % 100).padStart(2, '0')}`;
    const date = plant === 'next-day' ? '2026-11-25' : '2026-11-24';
    const id = plant === 'unknown-request' ? `E-unknown-${n}` : endToEndIdOf(n);
    const line = `${date};${value};${plant === 'other-currency' ? 'USD' : 'BRL'};${id}\n`;
    if (plant !== 'missing-there') text += plant === 'second-payment' ? line + line : line;
    if (text.length < 65_536) continue;
    yield Buffer.from(text);
    text = '';
    passed(n);
    await Promise.resolve();
  }
  yield Buffer.from(text);
}

async function againstStatement(bench: Bench): Promise<void> {
  const { day, pool } = bench;
  const mapping: CsvMapping = {
    amount: 'amount',
    date: 'day',
    currency: 'currency',
    endToEndId: 'id',
    debit: 'D',
    sign: 'credit-positive',
    dateFormat: 'yyyy-mm-dd',
    decimal: ',',
    delimiter: ';',
    header: true,
    allIn: 'BRL',
  };
  const marks = createMarks(day.count);
  const imported = timed(bench);
  const spooled = await spool(
    statementOf(day, () => undefined),
    32 * 1_048_576,
  );
  let lines = 0;
  const statementId = await storeStatement(pool, {
    merchantId,
    spooled,
    encoding: 'utf-8',
    statement: { digest: spooled.sha256, format: 'csv', mapping, actor: 'bench', idempotencyKey: newId() },
    async *read(text) {
      for await (const line of readCsv(text, mapping)) {
        lines += 1;
        marks.at(lines);
        yield line;
      }
    },
  });
  await spooled.remove();
  imported(
    `a CSV statement of ${lines} lines (${Math.round(spooled.bytes / 1_048_576)} MB) imported`,
    lines,
    marks.stop(),
  );
  await bench.owner.query('analyze statement_line');
  const before = megabytes();
  const matched = timed(bench);
  const run = await go(bench, await ask(bench, statementId), plantedProvider(day));
  matched('… and matched to the ledger', lines, `${before} MB before, ${megabytes()} MB after`);
  const of = (...wanted: readonly Plant[]): number =>
    [...day.plants.values()].filter((plant) => wanted.includes(plant)).length;
  judge(run, {
    // What is not booked here, and the money of an unknown request, which has another id in the statement.
    'missing-here': of('missing-here', 'doubled', 'became-payable', 'became-paid', 'unknown-request'),
    'missing-there': of('missing-there', 'unknown-request'),
    doubled: of('second-payment'),
    'amount-differs': of('one-cent'),
    'currency-differs': of('other-currency'),
    'date-differs': of('next-day'),
  });
}

async function bench(count: number, stops: (() => Promise<void>)[]): Promise<void> {
  const dir = path.resolve(import.meta.dirname, '../.relink', `bench-${process.pid}`);
  mkdirSync(dir, { recursive: true });
  stops.push(async () => Promise.resolve(rmSync(dir, { recursive: true, force: true })));
  const services = await startLocalServices({ dir, cacheDir: cacheDir(), durable: true, postgres: {} });
  stops.push(async () => services.stop());
  const url = await ownDatabase(services.databaseUrl ?? '');
  await prepareDatabase(url);
  await ensureMerchant(url, DEMO_MERCHANT);
  const owner = new pg.Pool({ connectionString: url, max: 2 });
  const pool = createPool({ url, role: 'relink_app', applicationName: 'bench', max: 4 });
  const router = createPool({ url, role: 'relink_router', applicationName: 'bench-router', max: 2 });
  stops.push(async () => Promise.all([owner.end(), pool.end(), router.end()]).then(() => undefined));
  const day = dayOf(count);
  say(`Making a ledger of ${count} settlements`);
  await plantLedger(owner, day);
  const [ours, theirs] = [
    meterOf(process.pid),
    meterOfFamily(Number(readFileSync(path.join(dir, 'postgres/postmaster.pid'), 'utf8').split('\n')[0])),
  ];
  const parts = { owner, pool, router, day, spent: () => (ours() ?? 0) + (theirs() ?? 0) };
  await againstProvider(parts);
  await againstStatement(parts);
}

const { values } = parseArgs({ options: { rows: { type: 'string', default: '100000' } } });
const stops: (() => Promise<void>)[] = [];
try {
  await bench(Number(values.rows), stops);
} finally {
  for (const stop of stops.toReversed()) await stop().catch((error: unknown) => say(String(error)));
}
