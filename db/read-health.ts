/** Whether the database is fit for use by this process, in plain words, and what waits in it. */
import { readdir } from 'node:fs/promises';
import type pg from 'pg';
import { z } from 'zod';
import { migrationsDir } from './migrate.ts';
import { readRows } from './rows.ts';

interface DatabaseHealth {
  /** The role has no more rights than it should have. */
  readonly walled: boolean;
  /** Names of migrations that this code has and the database has not; empty as well where the role may not see them. */
  readonly missingMigrations: readonly string[];
  /** Of our clock against the database's: positive when ours is ahead. */
  readonly clockSkewMs: number;
}

const healthShape = z.object({
  strong: z.boolean(),
  now: z.string(),
  readable: z.boolean().nullable(),
});

export async function databaseHealth(pool: pg.Pool): Promise<DatabaseHealth> {
  const before = Date.now();
  const rows = await readRows(
    pool,
    healthShape,
    `select rolsuper or rolbypassrls as strong, (extract(epoch from clock_timestamp()) * 1000)::text as now,
            has_column_privilege(to_regclass('schema_migration'), 'name', 'select') as readable
       from pg_roles where rolname = current_user`,
  );
  const after = Date.now();
  const row = rows[0];
  const [clock, strong] = [Number(row?.now), row?.strong !== false];
  return {
    walled: !strong,
    missingMigrations: await missingMigrations(pool, row?.readable ?? undefined),
    clockSkewMs: Math.round((before + after) / 2 - clock),
  };
}

const migrationsShape = z.object({
  name: z.string(),
});

/** `readable` undefined: there is no such table. */
async function missingMigrations(pool: pg.Pool, readable: boolean | undefined): Promise<readonly string[]> {
  const wanted = (await readdir(migrationsDir)).filter((file) => file.endsWith('.sql')).toSorted();
  if (readable === undefined) return wanted;
  if (!readable) return [];
  const rows = await readRows(pool, migrationsShape, 'select name from schema_migration');
  const applied = new Set(rows.map(({ name }) => name));
  return wanted.filter((name) => !applied.has(name));
}

const noticesShape = z.object({
  count: z.number(),
});

/** The number of notices not dealt with yet, over all merchants. As relink_router, which sees no content of them. */
export async function unfinishedNotices(router: pg.Pool): Promise<number> {
  const rows = await readRows(
    router,
    noticesShape,
    'select count(*)::int as count from inbox where applied_at is null',
  );
  return rows[0]?.count ?? 0;
}

const walledShape = z.object({
  strong: z.boolean(),
});

/** Whether row-level security applies to this role: it is neither a superuser nor exempt. */
export async function isWalled(pool: pg.Pool): Promise<boolean> {
  const rows = await readRows(
    pool,
    walledShape,
    'select rolsuper or rolbypassrls as strong from pg_roles where rolname = current_user',
  );
  return rows[0]?.strong === false;
}
