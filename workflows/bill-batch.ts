/**
 * One batch of bills, from the stored lines to the last code. Progress is in Postgres: a new start continues at the
 * first waiting line. It starts no link workflows: each starts at the link's first message.
 */
import { proxyActivities, setCurrentDetails } from '@temporalio/workflow';
import type { BillBatchActivities } from '../activities/billing/bill-batch-activities.ts';
import { describeBatch } from '../domain/billing/batch-progress.ts';
import type { BillBatchInput } from './messages.ts';

/** A day, to survive a bank that is unavailable overnight; a dead worker is detected by its heartbeat. */
const long = proxyActivities<BillBatchActivities>({
  startToCloseTimeout: '1h',
  scheduleToCloseTimeout: '24h',
  heartbeatTimeout: '10s',
  retry: { initialInterval: '1s', backoffCoefficient: 2, maximumInterval: '1m' },
});
const short = proxyActivities<BillBatchActivities>({
  startToCloseTimeout: '30s',
  scheduleToCloseTimeout: '24h',
  retry: { initialInterval: '1s', backoffCoefficient: 2, maximumInterval: '1m' },
});

export async function billBatch(batch: BillBatchInput): Promise<void> {
  try {
    const { ended, ...begun } = await short.beginBillBatch(batch);
    if (ended) return;
    let pace = begun;
    setCurrentDetails(describeBatch(pace));
    while (pace.rows.waiting > 0) {
      const summary = `open links for the next of ${pace.rows.waiting} accounts`;
      pace = await long.openBatchLinks.executeWithOptions({ summary }, [batch]);
      setCurrentDetails(describeBatch(pace));
    }
    await short.finishBillBatch(batch);
  } catch (error) {
    // A batch that cannot go on says so in its row: the workflow fails too, where operators look.
    const because =
      error instanceof Error ? (error.cause instanceof Error ? error.cause.message : error.message) : String(error);
    await short.failBillBatch({ ...batch, because });
    throw error;
  }
}
