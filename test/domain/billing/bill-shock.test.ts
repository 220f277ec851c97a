/** What looks wrong is held before anybody can pay it, and says why in a sentence. */
import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { judgeUsage, normOf, type Period } from '../../../domain/billing/bill-shock.ts';
import { compareDecimals, decimal, printDecimal } from '../../../domain/decimal.ts';

const seed = 20260729;
const limits = { timesTheNorm: '3', periods: 6, estimatesInARow: 3 };
const actual = (...usages: readonly number[]): Period[] =>
  usages.map((usage) => ({ usage: String(usage), estimated: false }));
const estimated = (...usages: readonly number[]): Period[] =>
  usages.map((usage) => ({ usage: String(usage), estimated: true }));

function judged(period: Period | undefined, before: readonly Period[]) {
  if (period === undefined) throw new Error('no period');
  return judgeUsage({ period, before, limits, unit: 'kWh' });
}

describe('a usage', () => {
  it('like those before it becomes a bill', () => {
    expect(judged(actual(130)[0], actual(120, 110, 140))).toEqual({ is: 'bill' });
  });

  it.each([
    ['negative', actual(-20), actual(120), 'The register went backwards: -20 kWh.'],
    ['zero', actual(0), actual(120), 'Nothing was used since the last bill.'],
    ['above-the-norm', actual(361), actual(120, 110, 900), '361 kWh is more than 3 times the usual 120 kWh.'],
    [
      'estimated-too-often',
      estimated(120),
      [...actual(120), ...estimated(120, 120)],
      'This is estimate 3 in a row: somebody has to read the meter.',
    ],
  ])('that is %s is held', (reason, [period], before, sentence) => {
    expect(judged(period, before)).toEqual({ is: 'hold', reason, sentence });
  });

  it('of exactly the multiple is no shock', () => {
    expect(judged(actual(360)[0], actual(120))).toEqual({ is: 'bill' });
  });

  it('of an account without a past has no norm to break', () => {
    expect(judged(actual(99_999)[0], [])).toEqual({ is: 'bill' });
  });

  it('is compared with the latest periods alone', () => {
    expect(
      judged(actual(361)[0], [...actual(900, 900, 900, 900, 900, 900, 900), ...actual(120, 120, 120, 120, 120, 120)]),
    ).toMatchObject({
      reason: 'above-the-norm',
    });
  });

  it('that is an estimate after a reading begins the count anew', () => {
    const before = [...estimated(120, 120), ...actual(120), ...estimated(120)];
    expect(judged(estimated(120)[0], before)).toEqual({ is: 'bill' });
    expect(judged(actual(120)[0], [...estimated(120, 120, 120)])).toEqual({ is: 'bill' });
  });
});

describe('the norm', () => {
  it('is the median', () => {
    expect(printDecimal(normOf(actual(5, 900, 7)) ?? decimal('0'))).toBe('7');
    expect(printDecimal(normOf(actual(5, 8)) ?? decimal('0'))).toBe('6.5');
    expect(normOf([])).toBeUndefined();
  });

  it('has as many periods above it as below, in whatever order they stand', () => {
    const periods = fc.array(fc.integer({ min: 0, max: 1_000 }), { minLength: 1, maxLength: 12 });
    fc.assert(
      fc.property(periods, (usages) => {
        const norm = normOf(actual(...usages)) ?? decimal('-1');
        const on = (side: number): number =>
          usages.filter((usage) => Math.sign(compareDecimals(decimal(String(usage)), norm)) === side).length;
        expect(Math.max(on(1), on(-1))).toBeLessThanOrEqual(usages.length / 2);
        expect(normOf(actual(...usages.toReversed()))).toEqual(norm);
      }),
      { seed },
    );
  });
});
