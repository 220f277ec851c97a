/** Interest, penalty, discount and reduction on the bank's wire, both ways. */
import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { sameCharge, type Charge } from '../../domain/money/charge.ts';
import type { Terms } from '../../domain/money/bill-terms.ts';
import { UnreadableAnswer } from '../../providers/jpmorgan/failures.ts';
import { fromRequestAnswer, toRequestBody } from '../../providers/jpmorgan/mapping.ts';
import { requestAnswer } from '../../providers/jpmorgan/schemas.ts';
import { DUE_DATE, someTerms } from '../domain/money/terms-builders.ts';
import { aCharge, aWrite, brl, creditor, details } from './builders.ts';

const due = { is: 'due', date: '2024-11-01', graceDays: 30 } as const;

function bill(terms: Terms): Charge {
  return aCharge({ expiry: { ...due, terms } });
}

function sent(terms: Terms): Record<string, unknown> {
  return toRequestBody(aWrite({ kind: 'bill', charge: bill(terms) }), creditor).request;
}

function read(request: Record<string, unknown>): Charge {
  const whole = {
    expirationType: 'DUE_DATE',
    paymentDueDate: '2024-11-01',
    gracePeriod: 30,
    currency: 'BRL',
    paymentAmount: '24.90',
    reference: 'cart 5423645',
    ...request,
  };
  return fromRequestAnswer(requestAnswer.parse(details({ request: whole })), { evidence: 'e' }).charge;
}

const fixed = { is: 'amount', amount: brl('1650') } as const;
const share = { is: 'percentage', hundredths: 250 } as const;
const rate = (per: 'day' | 'month' | 'year', days: 'calendar' | 'business') =>
  ({ is: 'percentage', hundredths: 5, per, days }) as const;

const pairs: readonly (readonly [string, Terms, Record<string, unknown>])[] = [
  [
    'an amount a day, by business days',
    { interest: { is: 'amountPerDay', amount: brl('10'), days: 'business' } },
    { interestType: 'AMOUNT', interestParameters: { days: 'BUSINESS_DAYS', amount: '0.10' } },
  ],
  [
    'a percentage a day',
    { interest: rate('day', 'calendar') },
    { interestType: 'PERCENTAGE_PER_DAY', interestParameters: { days: 'CALENDAR_DAYS', percentage: '0.05' } },
  ],
  [
    'a percentage a month',
    { interest: rate('month', 'business') },
    { interestType: 'PERCENTAGE_PER_MONTH', interestParameters: { days: 'BUSINESS_DAYS', percentage: '0.05' } },
  ],
  [
    'a percentage a year',
    { interest: rate('year', 'calendar') },
    { interestType: 'PERCENTAGE_PER_YEAR', interestParameters: { days: 'CALENDAR_DAYS', percentage: '0.05' } },
  ],
  ['a fixed penalty', { penalty: fixed }, { penaltyType: 'FIXED_AMOUNT', penaltyParameters: { amount: '16.50' } }],
  ['a share as penalty', { penalty: share }, { penaltyType: 'PERCENTAGE', penaltyParameters: { percentage: '2.50' } }],
  [
    'a fixed reduction',
    { reduction: fixed },
    { reductionType: 'FIXED_AMOUNT', reductionParameters: { amount: '16.50' } },
  ],
  [
    'a share as reduction',
    { reduction: share },
    { reductionType: 'PERCENTAGE', reductionParameters: { percentage: '2.50' } },
  ],
  [
    'amounts until three days',
    {
      discount: {
        is: 'amountUntil',
        steps: [
          { date: '2024-10-01', amount: brl('300') },
          { date: '2024-10-15', amount: brl('200') },
          { date: '2024-11-01', amount: brl('100') },
        ],
      },
    },
    {
      discountType: 'FIXED_TO_DATE',
      discountParameters: {
        cutOffDetails: [
          { cutOffDate: '2024-10-01', amount: '3.00' },
          { cutOffDate: '2024-10-15', amount: '2.00' },
          { cutOffDate: '2024-11-01', amount: '1.00' },
        ],
      },
    },
  ],
  [
    'a percentage until a day',
    { discount: { is: 'percentageUntil', steps: [{ date: '2024-10-02', hundredths: 200 }] } },
    {
      discountType: 'PERCENTAGE_TO_DATE',
      discountParameters: { cutOffDetails: [{ cutOffDate: '2024-10-02', percentage: '2.00' }] },
    },
  ],
  [
    'an amount for each day early',
    { discount: { is: 'amountPerDay', amount: brl('100'), days: 'calendar' } },
    { discountType: 'FIXED_ADVANCE_PAYMENT', discountParameters: { days: 'CALENDAR_DAYS', amount: '1.00' } },
  ],
  [
    'a percentage for each business day early',
    { discount: { is: 'percentagePerDay', hundredths: 9_999, days: 'business' } },
    { discountType: 'PERCENTAGE_ADVANCE_PAYMENT', discountParameters: { days: 'BUSINESS_DAYS', percentage: '99.99' } },
  ],
];

describe('the terms of a bill', () => {
  it.each(pairs)('are written and read: %s', (_what, terms, wire) => {
    expect(sent(terms)).toMatchObject(wire);
    expect(read(wire)).toEqual(bill(terms));
    expect(sameCharge(read(JSON.parse(JSON.stringify(sent(terms))) as Record<string, unknown>), bill(terms))).toBe(
      true,
    );
  });

  it('come back as the same terms, whatever they are', () => {
    fc.assert(
      fc.property(someTerms, (terms) => {
        const charge = aCharge({ expiry: { is: 'due', date: DUE_DATE, graceDays: 0, terms } });
        const { request } = toRequestBody(aWrite({ kind: 'bill', charge }), creditor);
        expect(sameCharge(read(JSON.parse(JSON.stringify(request)) as Record<string, unknown>), charge)).toBe(true);
      }),
      { seed: 21 },
    );
  });

  it('that do not apply are said all the same, because an update may keep what it does not name', () => {
    expect(sent({})).toMatchObject({
      interestType: 'NOT_APPLICABLE',
      discountType: 'NOT_APPLICABLE',
      penaltyType: 'NOT_APPLICABLE',
      reductionType: 'NOT_APPLICABLE',
    });
    expect(read(sent({}))).toEqual(aCharge({ expiry: due }));
    const { request } = toRequestBody(aWrite(), creditor);
    expect(request).not.toHaveProperty('interestType');
  });

  it.each<readonly [string, Terms, string]>([
    [
      'a penalty in another currency',
      { penalty: { is: 'amount', amount: { minorUnits: '100', currency: 'EUR' } } },
      'charge.terms.penalty.amount.currency: not that of the charge',
    ],
    [
      'a reduction by all that is asked for',
      { reduction: { is: 'amount', amount: brl('2490') } },
      'charge.terms.reduction.amount: less than the amount of the charge is needed',
    ],
    [
      'a discount after the due date',
      { discount: { is: 'percentageUntil', steps: [{ date: '2024-11-02', hundredths: 1 }] } },
      'charge.terms.discount.until.0.date: not after the due date',
    ],
  ])('that do not fit the charge are refused before they are sent: %s', (_what, terms, because) => {
    expect(() => sent(terms)).toThrow(expect.objectContaining({ kind: 'refused', reasons: [because] }));
  });
});

describe('the terms in an answer of the bank', () => {
  it("are read from the bank's own sample", () => {
    const sample = {
      interestType: 'PERCENTAGE_PER_DAY',
      interestParameters: { days: 'CALENDAR_DAYS', percentage: '5.00' },
      discountType: 'PERCENTAGE_TO_DATE',
      discountParameters: { cutOffDetails: [{ percentage: '2.00', cutOffDate: '2024-10-02' }] },
      penaltyType: 'FIXED_AMOUNT',
      penaltyParameters: { amount: '16.50' },
      reductionType: 'FIXED_AMOUNT',
      reductionParameters: { amount: '20.00' },
    };
    expect(read(sample).expiry).toEqual({
      ...due,
      terms: {
        interest: { is: 'percentage', hundredths: 500, per: 'day', days: 'calendar' },
        penalty: { is: 'amount', amount: brl('1650') },
        discount: { is: 'percentageUntil', steps: [{ date: '2024-10-02', hundredths: 200 }] },
        reduction: { is: 'amount', amount: brl('2000') },
      },
    });
  });

  it('are read leniently where nothing can be mistaken', () => {
    const interest = { interestType: 'PERCENTAGE_PER_MONTH', interestParameters: { percentage: '1' } };
    expect(read({ ...interest, penaltyType: null, discountType: 'NOT_APPLICABLE' }).expiry).toEqual({
      ...due,
      terms: { interest: { is: 'percentage', hundredths: 100, per: 'month', days: 'calendar' } },
    });
  });

  it.each<readonly [string, Record<string, unknown>]>([
    ['a type that nobody knows', { interestType: 'PERCENTAGE_PER_HOUR', interestParameters: { percentage: '1.00' } }],
    ['the name of a method', { interestType: 'constructor', interestParameters: { percentage: '1.00' } }],
    ['a type without its parameters', { penaltyType: 'FIXED_AMOUNT' }],
    ['the parameters of another type', { penaltyType: 'PERCENTAGE', penaltyParameters: { amount: '1.00' } }],
    ['an amount that is none', { reductionType: 'FIXED_AMOUNT', reductionParameters: { amount: '1.005' } }],
    ['a percentage that is none', { reductionType: 'PERCENTAGE', reductionParameters: { percentage: '1.005' } }],
    ['a discount to no day', { discountType: 'FIXED_TO_DATE', discountParameters: {} }],
    ['a discount of a new kind', { discountType: 'FOR_FRIENDS', discountParameters: { amount: '1.00' } }],
    ['other days', { interestType: 'AMOUNT', interestParameters: { days: 'SUNDAYS', amount: '1.00' } }],
  ])('are never guessed at: %s', (_what, request) => {
    expect(() => read(request)).toThrow(UnreadableAnswer);
  });
});
