/**
 * One reconciliation run, nightly by a Temporal Schedule or on request. It only decides the order; each activity
 * continues where its last attempt stopped.
 */
import { proxyActivities, uuid4 } from '@temporalio/workflow';
import type { ReconciliationActivities, RunRef } from '../activities/reconciliation/reconciliation-activities.ts';
import { present } from '../domain/present.ts';
import type { ReconcileInput } from './messages.ts';

/** Hours, because a slow provider is called slowly; a dead worker is detected by its heartbeat. */
const long = proxyActivities<ReconciliationActivities>({
  startToCloseTimeout: '3h',
  scheduleToCloseTimeout: '6h',
  heartbeatTimeout: '60s',
  retry: { initialInterval: '1s', backoffCoefficient: 2, maximumInterval: '2m' },
});
const short = proxyActivities<ReconciliationActivities>({
  startToCloseTimeout: '30s',
  scheduleToCloseTimeout: '6h',
  retry: { initialInterval: '1s', backoffCoefficient: 2, maximumInterval: '2m' },
});

export async function reconcile(input: ReconcileInput): Promise<void> {
  const { merchantId, runId } = input;
  if (runId !== undefined) {
    await execute({ merchantId, runId });
    return;
  }
  await execute({ merchantId, runId: uuid4().replaceAll('-', '') }, 'nightly');
  for (const stranded of await short.strandedReconciliations({ merchantId })) {
    await execute({ merchantId, runId: stranded }).catch(() => undefined);
  }
}

/** A run that cannot go on says so in its row: the workflow fails too, where operators look. */
async function execute(run: RunRef, kind?: 'nightly'): Promise<void> {
  try {
    const plan = await short.startReconciliation({ ...run, ...present({ kind }) });
    if (plan.ended) return;
    if (plan.kind === 'statement') {
      await long.matchStatement(run);
    } else {
      for (const window of plan.windows) await long.reconcileWindow({ ...run, ...window });
      for (const month of plan.months) await long.reconcileLinks({ ...run, ...month });
      await long.awaitHealing(run);
      await long.reconcileInbox(run);
    }
    await short.finishReconciliation(run);
  } catch (error) {
    const because =
      error instanceof Error ? (error.cause instanceof Error ? error.cause.message : error.message) : String(error);
    await short.failReconciliation({ ...run, because });
    throw error;
  }
}
