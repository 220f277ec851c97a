/** Batches of bills: begun and ended. Idempotent: a batch that has finished stays as it is. */
import { beginBatch, endBatch } from '../../db/billing/bill-batches.ts';
import { tenantTransaction } from '../../db/pool.ts';
import type { BillBatchActivities } from './bill-batch-activities.ts';
import type { Dependencies } from '../dependencies.ts';

type BatchRunActivities = Pick<BillBatchActivities, 'beginBillBatch' | 'finishBillBatch' | 'failBillBatch'>;

export function createBillBatches({ pool }: Dependencies): BatchRunActivities {
  return {
    async beginBillBatch({ merchantId, batchId }) {
      const batch = await tenantTransaction(pool, merchantId, async (client) => beginBatch(client, batchId));
      if (batch === undefined) throw new Error(`no batch of bills ${batchId}`);
      return { ended: batch.status === 'finished', rows: batch.rows, seconds: batch.seconds };
    },

    async finishBillBatch({ merchantId, batchId }) {
      await tenantTransaction(pool, merchantId, async (client) => endBatch(client, batchId, { status: 'finished' }));
    },

    async failBillBatch({ merchantId, batchId, because }) {
      await tenantTransaction(pool, merchantId, async (client) =>
        endBatch(client, batchId, { status: 'failed', because }),
      );
    },
  };
}
