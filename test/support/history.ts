/** Counts what a workflow cost: history events, and billable Actions as Temporal Cloud counts them. */
import type { Client } from '@temporalio/client';
import type { temporal } from '@temporalio/proto';
import { until } from '../limits/until.ts';

export interface HistoryCost {
  readonly events: number;
  readonly actions: number;
}

/** Each costs one Action; an activity one more for each retry, which its started event tells by its attempt. */
const ACTIONS = [
  'workflowExecutionStartedEventAttributes',
  'workflowExecutionSignaledEventAttributes',
  'workflowExecutionUpdateAcceptedEventAttributes',
  'activityTaskScheduledEventAttributes',
  'timerStartedEventAttributes',
  'upsertWorkflowSearchAttributesEventAttributes',
] as const;

export type HistoryEvents = NonNullable<temporal.api.history.v1.IHistory['events']>;

/** All runs of a workflow id, oldest first. */
export async function historiesOf(client: Client, workflowId: string): Promise<readonly HistoryEvents[]> {
  const histories: HistoryEvents[] = [];
  let runId: string | undefined;
  for (;;) {
    const history = await client.workflow.getHandle(workflowId, runId).fetchHistory();
    const events = history.events ?? [];
    histories.unshift(events);
    const before = events[0]?.workflowExecutionStartedEventAttributes?.continuedExecutionRunId;
    if (!before) return histories;
    runId = before;
  }
}

/** Until the server has nothing to hand out any more but timers. */
export async function untilIdle(client: Client, workflowId: string): Promise<void> {
  await until(`${workflowId} is idle`, async () => {
    const { raw } = await client.workflow.getHandle(workflowId).describe();
    return (raw.pendingActivities ?? []).length === 0 && !raw.pendingWorkflowTask;
  });
}

export function costOf(events: HistoryEvents): HistoryCost {
  let actions = 0;
  for (const event of events) {
    if (ACTIONS.some((attributes) => event[attributes])) actions += 1;
    actions += Math.max(0, (event.activityTaskStartedEventAttributes?.attempt ?? 1) - 1);
  }
  return { events: events.length, actions };
}
