/** A batch of bills that a test has asked for, when it has ended. */
import { batchOf, type ApiAccess } from '../../bench/samples/bill-batches.ts';
import { until } from '../limits/until.ts';

type Batch = Awaited<ReturnType<typeof batchOf>>;

/** Ended well or not. */
export async function untilPrinted(office: ApiAccess, batchId: unknown): Promise<Batch> {
  let batch: Batch = {};
  const hasEnded = async (): Promise<boolean> => {
    batch = await batchOf(office, batchId);
    return ['finished', 'failed'].includes(String(batch['status']));
  };
  await until(() => `the batch has ended: ${JSON.stringify(batch)}`, hasEnded, 50);
  return batch;
}
