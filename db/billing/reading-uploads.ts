/** Uploads of readings: their rows, the result of each row, and the current outcome of its reading. */
import type pg from 'pg';
import { z } from 'zod';
import type { Register } from '../../domain/billing/meter.ts';
import type { SequenceGap, ReadingKey } from '../../domain/billing/reading.ts';
import { ARRIVED } from './readings.ts';
import { present } from '../../domain/present.ts';
import { bytes, storedJson, readRows } from '../rows.ts';

export const ROW_RESULTS = [...ARRIVED, 'refused'] as const;
export type RowResult = (typeof ROW_RESULTS)[number];

export const UPLOAD_FORMATS = ['json', 'csv'] as const;

interface UploadRowError {
  readonly column: string;
  readonly detail: string;
}

export interface UploadRow extends Partial<ReadingKey> {
  readonly line: number;
  readonly result: RowResult;
  readonly meterId?: string;
  readonly errors?: readonly UploadRowError[];
}

export interface NewUpload {
  readonly uploadId: string;
  readonly idempotencyKey: string;
  readonly digest: Buffer;
  readonly format: (typeof UPLOAD_FORMATS)[number];
  readonly rows: number;
  readonly actor: string;
}

/**
 * False when the idempotency key has an upload already. The insert waits for a concurrent one, which has committed by
 * then.
 */
export async function insertUpload(client: pg.ClientBase, merchantId: string, upload: NewUpload): Promise<boolean> {
  const { rowCount } = await client.query(
    `insert into reading_upload (upload_id, merchant_id, idempotency_key, digest, format, rows, actor)
     values ($1, $2, $3, $4, $5, $6, $7) on conflict (merchant_id, idempotency_key) do nothing`,
    [upload.uploadId, merchantId, upload.idempotencyKey, upload.digest, upload.format, upload.rows, upload.actor],
  );
  return rowCount === 1;
}

const uploadShape = z.object({
  uploadId: z.string(),
  digest: bytes,
});

export async function uploadOfKey(
  client: pg.ClientBase,
  idempotencyKey: string,
): Promise<{ readonly uploadId: string; readonly digest: Buffer } | undefined> {
  const rows = await readRows(
    client,
    uploadShape,
    'select upload_id, digest from reading_upload where idempotency_key = $1',
    [idempotencyKey],
  );
  return rows[0] === undefined ? undefined : { uploadId: rows[0].uploadId, digest: rows[0].digest };
}

export async function isUpload(client: pg.ClientBase, uploadId: string): Promise<boolean> {
  const { rowCount } = await client.query('select from reading_upload where upload_id = $1', [uploadId]);
  return rowCount === 1;
}

export async function insertUploadRows(
  client: pg.ClientBase,
  merchantId: string,
  uploadId: string,
  rows: readonly UploadRow[],
): Promise<void> {
  await client.query(
    `insert into reading_upload_row (merchant_id, upload_id, line, result, device_id, sequence, meter_id, errors)
     select $1, $2, r.* from unnest($3::int[], $4::text[], $5::text[], $6::bigint[], $7::text[], $8::jsonb[]) as r`,
    [
      merchantId,
      uploadId,
      rows.map(({ line }) => line),
      rows.map(({ result }) => result),
      rows.map(({ deviceId }) => deviceId ?? null),
      rows.map(({ sequence }) => sequence ?? null),
      rows.map(({ meterId }) => meterId ?? null),
      rows.map(({ errors }) => (errors === undefined ? null : JSON.stringify(errors))),
    ],
  );
}

const uploadRowsShape = z.object({
  line: z.number(),
  result: z.enum(ROW_RESULTS),
  errors: storedJson<readonly UploadRowError[]>().nullable(),
});

/** The result that each row was answered with, in the order of lines. */
export async function readUploadRows(client: pg.ClientBase, uploadId: string): Promise<readonly UploadRow[]> {
  const rows = await readRows(
    client,
    uploadRowsShape,
    'select line, result, errors from reading_upload_row where upload_id = $1 order by line',
    [uploadId],
  );
  return rows.map(({ line, result, errors }) => ({ line, result, ...present({ errors }) }));
}

const registersShape = z.object({
  now: z.date(),
  meters: storedJson<Record<string, Register[]>>().nullable(),
});

/** Every register that a meter of these ids has had, at whatever account. */
export async function registersOf(
  client: pg.ClientBase,
  meterIds: readonly string[],
): Promise<{ readonly now: Date; readonly registers: ReadonlyMap<string, readonly Register[]> }> {
  const rows = await readRows(
    client,
    registersShape,
    `select now(), (select json_object_agg(meter_id, registers) from (
         select meter_id, json_agg(json_build_object('digits', digits, 'decimals', decimals)
           order by installed_at) as registers
           from meter where meter_id = any ($1) group by meter_id) m) as meters`,
    [meterIds],
  );
  const row = rows[0];
  if (row === undefined) throw new Error('a select without from answers one row');
  return { now: row.now, registers: new Map(Object.entries(row.meters ?? {})) };
}

const gapShape = z.object({
  deviceId: z.string(),
  first: z.string(),
  last: z.string(),
});

/** Numbers of the devices in this upload that never arrived. A number in conflict has arrived too: it is no gap. */
export async function gapsOfUpload(
  client: pg.ClientBase,
  uploadId: string,
  most: number,
): Promise<readonly SequenceGap[]> {
  const rows = await readRows(
    client,
    gapShape,
    `select device_id, before + 1 as first, sequence - 1 as last
       from (select device_id, sequence, lag(sequence, 1, 0::bigint) over (partition by device_id
               order by sequence) as before
               from meter_reading
              where device_id in (select device_id from reading_upload_row where upload_id = $1)) numbers
      where sequence > before + 1
      order by device_id, sequence limit $2`,
    [uploadId, most],
  );
  return rows.map((row) => ({ deviceId: row.deviceId, from: Number(row.first), to: Number(row.last) }));
}

export const OUTCOMES = ['waiting', 'billed', 'held', 'replaced', 'conflict', 'refused'] as const;
export type RowOutcome = (typeof OUTCOMES)[number];

export interface UploadRowView extends UploadRow {
  readonly accountId?: string;
  readonly outcome: RowOutcome;
  readonly because?: string;
  readonly billId?: string;
  /** While the bill is held. */
  readonly exceptionId?: string;
}

const viewRowShape = z.object({
  line: z.number(),
  result: z.enum(ROW_RESULTS),
  errors: storedJson<readonly UploadRowError[]>().nullable(),
  deviceId: z.string().nullable(),
  sequence: z.string().nullable(),
  meterId: z.string().nullable(),
  accountId: z.string().nullable(),
  outcome: z.enum(OUTCOMES),
  because: z.string().nullable(),
  billId: z.string().nullable(),
  exceptionId: z.string().nullable(),
});
type ViewRow = z.output<typeof viewRowShape>;

/**
 * Rows in the order of lines, with the current outcome of their readings. A repeat shows that of the reading it
 * repeats. The account is the one where the meter was when it was read.
 */
export async function listUploadRows(
  client: pg.ClientBase,
  uploadId: string,
  page: { readonly outcome?: RowOutcome | undefined; readonly after: number; readonly limit: number },
): Promise<readonly UploadRowView[]> {
  const rows = await readRows(
    client,
    viewRowShape,
    `select w.line, w.result, w.errors, w.device_id, w.sequence, w.meter_id, m.account_id,
            coalesce(r.outcome, 'refused') as outcome, r.because, r.bill_id,
            case b.status when 'held' then b.exception_id end as exception_id
       from reading_upload_row w
       left join lateral (
         select outcome, because, bill_id, read_at from meter_reading k
          where w.result <> 'refused' and k.device_id = w.device_id and k.sequence = w.sequence
            and k.meter_id = w.meter_id
          order by (k.upload_id = w.upload_id and k.line = w.line) is true desc, k.received_at limit 1) r on true
       left join lateral (
         select account_id from meter i where i.meter_id = w.meter_id
          order by (r.read_at between i.installed_at and coalesce(i.removed_at, 'infinity')) is true desc,
            i.installed_at desc
          limit 1) m on true
       left join bill b on b.bill_id = r.bill_id
      where w.upload_id = $1 and w.line > $2 and ($3::text is null or coalesce(r.outcome, 'refused') = $3)
      order by w.line limit $4`,
    [uploadId, page.after, page.outcome ?? null, page.limit],
  );
  return rows.map(viewOf);
}

function viewOf(row: ViewRow): UploadRowView {
  return {
    line: row.line,
    result: row.result,
    outcome: row.outcome,
    ...present({ errors: row.errors, deviceId: row.deviceId }),
    ...(row.sequence === null ? {} : { sequence: Number(row.sequence) }),
    ...present({
      meterId: row.meterId,
      accountId: row.accountId,
      because: row.because,
      billId: row.billId,
      exceptionId: row.exceptionId,
    }),
  };
}
