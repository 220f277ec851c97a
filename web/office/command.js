/**
 * What a person has sent once, however often they click. The key stays the same until the API has answered: a command whose
 * answer was lost is repeated, not sent anew.
 */
import { Refusal } from '../api-call.js';
import { write } from '../elements.js';

const REMEMBERED = 'relink.operator';

/** @param {{ button: HTMLButtonElement, problem: HTMLElement }} parts */
export function createCommand({ button, problem }) {
  let key = crypto.randomUUID();
  let underWay = false;
  return {
    /** @param {(key: string) => Promise<void>} send */
    async send(send) {
      if (underWay) return;
      underWay = true;
      button.setAttribute('aria-busy', 'true');
      write(problem, '');
      try {
        await send(key);
        key = crypto.randomUUID();
      } catch (error) {
        if (error instanceof Refusal && error.status >= 400 && error.status < 500) key = crypto.randomUUID();
        write(problem, error instanceof Error ? error.message : String(error));
      } finally {
        underWay = false;
        button.removeAttribute('aria-busy');
      }
    },
  };
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
