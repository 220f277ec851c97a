/**
 * Applies the SQL files of a folder, each once, in the order of their numbers, all in one transaction. Refuses a file
 * that changed after it was applied, and a second runner waits for the first.
 */
import { createHash } from 'node:crypto';
import { readdir, readFile } from 'node:fs/promises';
import path from 'node:path';
import pg from 'pg';

export const migrationsDir = path.join(import.meta.dirname, 'migrations');

/** Answers the names of the files applied now; an empty list when the schema was up to date. */
export async function migrate(url: string, dir: string = migrationsDir): Promise<readonly string[]> {
  const client = new pg.Client({
    connectionString: url,
    application_name: 'relink-migrate',
    connectionTimeoutMillis: 10_000,
  });
  // Without a listener, a server that dies would end the process instead of failing the running statement.
  client.on('error', () => undefined);
  await client.connect();
  try {
    await client.query('begin');
    await client.query("select pg_advisory_xact_lock(hashtext('schema_migration'))");
    await client.query(
      'create table if not exists schema_migration (name text primary key, sha256 text not null, applied_at timestamptz not null default now())',
    );
    const applied = await applyMissing(client, dir);
    await client.query('commit');
    return applied;
  } catch (error) {
    await client.query('rollback').catch(() => undefined);
    throw error;
  } finally {
    await client.end();
  }
}

async function applyMissing(client: pg.Client, dir: string): Promise<readonly string[]> {
  const { rows } = await client.query<{ name: string; sha256: string }>('select name, sha256 from schema_migration');
  const known = new Map(rows.map((row) => [row.name, row.sha256]));
  const names = (await readdir(dir)).filter((file) => file.endsWith('.sql')).toSorted();
  const applied: string[] = [];
  for (const name of names) {
    if (!/^\d{4}_[a-z0-9_]+\.sql$/.test(name))
      throw new Error(`${name} is no migration: call it 0001_what_it_does.sql`);
    const sql = await readFile(path.join(dir, name), 'utf8');
    const sha256 = createHash('sha256').update(sql).digest('hex');
    const before = known.get(name);
    if (before === sha256) continue;
    if (before !== undefined) throw new Error(`${name} was changed after it was applied; add a new file instead`);
    await client.query('insert into schema_migration (name, sha256) values ($1, $2)', [name, sha256]);
    await client.query(sql);
    applied.push(name);
  }
  return applied;
}
