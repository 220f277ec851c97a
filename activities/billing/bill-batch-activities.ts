/** The activities of the `billBatch` workflow. Each may be repeated and continues where the last attempt stopped. */
import type { Pace } from '../../domain/billing/batch-progress.ts';

export interface BatchRef {
  readonly merchantId: string;
  readonly batchId: string;
}

export interface BillBatchActivities {
  /** Sets it running. `ended`: it has finished before. */
  beginBillBatch(input: BatchRef): Promise<Pace & { readonly ended: boolean }>;
  /** Opens links for the next accounts, some thousand at most, and answers the progress of the batch. */
  openBatchLinks(input: BatchRef): Promise<Pace>;
  finishBillBatch(input: BatchRef): Promise<void>;
  failBillBatch(input: BatchRef & { readonly because: string }): Promise<void>;
}
