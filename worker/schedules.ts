/**
 * Creates and updates the Schedules of each merchant, `watch` and `reconcile`, when the worker first sees the merchant.
 */
import { ScheduleAlreadyRunning, ScheduleOverlapPolicy, type Client, type ScheduleOptions } from '@temporalio/client';
import type pg from 'pg';
import type { Config } from '../config.ts';
import { present } from '../domain/present.ts';
import {
  RECONCILE_WORKFLOW,
  reconcileScheduleId,
  WATCH_WORKFLOW,
  watchScheduleId,
  type ReconcileInput,
} from '../workflows/messages.ts';
import { allMerchants } from '../db/merchants.ts';

const LOOK_FOR_MERCHANTS_MS = 30_000;

interface ScheduleContext {
  readonly client: Client;
  readonly router: pg.Pool;
  readonly config: Pick<Config, 'taskQueue' | 'watchEveryMs' | 'reconcileAt'>;
}

/** Answers how to stop looking for new merchants; the Schedules themselves stay, they belong to the cluster. */
export function keepSchedules(context: ScheduleContext): { stop(): Promise<void> } {
  const kept = new Set<string>();
  let round = keepAll(context, kept);
  const timer = setInterval(() => {
    round = round.then(async () => keepAll(context, kept));
  }, LOOK_FOR_MERCHANTS_MS);
  return {
    async stop() {
      clearInterval(timer);
      await round;
    },
  };
}

interface MerchantSchedule {
  readonly merchantId: string;
  readonly timeZone: string;
}

/** Whatever fails is tried again at the next look. */
async function keepAll(context: ScheduleContext, kept: Set<string>): Promise<void> {
  try {
    for (const merchant of await allMerchants(context.router)) {
      if (kept.has(merchant.merchantId)) continue;
      await keepOne(context.client, watchOf(context, merchant));
      await keepOne(context.client, reconcileOf(context, merchant));
      kept.add(merchant.merchantId);
    }
  } catch {
    // The database or Temporal does not answer just now.
  }
}

function watchOf({ config }: ScheduleContext, { merchantId }: MerchantSchedule): ScheduleOptions {
  const scheduleId = watchScheduleId(merchantId);
  return {
    scheduleId,
    spec: { intervals: [{ every: config.watchEveryMs }], jitter: Math.floor(config.watchEveryMs / 10) },
    action: {
      type: 'startWorkflow',
      workflowType: WATCH_WORKFLOW,
      workflowId: scheduleId,
      taskQueue: config.taskQueue,
      args: [{ merchantId }],
    },
    policies: { overlap: ScheduleOverlapPolicy.SKIP, catchupWindow: '1 minute' },
  };
}

/** A missed night is caught up when Temporal is back within the day. */
function reconcileOf({ config }: ScheduleContext, { merchantId, timeZone }: MerchantSchedule): ScheduleOptions {
  const scheduleId = reconcileScheduleId(merchantId);
  const [hour, minute] = config.reconcileAt.split(':').map(Number);
  const input: ReconcileInput = { merchantId };
  return {
    scheduleId,
    // Merchants of one account at the provider do not all begin in the same second.
    spec: { calendars: [{ hour: hour ?? 3, minute: minute ?? 0 }], timezone: timeZone, jitter: '5 minutes' },
    action: {
      type: 'startWorkflow',
      workflowType: RECONCILE_WORKFLOW,
      workflowId: scheduleId,
      taskQueue: config.taskQueue,
      args: [input],
    },
    policies: { overlap: ScheduleOverlapPolicy.SKIP, catchupWindow: '12 hours' },
  };
}

async function keepOne(client: Client, options: ScheduleOptions): Promise<void> {
  const { scheduleId, spec, action, policies } = options;
  try {
    await client.schedule.create(options);
  } catch (error) {
    if (!(error instanceof ScheduleAlreadyRunning)) throw error;
    // The period, the hour or the queue may have changed since it was made.
    await client.schedule.getHandle(scheduleId).update((before) => ({
      ...before,
      spec,
      action: { ...before.action, ...action },
      ...present({ policies }),
    }));
  }
}
