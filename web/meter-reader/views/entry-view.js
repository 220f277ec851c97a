/**
 * Types the reading of a meter and keeps it: of an account of the round, of a meter outside it, or in the place of a
 * wrong one.
 */

import { element, write } from '../../elements.js';
import { sentence } from '../../wording.js';
import { addressOf, complain, toast } from '../desk.js';
import { isSure, showHolder, showLast, showSubject } from './entry-screen.js';
import { createPhotoField } from './photo-field.js';
import { keepReading, lastOf } from '../readings.js';
import { createRegister, isLower } from '../register.js';
import { metersRead, subjectOfAccount, subjectOfCorrection, subjectOfMeter } from '../subject.js';

/** @import { ServiceAccount } from '../contract.ts' */
/** @import { Desk, View } from '../desk.js' */
/** @import { Subject } from '../subject.js' */

const METER_ID = /^[A-Za-z0-9][A-Za-z0-9._-]{0,39}$/;
const OUTSIDE =
  'It is not in the round on this phone. Type the number of the meter, and the reading is kept all the same.';

/**
 * @param {Pick<Desk, 'sending'>} desk
 * @returns {{ readonly ofAccount: View, readonly outsideTheRound: View, readonly ofCorrection: View }}
 */
export function createEntryViews({ sending }) {
  const register = createRegister();
  const photo = createPhotoField();
  const meterId = element('meter-id', HTMLInputElement);
  /** @type {Subject} */
  let subject = { holder: '' };
  let label = '';

  /** @param {Subject} opened */
  async function open(opened) {
    subject = opened;
    label = opened.holder;
    write(element('entry-problem', HTMLElement), '');
    photo.clear();
    meterId.value = '';
    showSubject(subject);
    register.show(subject.face, 'empty');
    if (subject.meterId === undefined) meterId.focus();
    else register.focus();
    await showLast(subject);
  }

  async function learnMeter() {
    const typed = meterId.value.trim();
    const learnt = await subjectOfMeter(typed);
    if (meterId.value.trim() !== typed || !METER_ID.test(typed)) return;
    subject = learnt.account === undefined ? { ...learnt, holder: label } : learnt;
    showHolder(subject);
    register.show(subject.face, 'as typed');
    await showLast(subject);
  }

  async function keep() {
    if (subject.meterId !== meterId.value.trim() && !element('meter-id-field', HTMLElement).hidden) await learnMeter();
    const here = location.hash;
    const kept = await keepTyped(subject, register, photo);
    if (kept === undefined) return;
    navigator.vibrate?.(30);
    toast(`Kept: ${kept.value} of meter ${kept.meterId}`);
    sending.now();
    const on = await addressAfter(subject.account, kept.meterId);
    // Whoever has gone elsewhere meanwhile is not fetched back.
    if (location.hash === here) location.hash = on;
  }

  meterId.addEventListener('change', () => void learnMeter().catch(complain));
  whenKept(keep);

  return {
    ofAccount: { open: async ([id = '', meter]) => open(await subjectOfAccount(id, meter)) },
    outsideTheRound: {
      open: async ([code = '']) => open({ holder: code === '' ? '' : `Code ${code}`, note: OUTSIDE }),
    },
    ofCorrection: { open: async ([sequence = '']) => open(await subjectOfCorrection(Number(sequence))) },
  };
}

/**
 * A second touch while the first one is being written must not be a second reading.
 * @param {() => Promise<void>} keep
 */
function whenKept(keep) {
  const problem = element('entry-problem', HTMLElement);
  const button = element('keep', HTMLButtonElement);
  element('register', HTMLInputElement).addEventListener('input', () => write(problem, ''));
  element('entry-form', HTMLFormElement).addEventListener('submit', (event) => {
    event.preventDefault();
    if (button.disabled) return;
    button.disabled = true;
    write(problem, '');
    void keep()
      .catch((error) => write(problem, `It is not kept. ${sentence(/** @type {Error} */ (error).message)}`))
      .finally(() => {
        button.disabled = false;
      });
  });
}

/**
 * @param {Subject} subject
 * @param {ReturnType<typeof createRegister>} register
 * @param {ReturnType<typeof createPhotoField>} photo
 * @returns {Promise<{ meterId: string, value: string } | undefined>} Undefined: the page says what is missing.
 */
async function keepTyped({ account, holder, meterId, replaces }, register, photo) {
  const problem = element('entry-problem', HTMLElement);
  if (meterId === undefined) {
    write(problem, 'Type the number that stands on the meter: letters, digits, points and hyphens.');
    return undefined;
  }
  const read = register.read();
  if (!read.ok) {
    write(problem, read.words);
    return undefined;
  }
  const { value } = read;
  const last = await lastOf(meterId, replaces?.sequence);
  if (last !== undefined && isLower(value, last.reading.value) && !(await isSure(value, last))) {
    register.clear();
    return undefined;
  }
  const whose = account === undefined ? { holder } : { holder, accountId: account.id };
  const replaced = replaces === undefined ? {} : { replaces: replaces.sequence };
  await keepReading({ meterId, value, ...whose, ...replaced, ...photo.taken() });
  return { meterId, value };
}

/**
 * To the account's next meter; else to the next account.
 * @param {ServiceAccount | undefined} account
 * @param {string} meterId
 */
async function addressAfter(account, meterId) {
  const read = await metersRead();
  const next = account?.meters.find(({ id }) => id !== meterId && !read.has(id));
  return account !== undefined && next !== undefined ? addressOf('account', account.id, next.id) : addressOf('find');
}
