/**
 * What a person has sent once, however often they click. The key stays the same until the API has answered: a command
 * whose answer was lost is repeated, not sent anew.
 */
import { Refusal } from '../api-call.js';
import { write } from '../elements.js';

const REMEMBERED = 'relink.operator';

/**
 * @typedef {object} CommandParts
 * @property {HTMLButtonElement} button
 * @property {HTMLElement} problem
 * @property {(error: unknown) => void} [tell] Where one sentence does not say it; undefined: nothing is wrong.
 */

/** @param {CommandParts} parts */
export function createCommand({ button, problem, tell = (error) => write(problem, wordsOf(error)) }) {
  let key = crypto.randomUUID();
  let underWay = false;
  return {
    /** @param {(key: string) => Promise<void>} send */
    async send(send) {
      if (underWay) return;
      underWay = true;
      button.setAttribute('aria-busy', 'true');
      tell(undefined);
      try {
        await send(key);
        key = crypto.randomUUID();
      } catch (error) {
        if (error instanceof Refusal && error.status >= 400 && error.status < 500) key = crypto.randomUUID();
        tell(error);
      } finally {
        underWay = false;
        button.removeAttribute('aria-busy');
      }
    },
  };
}

/** @param {unknown} error Undefined: nothing is wrong. */
export function wordsOf(error) {
  if (error === undefined) return '';
  return error instanceof Error ? error.message : 'Something went wrong on this page.';
}

/** Who sits here is asked once. A browser that keeps nothing asks again. */
export function rememberedOperator() {
  try {
    return localStorage.getItem(REMEMBERED) ?? '';
  } catch {
    return '';
  }
}

/** @param {string} operator */
export function rememberOperator(operator) {
  try {
    localStorage.setItem(REMEMBERED, operator);
  } catch {
    // Only convenience is lost.
  }
}
