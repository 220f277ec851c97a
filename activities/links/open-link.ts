/**
 * Opens the link at the provider and fixes the printed code for good. Not idempotent there: after an unknown outcome
 * another link is opened; the stray one carries no request and is listed at night.
 */
import { crc16, encodeBrCode } from '../../domain/codes/br-code.ts';
import { answerCommand, unansweredOpens } from '../../db/links/command-claims.ts';
import { writeFacts } from '../../db/facts.ts';
import { readLink, storePrintedCode, writeLink } from '../../db/links/link-rows.ts';
import { present } from '../../domain/present.ts';
import { ProviderFailure } from '../../providers/provider.ts';
import { retryable, startAttempt } from '../attempt.ts';
import { inTransaction, notifyListeners, type Dependencies } from '../dependencies.ts';
import type { LinkActivities } from './link-activities.ts';
import { fencedResult } from './settle.ts';

export function createOpenLink(deps: Dependencies): LinkActivities['openLink'] {
  return async ({ link, seq }) => {
    const attempt = startAttempt(9_000);
    const row = await inTransaction(deps, link, attempt, async (client) => readLink(client, link.paymentLinkId));
    if (row === undefined) throw new Error(`no link ${link.paymentLinkId}`);
    deps.crash('open.before-write');
    // An earlier attempt has stored the link: its code may be printed already, so it stays.
    if (row.providerLinkId !== undefined) return { is: 'opened' };
    const there = await deps.provider.openLink(link.kind, attempt.write()).catch((error: unknown) => {
      if (error instanceof ProviderFailure) throw retryable(error.message, error.retryAfterMs);
      throw error;
    });
    deps.crash('open.written');
    const text = encodeBrCode({ url: there.url, merchantName: row.merchantName, merchantCity: row.merchantCity });
    const written = await inTransaction(deps, link, attempt, async (client) => {
      await storePrintedCode(client, link.paymentLinkId, { ...there, text });
      const held = await writeLink(client, link.paymentLinkId, { seq, status: 'free' });
      const orders = await unansweredOpens(client, link.paymentLinkId);
      for (const commandId of orders) await answerCommand(client, commandId, { is: 'opened' });
      const base = { paymentLinkId: link.paymentLinkId };
      const position = await writeFacts(client, link.merchantId, {
        events: [
          {
            ...base,
            name: 'payment_link.opened',
            cause: link.paymentLinkId,
            payload: { ...base, kind: link.kind, label: row.label },
          },
        ],
        timeline: [
          {
            ...base,
            what: 'opened',
            // The command row says who ordered it.
            ...present({ commandId: orders[0] }),
            sentence: `opened at the provider; printed code ends in ${crc16(text.slice(0, -4))}`,
          },
        ],
      });
      return { held, position };
    });
    await notifyListeners(deps, link.merchantId, written.position);
    deps.crash('open.stored');
    if (!written.held) return fencedResult(deps, { link, attempt });
    return { is: 'opened' };
  };
}
