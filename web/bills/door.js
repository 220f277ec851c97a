/** Asks for the API key once, and again when it is refused. It is kept in this tab, and nowhere else. */
import { Refusal } from '../api-call.js';
import { element, write } from '../elements.js';
import { createBillsClient } from './bills-client.js';
import { keepKey, keptKey } from './session.js';

/** @param {(apiKey: string) => void} onKey Called once. */
export function createDoor(onKey) {
  const form = element('door', HTMLFormElement);
  const field = element('door-key', HTMLInputElement);
  const problem = element('door-problem', HTMLElement);
  const button = element('door-open', HTMLButtonElement);
  let opened = false;

  /** @param {string} apiKey */
  function open(apiKey) {
    opened = true;
    document.body.dataset['door'] = 'open';
    onKey(apiKey);
  }

  /** @param {string} because */
  function ask(because) {
    document.body.dataset['door'] = 'shut';
    write(problem, because);
    field.focus();
  }

  async function tryKey() {
    const apiKey = field.value.trim();
    write(problem, '');
    button.setAttribute('aria-busy', 'true');
    try {
      // Any address that takes a key says whether this is one.
      await createBillsClient(apiKey).tariffs('');
      keepKey(apiKey);
      // What was begun with the old key is begun anew: a page half of one merchant and half of another must not be.
      if (opened) location.reload();
      else open(apiKey);
    } catch (error) {
      const refused = error instanceof Refusal && error.status === 401;
      ask(refused ? 'Relink does not know this key.' : /** @type {Error} */ (error).message);
    } finally {
      button.removeAttribute('aria-busy');
    }
  }

  form.addEventListener('submit', (event) => {
    event.preventDefault();
    void tryKey();
  });

  return {
    /** @param {string | undefined} given */
    begin(given) {
      const apiKey = keptKey() || given;
      if (apiKey === undefined) ask('');
      else open(apiKey);
    },
    /** The key was refused. @param {string} because */
    shut(because) {
      keepKey('');
      field.value = '';
      ask(because);
    },
  };
}
