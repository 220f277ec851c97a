/** What arrived against what was asked: a named outcome, and entries that always balance. */
import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { currencies, type MoneyJson } from '../../../domain/money.ts';
import type { LedgerAccount } from '../../../domain/money/ledger.ts';
import { judgeSettlement, type PaymentArrival } from '../../../domain/money/settlement.ts';
import { present } from '../../../domain/present.ts';

const seed = 20260728;
const brl = (minorUnits: number): MoneyJson => ({ minorUnits: String(minorUnits), currency: 'BRL' });
const usd = (minorUnits: number): MoneyJson => ({ minorUnits: String(minorUnits), currency: 'USD' });
const arrival = (more: Partial<PaymentArrival> = {}): PaymentArrival => ({
  asked: brl(2490),
  received: brl(2490),
  ended: false,
  ...more,
});

function booked(more: Partial<PaymentArrival>) {
  const { kind, status, entries, unapplied } = judgeSettlement(arrival(more));
  const lines = entries.map(({ account, amount }) => `${account} ${amount.currency} ${amount.minorUnits}`);
  return { kind, status, lines, unapplied: unapplied?.minorUnits };
}

describe('a payment', () => {
  it('of exactly the charge pays it', () => {
    expect(booked({})).toEqual({
      kind: 'exact',
      status: 'paid',
      lines: ['provider BRL 2490', 'collected BRL -2490'],
      unapplied: undefined,
    });
  });

  it('of too much pays it, and the rest is held', () => {
    expect(booked({ received: brl(3000) })).toEqual({
      kind: 'over',
      status: 'paid',
      lines: ['provider BRL 3000', 'collected BRL -2490', 'unapplied BRL -510'],
      unapplied: '510',
    });
  });

  it('of too little pays nothing, and all of it is held', () => {
    expect(booked({ received: brl(2489) })).toEqual({
      kind: 'partial',
      status: 'underpaid',
      lines: ['provider BRL 2489', 'unapplied BRL -2489'],
      unapplied: '2489',
    });
  });

  it.each([
    ['late, and covers it', arrival({ ended: true }), 'late', 'paid', 2490],
    ['late, and too much', arrival({ ended: true, received: brl(9000) }), 'late', 'paid', 9000],
    ['late, and too little', arrival({ ended: true, received: brl(1) }), 'partial', 'underpaid', 1],
    ['a second one of a paid request', arrival({ before: { covered: true } }), 'second', 'paid', 2490],
    ['a second one of an underpaid request', arrival({ before: { covered: false } }), 'second', 'underpaid', 2490],
    ['a second one, late', arrival({ before: { covered: true }, ended: true }), 'second', 'paid', 2490],
  ] as const)('that is %s is held whole', (_, what, kind, status, held) => {
    expect(booked(what)).toEqual({
      kind,
      status,
      lines: [`provider BRL ${held}`, `unapplied BRL -${held}`],
      unapplied: String(held),
    });
  });

  it('in another currency is held in its own, and is never enough', () => {
    for (const ended of [false, true]) {
      expect(booked({ received: usd(999_999), ended })).toEqual({
        kind: 'wrong-currency',
        status: 'underpaid',
        lines: ['provider USD 999999', 'unapplied USD -999999'],
        unapplied: '999999',
      });
    }
  });

  it('in another currency that comes second is held in its own', () => {
    expect(booked({ received: usd(5), before: { covered: true } })).toMatchObject({
      kind: 'second',
      lines: ['provider USD 5', 'unapplied USD -5'],
    });
  });
});

describe('a payment with parts', () => {
  const parts = { interest: brl(200), penalty: brl(300) };
  const lines = ['provider BRL 10500', 'collected BRL -10000', 'interest BRL -200', 'penalty BRL -300'];

  // provider-contract.md §B.9: 100.00, two days late, fine 3 %, interest 1 % a day: 105.00.
  it.each([
    ['the total', 10_500, 'total'],
    ['the face value', 10_000, 'face'],
  ])('is exact when the provider reports %s, and says which one balanced', (_, received, balanced) => {
    const what = { asked: brl(10_000), received: brl(received), parts };
    expect(booked(what)).toEqual({ kind: 'exact', status: 'paid', lines, unapplied: undefined });
    expect(judgeSettlement(arrival(what)).balanced).toBe(balanced);
  });

  it('with a discount and a reduction is exact, and what was given away stands beside what was collected', () => {
    // provider-contract.md §B.9: 150.00, reduction 20.00, 2 % of the rest until the day: 127.40.
    const what = { asked: brl(15_000), received: brl(12_740), parts: { discount: brl(260), reduction: brl(2_000) } };
    expect(booked(what)).toEqual({
      kind: 'exact',
      status: 'paid',
      lines: ['provider BRL 12740', 'discount BRL 260', 'reduction BRL 2000', 'collected BRL -15000'],
      unapplied: undefined,
    });
  });

  it('that fits neither reading is judged by what was reported, and says so', () => {
    const what = { asked: brl(10_000), parts };
    expect(booked({ ...what, received: brl(10_499) })).toMatchObject({ kind: 'partial', unapplied: '10499' });
    expect(booked({ ...what, received: brl(10_600) })).toMatchObject({
      kind: 'over',
      lines: ['provider BRL 10600', ...lines.slice(1), 'unapplied BRL -100'],
    });
    expect(judgeSettlement(arrival({ ...what, received: brl(10_600) })).balanced).toBe('neither');
  });

  it('that comes late or second is held whole, at what really arrived', () => {
    const face = { asked: brl(10_000), received: brl(10_000), parts };
    expect(booked({ ...face, ended: true })).toMatchObject({ kind: 'late', unapplied: '10500' });
    expect(booked({ ...face, before: { covered: true } })).toMatchObject({ kind: 'second', unapplied: '10500' });
  });

  it('whose parts make no sense is judged without them', () => {
    const nonsense = { asked: brl(1_000), received: brl(1_000), parts: { discount: brl(5_000) } };
    expect(booked(nonsense)).toMatchObject({ kind: 'exact', lines: ['provider BRL 1000', 'collected BRL -1000'] });
    expect(booked({ ...nonsense, parts: { interest: usd(5) } })).toMatchObject({ kind: 'exact' });
  });

  it('always balances, whatever the parts', () => {
    const minor = fc.integer({ min: 0, max: 20_000 }).map(brl);
    const any = fc.record({ interest: minor, penalty: minor, discount: minor, reduction: minor });
    fc.assert(
      fc.property(
        fc.integer({ min: 1, max: 20_000 }),
        fc.integer({ min: 1, max: 40_000 }),
        any,
        (asked, received, each) => {
          const { entries, unapplied } = judgeSettlement(
            arrival({ asked: brl(asked), received: brl(received), parts: each }),
          );
          expect(entries.reduce((sum, { amount }) => sum + Number(amount.minorUnits), 0)).toBe(0);
          const held = entries.find(({ account }) => account === 'unapplied')?.amount.minorUnits ?? '0';
          expect(Number(held) + Number(unapplied?.minorUnits ?? '0')).toBe(0);
        },
      ),
      { seed },
    );
  });
});

describe('any payment', () => {
  const minor = fc.bigInt({ min: 1n, max: 10n ** 15n });
  const amount = fc.record({ minorUnits: minor.map(String), currency: fc.constantFrom(...currencies) });
  const near = fc.tuple(amount, fc.bigInt({ min: -3n, max: 3n })).map(([asked, off]) => ({
    asked,
    received: { ...asked, minorUnits: String(BigInt(asked.minorUnits) + off) },
  }));
  const pair = fc.oneof(near, fc.record({ asked: amount, received: amount }));
  const any: fc.Arbitrary<PaymentArrival> = fc
    .tuple(pair, fc.boolean(), fc.option(fc.record({ covered: fc.boolean() }), { nil: undefined }))
    .map(([money, ended, before]) => ({ ...money, ended, ...present({ before }) }));

  function sumOf(what: PaymentArrival, accounts: readonly LedgerAccount[]): bigint {
    return judgeSettlement(what)
      .entries.filter(({ account }) => accounts.includes(account))
      .reduce((sum, entry) => sum + BigInt(entry.amount.minorUnits), 0n);
  }

  it('balances, in one currency', () => {
    fc.assert(
      fc.property(any, (what) => {
        const { entries } = judgeSettlement(what);
        expect(sumOf(what, ['provider', 'collected', 'unapplied'])).toBe(0n);
        expect(new Set(entries.map(({ amount: { currency } }) => currency))).toEqual(new Set([what.received.currency]));
      }),
      { seed },
    );
  });

  it('is handed on to the last cent, and what is held is what the exception owns', () => {
    fc.assert(
      fc.property(any, (what) => {
        const received = BigInt(what.received.minorUnits);
        expect(sumOf(what, ['provider'])).toBe(received);
        expect(-sumOf(what, ['collected', 'unapplied'])).toBe(received);
        const { unapplied } = judgeSettlement(what);
        expect(-sumOf(what, ['unapplied'])).toBe(BigInt(unapplied?.minorUnits ?? '0'));
      }),
      { seed },
    );
  });

  it('collects the charge or nothing, and says paid only when it is covered', () => {
    fc.assert(
      fc.property(any, (what) => {
        const asked = BigInt(what.asked.minorUnits);
        const collected = -sumOf(what, ['collected']);
        expect([0n, asked]).toContain(collected);
        const enough = what.received.currency === what.asked.currency && BigInt(what.received.minorUnits) >= asked;
        expect(judgeSettlement(what).status === 'paid').toBe(what.before?.covered ?? enough);
        expect(collected === asked).toBe(enough && !what.ended && what.before === undefined);
      }),
      { seed },
    );
  });
});
