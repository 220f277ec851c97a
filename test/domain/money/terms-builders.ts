/** Any terms that a bill may have. */
import fc from 'fast-check';
import type { Terms } from '../../../domain/money/bill-terms.ts';

const hundredths = fc.integer({ min: 1, max: 9_999 });
const days = fc.constantFrom('calendar' as const, 'business' as const);
const per = fc.constantFrom('day' as const, 'month' as const, 'year' as const);
const amount = fc.nat(99).map((cents) => ({ minorUnits: String(cents + 1), currency: 'BRL' as const }));
const share = fc.record({ is: fc.constant('percentage' as const), hundredths });
const fixed = fc.record({ is: fc.constant('amount' as const), amount });
const amountPerDay = fc.record({ is: fc.constant('amountPerDay' as const), amount, days });

export const DUE_DATE = '2026-08-10';
const dates = fc.subarray(['2026-07-01', '2026-07-31', '2026-08-01', DUE_DATE], { minLength: 1, maxLength: 3 });

/** A step of its own for each date, so that taking the wrong one shows. */
function stepsOf<T extends object>(what: fc.Arbitrary<T>) {
  const three = fc.array(what, { minLength: 3, maxLength: 3 });
  return fc.tuple(dates, three).map(([each, of]) => each.map((date, index) => ({ date, ...(of[index] as T) })));
}

/** At least one term, for a bill of BRL that falls due on `DUE_DATE`; each fixed amount is one real at most. */
export const someTerms: fc.Arbitrary<Terms> = fc
  .record(
    {
      interest: fc.oneof(amountPerDay, fc.record({ is: fc.constant('percentage' as const), hundredths, per, days })),
      penalty: fc.oneof(share, fixed),
      discount: fc.oneof(
        fc.record({ is: fc.constant('amountUntil' as const), steps: stepsOf(fc.record({ amount })) }),
        fc.record({ is: fc.constant('percentageUntil' as const), steps: stepsOf(fc.record({ hundredths })) }),
        amountPerDay,
        fc.record({ is: fc.constant('percentagePerDay' as const), hundredths, days }),
      ),
      reduction: fc.oneof(share, fixed),
    },
    { requiredKeys: [] },
  )
  .filter((named) => Object.keys(named).length > 0);
