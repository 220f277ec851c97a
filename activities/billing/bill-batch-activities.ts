/** The effects of the `billBatch` workflow, as the workflow sees them. Each may be repeated: it goes on where it stood. */
import type { Pace } from '../../domain/billing/batch-progress.ts';

export interface BatchRef {
  readonly merchantId: string;
  readonly batchId: string;
}

export interface BillBatchActivities {
  /** Sets it running. `ended`: it has finished before. */
  beginBillBatch(input: BatchRef): Promise<Pace & { readonly ended: boolean }>;
  /** Gives the next accounts their codes, some thousand at most, and answers how far the batch is. */
  openBatchLinks(input: BatchRef): Promise<Pace>;
  finishBillBatch(input: BatchRef): Promise<void>;
  failBillBatch(input: BatchRef & { readonly because: string }): Promise<void>;
}
