/**
 * Our own programs in one process, as `npm start` runs them: the worker and the API. Production runs one process for
 * each.
 */
import type { LogLevel } from '@temporalio/worker';
import type { DemoConfig } from '../api/pages/demo-config.ts';
import type { Config } from '../config.ts';
import type { StopList } from './servers.ts';
import type { Terminal } from './terminal.ts';

/** More than a second of reading modules, which the caller has done while the servers start. */
export async function loadPrograms() {
  const [{ startWorker }, { startApi }, { DefaultLogger }] = await Promise.all([
    import('../worker/worker.ts'),
    import('../api/server.ts'),
    import('@temporalio/worker'),
  ]);
  return { startWorker, startApi, DefaultLogger };
}

interface Settings {
  readonly config: Config;
  readonly demo: () => DemoConfig;
}

/**
 * Answers when one of them ends that nobody stopped, and why. The API comes after the worker: whoever it lets in is
 * served.
 */
export async function startPrograms(
  { startWorker, startApi, DefaultLogger }: Awaited<ReturnType<typeof loadPrograms>>,
  { config, demo }: Settings,
  terminal: Terminal,
  stops: StopList,
): Promise<{ readonly ended: Promise<string> }> {
  const worker = await terminal.step(
    'Starting the worker',
    async () => startWorker(config, { logger: new DefaultLogger(levelOf(config)) }),
    () => `The worker, on task queue ${config.taskQueue}`,
  );
  stops.push({ name: 'the worker', stop: async () => worker.close() });
  const ended = worker.gone.then(
    () => 'The worker ended',
    (error: unknown) => `The worker ended (${String(error)})`,
  );
  const api = await terminal.step(
    'Starting the API',
    async () => startApi(config, { demo }),
    () => `The API at ${config.api.publicUrl}`,
  );
  stops.push({ name: 'the API', stop: async () => api.close() });
  return { ended };
}

/** The SDK's own words for the levels. */
function levelOf({ logLevel }: Config): LogLevel {
  const levels = { debug: 'DEBUG', info: 'INFO', warn: 'WARN', error: 'ERROR', silent: 'ERROR' } as const;
  return levels[logLevel];
}
