/**
 * Starts reconciliation runs that are stored. A repeat joins the run, because the workflow id is derived from the row.
 */
import { WorkflowExecutionAlreadyStartedError, type Client } from '@temporalio/client';
import { RECONCILE_WORKFLOW, reconcileWorkflowId, type ReconcileInput } from '../workflows/messages.ts';

export interface ReconciliationSender {
  /** Rejects when Temporal did not take it within `timeoutMs` (3 s): the row stays, and whoever asked may ask again. */
  start(run: { readonly merchantId: string; readonly runId: string }, timeoutMs?: number): Promise<void>;
}

export function createReconciliationSender(client: Client, taskQueue: string): ReconciliationSender {
  return {
    async start({ merchantId, runId }, timeoutMs = 3_000) {
      const input: ReconcileInput = { merchantId, runId };
      try {
        await client.withDeadline(Date.now() + timeoutMs, async () =>
          client.workflow.start(RECONCILE_WORKFLOW, {
            workflowId: reconcileWorkflowId(merchantId, runId),
            taskQueue,
            args: [input],
            workflowIdReusePolicy: 'ALLOW_DUPLICATE_FAILED_ONLY',
          }),
        );
      } catch (error) {
        if (!(error instanceof WorkflowExecutionAlreadyStartedError)) throw error;
      }
    },
  };
}
