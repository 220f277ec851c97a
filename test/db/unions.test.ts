/** A word that the code may write is one that the schema takes, and the other way round. */
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import pg from 'pg';
import { freshDatabase } from '../support/database.ts';
import { differences, UNION_LISTS, wordChecks, wordsOf } from './union-lists.ts';

let client: pg.Client;

beforeAll(async () => {
  client = new pg.Client({ connectionString: await freshDatabase() });
  await client.connect();
});

afterAll(async () => client.end());

/** What the schema's checks would differ by after these statements, which leave nothing behind. */
async function after(statements: string): Promise<readonly string[]> {
  await client.query('begin');
  try {
    await client.query(statements);
    return differences(await wordChecks(client), UNION_LISTS);
  } finally {
    await client.query('rollback');
  }
}

describe('the words of the schema', () => {
  it('are those of the lists that the types come from', async () => {
    const checks = await wordChecks(client);
    expect(checks.length).toBeGreaterThan(20);
    expect(differences(checks, UNION_LISTS)).toEqual([]);
  });
});

describe('the comparison', () => {
  const replaced = (words: string): string =>
    `alter table payment_link drop constraint payment_link_kind_check;
     alter table payment_link add constraint payment_link_kind_check check (kind in (${words}))`;

  it('finds a word of a union that the schema refuses', async () => {
    expect(await after(replaced("'till'"))).toEqual(["payment_link.kind: the schema refuses 'bill'"]);
  });

  it('finds a word that only the schema knows', async () => {
    expect(await after(replaced("'till', 'bill', 'kiosk'"))).toEqual([
      "payment_link.kind: only the schema knows 'kiosk'",
    ]);
  });

  it('finds a check that no list is named for, of whatever form', async () => {
    const found = await after(
      `create table lamp (state text not null check (state in ('on', 'off')), always text check (always = 'lit'));
       create domain colour as text check (value in ('red', 'green'));
       create type shape as enum ('round', 'square')`,
    );
    expect(found.map((sentence) => sentence.split(':')[0])).toEqual(['colour', 'lamp.always', 'lamp.state', 'shape']);
  });

  it('finds a list that nothing in the schema checks', async () => {
    expect(await after('alter table payment_link drop constraint payment_link_kind_check')).toEqual([
      'payment_link.kind: nothing in the schema checks it',
    ]);
  });

  it('passes over a check of another form', () => {
    expect(wordsOf("((merchant_id ~ '^[a-z0-9]'::text))")).toBeUndefined();
    expect(wordsOf('((version = ANY (ARRAY[1, 2])))')).toBeUndefined();
    expect(wordsOf("(((status = 'held'::text) = (held_because IS NOT NULL)))")).toBeUndefined();
    expect(wordsOf("(((status <> 'billed'::text) OR (total_minor > 0)))")).toBeUndefined();
  });

  it('refuses a check of words that it cannot read', () => {
    const both = "((note IS NULL) OR (state = ANY (ARRAY['on'::text, 'off'::text])))";
    expect(() => wordsOf(both)).toThrow('cannot read');
  });
});
