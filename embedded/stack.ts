/**
 * The product as separate real processes, bank, worker and API, for end-to-end tests, crash tests and benchmarks: each
 * can be killed and started again on its old port. It starts no Postgres and no Temporal; it uses the ones it is given.
 */
import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync } from 'node:fs';
import path from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { pathToFileURL } from 'node:url';
import { simulatedProvider } from '../operations/credentials.ts';
import { present } from '../domain/present.ts';
import { freePort, holderOf } from './ports.ts';
import { argumentsOf } from './program.ts';

const root = path.resolve(import.meta.dirname, '..');

interface ProcessOptions {
  readonly name: string;
  /** From the project's root: `worker/main.ts`. */
  readonly entry: string;
  readonly env: Readonly<Record<string, string>>;
  /** Answers 2xx when the process is ready for work. */
  readonly readyUrl: string;
}

/** Only one that `ended` is worth another try: what it needs may be back by then. */
export class StartFailure extends Error {
  readonly because: 'ended' | 'not ready' | 'port taken';

  constructor(because: StartFailure['because'], sentence: string) {
    super(sentence);
    this.because = because;
  }
}

/** Of a process that hangs while it starts, however slow the machine is. */
const READY_WITHIN_MS = 300_000;
/** Whoever happened to try the port is off it by then. */
const PORT_TRIES = 20;

export interface RealProcess {
  readonly name: string;
  /** Undefined while it does not run. */
  pid(): number | undefined;
  /** The last 64 KB of what it printed, over all its lives. */
  output(): string;
  /** Resolves when it is gone. */
  kill(signal?: NodeJS.Signals): Promise<void>;
  /** Starts it, again or for the first time, with more or other variables if given, and waits until it is ready. */
  start(env?: Readonly<Record<string, string>>): Promise<void>;
  /** It was ready for work, and then ended although nobody killed it. */
  crashed(): boolean;
  /** Resolves with the exit code or the signal of the present life. */
  gone(): Promise<number | string>;
}

export function createProcess(options: ProcessOptions): RealProcess {
  let child: ChildProcess | undefined;
  let printed = '';
  let [ready, killed] = [false, false];
  const alive = (): boolean => child !== undefined && child.exitCode === null && child.signalCode === null;
  const hear = (bytes: Buffer): void => {
    printed = (printed + bytes.toString()).slice(-65_536);
  };
  const gone = async (): Promise<number | string> => {
    if (child === undefined) return 0;
    if (alive()) await once(child, 'exit');
    return child.signalCode ?? child.exitCode ?? 0;
  };
  const launch = (env: Readonly<Record<string, string>>): void => {
    [ready, killed] = [false, false];
    const leash = pathToFileURL(path.join(root, 'embedded/leash.mjs')).href;
    child = spawn(process.execPath, ['--import', leash, ...argumentsOf(options.entry)], {
      cwd: root,
      env: { ...systemEnvironment(), ...options.env, ...env },
      stdio: ['pipe', 'pipe', 'pipe'],
    });
    child.stdin?.on('error', () => undefined);
    child.stdout?.on('data', hear);
    child.stderr?.on('data', hear);
  };
  return {
    name: options.name,
    pid: () => (alive() ? child?.pid : undefined),
    output: () => printed,
    gone,
    crashed: () => ready && !killed && typeof child?.exitCode === 'number',
    async kill(signal = 'SIGKILL') {
      if (alive()) {
        killed = true;
        child?.kill(signal);
      }
      await gone();
    },
    async start(env = {}) {
      if (alive()) throw new Error(`${options.name} runs already`);
      await untilItsPortIsFree(options);
      launch(env);
      const deadline = performance.now() + READY_WITHIN_MS;
      // Whoever else answers there does not make a dead process ready.
      while (!(await isReady(options.readyUrl)) || !alive()) {
        if (!alive()) throw await endedWhileStarting(options, printed);
        if (performance.now() > deadline) throw new StartFailure('not ready', `${options.name} hangs:\n${printed}`);
        await pause(50);
      }
      ready = true;
    },
  };
}

const portOf = ({ readyUrl }: ProcessOptions): number => Number(new URL(readyUrl).port);

/** It comes back on its old port or not at all: its callers know no other. */
async function untilItsPortIsFree(options: ProcessOptions): Promise<void> {
  const port = portOf(options);
  let holder = await holderOf(port);
  for (let tries = 1; holder !== undefined && tries < PORT_TRIES; tries += 1) {
    await pause(250);
    holder = await holderOf(port);
  }
  if (holder === undefined) return;
  throw new StartFailure('port taken', `${options.name} cannot have its port ${port}: ${holder} has it`);
}

async function endedWhileStarting(options: ProcessOptions, printed: string): Promise<StartFailure> {
  const [port, holder] = [portOf(options), await holderOf(portOf(options))];
  const because = holder === undefined ? '' : ` (${holder} has its port ${port})`;
  const sentence = `${options.name} ended while starting${because}:\n${printed}`;
  return new StartFailure(holder === undefined ? 'ended' : 'port taken', sentence);
}

/** What a program needs of the machine, and nothing of the shell's settings for Relink. */
function systemEnvironment(): Record<string, string> {
  const names = ['PATH', 'HOME', 'TMPDIR', 'TEMP', 'SystemRoot', 'NODE_EXTRA_CA_CERTS', 'LANG'];
  return Object.fromEntries(
    names.flatMap((name) => (process.env[name] === undefined ? [] : [[name, process.env[name]]])),
  );
}

async function isReady(url: string): Promise<boolean> {
  try {
    const answer = await fetch(url, { signal: AbortSignal.timeout(30_000) });
    await answer.arrayBuffer();
    return answer.ok;
  } catch {
    return false;
  }
}

interface StackOptions {
  readonly databaseUrl: string;
  readonly temporalAddress: string;
  readonly taskQueue: string;
  /** Where the bank keeps its state, so that it too comes back after a kill. */
  readonly dir: string;
  /** For the API and the worker: `RELINK_TEST_KILL_AT`, `WATCH_EVERY_MS`, … */
  readonly env?: Readonly<Record<string, string>>;
}

export interface Stack {
  readonly apiUrl: string;
  readonly simulatorUrl: string;
  readonly bank: RealProcess;
  readonly worker: RealProcess;
  readonly api: RealProcess;
  /** Another worker beside the first, on the same task queue. */
  anotherWorker(name: string): Promise<RealProcess>;
  /** Another API process, with its own address. */
  anotherApi(name: string): Promise<RealProcess & { readonly url: string }>;
  stop(): Promise<void>;
}

export async function startStack(options: StackOptions): Promise<Stack> {
  mkdirSync(options.dir, { recursive: true });
  const [bankPort, apiPort] = [await freePort(), await freePort()];
  const simulatorUrl = `http://127.0.0.1:${bankPort}`;
  const apiUrl = `http://127.0.0.1:${apiPort}`;
  const { providerEnv, simulatorOptions } = simulatedProvider(options.dir, simulatorUrl);
  const shared = {
    RELINK_ENV: 'test',
    LOG_LEVEL: 'warn',
    DATABASE_URL: options.databaseUrl,
    TEMPORAL_ADDRESS: options.temporalAddress,
    RELINK_TASK_QUEUE: options.taskQueue,
    API_PUBLIC_URL: apiUrl,
    RELINK_DEMO: 'true',
    SIMULATOR_URL: simulatorUrl,
    ...present({ RELINK_WORKFLOW_BUNDLE: process.env['RELINK_TEST_BUNDLE'] }),
    ...providerEnv,
    ...options.env,
  };
  const newWorker = (name: string, port: number): RealProcess =>
    createProcess({
      name,
      entry: 'worker/main.ts',
      env: { ...shared, WORKER_PORT: String(port) },
      readyUrl: `http://127.0.0.1:${port}/readyz`,
    });
  const newApi = (name: string, port: number): RealProcess =>
    createProcess({
      name,
      entry: 'api/main.ts',
      env: { ...shared, API_PORT: String(port) },
      readyUrl: `http://127.0.0.1:${port}/readyz`,
    });
  const bank = createProcess({
    name: 'bank',
    entry: 'simulator/main.ts',
    env: {
      SIMULATOR_PORT: String(bankPort),
      SIMULATOR_STATE: path.join(options.dir, 'bank.jsonl'),
      CALLBACK_URL: `${apiUrl}/callbacks/jpmorgan`,
      CALLBACK_SECRET: simulatorOptions.callbackSecret,
      CLIENT_ID: simulatorOptions.clientId,
      CLIENT_CERTIFICATE: simulatorOptions.clientCertificate,
    },
    readyUrl: `${simulatorUrl}/control/calls`,
  });
  const worker = newWorker('worker', await freePort());
  const api = newApi('api', apiPort);
  const running = [bank, worker, api];
  const stop = async (): Promise<void> => {
    await Promise.all(running.map(async (each) => each.kill('SIGKILL')));
  };
  try {
    await bank.start();
    await Promise.all([worker.start(), api.start()]);
  } catch (error) {
    await stop();
    throw error;
  }
  return {
    apiUrl,
    simulatorUrl,
    bank,
    worker,
    api,
    async anotherWorker(name) {
      const more = newWorker(name, await freePort());
      running.push(more);
      await more.start();
      return more;
    },
    async anotherApi(name) {
      const port = await freePort();
      const more = newApi(name, port);
      running.push(more);
      await more.start();
      return { ...more, url: `http://127.0.0.1:${port}` };
    },
    stop,
  };
}
