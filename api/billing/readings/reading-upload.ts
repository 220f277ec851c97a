/** Stores an upload of readings: the rows with their results and the readings, in one transaction. */
import { randomUUID } from 'node:crypto';
import type pg from 'pg';
import { tenantTransaction } from '../../../db/pool.ts';
import {
  insertUpload,
  insertUploadRows,
  registersOf,
  uploadOfKey,
  type NewUpload,
  type UploadRow,
} from '../../../db/billing/reading-uploads.ts';
import { storeReadings, type ArrivedReading } from '../../../db/billing/readings.ts';
import { storable } from '../../../db/links/inbox.ts';
import { arrivalFaults, type ReadingFault } from '../../../domain/billing/reading-messages.ts';
import { Problem } from '../../http/problems.ts';
import type { UploadedRow } from './reading-csv.ts';

interface ReadingUpload extends Omit<NewUpload, 'uploadId' | 'rows'> {
  readonly merchantId: string;
  readonly rows: readonly UploadedRow[];
}

interface StoredUpload {
  readonly uploadId: string;
  /** It was here before, under this key. */
  readonly replayed: boolean;
}

export async function storeUpload(
  pool: pg.Pool,
  { merchantId, rows, ...upload }: ReadingUpload,
): Promise<StoredUpload> {
  const uploadId = randomUUID().replaceAll('-', '');
  return tenantTransaction(pool, merchantId, async (client) => {
    if (!(await insertUpload(client, merchantId, { ...upload, uploadId, rows: rows.length }))) {
      return knownUpload(client, upload);
    }
    const { arrived, refused } = await sortRows(client, rows);
    const results = await storeReadings(client, merchantId, arrived, uploadId);
    const kept = arrived.map(({ line, deviceId, sequence, meterId }, index): UploadRow => {
      const result = results[index];
      if (result === undefined) throw new Error('a reading was stored without an answer');
      return { line, deviceId, sequence, meterId, result };
    });
    await insertUploadRows(client, merchantId, uploadId, [...kept, ...refused]);
    return { uploadId, replayed: false };
  });
}

async function knownUpload(
  client: pg.ClientBase,
  { idempotencyKey, digest }: Pick<NewUpload, 'idempotencyKey' | 'digest'>,
): Promise<StoredUpload> {
  const known = await uploadOfKey(client, idempotencyKey);
  if (known === undefined) throw new Error('an upload has this key and is not there');
  if (known.digest.equals(digest)) return { uploadId: known.uploadId, replayed: true };
  throw new Problem('idempotency-key-reuse', 'This key came with other readings before.');
}

interface SortedRows {
  readonly arrived: readonly (ArrivedReading & { readonly line: number })[];
  readonly refused: readonly UploadRow[];
}

async function sortRows(client: pg.ClientBase, rows: readonly UploadedRow[]): Promise<SortedRows> {
  const meterIds = rows.flatMap(({ parsed }) => (parsed.ok ? [parsed.value.meterId] : []));
  const { now, registers } = await registersOf(client, [...new Set(meterIds)]);
  const arrived: (ArrivedReading & { readonly line: number })[] = [];
  const refused: UploadRow[] = [];
  for (const { line, parsed } of rows) {
    if (!parsed.ok) {
      refused.push({ line, result: 'refused', ...parsed.known, errors: parsed.faults.map(errorOf) });
      continue;
    }
    const { deviceId, sequence, meterId } = parsed.value;
    const faults = arrivalFaults(parsed.value, registers.get(meterId) ?? [], now.getTime());
    if (faults.length === 0) arrived.push({ ...parsed.value, line });
    else refused.push({ line, result: 'refused', deviceId, sequence, meterId, errors: faults.map(errorOf) });
  }
  return { arrived, refused };
}

/** The name of an unknown field is the sender's own text. */
function errorOf({ field, because }: ReadingFault): { readonly column: string; readonly detail: string } {
  return { column: storable(field), detail: because };
}
