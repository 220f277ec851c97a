/**
 * Batches of bills over HTTP: imported once, however often sent, listed and read. Its rows are committed before its
 * workflow starts.
 */
import { createHash } from 'node:crypto';
import type pg from 'pg';
import type { Logger } from 'pino';
import { BillRefusal, completeLayout } from '../../../printing/printed-bill.ts';
import {
  listBatches,
  listRows,
  readBatch,
  type Batch,
  type NewBatch,
  type StoredLayout,
} from '../../../db/billing/bill-batches.ts';
import { tenantTransaction } from '../../../db/pool.ts';
import type { BillBatchSender } from '../../../temporal/bill-batch-sender.ts';
import { writerOf } from '../accounts/account-handlers.ts';
import { readBatchCsv, readBatchJson, type ReadBatch } from './batch-file.ts';
import { batchRoutes } from './batch-routes.ts';
import { storeBatch, type BatchUpload } from './batch-upload.ts';
import { batchJson, batchLocation, batchRowJson } from './batch-views.ts';
import type { Call, HandlersOf } from '../../http/call.ts';
import { demandKey, idempotencyKeyOf } from '../../links/commands.ts';
import { canonicalJson } from '../../http/json-body.ts';
import { notFound, Problem } from '../../http/problems.ts';
import { spool, type SpooledFile } from '../../http/spool.ts';
import { pageJson, pageRequest, USUAL_PAGE } from '../../http/paging.ts';
import { derivedId } from '../../../db/derived-id.ts';
import { present } from '../../../domain/present.ts';

interface BatchDependencies {
  readonly pool: pg.Pool;
  readonly batches: BillBatchSender;
  readonly logger: Logger;
}

type BatchHandlers = Pick<
  HandlersOf<typeof batchRoutes>,
  'createBillBatch' | 'listBillBatches' | 'readBillBatch' | 'listBillBatchRows'
>;

const BATCH_ID = /^[0-9a-f]{32}$/;

export function createBatchHandlers(deps: BatchDependencies): BatchHandlers {
  const { pool } = deps;
  return {
    async createBillBatch(call) {
      demandKey(call.headers);
      const format = formatOf(call);
      const layout = layoutOf(call);
      const spooled = await spool(call.stream, batchRoutes.createBillBatch.streamed.bytes);
      try {
        const { batch, replayed } = await storeUnderKey(pool, call, { ...format, layout, spooled });
        await startBatch(deps, call.caller.merchantId, batch);
        const headers = {
          location: batchLocation(batch.batchId),
          ...(replayed ? { 'idempotency-replayed': 'true' } : {}),
        };
        return { status: 202, headers, json: batchJson(batch) };
      } finally {
        await spooled.remove();
      }
    },

    async listBillBatches({ caller, query: { limit, after } }) {
      const page = await tenantTransaction(pool, caller.merchantId, async (client) =>
        listBatches(client, pageRequest(limit, after)),
      );
      return { status: 200, json: pageJson(page, batchJson) };
    },

    async readBillBatch({ caller, params }) {
      const batch = await tenantTransaction(pool, caller.merchantId, async (client) =>
        demandBatch(client, params.batchId),
      );
      return { status: 200, json: batchJson(batch) };
    },

    async listBillBatchRows({ caller, params, query: { status, after = 0, limit = USUAL_PAGE } }) {
      const found = await tenantTransaction(pool, caller.merchantId, async (client) => {
        const { batchId } = await demandBatch(client, params.batchId);
        return listRows(client, batchId, { status, after, limit: limit + 1 });
      });
      const data = found.slice(0, limit).map(batchRowJson);
      const last = data.at(-1);
      const next = found.length > limit && last !== undefined ? String(last.line) : null;
      return { status: 200, json: { data, next } };
    },
  };
}

export async function demandBatch(client: pg.ClientBase, batchId: string): Promise<Batch> {
  const batch = BATCH_ID.test(batchId) ? await readBatch(client, batchId) : undefined;
  if (batch === undefined) throw notFound();
  return batch;
}

interface BatchFormat {
  readonly format: 'csv' | 'json-lines';
  readonly encoding: string;
  readonly read: ReadBatch;
}

function formatOf({ headers }: Call<(typeof batchRoutes)['createBillBatch']>): BatchFormat {
  const [type = '', ...parameters] = (headers['content-type'] ?? '').toLowerCase().split(';');
  const [, charset = 'utf-8'] = /charset *= *"?([\w-]+)"?/.exec(parameters.join(';')) ?? [];
  const plain = (headers['content-encoding'] ?? 'identity').toLowerCase() === 'identity';
  const utf8 = ['utf-8', 'utf8'].includes(charset);
  if (plain && type.trim() === 'text/csv' && (utf8 || ['iso-8859-1', 'windows-1252'].includes(charset))) {
    return { format: 'csv', encoding: charset, read: readBatchCsv };
  }
  if (plain && type.trim() === 'application/x-ndjson' && utf8) {
    return { format: 'json-lines', encoding: charset, read: readBatchJson };
  }
  throw new Problem(
    'unsupported-media-type',
    'Send text/csv in utf-8, iso-8859-1 or windows-1252, or application/x-ndjson in utf-8, not compressed.',
  );
}

function layoutOf({ query }: Call<(typeof batchRoutes)['createBillBatch']>): StoredLayout {
  const { name: title, kind = 'a4', level = 'Q', moduleMillimetres: asked, pagesPerFile: pages } = query;
  try {
    const { moduleMillimetres, pagesPerFile } = completeLayout({
      kind,
      level,
      title,
      ...present({ moduleMillimetres: asked, pagesPerFile: pages }),
    });
    return { kind, level, moduleMillimetres, pagesPerFile };
  } catch (error) {
    if (!(error instanceof BillRefusal)) throw error;
    const errors = [{ parameter: error.field, detail: error.message }];
    throw new Problem('validation-failed', 'See errors.', { errors, cause: error });
  }
}

interface BatchBody extends BatchFormat {
  readonly layout: StoredLayout;
  readonly spooled: SpooledFile;
}

/** One idempotency key stands for one batch: the bytes together with all parameters. */
async function storeUnderKey(
  pool: pg.Pool,
  { caller, headers, query }: Call<(typeof batchRoutes)['createBillBatch']>,
  { format, encoding, read, layout, spooled }: BatchBody,
): Promise<{ readonly batch: Batch; readonly replayed: boolean }> {
  const { merchantId } = caller;
  const { name, tariffId, dueInDays, graceDays } = query;
  const idempotencyKey = idempotencyKeyOf(headers) ?? '';
  const batchId = derivedId('bill-batch', merchantId, idempotencyKey);
  const how = canonicalJson({ format, encoding, name, layout, tariffId, dueInDays, graceDays });
  const digest = createHash('sha256').update(how).update('\n').update(spooled.sha256).digest();
  const known = async (): Promise<Batch | undefined> => {
    const found = await tenantTransaction(pool, merchantId, async (client) => readBatch(client, batchId));
    if (found === undefined || found.digest.equals(digest)) return found;
    throw new Problem('idempotency-key-reuse', 'This key came with another batch before.');
  };
  const before = await known();
  if (before !== undefined) return { batch: before, replayed: true };
  const batch: NewBatch = { batchId, name, layout, digest, idempotencyKey, bytes: spooled.bytes };
  const rules: BatchUpload['rules'] = {
    ...present({ dueInDays, graceDays }),
  };
  const fresh = await storeBatch(pool, { writer: writerOf(caller), batch, spooled, encoding, read, tariffId, rules });
  const stored = await known();
  if (stored === undefined) throw new Error('a batch was stored and is not there');
  return { batch: stored, replayed: !fresh };
}

/** A repeat of the upload starts what has failed once more, and what was never started. */
async function startBatch(
  { batches, logger }: Pick<BatchDependencies, 'batches' | 'logger'>,
  merchantId: string,
  { batchId, status }: Batch,
): Promise<void> {
  if (status === 'finished') return;
  try {
    await batches.start({ merchantId, batchId });
  } catch (error) {
    logger.error({ err: error, batchId }, 'Temporal took no batch of bills');
    throw new Problem('temporal-unavailable', 'The batch is stored and starts by itself once Temporal is back.', {
      headers: { 'retry-after': '5', location: batchLocation(batchId) },
      cause: error,
    });
  }
}
