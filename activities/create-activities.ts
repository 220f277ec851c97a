/** All activities of the worker, from what they are given. */
import { createBeginReturn } from './begin-return.ts';
import type { BillBatchActivities } from './bill-batch-activities.ts';
import { createBillBatches } from './bill-batches.ts';
import { createCancelRequest } from './cancel-request.ts';
import { createCheckLink } from './check-link.ts';
import { createExceptionActivities } from './decide-exception.ts';
import type { Dependencies } from './dependencies.ts';
import type { LinkActivities } from './link-activities.ts';
import { createLinkRequest } from './link-request.ts';
import { createLoadLink } from './load-link.ts';
import type { MoneyActivities } from './money-activities.ts';
import { createOpenBatchLinks } from './open-batch-links.ts';
import { createOpenLink } from './open-link.ts';
import { createRecordOutcomes } from './record-outcomes.ts';
import { createCheckReturn, createSendReturn } from './send-return.ts';
import { createRateUsage } from './rate-usage.ts';
import { createSettleRequest } from './settle-request.ts';
import { createUpdateRequest } from './update-request.ts';
import type { WatchActivities } from './watch-activities.ts';
import { createWatchRound } from './watch-round.ts';

export function createActivities(
  deps: Dependencies,
): LinkActivities & MoneyActivities & WatchActivities & BillBatchActivities {
  return {
    loadLink: createLoadLink(deps),
    openLink: createOpenLink(deps),
    linkRequest: createLinkRequest(deps),
    updateRequest: createUpdateRequest(deps),
    cancelRequest: createCancelRequest(deps),
    settleRequest: createSettleRequest(deps),
    rateUsage: createRateUsage(deps),
    checkLink: createCheckLink(deps),
    recordOutcomes: createRecordOutcomes(deps),
    ...createExceptionActivities(deps),
    beginReturn: createBeginReturn(deps),
    sendReturn: createSendReturn(deps),
    checkReturn: createCheckReturn(deps),
    watchRound: createWatchRound(deps),
    ...createBillBatches(deps),
    openBatchLinks: createOpenBatchLinks(deps),
  };
}
