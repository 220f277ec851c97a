/**
 * What a code showed at an instant, in the API's words. An API that cannot say leaves the timeline, dimmed after it.
 */
import { Refusal } from '../api-call.js';
import { element, write } from '../elements.js';
import { amountText, sentence } from '../wording.js';
import { dayAndSecond, localInput } from './words.js';

/**
 * @import { HistoryEntry, HistoryInstant } from './contract.ts'
 * @import { Desk } from './office.js'
 */

/**
 * @param {Desk} desk
 * @param {{ linkId: () => string, onInstant: (instant: string) => void }} parts
 */
export function createMoment(desk, { linkId, onInstant }) {
  const at = element('moment-at', HTMLInputElement);
  const step = element('moment-step', HTMLInputElement);
  const now = element('moment-now', HTMLButtonElement);
  const answer = element('moment-answer', HTMLElement);
  /** @type {readonly HistoryEntry[]} */
  let entries = [];
  let asked = 0;

  function reset() {
    asked += 1;
    at.value = '';
    step.value = step.max;
    step.setAttribute('aria-valuetext', 'now');
    now.hidden = true;
    write(answer, '');
    onInstant('');
  }

  /** @param {string} instant */
  async function ask(instant) {
    const question = (asked += 1);
    now.hidden = false;
    onInstant(instant);
    /** @type {string} */
    let words;
    try {
      words = momentText(await desk.office.codeAt(linkId(), instant));
    } catch (error) {
      const known = error instanceof Refusal && error.status >= 400 && error.status < 500;
      words = known ? 'What came after that instant is dimmed below.' : /** @type {Error} */ (error).message;
    }
    if (question === asked) write(answer, words);
  }

  at.addEventListener('change', () => {
    if (at.value === '') return reset();
    const instant = new Date(at.value).toISOString();
    step.value = String(entries.filter((entry) => Date.parse(entry.at) <= Date.parse(instant)).length - 1);
    void ask(instant);
  });
  step.addEventListener('input', () => {
    const entry = entries[Number(step.value)];
    if (entry === undefined || step.value === step.max) return reset();
    at.value = localInput(entry.at);
    step.setAttribute('aria-valuetext', entry.sentence);
    // Times are told to the millisecond and kept more exactly: just after it, not just before.
    void ask(new Date(Date.parse(entry.at) + 1).toISOString());
  });
  now.addEventListener('click', () => {
    reset();
    step.focus();
  });

  return {
    reset,
    /** One place for each entry, and the last one for now. @param {readonly HistoryEntry[]} known Oldest first. */
    offer(known) {
      const isNow = step.value === step.max;
      entries = known;
      step.max = String(entries.length);
      if (isNow) step.value = step.max;
    },
  };
}

/** @param {HistoryInstant} moment */
function momentText({ shows, payable, because, payments, returns }) {
  if (shows === null) return `Whoever scanned it saw ${because}.`;
  const paid = payments.map(
    ({ amount, outcome, bookedAt }) => `${amountText(amount)} came for it, ${dayAndSecond(bookedAt)} (${outcome})`,
  );
  const back = returns.map(({ amount, status }) => `${amountText(amount)} of it goes back (${status})`);
  const now = `now it is ${shows.statusNow}`;
  const told = [`whoever scanned it saw ${because}`, ...(payable ? ['it could be paid'] : []), ...paid, ...back, now];
  return told.map((text) => sentence(text)).join(' ');
}
