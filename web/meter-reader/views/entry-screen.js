/** What the entry of a reading shows beside the register, and what it asks. */

import { element, make, write } from '../../elements.js';
import { timeText } from '../../wording.js';
import { addressOf } from '../desk.js';
import { lastOf } from '../readings.js';

/** @import { KeptReading } from '../contract.ts' */
/** @import { Subject } from '../subject.js' */

/** @param {Subject} subject */
export function showSubject({ account, holder, meterId, replaces, note }) {
  showHolder({ holder });
  const address = account === undefined ? [] : [...account.address, `account ${account.id}`];
  write(element('entry-address', HTMLElement), address.join(', '));
  write(element('entry-note', HTMLElement), note ?? '');
  element('meter-id-field', HTMLElement).hidden = meterId !== undefined;
  const meters = replaces === undefined ? (account?.meters ?? []) : [];
  const several = element('meters', HTMLElement);
  several.hidden = meters.length < 2;
  several.replaceChildren(
    ...meters.map(({ id }) => {
      const link = /** @type {HTMLAnchorElement} */ (make('a', '', id));
      link.href = addressOf('account', account?.id ?? '', id);
      if (id === meterId) link.setAttribute('aria-current', 'true');
      return link;
    }),
  );
  write(element('meter-name', HTMLElement), meters.length < 2 && meterId !== undefined ? `Meter ${meterId}` : '');
}

/** @param {Pick<Subject, 'holder'>} subject */
export function showHolder({ holder }) {
  write(element('entry-name', HTMLElement), holder === '' ? 'A meter outside the round' : holder);
}

/** @param {Subject} subject */
export async function showLast({ meterId, replaces }) {
  const last = meterId === undefined ? undefined : await lastOf(meterId, replaces?.sequence);
  const words =
    last === undefined
      ? 'No other reading of this meter is kept here.'
      : `Last kept here: ${last.reading.value}, ${timeText(last.reading.readAt, Date.now())}`;
  write(element('last-value', HTMLElement), words);
}

/**
 * A meter may have been exchanged or have run over; more often a digit is wrong. Asked once.
 * @param {string} value
 * @param {KeptReading} last
 * @returns {Promise<boolean>}
 */
export async function isSure(value, { reading }) {
  const dialog = element('lower', HTMLDialogElement);
  write(
    element('lower-words', HTMLElement),
    `${value} is lower than ${reading.value}, the last reading of this meter that is kept here.`,
  );
  dialog.returnValue = '';
  dialog.showModal();
  await new Promise((resolve) => dialog.addEventListener('close', resolve, { once: true }));
  return dialog.returnValue === 'keep';
}
