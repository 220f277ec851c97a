/**
 * The printed code as an image. It never changes, so clients may cache it; a code that differs from what was printed is
 * refused.
 */
import type pg from 'pg';
import type { Logger } from 'pino';
import { tenantTransaction } from '../../db/pool.ts';
import type { LinkView } from '../../db/links/read-links.ts';
import { present } from '../../domain/present.ts';
import type { Caller, HandlersOf, Reply } from '../http/call.ts';
import { demandLink } from './link-handlers.ts';
import { Problem } from '../http/problems.ts';
import {
  assertUnchanged,
  PrintedCodeMismatch,
  renderPdf,
  renderPng,
  renderSvg,
  type Level,
} from '../../printing/qr-images.ts';
import type { codeRoutes } from './code-routes.ts';

type CodeHandlers = HandlersOf<typeof codeRoutes>;

export function createCodeHandlers({
  pool,
  logger,
}: {
  readonly pool: pg.Pool;
  readonly logger: Logger;
}): CodeHandlers {
  async function printed({ merchantId }: Caller, paymentLinkId: string): Promise<{ link: LinkView; text: string }> {
    const link = await tenantTransaction(pool, merchantId, async (client) => demandLink(client, paymentLinkId));
    if (link.printedCode === undefined) {
      throw new Problem('payment-link-opening', 'The provider has not given it a code yet.', {
        headers: { 'retry-after': '1' },
      });
    }
    const { text, crc } = link.printedCode;
    try {
      assertUnchanged(text, crc);
    } catch (error) {
      if (!(error instanceof PrintedCodeMismatch)) throw error;
      logger.error({ err: error, merchantId, paymentLinkId }, 'a printed code has changed');
      throw new Problem('printed-code-changed', 'It is not drawn, because it would be a second code for one link.', {
        cause: error,
      });
    }
    return { link, text };
  }

  return {
    async drawSvg({ caller, params, query }) {
      const { text } = await printed(caller, params.paymentLinkId);
      return picture(renderSvg(text, pixels(query)), 'image/svg+xml');
    },
    async drawPng({ caller, params, query }) {
      const { text } = await printed(caller, params.paymentLinkId);
      return picture(await renderPng(text, pixels(query)), 'image/png');
    },
    async drawPdf({ caller, params, query: { level, size } }) {
      const { link, text } = await printed(caller, params.paymentLinkId);
      const options = {
        payee: link.payee,
        label: link.label,
        ...present({ level, size }),
      };
      return picture(await renderPdf(text, options), 'application/pdf');
    },
  };
}

function pixels({ level, size }: { readonly level?: Level | undefined; readonly size?: number | undefined }) {
  return present({ level, moduleSize: size });
}

function picture(bytes: string | Buffer, type: string): Reply {
  return { status: 200, bytes, headers: { 'content-type': type, 'cache-control': 'private, max-age=86400' } };
}
