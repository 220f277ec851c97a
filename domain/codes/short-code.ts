/**
 * The code that is typed when there is no camera: eight characters and a check character, from an alphabet without
 * look-alikes. It is an identifier and grants nothing: the link is still looked up within one merchant.
 */

/** Crockford's base 32: the digits and the letters without I, L, O and U. */
const ALPHABET = '0123456789ABCDEFGHJKMNPQRSTVWXYZ';
const CHARACTERS = 8;
const GROUP = 3;

/**
 * Forty bits. Among 100,000 links a collision occurs once in about two hundred batches, so the caller that stores codes
 * must enforce uniqueness.
 */
export const SHORT_CODES = 1n << 40n;

/** Nine characters of the alphabet, as they are stored: no hyphens, upper case. */
export type ShortCode = string & { readonly __brand: 'ShortCode' };

export type ShortCodeError = 'length' | 'character' | 'check';
type ParsedShortCode =
  | { readonly ok: true; readonly code: ShortCode; readonly value: bigint }
  | { readonly ok: false; readonly error: ShortCodeError };

export function shortCode(value: bigint): ShortCode {
  if (value < 0n || value >= SHORT_CODES) throw new RangeError(`a short code holds 0 to 2^40 - 1, not ${value}`);
  const digits = Array.from({ length: CHARACTERS }, (_, at) =>
    Number((value >> BigInt(5 * (CHARACTERS - 1 - at))) & 31n),
  );
  return [...digits, checkOf(digits)].map((digit) => ALPHABET.charAt(digit)).join('') as ShortCode;
}

/** The first forty bits of a hash in hexadecimal, so that the code of a link follows from the link alone. */
export function shortCodeOfHash(hexadecimal: string): ShortCode {
  if (!/^[0-9a-f]{10,}$/i.test(hexadecimal)) throw new RangeError('a hash has at least ten hexadecimal digits');
  return shortCode(BigInt(`0x${hexadecimal.slice(0, 10)}`));
}

/** In groups of three, which is how people read aloud: `K7Q-42P-9XC`. */
export function spacedShortCode(code: ShortCode): string {
  return [0, GROUP, 2 * GROUP].map((from) => code.slice(from, from + GROUP)).join('-');
}

/** Takes what a person typed: lower case, spaces, hyphens of any kind, O for zero, I and L for one. */
export function parseShortCode(typed: string): ParsedShortCode {
  const characters = typed
    .toUpperCase()
    .replace(/[\s\p{Pd}]/gu, '')
    .replace(/O/g, '0')
    .replace(/[IL]/g, '1');
  if (characters.length !== CHARACTERS + 1) return { ok: false, error: 'length' };
  const digits = Array.from(characters, (character) => ALPHABET.indexOf(character));
  if (digits.some((digit) => digit < 0)) return { ok: false, error: 'character' };
  if (checkOf(digits.slice(0, -1)) !== digits.at(-1)) return { ok: false, error: 'check' };
  const value = digits.slice(0, -1).reduce((sum, digit) => (sum << 5n) | BigInt(digit), 0n);
  return { ok: true, code: characters as ShortCode, value };
}

/**
 * The sum of the digits, each times a different power of x, in the field of 32 elements. The factors are distinct and
 * non-zero, so any single error and any transposition changes the sum.
 */
function checkOf(digits: readonly number[]): number {
  return digits.reduce((sum, digit) => timesX(sum ^ digit), 0);
}

/** Modulo x⁵ + x² + 1, which is primitive: the powers of x come back to one only after 31 steps. */
function timesX(element: number): number {
  const doubled = element << 1;
  return doubled > 31 ? doubled ^ 0b100101 : doubled;
}
