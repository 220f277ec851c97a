/** One round of looking after what was lost, per merchant, started by a Temporal Schedule; overlap is skipped. */
import { proxyActivities } from '@temporalio/workflow';
import type { WatchActivities } from '../activities/watch/watch-activities.ts';

/** The next round comes anyway: one attempt, shorter than the period. */
const { watchRound } = proxyActivities<WatchActivities>({ startToCloseTimeout: '12s', retry: { maximumAttempts: 1 } });

export interface WatchInput {
  readonly merchantId: string;
}

export async function watch(input: WatchInput): Promise<void> {
  await watchRound.executeWithOptions({ summary: `look after ${input.merchantId}` }, [input]);
}
