/** The engine and the bank work out what a bill costs each in its own way, and come to the same cent. */
import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { amountDue } from '../../domain/money/bill-terms.ts';
import { addDays, WEEKENDS_ONLY } from '../../domain/calendar.ts';
import { toDecimal, type MoneyJson } from '../../domain/money.ts';
import { toWireTerms } from '../../providers/jpmorgan/terms.ts';
import { dueToday } from '../../simulator/requests/amount-due.ts';
import { DUE_DATE, someTerms } from '../domain/money/terms-builders.ts';

describe('what a bill costs', () => {
  it('is the same here and at the bank on every day, with every holiday', () => {
    const cents = fc.oneof(fc.bigInt({ min: 1n, max: 500n }), fc.bigInt({ min: 1n, max: 10n ** 12n }));
    const around = fc.integer({ min: -60, max: 60 }).map((days) => addDays(DUE_DATE, days));
    const due = fc.integer({ min: 0, max: 6 }).map((days) => addDays(DUE_DATE, days));
    const holidays = fc.array(around, { maxLength: 20 });
    fc.assert(
      fc.property(cents, someTerms, due, around, holidays, (face, terms, dueDate, day, off) => {
        const amount: MoneyJson = { minorUnits: face.toString(), currency: 'BRL' };
        const here = amountDue({ amount, dueDate, terms }, day, { ...WEEKENDS_ONLY, holidays: off });
        const paymentAmount = toDecimal({ minorUnits: face, currency: 'BRL' });
        const request = {
          expirationType: 'DUE_DATE',
          currency: 'BRL',
          paymentAmount,
          paymentDueDate: dueDate,
        } as const;
        const there = dueToday({ ...request, ...toWireTerms(terms) }, Date.parse(`${day}T12:00:00Z`), off);
        const parts = Object.entries(here.parts).filter(([, part]) => part.minorUnits > 0n);
        expect(there.total).toBe(here.total.minorUnits);
        expect(there.parts ?? {}).toEqual(Object.fromEntries(parts.map(([name, part]) => [name, toDecimal(part)])));
      }),
      { seed: 20260813, numRuns: 2_000 },
    );
  });
});
