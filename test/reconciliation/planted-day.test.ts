/**
 * A day of thousands of sales against the bank's word: every planted difference is found and named, once, and nothing
 * else.
 */
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import type { Run } from '../../db/reconciliation/reconciliations.ts';
import { explainedShare } from '../../domain/reconciliation/reconciliation-tally.ts';
import type { Provider } from '../../providers/provider.ts';
import {
  amountOf,
  sampleEndToEndId,
  MORNING,
  plantedProvider,
  requestIdOf,
  strangerIdOf,
  type PlantedFault,
} from '../../bench/samples/planted-day.ts';
import { MERCHANT, openDay, type OpenDay } from './open-day.ts';

const share = ({ tally }: Run, currency = 'BRL'): string =>
  explainedShare(tally.money[currency] ?? { seen: '0', explained: '0' });

describe('a clean day of 3,000 sales', () => {
  let day: OpenDay;
  beforeAll(async () => {
    day = await openDay(new Map([[1_234, 'left-out-by-search']]), 3_000);
  });
  afterAll(async () => {
    await day?.close();
  });

  it('is explained in full, without a finding, in a call for each page and one for what a search left out', async () => {
    const provider = plantedProvider(day.day);
    const run = await day.run(provider);
    expect(await day.findings(run.runId)).toEqual([]);
    expect(run).toMatchObject({ status: 'finished', tally: { counts: { requests: 3_000, links: 500, findings: 0 } } });
    expect(share(run)).toBe('100.000');
    const sum = Array.from({ length: 3_000 }, (_, n) => amountOf(n)).reduce((total, amount) => total + amount, 0);
    expect(run.tally.money['BRL']).toEqual({ seen: String(sum), explained: String(sum) });
    expect(provider.calls).toEqual({ searches: 31, reads: 1 });
    expect(day.sent).toEqual([]);
  });

  it('counts nothing twice when an attempt dies in the middle and another one goes on', async () => {
    const runId = await day.ask();
    let left = 10;
    const dying: Provider = {
      ...plantedProvider(day.day),
      searchRequests: async (range, call) => {
        left -= 1;
        if (left < 0) throw new Error('the worker died');
        return plantedProvider(day.day).searchRequests(range, call);
      },
    };
    await expect(day.go(runId, dying)).rejects.toThrow('the worker died');
    expect((await day.read(runId)).tally.counts['requests']).toBeLessThan(1_000);
    await day.go(runId, plantedProvider(day.day));
    const run = await day.read(runId);
    expect(run.tally.counts).toMatchObject({ requests: 3_000, links: 500, findings: 0 });
    expect(share(run)).toBe('100.000');
  });

  it('is compared at an instant with more sales than a page as well', async () => {
    await day.owner.query(`update payment_request set provider_created_at = $1 where payment_request_id < $2`, [
      MORNING,
      requestIdOf(150),
    ]);
    const real = plantedProvider(day.day);
    const crowded: Provider = {
      ...real,
      async searchRequests(range, call) {
        if (range.from > MORNING) {
          const later = await real.searchRequests(range, call);
          return { ...later, requests: later.requests.filter(({ requestId }) => requestId >= requestIdOf(150)) };
        }
        const page = await real.searchRequests({ ...range, from: MORNING }, call);
        const requests = page.requests.map((view) => ({ ...view, createdAt: MORNING.toISOString() }));
        return { requests, truncated: true };
      },
    };
    const run = await day.run(crowded);
    // 51 of them are on no page: they are read by their ids.
    expect(run.tally.counts).toMatchObject({ findings: 0 });
    expect(run.tally.counts['readById']).toBeGreaterThanOrEqual(51);
    expect(share(run)).toBe('100.000');
  });
});

describe('a day of 3,000 sales with planted differences', () => {
  const plants = new Map<number, PlantedFault>([
    [100, 'missing-here'],
    [201, 'missing-there'],
    [302, 'cancelled-there'],
    [403, 'doubled'],
    [504, 'one-cent'],
    [605, 'other-currency'],
    [706, 'next-day'],
    [807, 'unknown-request'],
    [908, 'became-payable'],
    [1_009, 'became-paid'],
    [1_110, 'second-payment'],
    [2_999, 'left-out-by-search'],
  ]);
  const expected = [
    ['missing-here', sampleEndToEndId(100)],
    ['missing-there', sampleEndToEndId(201)],
    ['missing-there', sampleEndToEndId(302)],
    ['doubled', `${requestIdOf(403)}|${sampleEndToEndId(402)}`],
    ['amount-differs', sampleEndToEndId(504)],
    ['currency-differs', sampleEndToEndId(605)],
    ['date-differs', sampleEndToEndId(706)],
    ['unknown-request', strangerIdOf(807)],
    ['became-payable', requestIdOf(908)],
    ['became-paid', sampleEndToEndId(1_009)],
    ['unseen-payment', `${sampleEndToEndId(1_110)}again`],
    ['unseen-payment', 'E-only-told'],
    ['stray-link', 'bank-stray'],
  ];
  let day: OpenDay;
  let first: Run;
  beforeAll(async () => {
    day = await openDay(plants, 3_000, ['bank-stray', 'bank-neighbour']);
    await day.owner.query(
      `insert into payment_link (merchant_id, payment_link_id, kind, label, status, provider, provider_link_id)
       values ('neighbour', 'theirs', 'till', 'Till 1', 'free', 'jpmorgan', 'bank-neighbour')`,
    );
    await day.owner.query(
      `insert into inbox (merchant_id, provider, digest, payment_link_id, payment_request_id, status, end_to_end_id,
       body, received_at)
       select $1, 'jpmorgan', decode(n, 'hex'), 'till-7', $2, 'settled', 'E-only-told', '', $3
         from unnest(array['01', '02']) n`,
      [MERCHANT, requestIdOf(7), MORNING],
    );
    first = await day.run();
  });
  afterAll(async () => {
    await day?.close();
  });

  it('finds and names each of them once, and nothing else', async () => {
    const found = await day.findings(first.runId);
    expect(found.map(({ kind, subject }) => `${kind} ${subject}`).toSorted()).toEqual(
      expected.map((one) => one.join(' ')).toSorted(),
    );
    expect(first.tally.counts).toMatchObject({ findings: expected.length, 'finding.missing-there': 2, checksSent: 4 });
    for (const { sentence } of found) expect(sentence).toMatch(/^[A-Z].{20,}\.$/);
  });

  it('has the links of what can heal by itself read again', () => {
    const checked = day.sent.map(({ message }) => (message as { readonly requestId: string }).requestId);
    expect(checked.toSorted()).toEqual([100, 908, 1_009, 1_110].map(requestIdOf));
  });

  it('gives the rest an owner: an exception for each payment, opened once however many nights find it', async () => {
    const owned = [
      { kind: 'differs-at-provider', cause: sampleEndToEndId(504) },
      { kind: 'differs-at-provider', cause: sampleEndToEndId(605) },
      { kind: 'missing-at-provider', cause: sampleEndToEndId(201) },
      { kind: 'missing-at-provider', cause: sampleEndToEndId(302) },
      { kind: 'unknown-request', cause: sampleEndToEndId(807) },
      { kind: 'unseen-payment', cause: 'E-only-told' },
    ];
    expect(await day.exceptions()).toEqual(owned);
    const again = await day.run();
    expect(again.tally.counts['findings']).toBe(expected.length);
    expect(await day.exceptions()).toEqual(owned);
  });

  it('books the money of an unknown request once, to unapplied', async () => {
    const { rows } = await day.owner.query(
      `select t.kind, t.payment_link_id, t.payment_request_id, e.account, e.amount_minor::int as amount
        from ledger_transaction t join ledger_entry e using (transaction_id)
        where t.end_to_end_id = $1 order by e.line`,
      [sampleEndToEndId(807)],
    );
    const booked = { kind: 'unknown-request', payment_link_id: 'till-307', payment_request_id: null };
    expect(rows).toEqual([
      { ...booked, account: 'provider', amount: amountOf(807) },
      { ...booked, account: 'unapplied', amount: -amountOf(807) },
    ]);
  });

  it('says how much of the money it can explain, and never 100.000 while a cent is open', () => {
    const { seen, explained } = first.tally.money['BRL'] ?? { seen: '0', explained: '0' };
    const open = [100, 201, 302, 402, 504, 1_009, 1_110].map((n) => (n === 402 ? amountOf(403) : amountOf(n)));
    const unexplained = open.reduce((sum, amount) => sum + amount, 0) + 1;
    expect(BigInt(seen) - BigInt(explained)).toBe(BigInt(unexplained));
    expect(share(first)).toMatch(/^99\.\d{3}$/);
    expect(share(first, 'USD')).toBe('0.000');
  });
});
