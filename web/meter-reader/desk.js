/** What all views share: the way from one to another, and a word in passing. */

import { element, write } from '../elements.js';

/** @import { Sending } from './sending.js' */
/** @import { Setup } from './views/setup-view.js' */

/** @typedef {{ readonly setup: Setup, readonly sending: Sending }} Desk */

/**
 * A view is opened with what its address says, drawn again when something kept has changed, and told when it is left.
 * @typedef {{
 *   readonly open: (parameters: readonly string[]) => Promise<void>,
 *   readonly refresh?: () => Promise<void>,
 *   readonly leave?: () => void,
 * }} View
 */

const TOAST_MS = 2_500;

/** @type {ReturnType<typeof setTimeout> | undefined} */
let toastTimer;

/**
 * "#account/A-17/M-3" is the entry of meter M-3 of account A-17.
 * @param {string} view
 * @param {readonly string[]} parameters
 */
export function addressOf(view, ...parameters) {
  return `#${[view, ...parameters.map(encodeURIComponent)].join('/')}`;
}

export function addressed() {
  const [view = '', ...parameters] = location.hash.slice(1).split('/');
  return { view, parameters: parameters.map(decodeURIComponent) };
}

/**
 * @param {string} view
 * @param {readonly string[]} parameters
 */
export function go(view, ...parameters) {
  location.hash = addressOf(view, ...parameters);
}

/** @param {string} words */
export function toast(words) {
  clearTimeout(toastTimer);
  write(element('toast', HTMLElement), words);
  toastTimer = setTimeout(() => write(element('toast', HTMLElement), ''), TOAST_MS);
}

/** @param {unknown} error */
export function complain(error) {
  write(element('notice', HTMLElement), error instanceof Error ? error.message : String(error));
}
