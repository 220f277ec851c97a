/** The runner of the migrations: order, once, unchanged, and two at a time. The real files are tested in test/db/. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import pg from 'pg';
import { migrate } from '../../db/migrate.ts';
import { emptyDatabase } from '../support/database.ts';

let dir = '';
beforeEach(() => {
  dir = mkdtempSync(path.join(tmpdir(), 'relink-migrations-'));
  writeFileSync(path.join(dir, '0001_first.sql'), 'create table first (id int);');
  writeFileSync(
    path.join(dir, '0002_second.sql'),
    "alter table first add column name text; insert into first values (1, 'x');",
  );
});
afterEach(() => rmSync(dir, { recursive: true }));

async function rowsOf(url: string, sql: string): Promise<readonly unknown[]> {
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  try {
    return (await client.query<Record<string, unknown>>(sql)).rows;
  } finally {
    await client.end();
  }
}

describe('migrate', () => {
  it('applies each file once, in order', async () => {
    const url = await emptyDatabase();
    expect(await migrate(url, dir)).toEqual(['0001_first.sql', '0002_second.sql']);
    expect(await migrate(url, dir)).toEqual([]);
    writeFileSync(path.join(dir, '0003_third.sql'), "insert into first values (2, 'y');");
    expect(await migrate(url, dir)).toEqual(['0003_third.sql']);
    expect(await rowsOf(url, 'select id from first order by id')).toEqual([{ id: 1 }, { id: 2 }]);
  });

  it('refuses a file that changed after it was applied', async () => {
    const url = await emptyDatabase();
    await migrate(url, dir);
    writeFileSync(path.join(dir, '0001_first.sql'), 'create table first (id bigint);');
    await expect(migrate(url, dir)).rejects.toThrow('0001_first.sql was changed after it was applied');
  });

  it('leaves nothing of a run that fails half way', async () => {
    const url = await emptyDatabase();
    writeFileSync(path.join(dir, '0003_broken.sql'), 'create table nowhere (;');
    await expect(migrate(url, dir)).rejects.toThrow('syntax error');
    expect(await rowsOf(url, "select to_regclass('first') as first, to_regclass('schema_migration') as log")).toEqual([
      { first: null, log: null },
    ]);
  });

  it('refuses a file whose name would have no place in the order', async () => {
    const url = await emptyDatabase();
    writeFileSync(path.join(dir, '3_third.sql'), 'select 1;');
    await expect(migrate(url, dir)).rejects.toThrow('3_third.sql is no migration');
  });

  it('lets only one of two runners at a time do the work', async () => {
    const url = await emptyDatabase();
    const answers = await Promise.all([migrate(url, dir), migrate(url, dir), migrate(url, dir)]);
    expect(answers.filter((applied) => applied.length > 0)).toEqual([['0001_first.sql', '0002_second.sql']]);
    expect(await rowsOf(url, 'select id from first')).toEqual([{ id: 1 }]);
  });
});
