/** What a request asks for, and what changing it means. */
import { describe, expect, it } from '@jest/globals';
import { changeCharge, expiryFits, sameCharge, type Charge } from '../../../domain/money/charge.ts';

const charge: Charge = {
  amount: { minorUnits: '2490', currency: 'BRL' },
  reference: 'cart 1',
  description: 'two coffees',
  expiry: { is: 'within', seconds: 900 },
};
const bill: Charge = { ...charge, expiry: { is: 'due', date: '2026-08-10', graceDays: 5 } };
const penalty = { is: 'percentage', hundredths: 200 } as const;
const reduction = { is: 'amount', amount: { minorUnits: '100', currency: 'BRL' } } as const;
const fined: Charge = { ...charge, expiry: { is: 'due', date: '2026-08-10', graceDays: 5, terms: { penalty } } };

describe('a changed charge', () => {
  it('keeps what the change leaves out', () => {
    const amount = { minorUnits: '3000', currency: 'BRL' as const };
    expect(changeCharge(charge, { amount }, 100)).toEqual({ ...charge, amount });
    expect(changeCharge(charge, { reference: 'cart 2', description: '' }, 100)).toEqual({
      ...charge,
      reference: 'cart 2',
      description: '',
    });
    expect(changeCharge(charge, {}, 100)).toEqual(charge);
  });

  it('counts a duration from now, and the provider from the creation: what has passed is added, rounded up', () => {
    const change = { expiry: { is: 'within', seconds: 60 } } as const;
    expect(changeCharge(charge, change, 100).expiry).toEqual({ is: 'within', seconds: 160 });
    expect(changeCharge(charge, change, 100.2).expiry).toEqual({ is: 'within', seconds: 161 });
    expect(changeCharge(charge, change, 0).expiry).toEqual({ is: 'within', seconds: 60 });
  });

  it('takes a day as it is', () => {
    const expiry = { is: 'due', date: '2026-09-01', graceDays: 0 } as const;
    expect(changeCharge(bill, { expiry }, 100).expiry).toEqual(expiry);
  });

  it('keeps its terms on another day, and each term that the change does not name', () => {
    const expiry = { is: 'due', date: '2026-09-01', graceDays: 0 } as const;
    expect(changeCharge(fined, { expiry }, 100).expiry).toEqual({ ...expiry, terms: { penalty } });
    expect(changeCharge(fined, { terms: { reduction } }, 100).expiry).toEqual({
      ...fined.expiry,
      terms: { penalty, reduction },
    });
    expect(changeCharge(bill, { terms: { penalty } }, 100)).toEqual(fined);
    expect(changeCharge(fined, { terms: { penalty: null } }, 100)).toStrictEqual(bill);
  });

  it('leaves the first one as it was', () => {
    const before = structuredClone(charge);
    changeCharge(charge, { reference: 'other', expiry: { is: 'within', seconds: 1 } }, 5);
    expect(charge).toEqual(before);
  });
});

describe('two charges', () => {
  it('are the same when each part is, and nothing is the same as an empty description', () => {
    expect(sameCharge(charge, structuredClone(charge))).toBe(true);
    const { description: _, ...without } = charge;
    expect(sameCharge(without, { ...without, description: '' })).toBe(true);
    expect(sameCharge(bill, structuredClone(bill))).toBe(true);
  });

  it.each<readonly [string, Charge, Charge]>([
    ['amount', charge, { ...charge, amount: { minorUnits: '2491', currency: 'BRL' } }],
    ['currency', charge, { ...charge, amount: { minorUnits: '2490', currency: 'USD' } }],
    ['reference', charge, { ...charge, reference: 'cart 2' }],
    ['description', charge, { ...charge, description: 'tea' }],
    ['duration', charge, { ...charge, expiry: { is: 'within', seconds: 901 } }],
    ['kind of expiry', charge, bill],
    ['day', bill, { ...bill, expiry: { is: 'due', date: '2026-08-11', graceDays: 5 } }],
    ['terms', bill, fined],
    ['grace', bill, { ...bill, expiry: { is: 'due', date: '2026-08-10', graceDays: 6 } }],
  ])('differ by their %s', (_, left, right) => {
    expect(sameCharge(left, right)).toBe(false);
    expect(sameCharge(right, left)).toBe(false);
  });
});

describe('the kind of link', () => {
  it('decides the kind of expiry', () => {
    expect([expiryFits('till', charge.expiry), expiryFits('bill', charge.expiry)]).toEqual([true, false]);
    expect([expiryFits('till', bill.expiry), expiryFits('bill', bill.expiry)]).toEqual([false, true]);
  });
});
