/** Puts a worker together from the configuration: connections, provider, activities, workflows, schedules. */
import path from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { NativeConnection, Runtime, Worker, type Logger } from '@temporalio/worker';
import { createActivities } from '../activities/create-activities.ts';
import { createReconciliation } from '../activities/reconciliation/create-reconciliation.ts';
import type { Config } from '../config.ts';
import { createPool } from '../db/pool.ts';
import { present } from '../domain/present.ts';
import { createProvider } from '../providers/from-config.ts';
import { gatherWrites } from '../providers/gathered-writes.ts';
import { connectTemporal, tlsOf } from '../temporal/client.ts';
import { createCommandSender } from '../temporal/command-sender.ts';
import { missingSearchAttributes } from '../temporal/search-attributes.ts';
import { createCrash } from './crash.ts';
import { keepSchedules } from './schedules.ts';
import { isWalled } from '../db/read-health.ts';

export interface WorkerOptions {
  readonly logger?: Logger;
  /** Built beforehand; without it the workflows are bundled at start, which takes a second or two. */
  readonly bundlePath?: string;
  /** False in tests that run the `watch` rounds themselves. */
  readonly schedules?: boolean;
}

export interface RunningWorker {
  /** Why it is not ready for work; empty when it is. */
  problems(): Promise<readonly string[]>;
  /** Resolves when it has ended, rejects when it ended by itself. */
  readonly gone: Promise<void>;
  close(): Promise<void>;
}

let installed = false;

export async function startWorker(config: Config, options: WorkerOptions = {}): Promise<RunningWorker> {
  // The signals are ours: the SDK must not stop on Ctrl-C before the API has drained.
  const { logger } = options;
  if (!installed) Runtime.install({ ...present({ logger }), shutdownSignals: [] });
  installed = true;
  const parts = await connect(config);
  const { pool, router, provider, temporal, connection } = parts;
  const messages = createCommandSender({ client: temporal.client, taskQueue: config.taskQueue, ...config.test });
  const crash = createCrash(config.test.killAt);
  const deps = { pool, provider, messages, crash, pause: async (ms: number) => pause(ms) };
  const worker = await Worker.create({
    connection,
    namespace: config.temporal.namespace,
    taskQueue: config.taskQueue,
    ...(options.bundlePath === undefined
      ? { workflowsPath: path.join(import.meta.dirname, '../workflows/index.ts') }
      : { workflowBundle: { codePath: options.bundlePath } }),
    activities: { ...createActivities(deps), ...createReconciliation({ ...deps, router }) },
    // How long links of a killed worker wait before another worker takes them; the default is 10 s.
    stickyQueueScheduleToStartTimeout: '1500ms',
    maxConcurrentActivityTaskExecutions: config.databasePoolMax * 4,
    shutdownGraceTime: '5s',
  });
  const schedules =
    options.schedules === false ? undefined : keepSchedules({ client: temporal.client, router, config });
  const gone = worker.run();
  return {
    gone,
    problems: async () => problemsOf(parts, worker, config.temporal.namespace),
    async close() {
      await schedules?.stop();
      if (worker.getState() === 'RUNNING') worker.shutdown();
      await gone.catch(() => undefined);
      await Promise.all([pool.end(), router.end(), provider.close(), connection.close(), temporal.connection.close()]);
    },
  };
}

type WorkerParts = Awaited<ReturnType<typeof connect>>;

async function connect(config: Config) {
  const { databaseUrl: url, databasePoolMax: max } = config;
  const { address, tls, apiKey } = config.temporal;
  const temporal = await connectTemporal(config.temporal);
  const connection = await NativeConnection.connect({
    address,
    ...present({ tls: tls && tlsOf(tls), apiKey }),
  });
  return {
    pool: createPool({ url, role: 'relink_app', applicationName: 'relink-worker', max }),
    router: createPool({ url, role: 'relink_router', applicationName: 'relink-worker-router', max: 2 }),
    provider: gatherWrites(createProvider(config.provider)),
    temporal,
    connection,
  };
}

async function problemsOf(
  { pool, temporal }: WorkerParts,
  worker: Worker,
  namespace: string,
): Promise<readonly string[]> {
  const missing = await missingSearchAttributes(temporal.connection, namespace);
  const state = worker.getState();
  return [
    ...(state === 'RUNNING' ? [] : [`the worker is ${state.toLowerCase()}`]),
    // An attribute that is not registered wedges a workflow for ever.
    ...missing.map((name) => `the search attribute ${name} is not registered in namespace ${namespace}`),
    ...(await databaseProblems(pool)),
  ];
}

async function databaseProblems(pool: ReturnType<typeof createPool>): Promise<readonly string[]> {
  try {
    return (await isWalled(pool)) ? [] : ['the database role passes every row-level policy'];
  } catch (error) {
    return [`Postgres does not answer: ${error instanceof Error ? error.message : String(error)}`];
  }
}
