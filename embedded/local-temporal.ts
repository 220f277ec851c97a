/** A Temporal dev server of our own, for development and tests only. Never used when TEMPORAL_ADDRESS is set. */
import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { closeSync, existsSync, openSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { endLeftOver } from './left-over.ts';
import { freePort, isAnswering, portOrFree } from './ports.ts';
import { findTemporal } from './temporal-binary.ts';

export interface LocalTemporal {
  readonly process: ChildProcess;
  readonly address: string;
  readonly uiUrl?: string;
  stop(): Promise<void>;
}

interface LocalTemporalOptions {
  readonly dir: string;
  readonly cacheDir: string;
  /** Taken when free; any free port otherwise. */
  readonly port?: number;
  /** Absent: no UI. */
  readonly uiPort?: number;
  /** In a file that survives, or in memory. */
  readonly durable: boolean;
}

/** Of a server that hangs while it starts, however slow the machine is. */
const READY_WITHIN_MS = 300_000;
/** Every attribute a workflow sets must be registered first: an unknown one wedges the workflow for ever. */
export const SEARCH_ATTRIBUTES = ['PaymentLinkStatus', 'MerchantId', 'PaymentLinkKind'];
/** The stock dev server throttles itself to 20 polls a second and has one shard. */
const DYNAMIC_CONFIG = ['transfer', 'timer', 'visibility'].map((queue) => `history.${queue}ProcessorMaxPollRPS=1000`);

export async function startTemporal(options: LocalTemporalOptions): Promise<LocalTemporal> {
  const pidFile = path.join(options.dir, 'temporal.pid');
  // A server that outlived a kill -9 of everything above it still holds its file.
  if (existsSync(pidFile)) {
    await endLeftOver(Number(readFileSync(pidFile, 'utf8')), `--db-filename ${path.join(options.dir, 'temporal.db')}`);
  }
  const { file } = findTemporal(options.cacheDir);
  const port = await portOrFree(options.port);
  const uiPort = options.uiPort === undefined ? undefined : await portOrFree(options.uiPort);
  // A file, because a server that has outlived whoever reads its pipe would die of its next word.
  const logFile = path.join(options.dir, 'temporal.log');
  const log = openSync(logFile, 'w');
  const child = spawn(file, await argumentsFor(options, port, uiPort), { stdio: ['ignore', 'ignore', log] });
  closeSync(log);
  let failure = 'it stopped';
  child.once('error', (error) => {
    failure = error.message;
  });
  writeFileSync(pidFile, String(child.pid));
  const isGone = (): boolean => child.pid === undefined || child.exitCode !== null || child.signalCode !== null;
  const deadline = performance.now() + READY_WITHIN_MS;
  // Whoever else answers there does not make a dead server ready.
  while (!(await isAnswering(port)) || isGone()) {
    if (performance.now() > deadline) failure = 'it hangs';
    else if (!isGone()) {
      await pause(25);
      continue;
    }
    child.kill('SIGKILL');
    throw new Error(
      `The Temporal dev server did not start: ${failure}. ${readFileSync(logFile, 'utf8').slice(-2_000)}`,
    );
  }
  return {
    process: child,
    address: `127.0.0.1:${port}`,
    ...(uiPort === undefined ? {} : { uiUrl: `http://127.0.0.1:${uiPort}` }),
    async stop() {
      child.kill(options.durable ? 'SIGINT' : 'SIGKILL');
      if (child.exitCode === null && child.signalCode === null) await once(child, 'exit');
    },
  };
}

async function argumentsFor(
  options: LocalTemporalOptions,
  port: number,
  uiPort: number | undefined,
): Promise<string[]> {
  const file = path.join(options.dir, 'temporal.db');
  // Without both pragmas a server with a file manages 3 to 6 sales a second instead of 25.
  const pragmas = ['--sqlite-pragma', 'journal_mode=wal', '--sqlite-pragma', 'synchronous=normal'];
  return [
    'server',
    'start-dev',
    '--log-level=never',
    '--ip=127.0.0.1',
    `--port=${port}`,
    `--http-port=${await freePort()}`,
    `--metrics-port=${await freePort()}`,
    ...(uiPort === undefined ? ['--headless'] : ['--ui-port', String(uiPort)]),
    ...(options.durable ? ['--db-filename', file, ...pragmas] : []),
    ...SEARCH_ATTRIBUTES.flatMap((name) => ['--search-attribute', `${name}=Keyword`]),
    ...DYNAMIC_CONFIG.flatMap((setting) => ['--dynamic-config-value', setting]),
  ];
}
