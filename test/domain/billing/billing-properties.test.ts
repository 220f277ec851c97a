/**
 * Whatever happens to the bills of an account, what was paid and what is asked for come to what the register says, to
 * the cent.
 */
import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import type { Reading } from '../../../domain/billing/reading.ts';
import { Billing, contentOf } from './bill-builders.ts';
import { aReading, key } from './reading-builders.ts';
import { runsOf, sayWhatIsPlayed, SEED } from '../../support/sampling.ts';

sayWhatIsPlayed('Bills of an account');

const START = Date.parse('2026-11-01T12:00:00Z');
const HOUR = 3_600_000;
/** Nothing is strange here: that is another test's. */
const limits = { timesTheNorm: '100000', periods: 6, estimatesInARow: 100 };

/** The register shows 110, 120, … at hour 1, 2, …; whoever reads it may be wrong by less than half a step. */
const reading = (hour: number, error: number): Reading =>
  aReading(hour, String(100 + hour * 10 + error).padStart(5, '0'), 1, {
    readAt: new Date(START + hour * HOUR).toISOString(),
  });
const corrected = (sequence: number, hour: number): Reading =>
  aReading(1_000 + sequence, String(100 + hour * 10).padStart(5, '0'), 1, {
    readAt: new Date(START + hour * HOUR).toISOString(),
    corrects: key(hour),
  });

const happening = fc.oneof(
  { weight: 4, arbitrary: fc.record({ is: fc.constant('read' as const), error: fc.integer({ min: -4, max: 4 }) }) },
  { weight: 4, arbitrary: fc.record({ is: fc.constant('correct' as const), back: fc.nat(5) }) },
  {
    weight: 3,
    arbitrary: fc.record({
      is: fc.constant('end' as const),
      how: fc.constantFrom('paid' as const, 'paid' as const, 'expired' as const, 'cancelled' as const),
    }),
  },
  { weight: 1, arbitrary: fc.record({ is: fc.constant('paidLate' as const), bill: fc.integer({ min: 1, max: 20 }) }) },
);

describe('the bills of an account', () => {
  it('come to what its register says: paid ones, and the one that is asked for', () => {
    let corrections = 0;
    let carried = 0;
    fc.assert(
      fc.property(fc.array(happening, { minLength: 5, maxLength: 40 }), (happenings) => {
        const life = new Billing({ rules: { limits } });
        let hour = 0;
        const read = (error: number): void => {
          hour += 1;
          life.read(reading(hour, error)).rate();
        };
        for (const [index, one] of happenings.entries()) {
          const newest = life.bills.at(-1);
          if (one.is === 'read') read(one.error);
          if (one.is === 'correct' && one.back < hour) life.read(corrected(index, hour - one.back)).rate();
          if (one.is === 'end' && newest?.request === 'active') life.end(one.how);
          const late = life.bills.find(({ number }) => one.is === 'paidLate' && number === one.bill);
          if (late?.request === 'expired') {
            life.become(late.number, 'paid');
            life.rate();
          }
        }
        hour += 1;
        const last = contentOf(life.read(reading(hour, 0)).rate());
        const paid = life.bills.filter(({ request }) => request === 'paid').map(({ newest }) => newest);
        corrections += [...paid, last].flatMap((content) => content.corrections).length;
        carried += [...paid, last].flatMap((content) => content.carried).length;
        const sum = [...paid, last].reduce((total, { total: { minorUnits } }) => total + BigInt(minorUnits), 0n);
        expect(sum).toBe(BigInt(hour * 10) * 100n);
      }),
      { seed: SEED, numRuns: runsOf(800) },
    );
    // The property is about something.
    expect(corrections).toBeGreaterThan(20);
    expect(carried).toBeGreaterThan(20);
  });

  it('do not show in which order the readings arrived, nor how often', () => {
    fc.assert(
      fc.property(
        fc.array(fc.integer({ min: -4, max: 4 }), { minLength: 3, maxLength: 12 }),
        fc.array(fc.integer({ min: 1, max: 12 }), { maxLength: 4 }),
        fc.array(fc.nat(), { minLength: 32, maxLength: 32 }),
        (errors, fixes, luck) => {
          const all = [
            ...errors.map((error, index) => reading(index + 1, error)),
            ...[...new Set(fixes)].filter((hour) => hour <= errors.length).map((hour) => corrected(hour, hour)),
          ];
          const inOrder = new Billing({ rules: { limits } });
          for (const one of all) inOrder.read(one).rate();
          const anyhow = new Billing({ rules: { limits } });
          const shuffled = [...all, ...all]
            .map((one, index) => ({ one, at: luck[index] ?? 0 }))
            .toSorted((a, b) => a.at - b.at);
          for (const { one } of shuffled) anyhow.read(one).rate();
          const [left, right] = [contentOf(inOrder.next()), contentOf(anyhow.next())];
          expect({ ...right, readings: undefined }).toEqual({ ...left, readings: undefined });
          expect([...right.readings].toSorted((a, b) => a.sequence - b.sequence)).toEqual(
            [...left.readings].toSorted((a, b) => a.sequence - b.sequence),
          );
        },
      ),
      { seed: SEED, numRuns: runsOf(300) },
    );
  });
});
