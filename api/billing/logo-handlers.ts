/** The logo over HTTP: stored as sent, after a check that it can be printed. */
import { readFile } from 'node:fs/promises';
import type pg from 'pg';
import { opaquePng } from '../../printing/logo.ts';
import { BillRefusal } from '../../printing/printed-bill.ts';
import { newestLogo, putLogo } from '../../db/billing/logos.ts';
import { tenantTransaction } from '../../db/pool.ts';
import { writerOf } from './accounts/account-handlers.ts';
import { accountRoutes } from './accounts/account-routes.ts';
import type { HandlersOf } from '../http/call.ts';
import { notFound, Problem } from '../http/problems.ts';
import { spool } from '../http/spool.ts';

export function createLogoHandlers({
  pool,
}: {
  readonly pool: pg.Pool;
}): Pick<HandlersOf<typeof accountRoutes>, 'putLogo' | 'readLogo'> {
  return {
    async putLogo({ caller, headers, stream }) {
      const { 'content-type': type = '', 'content-encoding': coding = 'identity' } = headers;
      if (!/^image\/png *(;|$)/i.test(type) || coding.toLowerCase() !== 'identity') {
        throw new Problem('unsupported-media-type', 'Send the logo as Content-Type: image/png, not compressed.');
      }
      const spooled = await spool(stream, accountRoutes.putLogo.streamed.bytes);
      try {
        const png = await readFile(spooled.file);
        demandPrintable(png);
        const sha256 = spooled.sha256.toString('hex');
        await tenantTransaction(pool, caller.merchantId, async (client) =>
          putLogo(client, writerOf(caller), { sha256, png }),
        );
        return { status: 200, json: { sha256, bytes: png.length } };
      } finally {
        await spooled.remove();
      }
    },

    async readLogo({ caller }) {
      const logo = await tenantTransaction(pool, caller.merchantId, newestLogo);
      if (logo === undefined) throw notFound();
      return { status: 200, headers: { 'content-type': 'image/png', etag: `"${logo.sha256}"` }, bytes: logo.png };
    },
  };
}

function demandPrintable(png: Buffer): void {
  try {
    opaquePng(png);
  } catch (error) {
    if (!(error instanceof BillRefusal)) throw error;
    throw new Problem('validation-failed', error.message, { cause: error });
  }
}
