/**
 * Streams the print files of a batch from rows that never change, so that a reprint has the same bytes. A slow client
 * holds no transaction, and a disconnect ends the rendering.
 */
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import type pg from 'pg';
import type { Logger } from 'pino';
import { BillRefusal, type BillLayout, type PrintedBill } from '../../../printing/printed-bill.ts';
import { billsInAFile, renderBills } from '../../../printing/render-bills.ts';
import type { Batch } from '../../../db/billing/bill-batches.ts';
import { readLogo } from '../../../db/billing/logos.ts';
import { tenantTransaction } from '../../../db/pool.ts';
import { lineBefore, printedRows } from '../../../db/billing/printed-rows.ts';
import { present } from '../../../domain/present.ts';
import { demandBatch } from './batch-handlers.ts';
import type { HandlersOf } from '../../http/call.ts';
import { notFound, Problem } from '../../http/problems.ts';
import { assertUnchanged, PrintedCodeMismatch } from '../../../printing/qr-images.ts';
import type { batchRoutes } from './batch-routes.ts';

interface FileDependencies {
  readonly pool: pg.Pool;
  readonly logger: Logger;
}

const ROWS_AT_ONCE = 500;

export function createBatchFileHandlers(
  deps: FileDependencies,
): Pick<HandlersOf<typeof batchRoutes>, 'drawBillBatchFile'> {
  return {
    async drawBillBatchFile({ caller: { merchantId }, params, response }) {
      const { batch, number, before, logo } = await tenantTransaction(deps.pool, merchantId, async (client) =>
        demandFile(client, params.batchId, params.number),
      );
      const layout: BillLayout = { ...batch.layout, title: batch.name, ...present({ logo }) };
      const bills = billsAfter(deps.pool, { merchantId, batch, before });
      const begin = (): void => {
        const name = `bills-${batch.batchId}-${number}.pdf`;
        response.writeHead(200, {
          'content-type': 'application/pdf',
          'content-disposition': `attachment; filename="${name}"`,
        });
      };
      try {
        // Leaving the loop closes the renderer and with it the reader.
        for await (const { bytes } of renderBills(bills, layout, number)) {
          const first = await bytes.next();
          begin();
          await pipeline(Readable.from(withFirst(first, bytes), { objectMode: false }), response);
        }
        return 'streamed';
      } catch (error) {
        if (error instanceof BillRefusal && !response.headersSent) {
          const errors = [{ parameter: error.field, detail: error.message }];
          throw new Problem('validation-failed', 'See errors.', { errors, cause: error });
        }
        if (error instanceof PrintedCodeMismatch) {
          deps.logger.error({ err: error, merchantId, batchId: batch.batchId }, 'a printed code has changed');
          const detail = 'It is not drawn, because it would be a second code for one link.';
          throw new Problem('printed-code-changed', detail, { cause: error });
        }
        // The client is gone: no error can be answered.
        if (response.headersSent && response.destroyed) return 'streamed';
        throw error;
      }
    },
  };
}

async function demandFile(client: pg.ClientBase, batchId: string, asked: string) {
  const batch = await demandBatch(client, batchId);
  const number = /^[1-9]\d{0,5}$/.test(asked) ? Number(asked) : undefined;
  if (number === undefined) throw notFound();
  if (batch.status !== 'finished') {
    throw new Problem('bill-batch-running', 'Its files are there once it has finished.', {
      headers: { 'retry-after': '5' },
    });
  }
  const before = await lineBefore(client, batch.batchId, (number - 1) * billsInAFile(batch.layout));
  if (before === undefined) throw notFound();
  const logo = batch.logoSha256 === undefined ? undefined : await readLogo(client, batch.logoSha256);
  return { batch, number, before, logo: logo?.png };
}

interface BatchFileInput {
  readonly merchantId: string;
  readonly batch: Batch;
  readonly before: number;
}

/** The bills of one file and no more, so many at a time, each time in a transaction of its own. */
async function* billsAfter(pool: pg.Pool, { merchantId, batch, before }: BatchFileInput): AsyncGenerator<PrintedBill> {
  const { batchId, layout, payee } = batch;
  let after = before;
  let left = billsInAFile(layout);
  while (left > 0) {
    const page = { after, limit: Math.min(left, ROWS_AT_ONCE) };
    const rows = await tenantTransaction(pool, merchantId, async (client) => printedRows(client, batchId, page));
    for (const { printed } of rows) {
      assertUnchanged(printed.printedCode, printed.printedCode.slice(-4));
      yield { ...printed, payee };
    }
    if (rows.length < page.limit) return;
    after = rows.at(-1)?.line ?? after;
    left -= rows.length;
  }
}

async function* withFirst(first: IteratorResult<Buffer, void>, rest: AsyncIterable<Buffer>): AsyncGenerator<Buffer> {
  if (first.done !== true) yield first.value;
  yield* rest;
}
