/** Remembers a link for a run that knows nothing. Idempotent by run id; a link that does not exist is an answer. */
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
