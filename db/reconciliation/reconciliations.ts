/**
 * Reconciliation runs: requested, begun, counted page by page, finished. Progress and counts are written together under
 * a version, so that a repeated or overtaken attempt counts nothing twice.
 */
import type pg from 'pg';
import { z } from 'zod';
import { isCurrency, type MoneyJson } from '../../domain/money.ts';
import { present } from '../../domain/present.ts';
import { HEALING_KINDS } from '../../domain/reconciliation/finding.ts';
import type { Tally } from '../../domain/reconciliation/reconciliation-tally.ts';
import { storedJson, bytes, readRows } from '../rows.ts';

export const RUN_KINDS = ['nightly', 'asked', 'statement'] as const;
export type RunKind = (typeof RUN_KINDS)[number];

export const RUN_STATUSES = ['waiting', 'running', 'finished', 'failed'] as const;
type RunStatus = (typeof RUN_STATUSES)[number];

interface NewRun {
  readonly runId: string;
  readonly kind: RunKind;
  readonly askedBy: string;
  readonly statementId?: string | undefined;
  readonly idempotencyKey?: string | undefined;
  readonly bodySha256?: Buffer | undefined;
  readonly from?: Date | undefined;
  readonly to?: Date | undefined;
}

/** Progress of a run: the current part, the cursor in it, and the parts that are done. */
interface RunProgress {
  readonly part?: string;
  readonly cursor?: string;
  readonly done?: readonly string[];
}

export interface Run {
  readonly runId: string;
  readonly kind: RunKind;
  readonly status: RunStatus;
  readonly statementId?: string;
  readonly askedBy: string;
  readonly from?: Date;
  readonly to?: Date;
  readonly progress: RunProgress;
  readonly tally: Tally;
  readonly version: number;
  readonly because?: string;
  readonly createdAt: Date;
  readonly startedAt?: Date;
  readonly finishedAt?: Date;
  readonly bodySha256?: Buffer;
}

export const runRowShape = z.object({
  reconciliationId: z.string(),
  kind: z.enum(RUN_KINDS),
  statementId: z.string().nullable(),
  status: z.enum(RUN_STATUSES),
  askedBy: z.string(),
  fromAt: z.date().nullable(),
  toAt: z.date().nullable(),
  progress: storedJson<RunProgress>(),
  counts: storedJson<Tally['counts']>(),
  money: storedJson<Tally['money']>(),
  version: z.number(),
  because: z.string().nullable(),
  createdAt: z.date(),
  startedAt: z.date().nullable(),
  finishedAt: z.date().nullable(),
  bodySha256: bytes.nullable(),
});
type RunRow = z.output<typeof runRowShape>;

/** Of a row `r` of reconciliation. */
export const RUN_COLUMNS = `r.reconciliation_id, r.kind, r.statement_id, r.status, r.asked_by, r.from_at,
  r.to_at, r.progress, r.counts, r.money, r.version, r.because, r.created_at, r.started_at, r.finished_at,
    r.body_sha256`;

export function runOf(row: RunRow): Run {
  return {
    runId: row.reconciliationId,
    kind: row.kind,
    status: row.status,
    askedBy: row.askedBy,
    progress: row.progress,
    tally: { counts: row.counts, money: row.money },
    version: row.version,
    createdAt: row.createdAt,
    ...present({
      statementId: row.statementId,
      from: row.fromAt,
      to: row.toAt,
      because: row.because,
      startedAt: row.startedAt,
      finishedAt: row.finishedAt,
      bodySha256: row.bodySha256,
    }),
  };
}

/** Requesting a run twice under one key makes one run; `known` says that it existed. */
export async function askRun(
  client: pg.ClientBase,
  merchantId: string,
  run: NewRun,
): Promise<Run & { known: boolean }> {
  const { rowCount } = await client.query(
    `insert into reconciliation
       (reconciliation_id, merchant_id, kind, statement_id, asked_by, idempotency_key, body_sha256, from_at, to_at)
     values ($1, $2, $3, $4, $5, $6, $7, $8, $9) on conflict do nothing`,
    [
      run.runId,
      merchantId,
      run.kind,
      run.statementId ?? null,
      run.askedBy,
      run.idempotencyKey ?? null,
      run.bodySha256 ?? null,
      run.from ?? null,
      run.to ?? null,
    ],
  );
  const rows = await readRows(
    client,
    runRowShape,
    `select ${RUN_COLUMNS} from reconciliation r where r.reconciliation_id = $1 or r.idempotency_key = $2
      order by r.reconciliation_id = $1 desc limit 1`,
    [run.runId, run.idempotencyKey ?? null],
  );
  if (rows[0] === undefined) throw new Error(`reconciliation ${run.runId} was not stored`);
  return { ...runOf(rows[0]), known: rowCount === 0 };
}

export async function readRun(client: pg.ClientBase, runId: string): Promise<Run | undefined> {
  const rows = await readRows(
    client,
    runRowShape,
    `select ${RUN_COLUMNS} from reconciliation r where r.reconciliation_id = $1`,
    [runId],
  );
  return rows[0] === undefined ? undefined : runOf(rows[0]);
}

interface RunSpan {
  readonly from: Date;
  readonly to: Date;
  readonly timeZone: string;
}

const runShape = runRowShape.extend({ timeZone: z.string() });

/**
 * Marks the run as running and fixes its span if none was named: from the oldest request that is still watched, at
 * least as far back as late money can come, and a year at most.
 */
export async function beginRun(client: pg.ClientBase, runId: string, lateMoneyDays: number): Promise<Run & RunSpan> {
  const rows = await readRows(
    client,
    runShape,
    `update reconciliation r
        set status = 'running', started_at = coalesce(r.started_at, now()), version = r.version + 1, because = null,
            to_at = coalesce(r.to_at, now()),
            from_at = coalesce(r.from_at, greatest(now() - interval '365 days', least(
              now() - make_interval(days => $2),
              (select min(coalesce(provider_created_at, created_at)) from payment_request
                where next_check_at is not null))))
       from merchant m
      where r.reconciliation_id = $1 and m.merchant_id = r.merchant_id and r.status <> 'finished'
      returning ${RUN_COLUMNS}, m.time_zone`,
    [runId, lateMoneyDays],
  );
  const row = rows[0];
  if (row === undefined || row.fromAt === null || row.toAt === null)
    throw new Error(`reconciliation ${runId} cannot begin`);
  return { ...runOf(row), from: row.fromAt, to: row.toAt, timeZone: row.timeZone };
}

interface RunStep {
  readonly progress: RunProgress;
  readonly tally: Tally;
}

/** Undefined when another attempt has written meanwhile: this one must stop. */
export async function saveStep(
  client: pg.ClientBase,
  run: Run,
  { progress, tally }: RunStep,
): Promise<Run | undefined> {
  const { rowCount } = await client.query(
    `update reconciliation set progress = $3, counts = $4, money = $5, version = version + 1
      where reconciliation_id = $1 and version = $2 and status = 'running'`,
    [run.runId, run.version, JSON.stringify(progress), JSON.stringify(tally.counts), JSON.stringify(tally.money)],
  );
  return rowCount === 1 ? { ...run, progress, tally, version: run.version + 1 } : undefined;
}

export async function endRun(
  client: pg.ClientBase,
  runId: string,
  end: { readonly status: 'finished'; readonly tally: Tally } | { readonly status: 'failed'; readonly because: string },
): Promise<void> {
  const tally = end.status === 'finished' ? end.tally : undefined;
  await client.query(
    `update reconciliation
        set status = $2, because = $3, counts = coalesce($4, counts), money = coalesce($5, money),
            finished_at = now(), version = version + 1
      where reconciliation_id = $1 and status = 'running'`,
    [
      runId,
      end.status,
      end.status === 'failed' ? end.because.slice(0, 500) : null,
      tally === undefined ? null : JSON.stringify(tally.counts),
      tally === undefined ? null : JSON.stringify(tally.money),
    ],
  );
}

const runsShape = z.object({
  reconciliationId: z.string(),
});

/** Requested and never begun, because Temporal was unavailable. The next nightly run starts them. */
export async function strandedRuns(client: pg.ClientBase, most: number): Promise<readonly string[]> {
  const rows = await readRows(
    client,
    runsShape,
    `select reconciliation_id from reconciliation
      where status = 'waiting' and created_at < now() - interval '10 min' order by created_at limit $1`,
    [most],
  );
  return rows.map((row) => row.reconciliationId);
}

const moneyShape = z.object({
  currency: z.string(),
  minor: z.string(),
});

/** Amounts that this run found unbooked and that are booked by now, to the cent, through the checks that were sent. */
export async function healedMoney(client: pg.ClientBase, runId: string): Promise<readonly MoneyJson[]> {
  const rows = await readRows(
    client,
    moneyShape,
    `select f.theirs_currency as currency, f.theirs_minor::text as minor from reconciliation_finding f
      where f.reconciliation_id = $1 and ${HEALED} and f.theirs_minor is not null`,
    [runId],
  );
  return rows.flatMap(({ currency, minor }) => (isCurrency(currency) ? [{ currency, minorUnits: minor }] : []));
}

const unhealedShape = z.object({
  count: z.string(),
});

/** How many of them wait for their check. */
export async function unhealed(client: pg.ClientBase, runId: string): Promise<number> {
  const rows = await readRows(
    client,
    unhealedShape,
    `select count(*) from reconciliation_finding f
      where f.reconciliation_id = $1 and f.kind in ${HEALING}
        and f.end_to_end_id is not null and not ${HEALED}`,
    [runId],
  );
  return Number(rows[0]?.count ?? 0);
}

const HEALING = `(${HEALING_KINDS.map((kind) => `'${kind}'`).join(', ')})`;

/** Of a row `f` of reconciliation_finding. */
export const HEALED = `(f.kind in ${HEALING} and exists (
  select from ledger_transaction t join ledger_entry e using (transaction_id)
   where t.settles and t.end_to_end_id = f.end_to_end_id and t.payment_request_id = f.payment_request_id
     and e.account = 'provider'
     and (f.theirs_minor is null or (e.currency = f.theirs_currency and e.amount_minor = f.theirs_minor))))`;

/** Makes returns that may still change at the provider due, so that their own workflows read them. */
export async function scheduleOpenReturns(client: pg.ClientBase, lateMoneyDays: number): Promise<number> {
  const { rowCount } = await client.query(
    `update money_return set next_check_at = now()
      where status in ('sending', 'pending')
        or (status = 'completed' and completed_at > now() - make_interval(days => $1))`,
    [lateMoneyDays],
  );
  return rowCount ?? 0;
}
