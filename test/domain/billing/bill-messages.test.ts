/** Readings that are sent to a metered link: read whole or refused whole, with the field that is wrong. */
import { describe, expect, it } from '@jest/globals';
import { parseUsage } from '../../../domain/billing/bill-messages.ts';
import { refusalSentence, type MessageRefusal } from '../../../domain/message-fields.ts';

const reading = {
  deviceId: 'reader-7',
  sequence: 1,
  meterId: 'M-1',
  value: '00120',
  readAt: '2026-11-26T07:00:00-03:00',
  kind: 'actual',
};

describe('a message about usage', () => {
  it('carries readings, or only says that something was stored', () => {
    expect(parseUsage({ readings: [reading] })).toEqual({ ok: true, value: [reading] });
    for (const nothing of [undefined, null, {}, { because: 'upload 7' }]) {
      expect(parseUsage(nothing)).toEqual({ ok: true, value: [] });
    }
  });

  it.each<readonly [string, unknown, string]>([
    ['that is a word', 'stored', 'usage'],
    [
      'with more readings than a history should hold',
      { readings: Array.from({ length: 21 }, () => reading) },
      'readings',
    ],
    ['with a reading that is none', { readings: [reading, 'M-1'] }, 'readings[1]'],
    ['with a wrong value', { readings: [reading, reading, { ...reading, value: '' }] }, 'readings[2].value'],
    [
      'that corrects half a reading',
      { readings: [{ ...reading, corrects: { deviceId: 'x' } }] },
      'readings[0].corrects.sequence',
    ],
  ])('%s is refused, and says where', (_, message, at) => {
    const parsed = parseUsage(message);
    expect(parsed).toEqual({ ok: false, at, why: expect.stringMatching(/\w{3}/) });
    expect(refusalSentence(parsed as MessageRefusal)).toBe(`${at}: ${(parsed as MessageRefusal).why}`);
  });
});
