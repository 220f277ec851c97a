/** All activities of the worker, from what they are given. */
import { createBeginReturn } from './money/begin-return.ts';
import type { BillBatchActivities } from './billing/bill-batch-activities.ts';
import { createBillBatches } from './billing/bill-batches.ts';
import { createCancelRequest } from './links/cancel-request.ts';
import { createCheckLink } from './links/check-link.ts';
import { createExceptionActivities } from './money/decide-exception.ts';
import type { Dependencies } from './dependencies.ts';
import type { LinkActivities } from './links/link-activities.ts';
import { createLinkRequest } from './links/link-request.ts';
import { createLoadLink } from './links/load-link.ts';
import type { MoneyActivities } from './money/money-activities.ts';
import { createOpenBatchLinks } from './billing/open-batch-links.ts';
import { createOpenLink } from './links/open-link.ts';
import { createRecordOutcomes } from './links/record-outcomes.ts';
import { createCheckReturn, createSendReturn } from './money/send-return.ts';
import { createRateUsage } from './billing/rate-usage.ts';
import { createSettleRequest } from './links/settle-request.ts';
import { createUpdateRequest } from './links/update-request.ts';
import type { WatchActivities } from './watch/watch-activities.ts';
import { createWatchRound } from './watch/watch-round.ts';

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
