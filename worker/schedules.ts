/** Keeps one `watch` Schedule per merchant, made when the worker sees the merchant for the first time. */
import { ScheduleAlreadyRunning, ScheduleOverlapPolicy, type Client } from '@temporalio/client';
import type pg from 'pg';
import type { Config } from '../config.ts';
import { WATCH_WORKFLOW, watchScheduleId } from '../workflows/messages.ts';

const LOOK_FOR_MERCHANTS_MS = 30_000;

export interface Scheduling {
  readonly client: Client;
  readonly router: pg.Pool;
  readonly config: Pick<Config, 'taskQueue' | 'watchEveryMs'>;
}

/** Answers how to stop looking for new merchants; the Schedules themselves stay, they belong to the cluster. */
export function keepSchedules(scheduling: Scheduling): { stop(): Promise<void> } {
  const kept = new Set<string>();
  let round = keepAll(scheduling, kept);
  const timer = setInterval(() => {
    round = round.then(async () => keepAll(scheduling, kept));
  }, LOOK_FOR_MERCHANTS_MS);
  return {
    async stop() {
      clearInterval(timer);
      await round;
    },
  };
}

/** Whatever fails is tried again at the next look. */
async function keepAll(scheduling: Scheduling, kept: Set<string>): Promise<void> {
  try {
    const { rows } = await scheduling.router.query<{ merchant_id: string }>('select merchant_id from merchant');
    for (const { merchant_id: merchantId } of rows) {
      if (kept.has(merchantId)) continue;
      await keepOne(scheduling, merchantId);
      kept.add(merchantId);
    }
  } catch {
    // The database or Temporal does not answer just now.
  }
}

async function keepOne({ client, config }: Scheduling, merchantId: string): Promise<void> {
  const scheduleId = watchScheduleId(merchantId);
  const spec = { intervals: [{ every: config.watchEveryMs }], jitter: Math.floor(config.watchEveryMs / 10) };
  const action = {
    type: 'startWorkflow' as const,
    workflowType: WATCH_WORKFLOW,
    workflowId: scheduleId,
    taskQueue: config.taskQueue,
    args: [{ merchantId }],
  };
  const policies = { overlap: ScheduleOverlapPolicy.SKIP, catchupWindow: '1 minute' as const };
  try {
    await client.schedule.create({ scheduleId, spec, action, policies });
  } catch (error) {
    if (!(error instanceof ScheduleAlreadyRunning)) throw error;
    // The period or the queue may have changed since it was made.
    await client.schedule.getHandle(scheduleId).update((before) => ({ ...before, spec, action, policies }));
  }
}
