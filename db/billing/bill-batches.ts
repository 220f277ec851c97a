/** Batches of bills: their import and their state. Opening links for their rows is in batch-links.ts. */
import type pg from 'pg';
import { z } from 'zod';
import { NO_ROWS, rowStatuses, type RowCounts, type RowStatus } from '../../domain/billing/batch-progress.ts';
import type { RowError } from '../../domain/billing/bill-batch-row.ts';
import type { BillLevel, BillSheet } from '../../domain/billing/bill-layout.ts';
import { present } from '../../domain/present.ts';
import type { Writer } from './meters.ts';
import { pageOf, type Page, type PageRequest } from '../read-pages.ts';
import { storedJson, bytes, readRows } from '../rows.ts';

/** JSON as it stands in `bill_batch.layout`: all that is fixed when a batch is taken in, but its title and logo. */
export interface StoredLayout {
  readonly kind: BillSheet;
  readonly level: BillLevel;
  readonly moduleMillimetres: number;
  readonly pagesPerFile: number;
}

export interface NewBatch {
  readonly batchId: string;
  readonly name: string;
  readonly layout: StoredLayout;
  readonly digest: Buffer;
  readonly idempotencyKey: string;
  readonly bytes: number;
}

export const BATCH_STATUSES = ['waiting', 'running', 'finished', 'failed'] as const;
type BatchStatus = (typeof BATCH_STATUSES)[number];

export interface Batch {
  readonly batchId: string;
  readonly name: string;
  readonly layout: StoredLayout;
  readonly payee: string;
  readonly logoSha256?: string;
  readonly digest: Buffer;
  /** Lines of the file. */
  readonly total: number;
  readonly rows: RowCounts;
  /** How many bills its files hold. */
  readonly printed: number;
  readonly status: BatchStatus;
  readonly because?: string;
  readonly actor: string;
  readonly createdAt: Date;
  readonly startedAt?: Date;
  readonly finishedAt?: Date;
  /** Since it began, by the database's clock. */
  readonly seconds: number;
}

const rowShape = z.object({
  batchId: z.string(),
  name: z.string(),
  layout: storedJson<StoredLayout>(),
  payee: z.string(),
  logoSha256: z.string().nullable(),
  digest: bytes,
  rows: z.number(),
  counts: storedJson<Partial<RowCounts>>().nullable(),
  status: z.enum(BATCH_STATUSES),
  because: z.string().nullable(),
  actor: z.string(),
  createdAt: z.date(),
  startedAt: z.date().nullable(),
  finishedAt: z.date().nullable(),
  seconds: z.number().nullable(),
  place: z.string(),
});
type Row = z.output<typeof rowShape>;

const SELECT = `select b.batch_id, b.name, b.layout, b.payee, b.logo_sha256, b.digest, b.rows, b.status,
    b.because, b.actor, b.created_at, b.started_at, b.finished_at, b.created_at::text as place,
    extract(epoch from coalesce(b.finished_at, now()) - b.started_at)::float8 as seconds,
    (select jsonb_object_agg(status, n) from (select status, count(*) as n from bill_batch_row r
      where r.batch_id = b.batch_id group by status) c) as counts
  from bill_batch b`;

/** False when the idempotency key has a batch already, or a concurrent call is inserting it. */
export async function insertBatch(
  client: pg.ClientBase,
  { merchantId, actor }: Writer,
  batch: NewBatch,
): Promise<boolean> {
  const { rowCount } = await client.query(
    `insert into bill_batch (batch_id, merchant_id, name, layout, payee, logo_sha256, digest, idempotency_key,
     bytes, rows, actor)
     select $1, $2, $3, $4, m.name, (select sha256 from logo order by logo_id desc limit 1), $5, $6, $7, 0, $8
       from merchant m where m.merchant_id = $2
     on conflict do nothing`,
    [
      batch.batchId,
      merchantId,
      batch.name,
      JSON.stringify(batch.layout),
      batch.digest,
      batch.idempotencyKey,
      batch.bytes,
      actor,
    ],
  );
  return rowCount === 1;
}

export interface NewRow {
  readonly line: number;
  readonly accountId?: string;
  /** Empty: it waits for its code. */
  readonly errors: readonly RowError[];
}

export async function insertRows(
  client: pg.ClientBase,
  merchantId: string,
  batchId: string,
  rows: readonly NewRow[],
): Promise<void> {
  await client.query(
    `insert into bill_batch_row (merchant_id, batch_id, line, account_id, errors, status)
     select $1, $2, r.line, r.account_id, r.errors::jsonb, case when r.errors is null then 'waiting' else 'refused' end
       from unnest($3::int[], $4::text[], $5::text[]) as r (line, account_id, errors)`,
    [
      merchantId,
      batchId,
      rows.map(({ line }) => line),
      rows.map(({ accountId }) => accountId ?? null),
      rows.map(({ errors }) => (errors.length === 0 ? null : JSON.stringify(errors))),
    ],
  );
}

/** Called after the rows are inserted, when their number is known. */
export async function countIn(client: pg.ClientBase, batchId: string, rows: number): Promise<void> {
  await client.query('update bill_batch set rows = $2 where batch_id = $1', [batchId, rows]);
}

export async function readBatch(client: pg.ClientBase, batchId: string): Promise<Batch | undefined> {
  const rows = await readRows(client, rowShape, `${SELECT} where b.batch_id = $1`, [batchId]);
  return rows[0] === undefined ? undefined : batchOf(rows[0]);
}

export async function listBatches(client: pg.ClientBase, { limit, after }: PageRequest): Promise<Page<Batch>> {
  const rows = await readRows(
    client,
    rowShape,
    `${SELECT} where $1::timestamptz is null or (b.created_at, b.batch_id) < ($1, $2)
      order by b.created_at desc, b.batch_id desc limit $3`,
    [after?.at ?? null, after?.id ?? null, limit + 1],
  );
  return pageOf(rows, limit, (row) => ({ at: row.place, id: row.batchId }), batchOf);
}

function batchOf(row: Row): Batch {
  const counts = { ...NO_ROWS, ...row.counts };
  return {
    batchId: row.batchId,
    name: row.name,
    layout: row.layout,
    payee: row.payee,
    digest: row.digest,
    total: row.rows,
    rows: counts,
    printed: counts.opened + counts.reused,
    status: row.status,
    actor: row.actor,
    createdAt: row.createdAt,
    seconds: row.seconds ?? 0,
    ...present({
      logoSha256: row.logoSha256,
      because: row.because,
      startedAt: row.startedAt,
      finishedAt: row.finishedAt,
    }),
  };
}

export interface BatchRowView {
  readonly line: number;
  readonly accountId?: string;
  readonly status: RowStatus;
  readonly errors: readonly RowError[];
  readonly paymentLinkId?: string;
  readonly shortCode?: string;
}

const batchRowShape = z.object({
  line: z.number(),
  accountId: z.string().nullable(),
  status: z.enum(rowStatuses),
  errors: storedJson<readonly RowError[]>().nullable(),
  paymentLinkId: z.string().nullable(),
  shortCode: z.string().nullable(),
});

/** In the order of the file. */
export async function listRows(
  client: pg.ClientBase,
  batchId: string,
  page: { readonly status?: RowStatus | undefined; readonly after: number; readonly limit: number },
): Promise<readonly BatchRowView[]> {
  const rows = await readRows(
    client,
    batchRowShape,
    `select r.line, r.account_id, r.status, r.errors, r.payment_link_id, a.short_code
       from bill_batch_row r left join service_account a
         on a.merchant_id = r.merchant_id and a.account_id = r.account_id and a.payment_link_id = r.payment_link_id
      where r.batch_id = $1 and r.line > $2 and r.status = any ($3) order by r.line limit $4`,
    [batchId, page.after, page.status === undefined ? rowStatuses : [page.status], page.limit],
  );
  return rows.map((row) => ({
    line: row.line,
    status: row.status,
    errors: row.errors ?? [],
    ...present({ accountId: row.accountId, paymentLinkId: row.paymentLinkId, shortCode: row.shortCode }),
  }));
}

/** Sets it running; undefined: there is none. One that has finished stays so. */
export async function beginBatch(client: pg.ClientBase, batchId: string): Promise<Batch | undefined> {
  await client.query(
    `update bill_batch set status = 'running', started_at = coalesce(started_at, now()), because = null,
      finished_at = null
      where batch_id = $1 and status <> 'finished'`,
    [batchId],
  );
  return readBatch(client, batchId);
}

export async function endBatch(
  client: pg.ClientBase,
  batchId: string,
  end: { readonly status: 'finished' } | { readonly status: 'failed'; readonly because: string },
): Promise<void> {
  await client.query(
    `update bill_batch set status = $2, because = $3, finished_at = now() where batch_id = $1 and status = 'running'`,
    [batchId, end.status, end.status === 'failed' ? end.because.slice(0, 500) : null],
  );
}

const batchesShape = z.object({
  batchId: z.string(),
});

/**
 * Unfinished batches that are old enough to have a workflow. Starting them again does nothing if the workflow runs, and
 * repairs a lost start or a terminated workflow.
 */
export async function unfinishedBatches(client: pg.ClientBase, most: number): Promise<readonly string[]> {
  const rows = await readRows(
    client,
    batchesShape,
    `select batch_id from bill_batch
      where status in ('waiting', 'running') and created_at < now() - interval '10 s' order by created_at limit $1`,
    [most],
  );
  return rows.map(({ batchId: id }) => id);
}
