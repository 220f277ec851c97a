/** Money that is not the bill's: it is booked, an exception owns it, and everybody is told once. */
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { brl, openShop, type Shop } from '../../support/shop.ts';
import { eventually } from '../../limits/until.ts';

type Entry = readonly [kind: string, account: string, minor: string, currency?: string];

interface Case {
  readonly name: string;
  /** How the payer pays; `before` is what happened first. */
  readonly before?: 'paid' | 'cancelled' | 'expired';
  readonly how: object;
  readonly status: 'paid' | 'underpaid';
  readonly ledger: readonly Entry[];
  readonly exception: { readonly kind: string; readonly amount: object; readonly status?: 'resolved' };
  readonly events: readonly string[];
}

const exact: readonly Entry[] = [
  ['exact', 'provider', '2490'],
  ['exact', 'collected', '-2490'],
];

const cases: readonly Case[] = [
  {
    name: 'less than was asked',
    how: { how: 'wrong', amount: brl('20.00') },
    status: 'underpaid',
    ledger: [
      ['partial', 'provider', '2000'],
      ['partial', 'unapplied', '-2000'],
    ],
    exception: { kind: 'partial', amount: brl('20.00') },
    events: ['payment_request.linked', 'payment_request.underpaid', 'exception.opened'],
  },
  {
    name: 'more than was asked',
    how: { how: 'wrong', amount: brl('30.00') },
    status: 'paid',
    ledger: [
      ['over', 'provider', '3000'],
      ['over', 'collected', '-2490'],
      ['over', 'unapplied', '-510'],
    ],
    exception: { kind: 'over', amount: brl('5.10') },
    events: ['payment_request.linked', 'payment_request.paid', 'exception.opened'],
  },
  {
    name: 'another currency',
    how: { how: 'wrong', amount: { currency: 'USD', value: '24.90' } },
    status: 'underpaid',
    ledger: [
      ['wrong-currency', 'provider', '2490', 'USD'],
      ['wrong-currency', 'unapplied', '-2490', 'USD'],
    ],
    exception: { kind: 'wrong-currency', amount: { currency: 'USD', value: '24.90' } },
    events: ['payment_request.linked', 'payment_request.underpaid', 'exception.opened'],
  },
  {
    name: 'a second payment',
    before: 'paid',
    how: { how: 'again' },
    status: 'paid',
    // Nobody but its payer can have meant it, so it goes back by itself (domain/money/exception.ts).
    ledger: [
      ...exact,
      ['second', 'provider', '2490'],
      ['second', 'unapplied', '-2490'],
      ['return-begun', 'unapplied', '2490'],
      ['return-begun', 'returning', '-2490'],
      ['return-completed', 'returning', '2490'],
      ['return-completed', 'provider', '-2490'],
    ],
    exception: { kind: 'second', amount: brl('24.90'), status: 'resolved' },
    events: [
      'payment_request.linked',
      'payment_request.paid',
      'exception.opened',
      'exception.resolved',
      'payment_request.returning',
      'payment_request.returned',
    ],
  },
  {
    name: 'money for a cancelled sale',
    before: 'cancelled',
    how: { how: 'late' },
    status: 'paid',
    ledger: [
      ['late', 'provider', '2490'],
      ['late', 'unapplied', '-2490'],
    ],
    exception: { kind: 'late', amount: brl('24.90') },
    events: ['payment_request.linked', 'payment_request.cancelled', 'payment_request.paid', 'exception.opened'],
  },
  {
    name: 'money for an expired sale',
    before: 'expired',
    how: { how: 'late' },
    status: 'paid',
    ledger: [
      ['late', 'provider', '2490'],
      ['late', 'unapplied', '-2490'],
    ],
    exception: { kind: 'late', amount: brl('24.90') },
    events: ['payment_request.linked', 'payment_request.expired', 'payment_request.paid', 'exception.opened'],
  },
];

describe('money that is not the bill’s', () => {
  let shop: Shop;
  beforeAll(async () => {
    shop = await openShop();
  });
  afterAll(async () => {
    await shop?.close();
  });

  async function bring(id: string, to: Case['before']): Promise<void> {
    if (to === undefined) return;
    if (to === 'paid') await shop.pay(id);
    if (to === 'cancelled') await shop.cancel(id);
    if (to === 'expired') await shop.control('clock', { advanceSeconds: 1_000 });
    await shop.untilRequest(id, to);
    await shop.reset();
  }

  it.each(cases)('$name is booked to its request, owned by an exception, and told once', async (one) => {
    const till = await shop.openTill();
    const id = await shop.sold(till);
    await bring(id, one.before);
    // Whoever is on the code now has nothing to do with it.
    const next = one.before === undefined ? undefined : await shop.sold(till, { amount: brl('3.00') });
    await shop.pay(id, one.how);
    await eventually(async () => (await shop.events(id)).length >= one.events.length);
    const { exceptions } = await shop.request(id);
    expect(exceptions).toMatchObject([{ status: 'open', ...one.exception, sentence: expect.stringMatching(/\w/) }]);
    expect(await shop.request(id)).toMatchObject({ status: one.status, payable: false });
    expect((await shop.ledger(id)).map((entry) => Object.values(entry))).toEqual(
      one.ledger.map(([kind, account, minor, currency = 'BRL']) => [kind, account, currency, minor]),
    );
    expect((await shop.events(id)).toSorted()).toEqual([...one.events].toSorted());
    await shop.watch();
    expect(await shop.events(id)).toHaveLength(one.events.length);
    expect(await shop.untilLink(till, next === undefined ? 'free' : 'linked')).toMatchObject({
      currentPaymentRequestId: next ?? null,
    });
    expect(await shop.ledger(next ?? 'none')).toEqual([]);
  });

  it('stays out of what was collected: the accounts add up, and the chain of the ledger is whole', async () => {
    const sums = await shop.rows<{ currency: string; sum: string }>(
      'select currency, sum(amount_minor) as sum from ledger_entry group by currency order by currency',
    );
    expect(sums).toEqual([
      { currency: 'BRL', sum: '0' },
      { currency: 'USD', sum: '0' },
    ]);
    const [counts] = await shop.rows(
      `select (select count(*) from ledger_transaction) as booked, (select count(*) from ledger_chain) as chained,
              (select max(row) from ledger_chain) as last`,
    );
    expect(counts).toEqual({ booked: '9', chained: '9', last: '9' });
    const broken = await shop.rows(
      `select row from (select row, hash, digest, lag(hash, 1, ''::bytea) over (order by row) as before
        from ledger_chain) c
        where hash <> sha256(before || digest)`,
    );
    expect(broken).toEqual([]);
  });
});

describe('a payment under way', () => {
  let shop: Shop;
  beforeAll(async () => {
    shop = await openShop();
  });
  afterAll(async () => {
    await shop?.close();
  });

  const inFlight = { status: 409, body: { type: expect.stringMatching(/\/payment-in-flight$/) } };

  it('is neither cancelled, changed nor replaced, and then the sale is paid', async () => {
    const till = await shop.openTill();
    const id = await shop.sold(till);
    await shop.control('behaviour', { processingMs: 300_000 });
    await shop.pay(id);
    expect(await shop.cancel(id)).toMatchObject(inFlight);
    expect(await shop.pos.post(`/v1/payment-links/${till}/unlink`)).toMatchObject(inFlight);
    expect(await shop.sell(till, { onBusy: 'replace' })).toMatchObject(inFlight);
    expect(await shop.link(till)).toMatchObject({ status: 'linked', currentPaymentRequestId: id });
    expect(await shop.request(id)).toMatchObject({ status: 'processing', payable: false });
    await shop.control('clock', { advanceSeconds: 301 });
    expect(await shop.untilRequest(id, 'paid')).toMatchObject({ exceptions: [], settlement: { amount: brl('24.90') } });
    await shop.reset();
    await shop.untilLink(till, 'free');
  });

  it('that falls through leaves the sale payable, and a cancel then succeeds', async () => {
    const till = await shop.openTill();
    const id = await shop.sold(till);
    await shop.control('behaviour', { processingMs: 300_000, processingEndsIn: 'active' });
    await shop.pay(id);
    expect(await shop.cancel(id)).toMatchObject(inFlight);
    await shop.control('clock', { advanceSeconds: 301 });
    await eventually(async () => (await shop.atBank(id))?.['status'] === 'ACTIVE');
    await shop.reset();
    expect(await shop.cancel(id)).toMatchObject({ status: 200, body: { found: 'cancelled' } });
    expect(await shop.ledger(id)).toEqual([]);
  });

  it('at the moment of a cancel is booked to the cancelled sale, not to the next', async () => {
    const till = await shop.openTill();
    const id = await shop.sold(till);
    await shop.pay(id, { how: 'in-flight', delayMs: 500 });
    expect(await shop.cancel(id)).toMatchObject({ status: 200, body: { found: 'cancelled' } });
    const next = await shop.sold(till, { amount: brl('3.00') });
    expect(await shop.untilRequest(id, 'paid')).toMatchObject({ exceptions: [{ kind: 'late' }] });
    expect(await shop.request(next)).toMatchObject({ status: 'active', settlement: null });
  });
});
