/** What arrived against what was asked: a named outcome, and entries that always balance. */
import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { currencies, type MoneyJson } from '../../domain/money.ts';
import type { Account } from '../../domain/ledger.ts';
import { judgeSettlement, type Arrival } from '../../domain/settlement.ts';

const seed = 20260728;
const brl = (minorUnits: number): MoneyJson => ({ minorUnits: String(minorUnits), currency: 'BRL' });
const usd = (minorUnits: number): MoneyJson => ({ minorUnits: String(minorUnits), currency: 'USD' });
const arrival = (more: Partial<Arrival> = {}): Arrival => ({
  asked: brl(2490),
  received: brl(2490),
  ended: false,
  ...more,
});

function booked(more: Partial<Arrival>) {
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

describe('any payment', () => {
  const minor = fc.bigInt({ min: 1n, max: 10n ** 15n });
  const amount = fc.record({ minorUnits: minor.map(String), currency: fc.constantFrom(...currencies) });
  const near = fc.tuple(amount, fc.bigInt({ min: -3n, max: 3n })).map(([asked, off]) => ({
    asked,
    received: { ...asked, minorUnits: String(BigInt(asked.minorUnits) + off) },
  }));
  const pair = fc.oneof(near, fc.record({ asked: amount, received: amount }));
  const any: fc.Arbitrary<Arrival> = fc
    .tuple(pair, fc.boolean(), fc.option(fc.record({ covered: fc.boolean() }), { nil: undefined }))
    .map(([money, ended, before]) => ({ ...money, ended, ...(before === undefined ? {} : { before }) }));

  function sumOf(what: Arrival, accounts: readonly Account[]): bigint {
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
