/** All activities of the worker, from what they are given. */
import { createCancelRequest } from './cancel-request.ts';
import { createCheckLink } from './check-link.ts';
import type { LinkActivities } from './link-activities.ts';
import { createLinkRequest } from './link-request.ts';
import { createLoadLink } from './load-link.ts';
import { createMatchStatement } from './match-statement.ts';
import { createOpenLink } from './open-link.ts';
import { createReconcileInbox, createReconcileLinks } from './reconcile-links.ts';
import { createReconcileWindow } from './reconcile-window.ts';
import type { ReconciliationActivities } from './reconciliation-activities.ts';
import { createReconciliationRuns } from './reconciliation-runs.ts';
import type { ReconcileDependencies } from './reconciliation-steps.ts';
import { createRecordOutcomes } from './record-outcomes.ts';
import { createSettleRequest } from './settle-request.ts';
import { createUpdateRequest } from './update-request.ts';
import type { WatchActivities } from './watch-activities.ts';
import { createWatchRound, type SendSignal } from './watch-round.ts';

export type Activities = LinkActivities & WatchActivities & ReconciliationActivities;

export function createActivities(given: Omit<ReconcileDependencies, 'send'>, send: SendSignal): Activities {
  const deps: ReconcileDependencies = { ...given, send };
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
    ...createReconciliationRuns(deps),
    reconcileWindow: createReconcileWindow(deps),
    reconcileLinks: createReconcileLinks(deps),
    reconcileInbox: createReconcileInbox(deps),
    matchStatement: createMatchStatement(deps),
  };
}
