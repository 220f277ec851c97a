/** What a bill costs on a day, with the worked numbers of the scheme and of the bank's own sample. */
import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { amountDue, changeTerms, sameTerms, type PayableBill, type Terms } from '../../../domain/money/bill-terms.ts';
import { addDays, WEEKENDS_ONLY } from '../../../domain/calendar.ts';
import { add, subtract, toDecimal, type MoneyJson } from '../../../domain/money.ts';

const seed = 20260812;
const brl = (minorUnits: string): MoneyJson => ({ minorUnits, currency: 'BRL' });
const fixed = (minorUnits: string) => ({ is: 'amount', amount: brl(minorUnits) }) as const;
const share = (hundredths: number) => ({ is: 'percentage', hundredths }) as const;
const rate = (hundredths: number, per: 'day' | 'month' | 'year' = 'day', days: 'calendar' | 'business' = 'calendar') =>
  ({ is: 'percentage', hundredths, per, days }) as const;

/** A Tuesday, unless named. */
function bill(minorUnits: string, terms: Terms, dueDate = '2026-08-11'): PayableBill {
  return { amount: brl(minorUnits), dueDate, terms };
}

function due(of: PayableBill, day: string, holidays: readonly string[] = []): string {
  return toDecimal(amountDue(of, day, { ...WEEKENDS_ONLY, holidays }).total);
}

function parts(of: PayableBill, day: string): Readonly<Record<string, string>> {
  const { parts: named } = amountDue(of, day, WEEKENDS_ONLY);
  return Object.fromEntries(Object.entries(named).map(([name, value]) => [name, toDecimal(value)]));
}

describe('the worked numbers of the scheme', () => {
  it('two days late with a fine of 3 % and 1 % a day', () => {
    const late = bill('10000', { penalty: share(300), interest: rate(100) });
    expect(due(late, '2026-08-13')).toBe('105.00');
    expect(parts(late, '2026-08-13')).toEqual({
      interest: '2.00',
      penalty: '3.00',
      discount: '0.00',
      reduction: '0.00',
    });
  });

  it('a fine of 15.00 and interest of 2.00', () => {
    const interest = { is: 'amountPerDay', amount: brl('200'), days: 'calendar' } as const;
    expect(due(bill('12345', { penalty: fixed('1500'), interest }), '2026-08-12')).toBe('140.45');
  });

  it('a discount of 100.00 for each day that it is paid early', () => {
    const discount = { is: 'amountPerDay', amount: brl('10000'), days: 'calendar' } as const;
    const early = bill('100000', { discount }, '2026-12-10');
    expect(parts(early, '2026-12-07')['discount']).toBe('300.00');
    expect(due(early, '2026-12-10')).toBe('1000.00');
  });

  it.each([
    ['2024-10-02', '127.40'],
    ['2024-10-03', '130.00'],
    ['2024-11-01', '130.00'],
    ['2024-11-04', '166.00'],
    ['2024-12-01', '341.50'],
  ])("the bank's own sample, paid on %s, is %s", (day, total) => {
    const terms: Terms = {
      interest: rate(500),
      penalty: fixed('1650'),
      discount: { is: 'percentageUntil', steps: [{ date: '2024-10-02', hundredths: 200 }] },
      reduction: fixed('2000'),
    };
    expect(due(bill('15000', terms, '2024-11-01'), day)).toBe(total);
  });
});

describe('interest and penalty', () => {
  const late: Terms = { interest: rate(100), penalty: fixed('500') };

  it('begin on the day after the due date', () => {
    expect([due(bill('10000', late), '2026-08-11'), due(bill('10000', late), '2026-08-12')]).toEqual([
      '100.00',
      '106.00',
    ]);
  });

  it('are counted from where a due date on a day off moves to', () => {
    const saturday = bill('10000', late, '2026-08-08');
    expect([due(saturday, '2026-08-10'), due(saturday, '2026-08-11')]).toEqual(['100.00', '106.00']);
    expect(due(saturday, '2026-08-11', ['2026-08-10'])).toBe('100.00');
  });

  it('count the weekend by calendar days and leave it out by business days', () => {
    const friday = (days: 'calendar' | 'business') => bill('10000', { interest: rate(100, 'day', days) }, '2026-08-14');
    expect([due(friday('calendar'), '2026-08-17'), due(friday('business'), '2026-08-17')]).toEqual([
      '103.00',
      '101.00',
    ]);
    expect(due(friday('business'), '2026-08-16')).toBe('100.00');
    expect(due(friday('business'), '2026-08-18', ['2026-08-17'])).toBe('101.00');
  });

  it.each([
    ['month', 'calendar', '2026-09-10', '103.00'],
    ['year', 'calendar', '2026-09-10', '100.25'],
    ['month', 'business', '2026-09-09', '103.00'],
    ['year', 'business', '2026-09-09', '100.25'],
  ] as const)('a rate per %s by %s days is a part of it for each day', (per, days, day, total) => {
    expect(due(bill('10000', { interest: rate(300, per, days) }), day)).toBe(total);
  });

  it('are shares of what is left after the reduction', () => {
    expect(parts(bill('10000', { ...late, penalty: share(1000), reduction: share(5000) }), '2026-08-12')).toEqual({
      interest: '0.50',
      penalty: '5.00',
      discount: '0.00',
      reduction: '50.00',
    });
  });
});

describe('a discount', () => {
  it('goes down from day to day and ends with its last', () => {
    const steps = [
      { date: '2026-08-01', amount: brl('1000') },
      { date: '2026-08-05', amount: brl('500') },
      { date: '2026-08-11', amount: brl('100') },
    ];
    const stepped = bill('10000', { discount: { is: 'amountUntil', steps } });
    const days = ['2026-07-01', '2026-08-01', '2026-08-02', '2026-08-05', '2026-08-11', '2026-08-12'];
    expect(days.map((day) => due(stepped, day))).toEqual(['90.00', '90.00', '95.00', '95.00', '99.00', '100.00']);
  });

  it('for each business day leaves the weekend out', () => {
    const discount = (days: 'calendar' | 'business') => ({ is: 'percentagePerDay', hundredths: 100, days }) as const;
    const monday = (days: 'calendar' | 'business') => bill('10000', { discount: discount(days) }, '2026-08-17');
    expect([due(monday('calendar'), '2026-08-14'), due(monday('business'), '2026-08-14')]).toEqual(['97.00', '99.00']);
  });

  it('and a reduction take no more than there is', () => {
    const discount = { is: 'amountPerDay', amount: brl('9000'), days: 'calendar' } as const;
    expect(due(bill('10000', { discount }), '2026-08-01')).toBe('0.00');
    expect(due(bill('10000', { reduction: fixed('20000') }), '2026-08-01')).toBe('0.00');
  });
});

describe('each term', () => {
  it('is cut to whole cents by itself and only at its end', () => {
    const terms: Terms = { interest: rate(33), penalty: share(33), reduction: share(33) };
    expect(parts(bill('999', terms), '2026-08-14')).toEqual({
      reduction: '0.03',
      penalty: '0.03',
      interest: '0.09',
      discount: '0.00',
    });
  });

  it('is a part of the total, which is never below zero', () => {
    const hundredths = fc.integer({ min: 1, max: 9_999 });
    const some = fc.bigInt({ min: 1n, max: 10n ** 9n }).map(String);
    const once = fc.oneof(hundredths.map(share), some.map(fixed));
    const count = fc.constantFrom('calendar' as const, 'business' as const);
    const per = fc.constantFrom('day' as const, 'month' as const, 'year' as const);
    const terms: fc.Arbitrary<Terms> = fc.record(
      {
        interest: fc.tuple(hundredths, per, count).map((args) => rate(...args)),
        penalty: once,
        discount: fc.tuple(hundredths, count).map(([of, days]) => ({ is: 'percentagePerDay', hundredths: of, days })),
        reduction: once,
      },
      { requiredKeys: [] },
    );
    fc.assert(
      fc.property(some, terms, fc.integer({ min: -60, max: 60 }), (face, named, days) => {
        const { total, parts: each } = amountDue(bill(face, named), addDays('2026-08-11', days), WEEKENDS_ONLY);
        const given = add(each.discount, each.reduction);
        const asked = add(add({ minorUnits: BigInt(face), currency: 'BRL' }, each.interest), each.penalty);
        expect(total).toEqual(subtract(asked, given));
        expect([total.minorUnits >= 0n, ...Object.values(each).map((part) => part.minorUnits >= 0n)]).not.toContain(
          false,
        );
        const fine = each.interest.minorUnits + each.penalty.minorUnits;
        expect(days <= 0 && fine > 0n).toBe(false);
      }),
      { seed },
    );
  });
});

describe('a change of terms', () => {
  const terms: Terms = { penalty: fixed('500'), interest: rate(100) };

  it('keeps what it leaves out, sets what it names and takes away what it names null', () => {
    expect(changeTerms(terms, { reduction: share(100) })).toEqual({ ...terms, reduction: share(100) });
    expect(changeTerms(terms, { penalty: share(200) })).toEqual({ ...terms, penalty: share(200) });
    expect(changeTerms(terms, { penalty: null })).toEqual({ interest: rate(100) });
    expect(changeTerms(terms, { penalty: null, interest: null })).toBeUndefined();
    expect(changeTerms(undefined, {})).toBeUndefined();
  });

  it('is one when any member differs, in whatever order they are written', () => {
    expect(
      sameTerms(terms, {
        interest: { days: 'calendar', per: 'day', hundredths: 100, is: 'percentage' },
        penalty: fixed('500'),
      }),
    ).toBe(true);
    expect(sameTerms(undefined, {})).toBe(true);
    expect(sameTerms(terms, undefined)).toBe(false);
    expect(sameTerms(terms, { ...terms, penalty: fixed('501') })).toBe(false);
    expect(sameTerms(terms, { ...terms, interest: rate(100, 'day', 'business') })).toBe(false);
  });
});
