/** Loads a link for a run without carried state. Idempotent by run id; an unknown link is a normal answer (null). */
import { loadStoredLink, raiseSeq } from '../../db/links/link-rows.ts';
import { startAttempt } from '../attempt.ts';
import { inTransaction, type Dependencies } from '../dependencies.ts';
import type { LinkActivities } from './link-activities.ts';

export function createLoadLink(deps: Dependencies): LinkActivities['loadLink'] {
  return async ({ link, runId }) =>
    inTransaction(deps, link, startAttempt(), async (client) => {
      await raiseSeq(client, link.paymentLinkId, runId);
      return (await loadStoredLink(client, link.merchantId, link.paymentLinkId)) ?? null;
    });
}
