/**
 * One `watch` round of a merchant, which repeats what was lost; started by a Temporal Schedule, overlaps are skipped.
 */
import { proxyActivities } from '@temporalio/workflow';
import type { WatchActivities } from '../activities/watch/watch-activities.ts';

/** One attempt, shorter than the period, because the next round comes anyway. */
const { watchRound } = proxyActivities<WatchActivities>({ startToCloseTimeout: '12s', retry: { maximumAttempts: 1 } });

interface WatchInput {
  readonly merchantId: string;
}

export async function watch(input: WatchInput): Promise<void> {
  await watchRound.executeWithOptions({ summary: `look after ${input.merchantId}` }, [input]);
}
