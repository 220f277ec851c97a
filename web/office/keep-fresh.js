/** Keeps what a page shows fresh, and says when it is not. */
import { Refusal } from '../api-call.js';
import { element, write } from '../elements.js';

/**
 * Reads again and again; one read follows the other, they never overtake.
 * @param {() => Promise<void>} refresh
 * @param {() => number} everyMs
 * @returns {() => void} Reads now.
 */
export function keepFresh(refresh, everyMs) {
  let reading = false;
  let wanted = false;
  /** @type {ReturnType<typeof setTimeout> | undefined} */
  let timer;
  let fresh = Date.now();

  async function read() {
    clearTimeout(timer);
    wanted = true;
    if (reading) return;
    reading = true;
    while (wanted) {
      wanted = false;
      try {
        await refresh();
        fresh = Date.now();
        showConnection('live', '');
      } catch (error) {
        showTrouble(error, fresh);
      }
    }
    reading = false;
    timer = setTimeout(() => void read(), everyMs());
  }
  document.addEventListener('visibilitychange', () => void (document.hidden ? clearTimeout(timer) : read()));
  return () => void read();
}

/**
 * @param {unknown} error
 * @param {number} fresh
 */
function showTrouble(error, fresh) {
  const since = new Date(fresh).toLocaleTimeString('en-GB');
  if (error instanceof Refusal && error.status > 0 && error.status < 500) showConnection('refused', error.message);
  else showConnection('reconnecting', `Relink does not answer. What you see is as it was at ${since}. Trying again …`);
}

/**
 * @param {'live' | 'reconnecting' | 'refused'} is
 * @param {string} notice
 */
export function showConnection(is, notice) {
  const pill = element('connection', HTMLElement);
  pill.dataset['is'] = is;
  write(pill, is);
  write(element('notice', HTMLElement), notice);
}
