/**
 * `npm run bench:reconcile`: a day of 100,000 settlements against as many rows of a provider, and against a statement
 * of as many lines, with differences planted in both. Postgres is real and durable; the provider is a generator, so
 * that what is measured is ours. Fails when a planted difference is not found once, and says how long it took and in
 * how much memory.
 */
import { mkdirSync, readFileSync, rmSync } from 'node:fs';
import path from 'node:path';
import { parseArgs } from 'node:util';
import pg from 'pg';
import { readCsv, type CsvMapping } from '../api/reconciliation/statement-csv.ts';
import { spool } from '../api/http/spool.ts';
import { storeStatement } from '../api/reconciliation/statement-upload.ts';
import { createPool } from '../db/pool.ts';
import { ownDatabase, prepareDatabase } from '../embedded/database.ts';
import { DEMO_MERCHANT, ensureMerchant } from '../embedded/merchant.ts';
import { cacheDir, startLocalServices } from '../embedded/services.ts';
import type { Provider } from '../providers/provider.ts';
import {
  amountOf,
  sampleEndToEndId,
  MORNING,
  plantedProvider,
  plantLedger,
  type PlantedFault,
  type PlantedDay,
} from './samples/planted-day.ts';
import { meterOfFamily, processorMeterOf } from './processor-time.ts';
import { ask, createMarks, go, judgeReconcileRun, megabytes, newId, say, timed, type Bench } from './reconcile-run.ts';

const PLANTS: readonly PlantedFault[] = [
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
const { merchantId } = DEMO_MERCHANT;

function dayOf(count: number): PlantedDay {
  const plants = new Map<number, PlantedFault>();
  const step = Math.floor(count / (PLANTS.length * OF_EACH + 1));
  for (let n = 0; n < PLANTS.length * OF_EACH; n += 1)
    plants.set((n + 1) * step, PLANTS[n % PLANTS.length] ?? 'one-cent');
  return { merchantId, count, plants, start: MORNING };
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
  judgeReconcileRun(run, expected);
}

/** Every ninth thousandth line is of one of these: a cent off, another day, another id, twice, left out. */
async function* statementOf({ count, plants }: PlantedDay, passed: (n: number) => void): AsyncIterable<Buffer> {
  let text = 'day;amount;currency;id\n';
  for (let n = 0; n < count; n += 1) {
    const plant = plants.get(n);
    const cents = amountOf(n) + (plant === 'one-cent' ? 1 : 0);
    const value = `${Math.floor(cents / 100)},${String(cents % 100).padStart(2, '0')}`;
    const date = plant === 'next-day' ? '2026-11-25' : '2026-11-24';
    const id = plant === 'unknown-request' ? `E-unknown-${n}` : sampleEndToEndId(n);
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
  const of = (...wanted: readonly PlantedFault[]): number =>
    [...day.plants.values()].filter((plant) => wanted.includes(plant)).length;
  judgeReconcileRun(run, {
    // What is not booked here, and the money of an unknown request, which has another id in the statement.
    'missing-here': of('missing-here', 'doubled', 'became-payable', 'became-paid', 'unknown-request'),
    'missing-there': of('missing-there', 'unknown-request'),
    doubled: of('second-payment'),
    'amount-differs': of('one-cent'),
    'currency-differs': of('other-currency'),
    'date-differs': of('next-day'),
  });
}

async function measure(count: number, stops: (() => Promise<void>)[]): Promise<void> {
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
    processorMeterOf(process.pid),
    meterOfFamily(Number(readFileSync(path.join(dir, 'postgres/postmaster.pid'), 'utf8').split('\n')[0])),
  ];
  const parts = { owner, pool, router, day, spent: () => (ours() ?? 0) + (theirs() ?? 0) };
  await againstProvider(parts);
  await againstStatement(parts);
}

const { values } = parseArgs({ options: { rows: { type: 'string', default: '100000' } } });
const stops: (() => Promise<void>)[] = [];
try {
  await measure(Number(values.rows), stops);
} finally {
  for (const stop of stops.toReversed()) await stop().catch((error: unknown) => say(String(error)));
}
