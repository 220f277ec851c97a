/** Starts the workflow of a stored batch. A repeat joins it, because the workflow id is derived from the row. */
import { WorkflowExecutionAlreadyStartedError, type Client } from '@temporalio/client';
import { BILL_BATCH_WORKFLOW, billBatchWorkflowId, type BillBatchInput } from '../workflows/messages.ts';

export interface BillBatchSender {
  /** Rejects when Temporal did not take it within `timeoutMs` (3 s): the row stays, and `watch` starts it. */
  start(batch: BillBatchInput, timeoutMs?: number): Promise<void>;
}

export function createBillBatchSender(client: Client, taskQueue: string): BillBatchSender {
  return {
    async start({ merchantId, batchId }, timeoutMs = 3_000) {
      const input: BillBatchInput = { merchantId, batchId };
      try {
        await client.withDeadline(Date.now() + timeoutMs, async () =>
          client.workflow.start(BILL_BATCH_WORKFLOW, {
            workflowId: billBatchWorkflowId(merchantId, batchId),
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
