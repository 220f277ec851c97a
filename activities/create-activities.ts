/** All activities of the worker, from what they are given. */
import { createCancelRequest } from './cancel-request.ts';
import { createCheckLink } from './check-link.ts';
import type { Dependencies } from './dependencies.ts';
import type { LinkActivities } from './link-activities.ts';
import { createLinkRequest } from './link-request.ts';
import { createLoadLink } from './load-link.ts';
import { createOpenLink } from './open-link.ts';
import { createRecordOutcomes } from './record-outcomes.ts';
import { createSettleRequest } from './settle-request.ts';
import { createUpdateRequest } from './update-request.ts';
import type { WatchActivities } from './watch-activities.ts';
import { createWatchRound, type SendSignal } from './watch-round.ts';

export function createActivities(deps: Dependencies, send: SendSignal): LinkActivities & WatchActivities {
  return {
    loadLink: createLoadLink(deps),
    openLink: createOpenLink(deps),
    linkRequest: createLinkRequest(deps),
    updateRequest: createUpdateRequest(deps),
    cancelRequest: createCancelRequest(deps),
    settleRequest: createSettleRequest(deps),
    checkLink: createCheckLink(deps),
    recordOutcomes: createRecordOutcomes(deps),
    watchRound: createWatchRound(deps, send),
  };
}
