/** Counts what a workflow cost: history events, and billable Actions by the table of reference/temporal.md §8.1. */
import type { Client } from '@temporalio/client';
import { temporal } from '@temporalio/proto';

const { EventType } = temporal.api.enums.v1;

export interface Cost {
  readonly events: number;
  readonly actions: number;
}

/** Each costs one Action; an activity one more for each retry, which its started event tells by its attempt. */
const ACTIONS = [
  EventType.EVENT_TYPE_WORKFLOW_EXECUTION_STARTED,
  EventType.EVENT_TYPE_WORKFLOW_EXECUTION_SIGNALED,
  EventType.EVENT_TYPE_WORKFLOW_EXECUTION_UPDATE_ACCEPTED,
  EventType.EVENT_TYPE_ACTIVITY_TASK_SCHEDULED,
  EventType.EVENT_TYPE_TIMER_STARTED,
  EventType.EVENT_TYPE_UPSERT_WORKFLOW_SEARCH_ATTRIBUTES,
];

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

export function costOf(events: HistoryEvents): Cost {
  let actions = 0;
  for (const event of events) {
    if (ACTIONS.includes(event.eventType ?? 0)) actions += 1;
    actions += Math.max(0, (event.activityTaskStartedEventAttributes?.attempt ?? 1) - 1);
  }
  return { events: events.length, actions };
}
