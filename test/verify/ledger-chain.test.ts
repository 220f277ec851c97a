/**
 * Flip any byte, delete any row, let any two rows change places: the verifier finds it and names the first bad row.
 * What is changed is drawn from a seed that stands in the output; RELINK_SEED draws the same again.
 */
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import pg from 'pg';
import { verifyChain, type LedgerHead } from '../../verify/ledger-chain.ts';
import { corrupt, drawFrom } from './corruption.ts';
import { MERCHANT, writtenLedger } from './ledger.ts';

const SIZE = 68;
const CORRUPTIONS = 1_000;
const seed = Number(process.env['RELINK_SEED'] ?? Math.floor(Math.random() * 2 ** 31));

describe('the verifier of the ledger', () => {
  let client: pg.Client;
  let owner: pg.Pool;
  beforeAll(async () => {
    const written = await writtenLedger(SIZE);
    owner = written.owner;
    client = new pg.Client({ connectionString: written.databaseUrl });
    await client.connect();
  });
  afterAll(async () => {
    await client?.end();
    await owner?.end();
  });

  /** Does it, looks, and takes it back. */
  async function after(change: string, kept?: LedgerHead) {
    await client.query(`begin; set local session_replication_role = replica; ${change}`);
    try {
      return await verifyChain(client, MERCHANT, kept);
    } finally {
      await client.query('rollback');
    }
  }

  it('finds nothing in a ledger of every kind of transaction, and computes its head', async () => {
    const kinds = await client.query<{ kinds: number }>(
      'select count(distinct kind)::int as kinds from ledger_transaction',
    );
    expect(kinds.rows[0]?.kinds).toBe(16);
    const head = await client.query<{ hash: string }>(`select encode(hash, 'hex') as hash from merchant_head`);
    expect(await verifyChain(client, MERCHANT)).toEqual({ rows: SIZE, hash: head.rows[0]?.hash, bad: 0 });
  });

  it('sees as much as a role that passes no policy', async () => {
    await client.query(`begin; set local role relink_app; set local relink.merchant_id = '${MERCHANT}'`);
    expect(await verifyChain(client, MERCHANT)).toMatchObject({ rows: SIZE, bad: 0 });
    await client.query('rollback');
  });

  it.each([
    [
      'an amount that is one cent higher',
      `update ledger_entry set amount_minor = amount_minor + 1 where transaction_id = (select transaction_id from ledger_chain where row = 7)`,
      /^row 7 .* is not what was hashed/,
    ],
    [
      'a reason that was written anew',
      `update ledger_transaction set reason = 'none' where transaction_id = (select transaction_id from ledger_chain where row = 12)`,
      /^row 12 .* is not what was hashed/,
    ],
    [
      'a transaction that is gone',
      `delete from ledger_transaction where transaction_id = (select transaction_id from ledger_chain where row = 9)`,
      /^row 9 .* names a transaction that is gone/,
    ],
    ['a row that is gone', 'delete from ledger_chain where row = 20', /^row 21 .* stands where row 20 belongs/],
    [
      'two rows that changed places',
      'alter table ledger_chain drop constraint ledger_chain_pkey; update ledger_chain set row = case row when 4 then 5 else 4 end where row in (4, 5)',
      /^row 4 .* does not follow from the row before it/,
    ],
    [
      'a first row that follows from something',
      `update ledger_chain set hash = sha256(hash) where row = 1`,
      /^row 1 .* does not follow/,
    ],
    [
      'a transaction that the chain never heard of',
      `insert into ledger_transaction (transaction_id, merchant_id, provider, end_to_end_id, kind, revision, evidence) values ('x', '${MERCHANT}', 'jpmorgan', 'x', 'unknown-request', 0, 'x')`,
      /^transaction x is in the ledger, and no row of the chain names it/,
    ],
    [
      'an entry of no transaction',
      `insert into ledger_entry values ('${MERCHANT}', 'nowhere', 1, 'provider', 'BRL', 1)`,
      /^an entry belongs to transaction nowhere/,
    ],
    [
      'a head that counts one row less',
      `update merchant_head set rows = rows - 1`,
      /^the head counts 67 rows, and the chain has 68/,
    ],
    ['no head', `delete from merchant_head`, /^the merchant has no head row/],
    [
      'an end that was cut off, when the head was left',
      `delete from ledger_chain where row = ${SIZE}`,
      /^the head counts 68 rows, and the chain has 67/,
    ],
  ])('names %s', async (_, change, sentence) => {
    expect((await after(change)).first).toMatch(sentence);
  });

  describe('with a head that was kept outside', () => {
    const cutOff = `delete from ledger_chain where row > 60;
      delete from ledger_entry where transaction_id not in (select transaction_id from ledger_chain);
      delete from ledger_transaction where transaction_id not in (select transaction_id from ledger_chain);
      update merchant_head set rows = 60, hash = (select hash from ledger_chain where row = 60)`;

    it('names an end that was cut off together with the head, which nothing inside can show', async () => {
      const { rows, hash } = await verifyChain(client, MERCHANT);
      expect(await after(cutOff)).toMatchObject({ rows: 60, bad: 0 });
      expect((await after(cutOff, { rows, hash })).first).toMatch(/counts 68 rows, and the chain ends after 60/);
    });

    it('finds nothing when the chain has only grown since', async () => {
      const { rows, hash } = await after(cutOff);
      expect(await verifyChain(client, MERCHANT, { rows, hash })).toMatchObject({ rows: SIZE, bad: 0 });
      expect(await verifyChain(client, MERCHANT, { rows: 0, hash: '' })).toMatchObject({ bad: 0 });
    });

    it('names a chain that was computed anew from some row on', async () => {
      const kept = { rows: 60, hash: '00'.repeat(32) };
      expect((await verifyChain(client, MERCHANT, kept)).first).toMatch(/^up to row 60 the chain is not the one/);
    });
  });

  it('follows rows of the first version, which hashed less', async () => {
    const first = `create temporary table old on commit drop as
        select c.row, sha256(convert_to(concat_ws(E'\\n',
                 concat_ws('|', t.transaction_id, coalesce(t.payment_request_id, ''), t.kind, t.revision),
                 (select string_agg(concat_ws('|', e.line, e.account, e.currency, e.amount_minor), E'\\n'
                    order by e.line)
                    from ledger_entry e where e.transaction_id = t.transaction_id)), 'UTF8')) as digest
          from ledger_chain c join ledger_transaction t using (transaction_id);
      update ledger_chain c set version = 1, digest = old.digest from old where old.row = c.row;
      do $$ declare one record; before bytea := '\\x'; begin
        for one in select * from ledger_chain order by row loop
          before := sha256(before || one.digest);
          update ledger_chain set hash = before where row = one.row;
        end loop;
        update merchant_head set hash = before;
      end $$`;
    expect(await after(first)).toMatchObject({ rows: SIZE, bad: 0 });
    expect(await after(`${first}; update ledger_entry set amount_minor = -1 where line = 1`)).toMatchObject({
      bad: SIZE,
    });
  });

  it(`finds ${CORRUPTIONS} of ${CORRUPTIONS} corruptions (seed ${seed})`, async () => {
    // A corrupted disk asks no constraint: any value may stand anywhere.
    await client.query(`alter table ledger_chain drop constraint ledger_chain_pkey;
      alter table ledger_chain drop constraint ledger_chain_transaction_id_key;
      alter table ledger_chain drop constraint ledger_chain_version_check;
      alter table ledger_entry drop constraint ledger_entry_pkey;
      alter table ledger_entry drop constraint ledger_entry_amount_minor_check;
      alter table ledger_transaction drop constraint ledger_transaction_kind_check;
      alter table ledger_transaction drop constraint ledger_transaction_balanced_check;
      alter table ledger_transaction drop constraint ledger_transaction_pkey cascade;
      drop index ledger_transaction_settles`);
    const draw = drawFrom(seed);
    const missed: string[] = [];
    for (let number = 0; number < CORRUPTIONS; number += 1) {
      await client.query('begin; set local session_replication_role = replica');
      const what = await corrupt(client, draw);
      const { first } = await verifyChain(client, MERCHANT);
      if (first === undefined) missed.push(what);
      await client.query('rollback');
    }
    expect(missed).toEqual([]);
  });

  it('walks a ledger at a speed that is printed', async () => {
    const began = performance.now();
    let rows = 0;
    for (let walk = 0; walk < 20; walk += 1) rows += (await verifyChain(client, MERCHANT)).rows;
    const perSecond = Math.round((rows * 1_000) / (performance.now() - began));
    process.stdout.write(`ledger verifier: ${perSecond} rows/s in a ledger of ${SIZE}; seed ${seed}\n`);
    expect(rows).toBe(20 * SIZE);
  });
});
