/**
 * The activity that gives accounts their codes: on real Postgres, against a provider that answers what a test wants.
 */
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { ApplicationFailure } from '@temporalio/common';
import { MockActivityEnvironment } from '@temporalio/testing';
import { DefaultLogger } from '@temporalio/worker';
import pg from 'pg';
import type { AddressedLink, Dependencies } from '../../../activities/dependencies.ts';
import { createOpenBatchLinks } from '../../../activities/billing/open-batch-links.ts';
import { codesOf } from '../../../activities/billing/store-batch-portion.ts';
import { createMerchant } from '../../../db/merchants.ts';
import { createPool } from '../../../db/pool.ts';
import { ProviderFailure, type Provider, type ProviderLink } from '../../../providers/provider.ts';
import { insertAccounts, insertWaitingBatch } from '../../support/batch-rows.ts';
import { freshDatabase } from '../../support/database.ts';
import { silent } from '../../support/silent-messages.ts';
import { eventually } from '../../limits/until.ts';

const MERCHANT = 'aguas';
/** An attempt that fails is what some of these tests want. */
const QUIET = new DefaultLogger('ERROR', () => undefined);

describe('the links of a batch', () => {
  let owner: pg.Pool;
  let pool: pg.Pool;
  let accounts = 0;
  let opened = 0;
  beforeAll(async () => {
    const url = await freshDatabase();
    owner = new pg.Pool({ connectionString: url, max: 2 });
    pool = createPool({ url, role: 'relink_app', applicationName: 'test', max: 8 });
    const place = { name: 'Águas', city: 'Rio', timeZone: 'America/Sao_Paulo', currency: 'BRL' } as const;
    await createMerchant(owner, { merchantId: MERCHANT, ...place });
  });
  afterAll(async () => {
    await Promise.all([pool.end(), owner.end()]);
  });

  async function rows<T extends pg.QueryResultRow>(sql: string, values: readonly unknown[]): Promise<readonly T[]> {
    return (await owner.query<T>(sql, [...values])).rows;
  }

  /** So many accounts that nobody has seen before; answers their numbers. */
  async function newAccounts(count: number): Promise<readonly string[]> {
    const ids = Array.from({ length: count }, () => `A-${(accounts += 1)}`);
    await insertAccounts(pool, MERCHANT, ids);
    return ids;
  }

  const newBatch = async (name: string, accountIds: readonly string[]): Promise<string> =>
    insertWaitingBatch(pool, MERCHANT, { name, accountIds });

  const openAtOnce = async (): Promise<ProviderLink> => {
    opened += 1;
    const id = `link-${opened}`;
    return { providerLinkId: id, kind: 'bill', url: `qr.example.com/${id}`, createdAt: '2026-11-26T07:00:00Z' };
  };

  interface BatchPlay {
    readonly openLink?: Provider['openLink'];
    readonly crash?: Dependencies['crash'];
    readonly told?: AddressedLink[];
  }

  async function run(batchId: string, { openLink = openAtOnce, crash = () => undefined, told = [] }: BatchPlay = {}) {
    const deps: Dependencies = {
      pool,
      provider: { name: 'jpmorgan', openLink } as unknown as Provider,
      messages: { ...silent(), signal: async (_name, link) => void told.push(link) },
      crash,
      pause: async () => undefined,
    };
    const open = createOpenBatchLinks(deps);
    const ran = new MockActivityEnvironment({}, { logger: QUIET }).run(async () =>
      open({ merchantId: MERCHANT, batchId }),
    );
    return ran as ReturnType<typeof open>;
  }

  const stateOf = async (batchId: string) =>
    rows<{ status: string; n: number }>(
      'select status, count(*)::int as n from bill_batch_row where batch_id = $1 group by status order by status',
      [batchId],
    );
  const linksOf = async (ids: readonly string[]) =>
    rows<{ payment_link_id: string; status: string; seq: string; next_check_at: Date | null }>(
      'select payment_link_id, status, seq, next_check_at from payment_link where reference = any ($1)',
      [ids],
    );

  it('are written whole: free, with their code, their history and their event', async () => {
    const ids = await newAccounts(45);
    const batchId = await newBatch('whole', ids);
    expect(await run(batchId)).toMatchObject({ rows: { opened: 45, waiting: 0 } });
    const links = await linksOf(ids);
    expect(links).toHaveLength(45);
    expect(links.every(({ status, seq, next_check_at: at }) => status === 'free' && seq === '1' && at === null)).toBe(
      true,
    );
    for (const table of ['event', 'timeline']) {
      const told = await rows(`select from ${table} where payment_link_id = any ($1)`, [
        links.map(({ payment_link_id: id }) => id),
      ]);
      expect(told).toHaveLength(45);
    }
    const printed = await rows<{ printed: object; qr_text: string; short_code: string }>(
      `select r.printed, l.qr_text, a.short_code from bill_batch_row r join payment_link l using (payment_link_id)
         join service_account a on a.payment_link_id = l.payment_link_id where r.batch_id = $1`,
      [batchId],
    );
    expect(printed).toHaveLength(45);
    for (const { printed: bill, qr_text: printedCode, short_code: code } of printed) {
      const shortCode = `${code.slice(0, 3)}-${code.slice(3, 6)}-${code.slice(6)}`;
      expect(bill).toMatchObject({ printedCode, shortCode, holder: ['Ana', 'Rua 1'], language: 'pt' });
    }
    // Once more there is nothing to do.
    const before = opened;
    await run(batchId);
    expect(opened).toBe(before);
  });

  it.each(['batch.opened', 'batch.stored'])(
    'that a crash at %s leaves open are opened again, and no account has two',
    async (step) => {
      const ids = await newAccounts(400);
      const batchId = await newBatch(step, ids);
      let steps = 0;
      const crash = (at: string): void => {
        if (at === step && (steps += 1) >= 2) throw new Error('the worker is gone');
      };
      await expect(run(batchId, { crash })).rejects.toThrow('the worker is gone');
      const left = (await stateOf(batchId)).find(({ status }) => status === 'waiting');
      expect(Number(left?.n)).toBeGreaterThan(0);
      expect(await run(batchId)).toMatchObject({ rows: { opened: 400, waiting: 0 } });
      expect(await linksOf(ids)).toHaveLength(400);
    },
  );

  it('are one for an account that two batches have opened at the provider in the same moment', async () => {
    const ids = await newAccounts(1);
    const batches = [await newBatch('one', ids), await newBatch('other', ids)];
    let arrived = 0;
    let bothAreThere = (): void => undefined;
    const both = new Promise<void>((resolve) => (bothAreThere = resolve));
    const openLink = async (): Promise<ProviderLink> => {
      if ((arrived += 1) === 2) bothAreThere();
      await both;
      return openAtOnce();
    };
    const ended = await Promise.all(batches.map(async (batchId) => run(batchId, { openLink })));
    expect(arrived).toBe(2);
    expect(ended.reduce((sum, { rows: { opened: n } }) => sum + n, 0)).toBe(1);
    expect(ended.reduce((sum, { rows: { reused: n } }) => sum + n, 0)).toBe(1);
    expect(await linksOf(ids)).toHaveLength(1);
    const codes = await rows('select distinct printed from bill_batch_row where batch_id = any ($1)', [batches]);
    expect(codes).toHaveLength(1);
  });

  it('are asked for sixteen at a time, behind the tills', async () => {
    const batchId = await newBatch('sixteen', await newAccounts(100));
    let underWay = 0;
    let most = 0;
    const urgencies = new Set<unknown>();
    const openLink: Provider['openLink'] = async (_kind, _call, urgency) => {
      urgencies.add(urgency);
      most = Math.max(most, (underWay += 1));
      await new Promise((resolve) => setImmediate(resolve));
      underWay -= 1;
      return openAtOnce();
    };
    await run(batchId, { openLink });
    expect(most).toBe(16);
    expect([...urgencies]).toEqual(['batch']);
  });

  it('are not asked for while those that were opened cannot be written, so that a crash leaves few strays', async () => {
    const ids = await newAccounts(200);
    const batchId = await newBatch('slow rows', ids);
    const other = await owner.connect();
    await other.query('begin');
    await other.query('select from bill_batch_row where batch_id = $1 for update', [batchId]);
    const before = opened;
    const ended = run(batchId);
    await eventually(() => opened - before > 40);
    // Time enough to ask for all of them: each answers at once.
    await new Promise((resolve) => setTimeout(resolve, 100));
    const unwritten = opened - before;
    await other.query('rollback');
    other.release();
    // A portion that is being written, the next one, and one of each that asks.
    expect(unwritten).toBeLessThanOrEqual(20 + 20 + 16);
    expect(await ended).toMatchObject({ rows: { opened: 200, waiting: 0 } });
    expect(opened - before).toBe(200);
  });

  it('are asked for again after a lost answer, and after a while the attempt ends with all that was opened', async () => {
    const ids = await newAccounts(40);
    const batchId = await newBatch('away', ids);
    let calls = 0;
    const openLink = async (): Promise<ProviderLink> => {
      calls += 1;
      if (calls <= 3) throw new ProviderFailure('unknown', 'its answer was lost');
      if (calls > 30) throw new ProviderFailure('retryable', 'the bank is away');
      return openAtOnce();
    };
    const failure = await run(batchId, { openLink }).catch((error: unknown) => error);
    expect(failure).toBeInstanceOf(ApplicationFailure);
    expect(failure).toMatchObject({ type: 'Retryable', nonRetryable: false, message: 'the bank is away' });
    expect(await stateOf(batchId)).toEqual([
      { status: 'opened', n: 27 },
      { status: 'waiting', n: 13 },
    ]);
    expect(await run(batchId)).toMatchObject({ rows: { opened: 40 } });
  });

  it('that the provider refuses fail with its words, each for itself', async () => {
    const batchId = await newBatch('refused', await newAccounts(5));
    let calls = 0;
    const openLink = async (): Promise<ProviderLink> => {
      if ((calls += 1) === 3)
        throw new ProviderFailure('refused', 'the bank refused', { reasons: ['10103 $.country'] });
      return openAtOnce();
    };
    expect(await run(batchId, { openLink })).toMatchObject({ rows: { opened: 4, failed: 1, waiting: 0 } });
    const [failed] = await rows('select errors, printed from bill_batch_row where batch_id = $1 and status = $2', [
      batchId,
      'failed',
    ]);
    expect(failed).toEqual({ errors: [{ column: '', detail: 'the bank refused; 10103 $.country' }], printed: null });
  });

  it('that were opened one by one are printed with a short code, the next one where the first is taken', async () => {
    const [first = '', second = ''] = await newAccounts(2);
    const [taken, next] = codesOf(MERCHANT, 'bill-known');
    await rows(
      `insert into payment_link (merchant_id, payment_link_id, kind, label, status, seq, provider, provider_link_id,
       qr_text, qr_crc)
       values ($1, 'bill-known', 'bill', 'Flat 12', 'free', 1, 'jpmorgan', 'there', 'a printed code', 'code')`,
      [MERCHANT],
    );
    await rows('update service_account set short_code = $2 where account_id = $1', [first, taken]);
    await rows(`update service_account set payment_link_id = 'bill-known' where account_id = $1`, [second]);
    const batchId = await newBatch('nameless', [second]);
    const openLink = async (): Promise<ProviderLink> => Promise.reject(new Error('nobody is asked'));
    expect(await run(batchId, { openLink })).toMatchObject({ rows: { reused: 1 } });
    expect(await rows('select short_code from service_account where account_id = $1', [second])).toEqual([
      { short_code: next },
    ]);
  });

  it('are not printed once they are retired', async () => {
    const ids = await newAccounts(1);
    await run(await newBatch('before', ids));
    await rows(`update payment_link set status = 'retired' where reference = any ($1)`, [ids]);
    const batchId = await newBatch('after', ids);
    expect(await run(batchId)).toMatchObject({ rows: { failed: 1, reused: 0 } });
  });

  it('are told of what was read before they were there, and no other is', async () => {
    const ids = await newAccounts(3);
    await rows('update service_account set usage_wanted = 1 where account_id = $1', [ids[1]]);
    const told: AddressedLink[] = [];
    await run(await newBatch('read before', ids), { told });
    expect(told).toMatchObject([{ merchantId: MERCHANT, kind: 'bill', label: `Account ${ids[1]}` }]);
    const due = await rows('select account_id from service_account where next_usage_at is not null', []);
    expect(due).toEqual([{ account_id: ids[1] }]);
  });
});
