/** Connections: their role and limits, and the one transaction form of a merchant. */
import { once } from 'node:events';
import net from 'node:net';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import pg from 'pg';
import { createPool, tenantTransaction } from '../../db/pool.ts';
import { emptyDatabase } from '../support/database.ts';
import { eventually } from '../limits/until.ts';

let url = '';
let pool: pg.Pool;

beforeAll(async () => {
  url = await emptyDatabase();
  const owner = new pg.Client({ connectionString: url });
  await owner.connect();
  // Roles belong to the whole server: the run's template has already made this one.
  await owner.query(`
    do $$ begin create role relink_app nologin; exception when duplicate_object or unique_violation then null; end $$;
    create table note (merchant_id text not null, text text not null);
    alter table note enable row level security;
    alter table note force row level security;
    create policy own on note using (merchant_id = nullif(current_setting('relink.merchant_id', true), ''));
    grant select, insert on note to relink_app`);
  await owner.end();
  pool = createPool({ url, role: 'relink_app', max: 3, applicationName: 'pool-test' });
});
afterAll(async () => pool.end());

async function notesOf(merchantId: string): Promise<readonly string[]> {
  return tenantTransaction(pool, merchantId, async (client) => {
    const { rows } = await client.query<{ text: string }>('select text from note order by text');
    return rows.map((row) => row.text);
  });
}
async function write(merchantId: string, text: string, signal?: AbortSignal): Promise<void> {
  await tenantTransaction(
    pool,
    merchantId,
    async (client) => {
      await client.query('insert into note values ($1, $2)', [merchantId, text]);
      if (text === 'boom') throw new Error('work failed');
      if (text === 'slow') await client.query('select pg_sleep(20)');
    },
    signal === undefined ? {} : { signal },
  );
}

describe('createPool', () => {
  it('tells of an idle connection that broke without what a log must not hold', async () => {
    const heard: Error[] = [];
    const own = createPool({ url, applicationName: 'pool-broken', onIdleError: (error) => heard.push(error) });
    await own.query('select 1');
    const owner = new pg.Client({ connectionString: url });
    await owner.connect();
    await owner.query("select pg_terminate_backend(pid) from pg_stat_activity where application_name = 'pool-broken'");
    await owner.end();
    await eventually(() => heard.length > 0);
    await own.end();
    expect(heard.map((error) => Object.keys(error).includes('client'))).toEqual([false]);
  });

  it('gives every connection its role, its limits and UTC', async () => {
    const names = ['role', 'idle_in_transaction_session_timeout', 'lock_timeout', 'statement_timeout', 'TimeZone'];
    const values = await Promise.all(
      names.map(
        async (name) =>
          (await pool.query<{ value: string }>('select current_setting($1) as value', [name])).rows[0]?.value,
      ),
    );
    expect(values).toEqual(['relink_app', '5s', '2s', '10s', 'UTC']);
    const { rows } = await pool.query(
      'select current_user as who, application_name as name from pg_stat_activity where pid = pg_backend_pid()',
    );
    expect(rows).toEqual([{ who: 'relink_app', name: 'pool-test' }]);
  });

  it('outlives an idle connection that the server cut', async () => {
    const broken: string[] = [];
    const ours = createPool({
      url,
      max: 1,
      applicationName: 'cut-me',
      onIdleError: (error) => broken.push(error.message),
    });
    await ours.query('select 1');
    const owner = new pg.Client({ connectionString: url });
    await owner.connect();
    await owner.query("select pg_terminate_backend(pid) from pg_stat_activity where application_name = 'cut-me'");
    await owner.end();
    await eventually(() => broken.length > 0);
    expect(broken).toEqual(['terminating connection due to administrator command']);
    expect((await ours.query<{ one: number }>('select 1 as one')).rows).toEqual([{ one: 1 }]);
    await ours.end();
  });
});

/** A way to the server on which it says, together with its first word that it is ready, that it dies. */
async function openDyingDoor(): Promise<net.Server> {
  const fields = ['SFATAL', 'C57P01', 'Mterminating connection due to unexpected postmaster exit', ''];
  const text = Buffer.from(fields.map((field) => `${field}\0`).join(''));
  const goodbye = Buffer.concat([Buffer.from('E'), Buffer.alloc(4), text]);
  goodbye.writeInt32BE(text.length + 4, 1);
  const readyForQuery = Buffer.from([0x5a, 0, 0, 0, 5, 0x49]);
  const door = net.createServer((inside) => {
    const outside = net.connect(Number(new URL(url).port), '127.0.0.1');
    for (const socket of [inside, outside]) socket.on('error', () => undefined);
    inside.pipe(outside);
    outside.on('data', (bytes: Buffer) => {
      if (!bytes.subarray(-readyForQuery.length).equals(readyForQuery)) inside.write(bytes);
      else inside.end(Buffer.concat([bytes, goodbye]));
    });
  });
  door.listen(0, '127.0.0.1');
  await once(door, 'listening');
  return door;
}

describe('tenantTransaction', () => {
  it('fails alone when the server dies in the moment in which its connection is ready', async () => {
    const door = await openDyingDoor();
    const through = new URL(url);
    through.port = String((door.address() as net.AddressInfo).port);
    const doomed = createPool({ url: through.href, applicationName: 'doomed' });
    await expect(tenantTransaction(doomed, 'bakery', async () => undefined)).rejects.toThrow('not queryable');
    await doomed.end();
    door.close();
  });

  it('shows a merchant its own rows and no others', async () => {
    await write('bakery', 'a');
    await write('utility', 'b');
    expect(await notesOf('bakery')).toEqual(['a']);
    expect(await notesOf('utility')).toEqual(['b']);
  });

  it('leaves no merchant behind on the connection', async () => {
    await notesOf('bakery');
    expect((await pool.query('select text from note')).rows).toEqual([]);
  });

  it('refuses to write a row of another merchant', async () => {
    const theft = tenantTransaction(pool, 'bakery', async (client) =>
      client.query("insert into note values ('utility', 'stolen')"),
    );
    await expect(theft).rejects.toThrow('row-level security');
  });

  it.each(["x', true); drop table note; --", 'Bakery', '', '-bakery', 'a'.repeat(64), 'bakery\n'])(
    'refuses the merchant id %j before it reaches the text of a statement',
    async (merchantId) => {
      await expect(notesOf(merchantId)).rejects.toThrow('not a merchant id');
    },
  );

  it('takes back the work of a transaction that fails', async () => {
    await expect(write('rolled-back', 'boom')).rejects.toThrow('work failed');
    expect(await notesOf('rolled-back')).toEqual([]);
    expect(pool.idleCount).toBe(pool.totalCount);
  });

  it('cuts the connection of work that is aborted, and nothing of it stays', async () => {
    await expect(write('late', 'slow', AbortSignal.timeout(100))).rejects.toThrow('aborted due to timeout');
    expect(await notesOf('late')).toEqual([]);
  });

  it('does not begin when the signal is already aborted', async () => {
    await expect(write('never', 'x', AbortSignal.abort(new Error('too late')))).rejects.toThrow('too late');
    expect(await notesOf('never')).toEqual([]);
  });

  it('never lends a connection again that broke in the middle', async () => {
    const ours = createPool({ url, max: 1, applicationName: 'breaks' });
    const lost = tenantTransaction(ours, 'bakery', async (client) =>
      client.query('select pg_terminate_backend(pg_backend_pid())'),
    );
    await expect(lost).rejects.toThrow('terminating connection');
    expect(ours.totalCount).toBe(0);
    expect((await ours.query<{ one: number }>('select 1 as one')).rows).toEqual([{ one: 1 }]);
    await ours.end();
  });
});
