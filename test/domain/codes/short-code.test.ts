import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import {
  parseShortCode,
  SHORT_CODES,
  shortCode,
  shortCodeOfHash,
  spacedShortCode,
  type ShortCode,
} from '../../../domain/codes/short-code.ts';

const ALPHABET = Array.from('0123456789ABCDEFGHJKMNPQRSTVWXYZ');
const values = fc.bigInt({ min: 0n, max: SHORT_CODES - 1n });
const places = fc.nat({ max: 8 });

function withCharacter(code: string, at: number, character: string): string {
  return code.slice(0, at) + character + code.slice(at + 1);
}

describe('a short code', () => {
  it('is these nine characters for these numbers, today and in ten years', () => {
    expect(shortCode(0n)).toBe('000000000');
    expect(shortCode(1n)).toBe('000000012');
    expect(spacedShortCode(shortCode(SHORT_CODES - 1n))).toBe('ZZZ-ZZZ-ZZ3');
    expect(spacedShortCode(shortCodeOfHash('48db1c9e02aa17'))).toBe('93D-HS7-G2B');
  });

  it('has no letter that is taken for a digit or another letter', () => {
    fc.assert(fc.property(values, (value) => expect(shortCode(value)).toMatch(/^[0-9A-HJKMNP-TV-Z]{9}$/)));
  });

  it('comes back to its number', () => {
    fc.assert(
      fc.property(values, (value) => {
        const code = shortCode(value);
        expect(parseShortCode(spacedShortCode(code))).toEqual({ ok: true, code, value });
      }),
    );
  });

  it('follows from the first forty bits of a hash', () => {
    expect(shortCodeOfHash('00000000ffdeadbeef')).toBe(shortCode(0xffn));
  });

  it.each([-1n, SHORT_CODES])('refuses %p, which it cannot hold', (value) => {
    expect(() => shortCode(value)).toThrow(RangeError);
  });

  it.each(['', '12345', 'not a hash'])('refuses %p as a hash', (hash) => {
    expect(() => shortCodeOfHash(hash)).toThrow(RangeError);
  });
});

describe('a code that is typed wrong', () => {
  it('is refused with any one character wrong', () => {
    fc.assert(
      fc.property(values, places, fc.constantFrom(...ALPHABET), (value, at, character) => {
        const code = shortCode(value);
        fc.pre(code[at] !== character);
        expect(parseShortCode(withCharacter(code, at, character))).toEqual({ ok: false, error: 'check' });
      }),
      { numRuns: 2_000 },
    );
  });

  it('is refused with any two characters in each other’s place', () => {
    fc.assert(
      fc.property(values, places, places, (value, left, right) => {
        const code = shortCode(value);
        const [one = '', other = ''] = [code[left], code[right]];
        fc.pre(one !== other);
        const swapped = withCharacter(withCharacter(code, left, other), right, one);
        expect(parseShortCode(swapped)).toEqual({ ok: false, error: 'check' });
      }),
      { numRuns: 2_000 },
    );
  });

  it('is refused with a character too few or too many', () => {
    const code = shortCode(123_456_789n);
    expect(parseShortCode(code.slice(1))).toEqual({ ok: false, error: 'length' });
    expect(parseShortCode(`${code}0`)).toEqual({ ok: false, error: 'length' });
    expect(parseShortCode('')).toEqual({ ok: false, error: 'length' });
  });

  it.each(['U', '*', 'Ç', '٣'])('is refused with %p in it', (character) => {
    expect(parseShortCode(withCharacter(shortCode(1n), 3, character))).toEqual({ ok: false, error: 'character' });
  });

  it('never throws', () => {
    fc.assert(fc.property(fc.string({ unit: 'binary' }), (typed) => expect(() => parseShortCode(typed)).not.toThrow()));
  });
});

describe('what people do to a code', () => {
  const code = shortCode(0x0110_0fff_10n);

  it('is forgiven: lower case, spaces, any hyphen, none', () => {
    const same = (typed: string): ShortCode | undefined => {
      const parsed = parseShortCode(typed);
      return parsed.ok ? parsed.code : undefined;
    };
    const [one, two, three] = spacedShortCode(code).split('-');
    expect(same(code)).toBe(code);
    expect(same(`  ${one}–${two}—${three}\n`.toLowerCase())).toBe(code);
    expect(same(`${one} ${two}\u00a0${three}`)).toBe(code);
  });

  it('is forgiven: O for zero, I and L for one', () => {
    fc.assert(
      fc.property(values, fc.constantFrom('I', 'l', 'i', 'L'), fc.constantFrom('O', 'o'), (value, one, zero) => {
        const typed = shortCode(value).replaceAll('1', one).replaceAll('0', zero);
        expect(parseShortCode(typed)).toMatchObject({ ok: true, value });
      }),
    );
  });
});
