/** A reading as it comes from outside: read exactly, or refused field by field. */
import { describe, expect, it } from '@jest/globals';
import { arrivalFaults, parseReading } from '../../../domain/billing/reading-messages.ts';
import { aReading, day } from './reading-builders.ts';

const SAID = aReading(7, '00120', 5);
const PHOTO = 'ab'.repeat(32);

function fieldsIn(input: unknown): readonly string[] {
  const parsed = parseReading(input);
  return parsed.ok ? [] : parsed.faults.map(({ field }) => field);
}

describe('a reading from outside', () => {
  it('is taken as it is, with its photo and what it corrects', () => {
    const all = { ...SAID, photoSha256: PHOTO, corrects: { deviceId: 'D2', sequence: 3 } };
    expect(parseReading(SAID)).toEqual({ ok: true, value: SAID });
    expect(parseReading(all)).toEqual({ ok: true, value: all });
  });

  it('may write the digits of its photo in capitals: it is the same photo', () => {
    expect(parseReading({ ...SAID, photoSha256: PHOTO.toUpperCase() })).toEqual(
      parseReading({ ...SAID, photoSha256: PHOTO }),
    );
  });

  it.each<[string, object, string]>([
    ['no device', { deviceId: undefined }, 'deviceId'],
    ['a device with a space', { deviceId: 'D 1' }, 'deviceId'],
    ['a device of 65 characters', { deviceId: 'D'.repeat(65) }, 'deviceId'],
    ['a device with an accent', { deviceId: 'aço' }, 'deviceId'],
    ['sequence zero', { sequence: 0 }, 'sequence'],
    ['half a sequence', { sequence: 1.5 }, 'sequence'],
    ['a sequence as a text', { sequence: '7' }, 'sequence'],
    ['a sequence that loses its last digit', { sequence: 2 ** 53 }, 'sequence'],
    ['no meter', { meterId: undefined }, 'meterId'],
    ['a meter that nobody could have named', { meterId: "M'1" }, 'meterId'],
    ['a value as a number', { value: 120 }, 'value'],
    ['a negative value', { value: '-120' }, 'value'],
    ['an exponent', { value: '1e3' }, 'value'],
    ['a comma', { value: '120,5' }, 'value'],
    ['more digits than any register has', { value: '1'.repeat(13) }, 'value'],
    ['a day without a time', { readAt: '2026-11-26' }, 'readAt'],
    ['an instant without an offset', { readAt: '2026-11-26T07:00:00' }, 'readAt'],
    ['a day that does not exist', { readAt: '2026-02-30T07:00:00Z' }, 'readAt'],
    ['an hour that does not exist', { readAt: '2026-11-26T24:00:00Z' }, 'readAt'],
    ['an offset that does not exist', { readAt: '2026-11-26T07:00:00+24:00' }, 'readAt'],
    ['the year zero, which no row can hold', { readAt: '0000-01-01T00:00:00Z' }, 'readAt'],
    ['the year 10000, which no row can hold', { readAt: '9999-12-31T23:59:59-01:00' }, 'readAt'],
    ['no kind', { kind: undefined }, 'kind'],
    ['a kind that is guessed', { kind: 'guessed' }, 'kind'],
    ['a photo of another hash', { photoSha256: 'ab'.repeat(20) }, 'photoSha256'],
    ['a photo that is null', { photoSha256: null }, 'photoSha256'],
    ['a correction in words', { corrects: 'the one before' }, 'corrects'],
    ['a correction without its device', { corrects: { sequence: 6 } }, 'corrects.deviceId'],
    ['a correction of number zero', { corrects: { deviceId: 'D1', sequence: 0 } }, 'corrects.sequence'],
    ['a correction with a field too many', { corrects: { deviceId: 'D1', sequence: 6, value: '1' } }, 'corrects.value'],
    ['a misspelt correction', { correct: { deviceId: 'D1', sequence: 6 } }, 'correct'],
    ['an account, which the meter tells', { accountId: '4711' }, 'accountId'],
  ])('with %s is refused there', (_what, differences, field) => {
    expect(fieldsIn({ ...SAID, ...differences })).toEqual([field]);
  });

  it('names every field that is wrong at once', () => {
    expect(fieldsIn({ ...SAID, value: '', kind: 1, tip: true })).toEqual(['value', 'kind', 'tip']);
    expect(fieldsIn({})).toEqual(['deviceId', 'sequence', 'meterId', 'value', 'readAt', 'kind']);
  });

  it.each([undefined, null, 7, 'reading', [], [SAID]])('that is %j is none, and nothing throws', (input) => {
    expect(fieldsIn(input)).toEqual(['']);
  });

  it('with a thousand unknown fields names some of them, shortened', () => {
    const many = Object.fromEntries(Array.from({ length: 1_000 }, (_, number) => [`${'x'.repeat(100)}${number}`, 1]));
    const fields = fieldsIn({ ...SAID, ...many });
    expect(fields).toHaveLength(20);
    expect(fields[0]).toHaveLength(40);
  });
});

describe('a reading that can be read', () => {
  const now = Date.parse(day(6));
  const register = { digits: 5, decimals: 0 };
  const faults = (differences: object, registers = [register]) =>
    arrivalFaults({ ...SAID, ...differences }, registers, now).map(({ field, because }) => `${field}: ${because}`);

  it('passes where its meter can have shown it', () => {
    expect(faults({})).toEqual([]);
  });

  it('is refused where no meter has its id', () => {
    expect(faults({}, [])).toEqual(['meterId: there is no meter M1']);
  });

  it('is refused where the register has no room for it', () => {
    expect(faults({ value: '000120' })).toEqual(['value: the register has 5 digits; it says 000120']);
    expect(faults({ value: '120.5' })).toEqual(['value: the register has 5 digits; it says 120.5']);
  });

  it('passes where one of the registers that had this id has room for it', () => {
    const registers = [register, { digits: 4, decimals: 1 }];
    expect(faults({ value: '120.5' }, registers)).toEqual([]);
    expect(faults({ value: '120.55' }, registers)).toEqual([
      'value: the register has 5 digits, or 4 digits and 1 after the point; it says 120.55',
    ]);
  });

  it('may be five minutes ahead of the clock here, and no second more', () => {
    expect(faults({ readAt: '2026-11-06T12:05:00Z' })).toEqual([]);
    expect(faults({ readAt: '2026-11-06T12:05:01Z' })).toEqual([
      'readAt: lies in the future: now is 2026-11-06T12:00:00.000Z, it says 2026-11-06T12:05:01Z',
    ]);
  });
});
