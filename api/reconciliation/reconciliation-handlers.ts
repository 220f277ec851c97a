/** Reconciliation runs over HTTP: requested, listed, read. The row is committed before the workflow starts. */
import { createHash, randomUUID } from 'node:crypto';
import type pg from 'pg';
import type { Logger } from 'pino';
import { tenantTransaction } from '../../db/pool.ts';
import { listRuns, readFindings } from '../../db/reconciliation/read-reconciliations.ts';
import { askRun, readRun, type Run } from '../../db/reconciliation/reconciliations.ts';
import { readStatement } from '../../db/reconciliation/statements.ts';
import { present } from '../../domain/present.ts';
import type { ReconciliationSender } from '../../temporal/reconciliation-sender.ts';
import type { Call, HandlersOf, Reply } from '../http/call.ts';
import { demandKey, idempotencyKeyOf } from '../links/commands.ts';
import { canonicalJson } from '../http/json-body.ts';
import { notFound, Problem } from '../http/problems.ts';
import { findingJson, runJson } from './reconciliation-views.ts';
import type { reconciliationRoutes } from './reconciliation-routes.ts';
import { pageJson, pageRequest, USUAL_PAGE } from '../http/paging.ts';

export interface ReconciliationDependencies {
  readonly pool: pg.Pool;
  readonly reconciliations: ReconciliationSender;
  readonly logger: Logger;
}

type ReconciliationHandlers = Pick<
  HandlersOf<typeof reconciliationRoutes>,
  'createReconciliation' | 'listReconciliations' | 'readReconciliation' | 'listFindings'
>;

const FIRST_FINDINGS = 10;
const LONGEST_SPAN_MS = 366 * 86_400_000;
const RUN_ID = /^[0-9a-f]{32}$/;

export function createReconciliationHandlers(deps: ReconciliationDependencies): ReconciliationHandlers {
  const { pool } = deps;
  return {
    async createReconciliation(call) {
      demandKey(call.headers);
      const run = await askFor(pool, call);
      const headers = { location: runLocation(run), ...(run.known ? { 'idempotency-replayed': 'true' } : {}) };
      await startRun(deps, call.caller.merchantId, run);
      return { status: 202, headers, json: runJson(run) };
    },

    async listReconciliations({ caller, query: { kind, status, limit, after } }) {
      const filter = present({ kind, status });
      const page = await tenantTransaction(pool, caller.merchantId, async (client) =>
        listRuns(client, filter, pageRequest(limit, after)),
      );
      return { status: 200, json: pageJson(page, runJson) };
    },

    async readReconciliation({ caller, params }) {
      return tenantTransaction(pool, caller.merchantId, async (client): Promise<Reply> => {
        const run = await demandRun(client, params.reconciliationId);
        const findings = await readFindings(client, run.runId, { after: 0, limit: FIRST_FINDINGS });
        return { status: 200, json: { ...runJson(run), findings: findings.map(findingJson) } };
      });
    },

    async listFindings({ caller, params, query: { kind, after = 0, limit = USUAL_PAGE } }) {
      const found = await tenantTransaction(pool, caller.merchantId, async (client) => {
        const { runId } = await demandRun(client, params.reconciliationId);
        return readFindings(client, runId, { kind, after, limit: limit + 1 });
      });
      const data = found.slice(0, limit).map(findingJson);
      const last = data.at(-1);
      const next = found.length > limit && last !== undefined ? String(last.id) : null;
      return { status: 200, json: { data, next } };
    },
  };
}

async function askFor(
  pool: pg.Pool,
  { caller, body, headers }: Call<(typeof reconciliationRoutes)['createReconciliation']>,
): Promise<Run & { readonly known: boolean }> {
  const { statementId } = body;
  const from = body.from === undefined ? undefined : new Date(body.from);
  const to = body.to === undefined ? undefined : new Date(body.to);
  const errors = errorsIn({ from, to, statementId });
  if (errors.length > 0) throw new Problem('validation-failed', 'See errors.', { errors });
  const bodySha256 = createHash('sha256').update(canonicalJson(body)).digest();
  return tenantTransaction(pool, caller.merchantId, async (client) => {
    if (statementId !== undefined && (await readStatement(client, statementId)) === undefined) {
      const detail = 'there is no such statement';
      throw new Problem('validation-failed', 'See errors.', { errors: [{ pointer: '/statementId', detail }] });
    }
    const run = await askRun(client, caller.merchantId, {
      runId: randomUUID().replaceAll('-', ''),
      kind: statementId === undefined ? 'asked' : 'statement',
      askedBy: `key ${caller.keyId}`,
      idempotencyKey: idempotencyKeyOf(headers),
      bodySha256,
      statementId,
      from,
      to,
    });
    if (run.known && run.bodySha256?.equals(bodySha256) !== true) {
      throw new Problem('idempotency-key-reuse', 'This key came with another body before.');
    }
    return run;
  });
}

function errorsIn(asked: {
  readonly from?: Date | undefined;
  readonly to?: Date | undefined;
  readonly statementId?: string | undefined;
}) {
  const { from, to, statementId } = asked;
  if (statementId !== undefined && (from ?? to) !== undefined) {
    return [{ pointer: '/statementId', detail: 'a statement has days of its own: leave from and to out' }];
  }
  if (from !== undefined && from.getTime() > (to ?? new Date()).getTime()) {
    return [{ pointer: '/from', detail: 'must not be later than to' }];
  }
  if (from === undefined && to !== undefined) return [{ pointer: '/from', detail: 'is needed where to is given' }];
  if (from !== undefined && (to ?? new Date()).getTime() - from.getTime() > LONGEST_SPAN_MS) {
    return [{ pointer: '/from', detail: 'at most a year is compared at once' }];
  }
  return [];
}

export function runLocation({ runId }: Pick<Run, 'runId'>): string {
  return `/v1/reconciliations/${runId}`;
}

/** If Temporal is unavailable the row stays: the next nightly run starts it, and so does a repeat with the same key. */
export async function startRun(
  { reconciliations, logger }: Pick<ReconciliationDependencies, 'reconciliations' | 'logger'>,
  merchantId: string,
  run: Run,
): Promise<void> {
  if (run.status === 'finished' || run.status === 'failed') return;
  try {
    await reconciliations.start({ merchantId, runId: run.runId });
  } catch (error) {
    logger.error({ err: error, runId: run.runId }, 'Temporal took no run of reconciliation');
    throw new Problem(
      'temporal-unavailable',
      'The run is stored: ask again with the same key, or wait for the night.',
      {
        headers: { 'retry-after': '5', location: runLocation(run) },
        cause: error,
      },
    );
  }
}

async function demandRun(client: pg.ClientBase, runId: string): Promise<Run> {
  const run = RUN_ID.test(runId) ? await readRun(client, runId) : undefined;
  if (run === undefined) throw notFound();
  return run;
}
