/**
 * Runs Postgres and the Temporal dev server for as long as somebody holds this process's standard input open. Its
 * parent may end in any way, kill -9 included: the closed pipe stops both servers, Temporal first. Run through
 * `startLocalServices`.
 */
import { once } from 'node:events';
import { mkdirSync, realpathSync, rmSync } from 'node:fs';
import path from 'node:path';
import { present } from '../domain/present.ts';
import { startPostgres, type LocalPostgres } from './local-postgres.ts';
import { startTemporal, type LocalTemporal } from './local-temporal.ts';
import type { RunningServices, ServiceOptions } from './services.ts';

const wanted = JSON.parse(process.argv[2] ?? '') as ServiceOptions;
mkdirSync(wanted.dir, { recursive: true });
const dir = realpathSync(wanted.dir);
// Only tests may lose data: they throw the folder away.
const fast = ['fsync=off', 'synchronous_commit=off', 'full_page_writes=off', 'max_connections=300'];

async function start(): Promise<readonly [LocalTemporal | undefined, LocalPostgres | undefined]> {
  const { temporal, postgres, cacheDir, durable } = wanted;
  const nothing = Promise.resolve(undefined);
  const starting = [
    temporal === undefined ? nothing : startTemporal({ ...temporal, dir, cacheDir, durable }),
    postgres === undefined
      ? nothing
      : startPostgres({ ...postgres, dataDir: path.join(dir, 'postgres'), settings: durable ? [] : fast }),
  ] as const;
  try {
    return await Promise.all(starting);
  } catch (error) {
    // One of two is no use to anybody, and must not outlive this process.
    const settled = await Promise.allSettled(starting);
    for (const outcome of settled) if (outcome.status === 'fulfilled') await outcome.value?.stop();
    throw error;
  }
}

function tell(answer: RunningServices | { readonly failure: string }): void {
  process.stdout.write(`${JSON.stringify(answer)}\n`);
}

process.stdout.on('error', () => undefined);
try {
  const [temporal, postgres] = await start();
  tell({
    ...present({ temporalAddress: temporal?.address, temporalUiUrl: temporal?.uiUrl }),
    ...(postgres === undefined ? {} : { databaseUrl: postgres.url, postgresPort: postgres.port }),
  });
  process.stdin.resume();
  const ends = [temporal?.process, postgres?.process].filter((server) => server !== undefined);
  await Promise.race([once(process.stdin, 'close'), ...ends.map((server) => once(server, 'exit'))]);
  await temporal?.stop();
  await postgres?.stop();
  // Here and not only in the tests' teardown: after a kill -9 of the tests this is the last process that knows the
  // folder.
  if (!wanted.durable) rmSync(dir, { recursive: true, force: true });
  process.exit(0);
} catch (error) {
  tell({ failure: error instanceof Error ? error.message : String(error) });
  process.exit(1);
}
