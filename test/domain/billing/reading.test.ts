/** A reading is never edited: it repeats, it contradicts, or a later one corrects it. */
import { describe, expect, it } from '@jest/globals';
import { correctionFor } from '../../../domain/billing/correction.ts';
import { gatherReadings, judgeArrival } from '../../../domain/billing/reading.ts';
import { aReading, day, key, refusals, used } from './reading-builders.ts';

describe('the same number of a device', () => {
  it('with the same content is a repeat, also when its time is written otherwise', () => {
    const reading = aReading(1, '00200', 10);
    const again = { ...reading, readAt: '2026-11-10T09:00:00-03:00' };
    expect(judgeArrival(reading, again)).toEqual({ is: 'repeat' });
    expect(gatherReadings([reading, again])).toMatchObject({ repeats: 1, conflicts: [] });
    expect(judgeArrival(undefined, reading)).toEqual({ is: 'new' });
  });

  it('with other content is a conflict that says where, and bills nothing', () => {
    const [one, other] = [aReading(1, '00200', 10), aReading(1, '00201', 10, { photoSha256: 'ab' })];
    const conflict = { fields: ['value', 'photoSha256'] };
    expect(judgeArrival(one, other)).toEqual({ is: 'conflict', ...conflict });
    expect(used([one, other])).toMatchObject({ is: 'nothing', conflicts: [{ deviceId: 'D1', sequence: 1 }], gaps: [] });
    expect(used([other, one])).toEqual(used([one, other]));
  });

  it('that never came is a gap', () => {
    const readings = [aReading(2, '00110', 2), aReading(6, '00120', 3), aReading(1, '1', 4, { deviceId: 'A' })];
    expect(gatherReadings(readings).gaps).toEqual([
      { deviceId: 'D1', from: 1, to: 1 },
      { deviceId: 'D1', from: 3, to: 5 },
    ]);
  });
});

describe('a correction', () => {
  it('replaces the reading that it names', () => {
    expect(used([aReading(1, '00900', 10), aReading(2, '00190', 10, { corrects: key(1) })]).usage).toBe('90');
  });

  it('also answers for a reading that was refused', () => {
    const usage = used([aReading(1, '0190000', 10), aReading(2, '00190', 10, { corrects: key(1) })]);
    expect(usage).toMatchObject({ usage: '90', refused: [] });
  });

  it('can be corrected itself, and only the last one stands', () => {
    const chain = [
      aReading(1, '00900', 10),
      aReading(2, '00800', 10, { corrects: key(1) }),
      aReading(3, '00190', 10, { corrects: key(2) }),
    ];
    expect(used(chain).usage).toBe('90');
    expect(used(chain.toReversed())).toEqual(used(chain));
  });

  it('in a circle of two devices is refused, and both readings stay out', () => {
    const circle = [
      aReading(1, '00200', 10, { corrects: { deviceId: 'D2', sequence: 1 } }),
      aReading(1, '00300', 11, { deviceId: 'D2', corrects: key(1) }),
    ];
    expect(refusals(used(circle))).toEqual(['1 corrects-nothing', '1 corrects-nothing']);
  });

  it('of a billed reading is for the next bill, which then begins at what it says', () => {
    const billedUpTo = { meterId: 'M1', value: '00250', at: day(5), reading: key(1) };
    const late = aReading(2, '00205', 5, { corrects: key(1) });
    const usage = used([late, aReading(3, '00305', 20)], { billedUpTo, billedReadings: [key(1)] });
    expect(usage).toMatchObject({ usage: '100', lateCorrections: [late], refused: [] });
  });

  it('that was read after the bill is for the next bill all the same', () => {
    const billedUpTo = { meterId: 'M1', value: '00250', at: day(5), reading: key(1) };
    const late = aReading(2, '00205', 8, { corrects: key(1) });
    const usage = used([late, aReading(3, '00305', 20)], { billedUpTo, billedReadings: [key(1)] });
    expect(usage).toMatchObject({ usage: '100', parts: [{ from: { at: day(8) } }], lateCorrections: [late] });
  });

  it('of a reading that came too late for its bill is for the next bill too', () => {
    const billedUpTo = { meterId: 'M1', value: '00250', at: day(5) };
    const late = aReading(2, '00205', 4, { corrects: key(1) });
    const usage = used([aReading(1, '00200', 4), late], { billedUpTo });
    expect(usage).toMatchObject({ is: 'nothing', refused: [], lateCorrections: [late] });
  });

  const totals = { billed: brl('9000'), corrected: brl('8455'), period: 'October 2026' };

  it('before the payment is a charge update', () => {
    expect(correctionFor({ ...totals, paid: false })).toEqual({ is: 'charge-update', amount: brl('8455') });
  });

  it('after the payment is an adjustment, and says how it came about', () => {
    expect(correctionFor({ ...totals, paid: true })).toEqual({
      is: 'adjustment',
      amount: brl('-545'),
      text: 'correction of October 2026: 84.55 − 90.00 = -5.45',
    });
  });

  it('that changes no amount changes no bill', () => {
    expect(correctionFor({ ...totals, corrected: brl('9000'), paid: true })).toEqual({ is: 'nothing' });
  });
});

function brl(minorUnits: string) {
  return { minorUnits, currency: 'BRL' } as const;
}
