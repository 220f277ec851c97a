/** The activities of reconciliation, which need more than the others: a look across merchants. */
import { createMatchStatement } from './match-statement.ts';
import { createReconcileInbox, createReconcileLinks } from './reconcile-links.ts';
import { createReconcileWindow } from './reconcile-window.ts';
import type { ReconciliationActivities } from './reconciliation-activities.ts';
import { createReconciliationRuns } from './reconciliation-runs.ts';
import type { ReconcileDependencies } from './reconciliation-steps.ts';

export function createReconciliation(deps: ReconcileDependencies): ReconciliationActivities {
  return {
    ...createReconciliationRuns(deps),
    reconcileWindow: createReconcileWindow(deps),
    reconcileLinks: createReconcileLinks(deps),
    reconcileInbox: createReconcileInbox(deps),
    matchStatement: createMatchStatement(deps),
  };
}
