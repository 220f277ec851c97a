/**
 * Meter readings over HTTP: stored once, however often sent, answered row by row; the links are signalled afterwards.
 */
import { createHash } from 'node:crypto';
import type pg from 'pg';
import { tenantTransaction } from '../../../db/pool.ts';
import { gapsOfUpload, isUpload, listUploadRows, readUploadRows } from '../../../db/billing/reading-uploads.ts';
import type { HandlersOf } from '../../http/call.ts';
import { demandKey, idempotencyKeyOf } from '../../links/commands.ts';
import { notFound } from '../../http/problems.ts';
import { readUpload } from './reading-input.ts';
import { storeUpload } from './reading-upload.ts';
import { readingRowJson, readingUploadJson } from './reading-views.ts';
import type { UsageSignals } from './usage-signals.ts';
import type { readingRoutes } from './reading-routes.ts';
import { USUAL_PAGE } from '../../http/paging.ts';

interface ReadingDependencies {
  readonly pool: pg.Pool;
  readonly usage: Pick<UsageSignals, 'tell'>;
}

const UPLOAD_ID = /^[0-9a-f]{32}$/;
const MOST_GAPS = 100;

export function createReadingHandlers({ pool, usage }: ReadingDependencies): HandlersOf<typeof readingRoutes> {
  return {
    /** A repeat is answered with the rows of the first upload and the current gaps. */
    async uploadReadings({ caller: { merchantId, keyId }, headers, raw }) {
      demandKey(headers);
      const idempotencyKey = idempotencyKeyOf(headers) ?? '';
      const { format, rows } = readUpload(raw, headers['content-type']);
      const digest = createHash('sha256').update(`${format}\n`).update(raw).digest();
      const actor = `key ${keyId}`;
      const { uploadId, replayed } = await storeUpload(pool, {
        merchantId,
        idempotencyKey,
        digest,
        format,
        actor,
        rows,
      });
      const json = await tenantTransaction(pool, merchantId, async (client) =>
        readingUploadJson(
          uploadId,
          await readUploadRows(client, uploadId),
          await gapsOfUpload(client, uploadId, MOST_GAPS),
        ),
      );
      return {
        status: 200,
        ...(replayed ? { headers: { 'idempotency-replayed': 'true' } } : {}),
        json,
        sent: () => usage.tell(merchantId, { uploadId }),
      };
    },

    async listUploadRows({ caller, params: { uploadId }, query: { outcome, after = 0, limit = USUAL_PAGE } }) {
      const found = await tenantTransaction(pool, caller.merchantId, async (client) => {
        if (!UPLOAD_ID.test(uploadId) || !(await isUpload(client, uploadId))) throw notFound();
        return listUploadRows(client, uploadId, { outcome, after, limit: limit + 1 });
      });
      const data = found.slice(0, limit).map(readingRowJson);
      const last = data.at(-1);
      const next = found.length > limit && last !== undefined ? String(last.line) : null;
      return { status: 200, json: { data, next } };
    },
  };
}
