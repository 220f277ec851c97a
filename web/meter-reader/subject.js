/** Whose meter a reading is of, as far as the phone knows. */

import { timeText } from '../wording.js';
import { readingOf } from './readings.js';
import { accountOf, meterInRound, readingsOfRound } from './round.js';

/** @import { ServiceAccount, KeptReading, MeterFace } from './contract.ts' */

/**
 * What is read. Without a meter its number is typed; without a face nobody here knows its digits.
 * @typedef {object} Subject
 * @property {string} holder
 * @property {ServiceAccount} [account]
 * @property {string} [meterId]
 * @property {MeterFace} [face]
 * @property {KeptReading} [replaces]
 * @property {string} [note]
 */

/**
 * @param {string} id
 * @param {string | undefined} meterId None: the first that has not been read on this round.
 * @returns {Promise<Subject>}
 */
export async function subjectOfAccount(id, meterId) {
  const account = await accountOf(id);
  if (account === undefined) {
    return { holder: '', note: `Account ${id} is no longer in the round on this phone. Type the number of the meter.` };
  }
  const read = await metersRead();
  const { meters, holder } = account;
  const wanted = meters.find((meter) => (meterId === undefined ? !read.has(meter.id) : meter.id === meterId));
  const face = wanted ?? meters[0];
  return { account, holder, ...(face && { face, meterId: face.id }) };
}

/**
 * @param {number} sequence
 * @returns {Promise<Subject>}
 */
export async function subjectOfCorrection(sequence) {
  const replaces = await readingOf(sequence);
  if (replaces === undefined) throw new Error(`This phone has no reading ${sequence}.`);
  const account = replaces.accountId === undefined ? undefined : await accountOf(replaces.accountId);
  const { meterId, holder, reading } = replaces;
  const face = (await meterInRound(meterId))?.meter;
  const note = `In the place of ${reading.value}, read ${timeText(reading.readAt, Date.now())}.`;
  return { replaces, holder, meterId, note, ...(account && { account }), ...(face && { face }) };
}

/**
 * The number that was typed may be of a meter that the round knows after all.
 * @param {string} meterId
 * @returns {Promise<Subject>}
 */
export async function subjectOfMeter(meterId) {
  const known = await meterInRound(meterId);
  return { meterId, holder: known?.account.holder ?? '', ...(known && { account: known.account, face: known.meter }) };
}

export async function metersRead() {
  return new Set((await readingsOfRound()).map((kept) => kept.meterId));
}
