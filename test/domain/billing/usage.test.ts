/** The same readings give the same usage, however they arrive; what cannot be true is refused by name. */
import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import type { Reading } from '../../../domain/billing/reading.ts';
import { aMeter, aReading, day, key, refusals, used } from './reading-builders.ts';

const seed = 20260729;

describe('usage', () => {
  it('is what the register moved since the last bill', () => {
    const billedUpTo = { meterId: 'M1', value: '00150', at: day(5) };
    expect(used([aReading(1, '00270', 20)], { billedUpTo })).toMatchObject({
      is: 'measured',
      usage: '120',
      parts: [{ from: { value: '00150' }, to: { value: '00270', at: day(20) }, rolledOver: false }],
      upTo: { meterId: 'M1', value: '00270', at: day(20), reading: { deviceId: 'D1', sequence: 1 } },
    });
  });

  it('of a first bill begins where the meter was installed', () => {
    expect(used([aReading(1, '00270', 20)]).usage).toBe('170');
  });

  it('without a reading is nothing, and the next bill begins where this one would have', () => {
    const billedUpTo = { meterId: 'M1', value: '00150', at: day(5) };
    expect(used([], { billedUpTo })).toMatchObject({ is: 'nothing', usage: '0', parts: [], upTo: billedUpTo });
  });

  it('goes on after the register has rolled over', () => {
    const meters = [aMeter({ installed: { value: '99990', at: day(1) } })];
    expect(used([aReading(1, '00020', 20)], { meters })).toMatchObject({ usage: '30', parts: [{ rolledOver: true }] });
  });

  it('is negative, and no rollover, where the register went a little backwards', () => {
    expect(used([aReading(1, '00080', 20)])).toMatchObject({ usage: '-20', parts: [{ rolledOver: false }] });
  });

  it('behind a transformer is multiplied', () => {
    const meters = [aMeter({ multiplier: '40', decimals: 1 })];
    expect(used([aReading(1, '00101.5', 20)], { meters }).usage).toBe('60');
  });

  it('over an exchange adds up both meters', () => {
    const meters = [
      aMeter({ meterId: 'M2', digits: 6, multiplier: '2', installed: { value: '000007', at: day(10) } }),
      aMeter({ removed: { value: '00130', at: day(10) } }),
    ];
    const measured = used([aReading(1, '000017', 20, { meterId: 'M2' }), aReading(2, '00120', 9)], { meters });
    expect(measured.parts.map(({ meterId, usage }) => `${meterId} ${usage}`)).toEqual(['M1 30', 'M2 20']);
    expect(measured).toMatchObject({ usage: '50', upTo: { meterId: 'M2' } });
    // The bill after it begins at the new meter, and leaves the old one alone.
    const next = used([aReading(3, '000020', 25, { meterId: 'M2' })], { meters, billedUpTo: measured.upTo ?? never() });
    expect(next).toMatchObject({ usage: '6', parts: [{ meterId: 'M2' }] });
  });

  it('ends on the removal while the new meter was never read, and begins there next time', () => {
    const meters = [
      aMeter({ removed: { value: '00130', at: day(10) } }),
      aMeter({ meterId: 'M2', installed: { value: '00000', at: day(10) } }),
    ];
    const first = used([], { meters });
    expect(first).toMatchObject({ usage: '30', estimated: false, upTo: { meterId: 'M1', at: day(10) } });
    const next = used([aReading(1, '00005', 20, { meterId: 'M2' })], { meters, billedUpTo: first.upTo ?? never() });
    expect(next.parts.map(({ meterId, usage }) => `${meterId} ${usage}`)).toEqual(['M2 5']);
  });

  it('of a meter that went and came back begins anew where it came back', () => {
    const meters = [
      aMeter({ removed: { value: '00130', at: day(10) } }),
      aMeter({ installed: { value: '00000', at: day(15) } }),
    ];
    const billedUpTo = { meterId: 'M1', value: '00120', at: day(5) };
    const measured = used([aReading(1, '00007', 20)], { meters, billedUpTo });
    expect(measured.parts.map(({ usage }) => usage)).toEqual(['10', '7']);
  });

  it('trusts an estimate only until somebody has read the register', () => {
    const estimate = aReading(1, '00300', 10, { kind: 'estimated' });
    expect(used([estimate])).toMatchObject({ usage: '200', estimated: true });
    expect(used([estimate, aReading(2, '00250', 20)])).toMatchObject({ usage: '150', estimated: false });
  });

  it('does not take an estimate for a witness of the way the register went', () => {
    const far = [aReading(1, '45000', 10), aReading(2, '90000', 20)] as const;
    expect(used(far).usage).toBe('89900');
    expect(used([{ ...far[0], kind: 'estimated' }, far[1]]).usage).toBe('-10100');
  });

  it('is not measured by a look at the very moment where it begins', () => {
    expect(used([aReading(1, '00100', 1)])).toMatchObject({ is: 'nothing', refused: [] });
  });

  it('does not change by a mistyped reading between two good ones', () => {
    expect(used([aReading(1, '90120', 10), aReading(2, '00250', 20)])).toMatchObject({
      usage: '150',
      parts: [{ rolledOver: false }],
    });
  });
});

describe('a reading', () => {
  it.each<[string, Reading, string]>([
    ['of an unknown meter', aReading(1, '00200', 10, { meterId: 'M9' }), '1 unknown-meter'],
    ['from the future', aReading(1, '00200', 30, { readAt: '2026-11-30T12:00:01Z' }), '1 in-the-future'],
    ['from before the meter came', aReading(1, '00200', 1, { readAt: '2026-10-31T12:00:00Z' }), '1 not-in-service'],
    ['with more digits than the register', aReading(1, '000200', 10), '1 wrong-digits'],
    ['with decimals that the register lacks', aReading(1, '200.5', 10), '1 wrong-digits'],
    ['with a sign', aReading(1, '-200', 10), '1 wrong-digits'],
    ['from before the last bill', aReading(1, '00200', 4), '1 before-the-last-billed'],
    ['that corrects what is not here', aReading(2, '00200', 10, { corrects: key(1) }), '2 corrects-nothing'],
    ['that corrects itself', aReading(1, '00200', 10, { corrects: key(1) }), '1 corrects-nothing'],
  ])('%s is refused, and changes nothing', (_, reading, refusal) => {
    const billedUpTo = { meterId: 'M1', value: '00150', at: day(5) };
    const usage = used([reading, aReading(7, '00160', 20)], { billedUpTo });
    expect(refusals(usage)).toEqual([refusal]);
    expect(usage.refused[0]?.sentence).toMatch(/\.$/);
    expect(usage.usage).toBe('10');
  });

  it('that a bill has used may come again', () => {
    const billedUpTo = { meterId: 'M1', value: '00150', at: day(5) };
    const usage = used([aReading(1, '00150', 5)], { billedUpTo, billedReadings: [key(1)] });
    expect(usage).toMatchObject({ is: 'nothing', refused: [], lateCorrections: [] });
  });
});

describe('two hundred readings, shuffled and doubled,', () => {
  const start = Date.parse(day(1));
  const upload = fc
    .array(
      fc.record({
        minute: fc.integer({ min: 0, max: 40_000 }),
        value: fc.integer({ min: 0, max: 120_000 }),
        device: fc.constantFrom('D1', 'D2', 'D3'),
        kind: fc.constantFrom('actual', 'actual', 'estimated'),
        corrects: fc.option(fc.integer({ min: 1, max: 60 }), { freq: 10 }),
      }),
      { minLength: 200, maxLength: 200 },
    )
    .map((made) =>
      made.map(({ minute, value, device, kind, corrects }, index): Reading => {
        const readAt = new Date(start + minute * 60_000).toISOString();
        const named = corrects === null ? {} : { corrects: { deviceId: device, sequence: corrects } };
        const meterId = minute < 20_000 ? 'M1' : 'M2';
        return { deviceId: device, sequence: index + 1, meterId, value: String(value), readAt, kind, ...named };
      }),
    );

  it('give the usage of those that came once and in order', () => {
    const at = new Date(start + 20_000 * 60_000).toISOString();
    const meters = [
      aMeter({ removed: { value: '04000', at } }),
      aMeter({ meterId: 'M2', installed: { value: '00000', at } }),
    ];
    const shuffled = upload.chain((readings) =>
      fc.tuple(
        fc.constant(readings),
        fc.shuffledSubarray([...readings, ...readings], { minLength: 400, maxLength: 400 }),
      ),
    );
    fc.assert(
      fc.property(shuffled, ([inOrder, anyhow]) => {
        const { repeats, ...once } = used(inOrder, { meters });
        const { repeats: again, ...twice } = used(anyhow, { meters });
        expect(twice).toEqual(once);
        expect([repeats, again]).toEqual([0, 200]);
        expect(once.is).toBe('measured');
      }),
      { seed, numRuns: 100 },
    );
  });
});

function never(): never {
  throw new Error('the bill has no end');
}
