/**
 * I12: what Temporal still has of this task queue's link workflows replays on today's code, and says nothing that
 * Postgres does not say as well. It fetches histories and asks no workflow.
 */
import type { Client } from '@temporalio/client';
import { Worker, type ReplayWorkerOptions } from '@temporalio/worker';
import { PAYMENT_LINK_WORKFLOW } from '../workflows/messages.ts';
import { factsIn, linkOf, missingFrom, type HistoryEvents, type TimelineWords } from './recorded.ts';
import { merchantSnapshot } from './snapshot.ts';
import type { VerdictCollector } from './verdict.ts';

export interface HistoryCheckInput {
  readonly client: Client;
  readonly taskQueue: string;
  /** The workflows as they are today: a bundle, or the file to bundle. */
  readonly code: Pick<ReplayWorkerOptions, 'workflowBundle' | 'workflowsPath'>;
  /** Newest first; 200 when left out. */
  readonly most?: number;
}

const MOST = 200;
const CALL_MS = 20_000;

export async function checkHistories(
  findings: VerdictCollector,
  databaseUrl: string,
  histories: HistoryCheckInput,
): Promise<void> {
  const { client, taskQueue, most = MOST } = histories;
  let fetched = 0;
  let facts = 0;
  async function* newestFirst() {
    const query = `WorkflowType = '${PAYMENT_LINK_WORKFLOW}' and TaskQueue = '${taskQueue}'`;
    for await (const { workflowId, runId } of client.workflow.list({ query })) {
      const history = await client.withDeadline(Date.now() + CALL_MS, async () =>
        client.workflow.getHandle(workflowId, runId).fetchHistory(),
      );
      const events = history.events ?? [];
      // A run whose first task is still to come has nothing to replay.
      if (!events.some((event) => event.workflowTaskCompletedEventAttributes)) continue;
      facts += await compare(findings, databaseUrl, workflowId, events);
      yield { workflowId, history };
      fetched += 1;
      if (fetched >= most) return;
    }
  }
  const options: ReplayWorkerOptions = { ...histories.code, replayName: 'verify' };
  for await (const { workflowId, error } of Worker.runReplayHistories(options, newestFirst())) {
    if (error !== undefined) findings.violated('I12', `${workflowId} does not replay: ${firstLine(error.message)}`);
  }
  findings.looked('I12', `${fetched} histories${fetched >= most ? ', the newest' : ''}`);
  findings.looked('I12', `${facts} results`);
}

/** The history first: whatever it tells was in Postgres before it was told. */
async function compare(
  findings: VerdictCollector,
  databaseUrl: string,
  workflowId: string,
  events: HistoryEvents,
): Promise<number> {
  const link = linkOf(events);
  if (link === undefined) {
    findings.violated('I12', `${workflowId} was started with an input that names no link`);
    return 0;
  }
  const facts = factsIn(events);
  const timeline = await merchantSnapshot(databaseUrl, link.merchantId, async (client) => {
    const { rows } = await client.query<TimelineWords>(
      `select what, payment_request_id as "paymentRequestId", command_id as "commandId" from timeline
        where merchant_id = $1 and payment_link_id = $2`,
      [link.merchantId, link.paymentLinkId],
    );
    return rows;
  });
  for (const sentence of missingFrom(timeline, facts)) findings.violated('I12', `${workflowId}: ${sentence}`);
  return facts.length;
}

function firstLine(text: string): string {
  return text.split('\n', 1)[0] ?? '';
}
