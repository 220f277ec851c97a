/** What is seen at any time: how many wait, have arrived, were refused; and when Relink last answered. */

import { element, write } from '../../elements.js';
import { timeText } from '../../wording.js';
import { standing } from '../readings.js';
import { takenRound } from '../round.js';

/** @import { SendResult } from '../contract.ts' */

export async function showStanding() {
  const [counts, round] = await Promise.all([standing(), takenRound()]);
  for (const name of /** @type {const} */ (['waiting', 'arrived', 'refused'])) {
    const figure = element(name, HTMLElement);
    figure.textContent = String(counts[name]);
    const is = counts[name] === 0 ? 'none' : 'some';
    if (figure.parentElement !== null) figure.parentElement.dataset['has'] = is;
  }
  write(element('round-title', HTMLElement), round?.name ?? 'Relink round');
  const { contactAt } = counts;
  write(element('contact', HTMLElement), contactAt === undefined ? '' : `last ${shortTime(contactAt)}`);
  const words = contactAt === undefined ? 'Not in touch yet.' : `Last in touch ${timeText(contactAt, Date.now())}.`;
  write(element('last-contact', HTMLElement), words);
}

/**
 * The bar has room for a time of today, or for a day.
 * @param {string} at
 */
function shortTime(at) {
  const time = new Date(at);
  return time.toDateString() === new Date().toDateString()
    ? time.toLocaleTimeString('en-GB', { hour: '2-digit', minute: '2-digit' })
    : time.toLocaleDateString('en-GB', { day: 'numeric', month: 'short' });
}

/** @param {SendResult | { readonly is: 'offline' | 'sending' }} sent */
export function showNetwork(sent) {
  const pill = element('network', HTMLElement);
  const words = {
    offline: 'no network',
    sending: 'sending',
    done: 'online',
    elsewhere: 'sending',
    unset: 'not set up',
    trouble: 'no answer',
  };
  pill.dataset['is'] = sent.is;
  write(element('network-words', HTMLElement), words[sent.is]);
  const line = {
    offline: 'No network. Everything is kept here and sent as soon as there is one.',
    sending: 'Sending …',
    done: 'They are sent by themselves whenever there is a network.',
    elsewhere: 'Another tab of this page is sending.',
    unset: 'They are sent as soon as this phone has its key.',
    trouble: `${sent.is === 'trouble' ? sent.because : ''} It is tried again by itself; nothing is lost.`,
  };
  write(element('sending', HTMLElement), line[sent.is]);
}
