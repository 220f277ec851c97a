/**
 * The code that is typed, proved on the phone: the same nine characters as domain/codes/short-code.ts, written again
 * because a page loads nothing from there. test/web/agent-code.test.ts holds the two against each other.
 */

const ALPHABET = '0123456789ABCDEFGHJKMNPQRSTVWXYZ';
const CHARACTERS = 9;

/**
 * @typedef {{ readonly ok: true, readonly code: string }
 *   | { readonly ok: false, readonly error: 'length' | 'character' | 'check', readonly words: string }} Judged
 */

/**
 * Says what is wrong in the order in which a person would look: how many, which, and only then whether they fit
 * together.
 * @param {string} typed
 * @returns {Judged}
 */
export function judgeShortCode(typed) {
  const code = shortCodeCharacters(typed);
  if (code.length !== CHARACTERS) {
    const words = `A code has nine characters. ${code.length === 1 ? 'This is one.' : `These are ${code.length}.`}`;
    return { ok: false, error: 'length', words };
  }
  const stranger = Array.from(code).find((character) => !ALPHABET.includes(character));
  if (stranger !== undefined) {
    return { ok: false, error: 'character', words: `${stranger} is in no code. Look at it again.` };
  }
  const digits = Array.from(code, (character) => ALPHABET.indexOf(character));
  if (checkOf(digits.slice(0, -1)) !== digits.at(-1)) {
    const words = 'These nine do not fit together: one is wrong, or two have changed places.';
    return { ok: false, error: 'check', words };
  }
  return { ok: true, code };
}

/**
 * Forgives what people do to a code: lower case, spaces, any hyphen, O for zero, I and L for one.
 * @param {string} typed
 */
export function shortCodeCharacters(typed) {
  return typed
    .toUpperCase()
    .replace(/[\s\p{Pd}]/gu, '')
    .replace(/O/g, '0')
    .replace(/[IL]/g, '1');
}

/** @param {string} code */
export function spacedShortCode(code) {
  return (code.match(/.{1,3}/g) ?? []).join('-');
}

/**
 * Horner's rule in the field of 32 elements, modulo x⁵ + x² + 1.
 * @param {readonly number[]} digits
 */
function checkOf(digits) {
  let sum = 0;
  for (const digit of digits) {
    sum = (sum ^ digit) << 1;
    if (sum > 31) sum ^= 37;
  }
  return sum;
}
