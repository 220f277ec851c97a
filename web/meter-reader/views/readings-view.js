/** Every reading of this phone and what became of it; those that were refused first, because they want somebody. */

import { copyOf, element, part, write } from '../../elements.js';
import { timeText } from '../../wording.js';
import { addressOf, complain } from '../desk.js';
import { allReadings, isRefused, photoOf } from '../readings.js';

/** @import { KeptReading } from '../contract.ts' */
/** @import { Desk, View } from '../desk.js' */

const AT_FIRST = 50;
const WORDS = { waiting: 'waiting', arrived: 'arrived', refused: 'refused', conflict: 'conflict' };

/**
 * @param {Pick<Desk, 'sending'>} desk
 * @returns {View}
 */
export function createReadingsView({ sending }) {
  let most = AT_FIRST;
  const more = element('readings-more', HTMLButtonElement);
  /** @type {string | undefined} What stands on the page: a list that is the same is not drawn again under a finger. */
  let drawn;

  async function draw() {
    const readings = await allReadings();
    const wanted = JSON.stringify([most, readings]);
    if (wanted === drawn) return;
    drawn = wanted;
    const open = readings.filter(wantsSomebody);
    const others = readings.filter((kept) => !wantsSomebody(kept));
    const list = [...open, ...others].slice(0, Math.max(most, open.length));
    element('readings', HTMLElement).replaceChildren(...list.map(item));
    element('readings-empty', HTMLElement).hidden = readings.length > 0;
    more.hidden = list.length === readings.length;
  }

  element('send-now', HTMLButtonElement).addEventListener('click', () => sending.now());
  more.addEventListener('click', () => {
    most += AT_FIRST;
    void draw().catch(complain);
  });

  return {
    async open() {
      most = AT_FIRST;
      await draw();
    },
    refresh: draw,
  };
}

/** @param {KeptReading} kept */
function wantsSomebody(kept) {
  return isRefused(kept) && kept.replacedBy === undefined;
}

/** @param {KeptReading} kept */
function item(kept) {
  const { sequence, reading, state, because, holder, accountId, replacedBy } = kept;
  const row = copyOf('kept-reading');
  row.dataset['is'] = replacedBy === undefined ? state : 'replaced';
  row.dataset['sequence'] = String(sequence);
  write(part(row, 'value', HTMLElement), reading.value);
  const chip = part(row, 'state', HTMLElement);
  chip.dataset['is'] = state;
  write(chip, WORDS[state]);
  const account = accountId === undefined ? '' : `, account ${accountId}`;
  write(part(row, 'whose', HTMLElement), holder === '' ? 'Outside the round' : `${holder}${account}`);
  const corrects = reading.corrects === undefined ? '' : `, corrects no. ${reading.corrects.sequence}`;
  const when = `Meter ${reading.meterId}, ${timeText(reading.readAt, Date.now())}, no. ${sequence}${corrects}`;
  write(part(row, 'when', HTMLElement), when);
  const replaced = replacedBy === undefined ? '' : `Replaced by no. ${replacedBy}.`;
  write(part(row, 'because', HTMLElement), [because, replaced].filter(Boolean).join(' '));
  const correct = part(row, 'correct', HTMLAnchorElement);
  correct.hidden = replacedBy !== undefined;
  correct.href = addressOf('correct', String(sequence));
  correct.setAttribute('aria-label', `Correct no. ${sequence}`);
  offerPhoto(row, reading.photoSha256);
  return row;
}

/**
 * @param {HTMLElement} row
 * @param {string | undefined} photoSha256
 */
function offerPhoto(row, photoSha256) {
  const button = part(row, 'look', HTMLButtonElement);
  const shown = part(row, 'photo', HTMLImageElement);
  button.hidden = photoSha256 === undefined;
  if (photoSha256 === undefined) return;
  button.addEventListener('click', () => {
    void photoOf(photoSha256).then((photo) => {
      if (photo === undefined) return;
      shown.addEventListener('load', () => URL.revokeObjectURL(shown.src), { once: true });
      shown.src = URL.createObjectURL(photo);
      shown.hidden = false;
      button.hidden = true;
    }, complain);
  });
}
