/** Starts local-services.ts as a child that lives exactly as long as its parent, and tells where its servers answer. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import path from 'node:path';
import { createInterface } from 'node:readline';

export interface ServiceOptions {
  /** Where the servers keep their files. Must be enterable by the user that Postgres runs as. */
  readonly dir: string;
  readonly cacheDir: string;
  /** False for tests: no fsync, Temporal in memory, killed instead of stopped, and `dir` is removed at the end. */
  readonly durable: boolean;
  /** Absent: not started, because the caller has one. A port in use moves to a free one. */
  readonly postgres?: { readonly port?: number };
  readonly temporal?: { readonly port?: number; readonly uiPort?: number };
}

export interface RunningServices {
  readonly temporalAddress?: string;
  readonly temporalUiUrl?: string;
  readonly databaseUrl?: string;
  readonly postgresPort?: number;
}

export interface LocalServices extends RunningServices {
  /** Of the process that holds the servers. */
  readonly pid: number;
  /** Resolves when the servers are gone, wanted or not. */
  readonly gone: Promise<void>;
  stop(): Promise<void>;
}

const root = path.resolve(import.meta.dirname, '..');

/** `.local/bin` of the project, or RELINK_CACHE: programs fetched once, shared by every run. */
export function cacheDir(): string {
  return path.resolve(root, process.env['RELINK_CACHE'] ?? '.local/bin');
}

export async function startLocalServices(options: ServiceOptions): Promise<LocalServices> {
  const script = path.join(root, 'embedded/local-services.ts');
  // Detached: Ctrl-C in a terminal goes to the whole foreground group and would stop the servers before the worker has
  // drained.
  const child = spawn(process.execPath, ['--import', 'tsx', script, JSON.stringify(options)], {
    cwd: root,
    stdio: ['pipe', 'pipe', 'inherit'],
    detached: true,
  });
  child.stdin.on('error', () => undefined);
  const gone = once(child, 'exit').then(() => undefined);
  const lines = createInterface({ input: child.stdout });
  const line = await Promise.race([once(lines, 'line').then(([text]) => text as string), gone.then(() => '')]);
  const answer = (line === '' ? { failure: 'The local servers ended while starting.' } : JSON.parse(line)) as
    RunningServices | { readonly failure: string };
  if ('failure' in answer) throw new Error(answer.failure);
  return {
    ...answer,
    pid: child.pid ?? 0,
    gone,
    async stop() {
      child.stdin.end();
      await gone;
    },
  };
}
