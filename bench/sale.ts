/**
 * `npm run bench:sale`: Relink and a bare entity workflow, in turns, on the same Temporal server, in one run.
 * Everything it needs it starts and ends itself, with files that survive; `--short` takes a minute, the default under
 * four.
 */
import { mkdirSync, readFileSync, rmSync } from 'node:fs';
import { cpus, totalmem } from 'node:os';
import path from 'node:path';
import { parseArgs } from 'node:util';
import { Connection } from '@temporalio/client';
import pg from 'pg';
import { ownDatabase, prepareDatabase } from '../embedded/database.ts';
import { DEMO_MERCHANT, ensureMerchant } from '../embedded/merchant.ts';
import { cacheDir, startLocalServices } from '../embedded/services.ts';
import { startStack } from '../embedded/stack.ts';
import { awaitNamespace } from '../embedded/temporal-namespace.ts';
import { startBareSide } from './bare-side.ts';
import { closedLoop, openLoop, type Window } from './load.ts';
import { processorMeterOf, meterOfFamily, type ProcessorMeter } from './processor-time.ts';
import { startRelinkSide } from './relink-side.ts';
import { benchmarkReport, type Pair, type BenchmarkRun } from './report.ts';
import type { BenchmarkSide } from './side.ts';
import { median } from './statistics.ts';

const LINKS = [1, 10, 50] as const;
const MOST_LINKS = 50;
const root = path.resolve(import.meta.dirname, '..');

interface Plan {
  readonly rounds: number;
  readonly warmUpSeconds: number;
  /** Long enough for several sales one after another on each link. */
  readonly closedSeconds: Readonly<Record<(typeof LINKS)[number], number>>;
  readonly openSeconds: number;
}

function planOf(): Plan {
  const { values } = parseArgs({ options: { rounds: { type: 'string' }, short: { type: 'boolean', default: false } } });
  const usual = values.short
    ? { rounds: 1, warmUpSeconds: 2, closedSeconds: { 1: 2, 10: 3, 50: 7 }, openSeconds: 5 }
    : { rounds: 3, warmUpSeconds: 6, closedSeconds: { 1: 4, 10: 4, 50: 10 }, openSeconds: 8 };
  const rounds = Number(values.rounds ?? usual.rounds);
  if (!Number.isInteger(rounds) || rounds < 1) throw new Error('--rounds is a whole number, at least 1');
  return { ...usual, rounds };
}

type StopList = (() => Promise<void>)[];

async function bench(plan: Plan, stops: StopList): Promise<string> {
  say('Starting Postgres, Temporal, bank, worker, API and the bare workflow');
  const dir = path.join(root, '.relink', `bench-${process.pid}`);
  mkdirSync(dir, { recursive: true });
  stops.push(async () => Promise.resolve(rmSync(dir, { recursive: true, force: true })));
  const services = await startLocalServices({ dir, cacheDir: cacheDir(), durable: true, postgres: {}, temporal: {} });
  stops.push(async () => services.stop());
  const { temporalAddress = '' } = services;
  const databaseUrl = await ownDatabase(services.databaseUrl ?? '');
  await Promise.all([prepareDatabase(databaseUrl), awaitNamespace(temporalAddress)]);
  const apiKey = await ensureMerchant(databaseUrl, DEMO_MERCHANT);
  const stack = await startStack({ databaseUrl, temporalAddress, taskQueue: 'relink', dir: path.join(dir, 'bank') });
  stops.push(async () => stack.stop());
  const relink = await startRelinkSide(stack, apiKey, MOST_LINKS);
  stops.push(async () => relink.stop());
  const bare = await startBareSide(temporalAddress, MOST_LINKS);
  stops.push(async () => bare.stop());
  const postgres = pidIn(path.join(dir, 'postgres/postmaster.pid'));
  const temporal = pidIn(path.join(dir, 'temporal.pid'));
  const sides: Sides = {
    relink: { ...relink, processes: { ...relink.processes, postgres: meterOfFamily(postgres) } },
    bare,
    shared: { temporal: processorMeterOf(temporal), 'load generator': processorMeterOf(process.pid) },
  };
  say('Warming up');
  for (const [side, resting] of [
    [sides.relink, sides.bare],
    [sides.bare, sides.relink],
  ] as const) {
    await closedLoop({ side, resting, shared: {}, links: MOST_LINKS, seconds: plan.warmUpSeconds });
  }
  const about = await aboutThisRun(databaseUrl, temporalAddress, plan);
  return benchmarkReport({ about, ...(await measureAll(plan, sides)) });
}

interface Sides {
  readonly relink: BenchmarkSide;
  readonly bare: BenchmarkSide;
  readonly shared: Readonly<Record<string, ProcessorMeter>>;
}

async function measureAll(plan: Plan, sides: Sides): Promise<Omit<BenchmarkRun, 'about'>> {
  const closed = new Map<number, Pair[]>(LINKS.map((links) => [links, []]));
  const open: (Pair & { readonly rate: number })[] = [];
  const both = async (
    round: number,
    load: (turn: Pick<Sides, 'shared'> & LoadTurn) => Promise<Window>,
  ): Promise<Pair> => {
    const { relink, bare, shared } = sides;
    const ours = async () => load({ side: relink, resting: bare, shared });
    const theirs = async () => load({ side: bare, resting: relink, shared });
    // Who goes second finds the caches of the one before: they take turns at it.
    if (round % 2 === 1) {
      const first = await ours();
      return { relink: first, bare: await theirs() };
    }
    const first = await theirs();
    return { relink: await ours(), bare: first };
  };
  for (let round = 1; round <= plan.rounds; round += 1) {
    for (const links of LINKS) {
      say(`Round ${round} of ${plan.rounds}: ${links === 1 ? '1 link' : `${links} links`}, as fast as it goes`);
      const pair = await both(round, async (turn) =>
        closedLoop({ ...turn, links, seconds: plan.closedSeconds[links] }),
      );
      closed.get(links)?.push(pair);
    }
    const fastest = (closed.get(MOST_LINKS) ?? []).map(({ relink }) => relink.salesPerSecond);
    const rate = Math.max(1, (median(fastest) ?? 0) / 2);
    say(`Round ${round} of ${plan.rounds}: ${rate.toFixed(1)} sales a second, as customers come`);
    const seconds = plan.openSeconds;
    open.push({
      rate,
      ...(await both(round, async (turn) => openLoop({ ...turn, links: MOST_LINKS, seconds, rate }))),
    });
  }
  return { links: LINKS, closed, open };
}

interface LoadTurn {
  readonly side: BenchmarkSide;
  readonly resting: BenchmarkSide;
}

async function aboutThisRun(databaseUrl: string, temporalAddress: string, plan: Plan): Promise<readonly string[]> {
  const connection = await Connection.connect({ address: temporalAddress });
  const { serverVersion } = await connection.workflowService.getSystemInfo({});
  await connection.close();
  const client = new pg.Client({ connectionString: databaseUrl });
  await client.connect();
  // A planner without statistics makes any database look slow.
  await client.query('analyze');
  const { rows } = await client.query<{ version: string; fsync: string; commit: string }>(
    `select current_setting('server_version') as version, current_setting('fsync') as fsync,
            current_setting('synchronous_commit') as commit`,
  );
  await client.end();
  const [postgres] = rows;
  const [processor] = cpus();
  const manifest = readFileSync(path.join(root, 'package.json'), 'utf8');
  const { dependencies } = JSON.parse(manifest) as { readonly dependencies: Readonly<Record<string, string>> };
  return [
    `Relink against a bare entity workflow, ${new Date().toISOString().slice(0, 16).replace('T', ' ')} UTC`,
    `${cpus().length} processors (${processor?.model.trim() ?? 'unknown'}), ${Math.round(totalmem() / 2 ** 30)} GB, ${process.platform}; load generator and all servers on the same machine`,
    `Node ${process.version}; Temporal server ${serverVersion ?? 'unknown'} (dev server, SQLite in a file, WAL, synchronous=normal); Temporal SDK ${dependencies['@temporalio/worker'] ?? ''}`,
    `Postgres ${postgres?.version ?? ''}, fsync ${postgres?.fsync ?? ''}, synchronous_commit ${postgres?.commit ?? ''}`,
    `${plan.rounds === 1 ? '1 round' : `${plan.rounds} rounds`} in turns, windows of ${LINKS.map((links) => plan.closedSeconds[links]).join(', ')} s (closed) and ${plan.openSeconds} s (open), of each the first quarter dropped`,
  ];
}

function pidIn(file: string): number {
  return Number(readFileSync(file, 'utf8').split('\n')[0]);
}

function say(line: string): void {
  process.stderr.write(`${Math.round(performance.now() / 1_000)} s: ${line}\n`);
}

const stops: StopList = [];
async function stopAll(): Promise<void> {
  for (const stop of stops.splice(0).toReversed()) await stop().catch((error: unknown) => say(String(error)));
}
for (const signal of ['SIGINT', 'SIGTERM'] as const) {
  process.once(signal, () => void stopAll().then(() => process.exit(130)));
}
try {
  const text = await bench(planOf(), stops);
  console.log(`\n${text}\n`);
} catch (error) {
  say(error instanceof Error ? error.message : String(error));
  process.exitCode = 1;
} finally {
  await stopAll();
}
