/** Reads the link at the provider when the content of its code is unknown, and stores the result. */
import type { EffectResult } from '../../domain/links/link-events.ts';
import { writeFacts } from '../../db/facts.ts';
import { readLink, writeLink } from '../../db/links/link-rows.ts';
import { retryable, startAttempt } from '../attempt.ts';
import { checkCode } from './check-code.ts';
import { inTransaction, notifyListeners, type Dependencies } from '../dependencies.ts';
import type { LinkActivities } from './link-activities.ts';
import { STRANGER, writeStranger } from './settle.ts';

export function createCheckLink(deps: Dependencies): LinkActivities['checkLink'] {
  return async ({ link, seq }): Promise<EffectResult> => {
    const attempt = startAttempt();
    const row = await inTransaction(deps, link, attempt, async (client) => readLink(client, link.paymentLinkId));
    if (row === undefined) throw new Error(`no link ${link.paymentLinkId}`);
    const shown = await checkCode(deps, link, row, attempt);
    if (shown.code === 'unknown') throw retryable('the provider does not say what the code shows');
    const by = shown.by === undefined ? {} : { by: shown.by };
    if (shown.code === 'stranger') {
      await inTransaction(deps, link, attempt, async (client) =>
        writeLink(client, link.paymentLinkId, { seq, status: 'attention', because: STRANGER, checkInSeconds: 60 }),
      );
      await writeStranger(deps, { link, row, requestId: '', attempt, seq }, shown.by ?? 'unknown');
      return { is: 'checked', code: 'stranger', because: STRANGER, ...by };
    }
    if (shown.code === 'stray' || shown.code === 'current') {
      // Alive and on the code, but not the linked request: the workflow cancels it as a stray.
      return { is: 'checked', code: 'stray', because: 'a request of ours that has ended here', ...by };
    }
    const position = await inTransaction(deps, link, attempt, async (client) => {
      await writeLink(client, link.paymentLinkId, { seq, status: 'free' });
      if (row.status !== 'attention') return undefined;
      const base = { paymentLinkId: link.paymentLinkId };
      return writeFacts(client, link.merchantId, {
        events: [{ ...base, name: 'payment_link.healed', cause: `${link.paymentLinkId}:${seq}`, payload: base }],
        timeline: [{ ...base, what: 'healed', sentence: 'a read shows that the code is clear' }],
      });
    });
    await notifyListeners(deps, link.merchantId, position);
    return { is: 'checked', code: 'nothing', because: 'the code shows nothing' };
  };
}
