/**
 * The register of a meter, drawn as one: a drum for each digit, those after the point in red, filled from the left as
 * they are read. Leading zeros are digits like any other. Typed on the page's own keys, which leave the rest of the
 * screen in sight, or on a real keyboard.
 */

import { element, make } from '../elements.js';

/** @import { MeterFace } from './contract.ts' */

const FREE = /^\d{1,12}(?:[.,]\d{1,6})?$/;

/** @typedef {{ readonly ok: true, readonly value: string } | { readonly ok: false, readonly words: string }} Read */

export function createRegister() {
  const input = element('register', HTMLInputElement);
  const drums = element('drums', HTMLElement);
  const keypad = element('keypad', HTMLElement);
  /** @type {MeterFace | undefined} */
  let face;

  function draw() {
    if (face === undefined) return;
    const places = face.digits + face.decimals;
    const typed = input.value.replace(/\D/g, '').slice(0, places);
    input.value = typed;
    const { digits } = face;
    drums.replaceChildren(
      ...Array.from({ length: places }, (_, at) => {
        const drum = make('span', at < digits ? 'drum' : 'drum after', typed.charAt(at));
        if (at === Math.min(typed.length, places - 1)) drum.dataset['is'] = 'next';
        return drum;
      }),
    );
  }

  input.addEventListener('input', draw);
  // The keys do not take the focus, so that a real keyboard goes on working.
  keypad.addEventListener('pointerdown', (event) => event.preventDefault());
  keypad.addEventListener('click', (event) => {
    const key = event.target instanceof Element ? event.target.closest('button')?.dataset['key'] : undefined;
    if (key === undefined) return;
    input.value = key === 'back' ? input.value.slice(0, -1) : input.value + key;
    input.dispatchEvent(new Event('input'));
  });

  return {
    /**
     * Empties the register. What is typed already stays if the meter turns out to be another one whose face can show
     * it.
     * @param {MeterFace | undefined} shown Undefined: nobody here knows how many digits it has, so any number is taken.
     * @param {'empty' | 'as typed'} state
     */
    show(shown, state) {
      face = shown;
      if (state === 'empty' || (shown !== undefined && /\D/.test(input.value))) input.value = '';
      input.inputMode = shown === undefined ? 'decimal' : 'none';
      input.maxLength = shown === undefined ? 19 : shown.digits + shown.decimals;
      input.className = shown === undefined ? 'free' : 'covered';
      drums.hidden = shown === undefined;
      keypad.dataset['is'] = shown === undefined ? 'free' : 'digits';
      const after = shown === undefined || shown.decimals === 0 ? '' : ` and ${shown.decimals} after the point`;
      input.setAttribute('aria-label', shown === undefined ? 'Register' : `Register, ${shown.digits} digits${after}`);
      draw();
    },
    focus() {
      input.focus({ preventScroll: true });
    },
    clear() {
      input.value = '';
      draw();
      input.focus({ preventScroll: true });
    },
    /** @returns {Read} */
    read: () => (face === undefined ? readFree(input.value.trim()) : readDrums(input.value, face)),
  };
}

/**
 * Decimals all or none: "0012345" cut short would be another number, and nobody would notice.
 * @param {string} typed
 * @param {MeterFace} face
 * @returns {Read}
 */
function readDrums(typed, { digits, decimals }) {
  if (typed.length === digits) return { ok: true, value: typed };
  if (typed.length === digits + decimals) {
    return { ok: true, value: `${typed.slice(0, digits)}.${typed.slice(digits)}` };
  }
  if (typed === '') return { ok: false, words: 'Type what the register shows, with its leading zeros.' };
  if (typed.length < digits) {
    return {
      ok: false,
      words: `These are ${typed.length} of ${digits} digits. Leading zeros count too.`,
    };
  }
  return { ok: false, words: `Type all ${decimals} digits after the point, or none of them.` };
}

/**
 * @param {string} typed
 * @returns {Read}
 */
function readFree(typed) {
  if (FREE.test(typed)) return { ok: true, value: typed.replace(',', '.') };
  return { ok: false, words: 'Type what the register shows: digits, and a point if there is one.' };
}

/**
 * Whether one value of a register lies below another one. Compared as text, so that no digit is lost.
 * @param {string} value
 * @param {string} other
 */
export function isLower(value, other) {
  const [left, right] = [value, other].map((one) => one.split('.'));
  const [before, otherBefore] = [left?.[0] ?? '', right?.[0] ?? ''].map((digits) => digits.padStart(12, '0'));
  const [after, otherAfter] = [left?.[1] ?? '', right?.[1] ?? ''].map((digits) => digits.padEnd(6, '0'));
  return `${before}${after}` < `${otherBefore}${otherAfter}`;
}
