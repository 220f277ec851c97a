/** Readiness of this process, check by check. Checks that only report and do not take it out of service are marked. */
import type pg from 'pg';
import type { z } from 'zod';
import { databaseHealth } from '../../db/read-health.ts';
import { missingSearchAttributes } from '../../temporal/search-attributes.ts';
import type { TemporalConnection } from '../../temporal/client.ts';
import type * as s from '../links/schemas.ts';

export interface ReadinessDependencies {
  readonly pool: pg.Pool;
  readonly taskQueue: string;
  /** Absent in tests that play the workflow themselves. */
  readonly temporal?: TemporalConnection;
}

type Readiness = z.output<typeof s.readiness>;
type Checks = Readiness['checks'];
type Check = Checks[string];

const CHECK_MS = 2_000;
const MOST_SKEW_MS = 2_000;
/** A worker's poll lasts a minute; without one for longer than that it is gone. */
const POLLED_WITHIN_MS = 90_000;
/** Reported only: without a worker callbacks must still be stored, and a restart does not correct a clock. */
const NOT_BLOCKING: ReadonlySet<string> = new Set(['worker', 'clock']);

export async function checkReadiness(deps: ReadinessDependencies): Promise<Readiness> {
  const [database, temporal] = await Promise.all([
    databaseChecks(deps.pool),
    deps.temporal === undefined ? {} : temporalChecks(deps.temporal, deps.taskQueue),
  ]);
  const checks: Checks = { ...database, ...temporal };
  const fit = Object.entries(checks).every(([name, check]) => check.ok || NOT_BLOCKING.has(name));
  return { status: fit ? 'ready' : 'not ready', checks };
}

async function databaseChecks(pool: pg.Pool): Promise<Checks> {
  try {
    const { walled, missingMigrations, clockSkewMs } = await within(CHECK_MS, databaseHealth(pool));
    return {
      database: { ok: true },
      role: verdict(walled, 'the role passes every row-level policy'),
      migrations: verdict(missingMigrations.length === 0, `missing: ${missingMigrations.join(', ')}`),
      clock: { ok: Math.abs(clockSkewMs) <= MOST_SKEW_MS, detail: `${clockSkewMs} ms ahead of the database` },
    };
  } catch (error) {
    return { database: { ok: false, detail: sentenceOf(error) } };
  }
}

async function temporalChecks({ connection, namespace }: TemporalConnection, taskQueue: string): Promise<Checks> {
  const deadline = Date.now() + CHECK_MS;
  const ask = async <T>(work: () => Promise<T>): Promise<T> => connection.withDeadline(deadline, work);
  try {
    const { pollers } = await ask(async () =>
      connection.workflowService.describeTaskQueue({ namespace, taskQueue: { name: taskQueue }, taskQueueType: 1 }),
    );
    const polled = Math.max(0, ...pollers.map(({ lastAccessTime }) => Number(lastAccessTime?.seconds ?? 0) * 1_000));
    return {
      temporal: { ok: true },
      worker: verdict(polled > Date.now() - POLLED_WITHIN_MS, `nobody polls the task queue ${taskQueue}`),
      searchAttributes: await ask(async () => searchAttributes(connection, namespace)),
    };
  } catch (error) {
    return { temporal: { ok: false, detail: sentenceOf(error) } };
  }
}

async function searchAttributes(connection: TemporalConnection['connection'], namespace: string): Promise<Check> {
  try {
    const missing = await missingSearchAttributes(connection, namespace);
    return verdict(missing.length === 0, `not registered in namespace ${namespace}: ${missing.join(', ')}`);
  } catch (error) {
    // Temporal Cloud has no operator service; there the worker finds out.
    return { ok: true, detail: `not checked: ${sentenceOf(error)}` };
  }
}

function verdict(ok: boolean, detail: string): Check {
  return ok ? { ok } : { ok, detail };
}

async function within<T>(ms: number, work: Promise<T>): Promise<T> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_resolve, reject) => {
    timer = setTimeout(() => reject(new Error(`no answer within ${ms} ms`)), ms);
  });
  try {
    return await Promise.race([work, late]);
  } finally {
    clearTimeout(timer);
  }
}

function sentenceOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
