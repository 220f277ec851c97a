/**
 * Counts, times and states of bills in plain words. Amounts and usage stay texts: nothing here calculates with them.
 */
import { amountText, sentence } from '../wording.js';

/**
 * @import { Batch, BatchStatus, Bill, Gap, HeldException } from './contract.ts'
 * @import { ReadingOutcome, ReadingResult, TimeValue } from './contract.ts'
 */

/** "12,400". @param {number} count */
export function countText(count) {
  return count.toLocaleString('en-GB');
}

/**
 * "1 bill", "2,000 bills".
 * @param {number} count
 * @param {string} noun
 */
export function plural(count, noun) {
  return `${countText(count)} ${noun}${count === 1 ? '' : 's'}`;
}

/** @param {number} bytes */
export function sizeText(bytes) {
  if (bytes < 1_000) return `${bytes} bytes`;
  if (bytes < 1_000_000) return `${Math.round(bytes / 1_000)} kB`;
  return `${(bytes / 1_000_000).toFixed(1)} MB`;
}

/** @param {number | null} seconds Null: nobody knows yet. */
export function timeLeftText(seconds) {
  if (seconds === null) return '';
  if (seconds < 45) return 'less than a minute left';
  const minutes = Math.round(seconds / 60);
  if (minutes < 90) return `about ${plural(minutes, 'minute')} left`;
  return `about ${plural(Math.round(minutes / 60), 'hour')} left`;
}

/** @type {Readonly<Record<BatchStatus, string>>} */
const BATCHES = {
  waiting: 'Waiting to begin',
  running: 'Opening codes',
  finished: 'Ready to print',
  failed: 'Stopped',
};

/** @param {BatchStatus} status */
export function batchStatusText(status) {
  return BATCHES[status];
}

/** @param {Batch['layout']} layout */
export function paperText({ kind, level }) {
  return `${kind === 'a4' ? 'A4 bills' : 'stickers'}, level ${level}`;
}

/** @type {Readonly<Record<ReadingResult, string>>} */
const RESULTS = {
  stored: 'stored',
  repeat: 'sent before',
  conflict: 'in conflict',
  refused: 'refused',
};

/** @param {ReadingResult} result */
export function resultText(result) {
  return RESULTS[result];
}

/** @type {Readonly<Record<ReadingOutcome, string>>} */
const OUTCOMES = {
  waiting: 'Waiting',
  billed: 'Billed',
  held: 'Held',
  replaced: 'Replaced',
  conflict: 'In conflict',
  refused: 'Refused',
};

/** @param {ReadingOutcome} outcome */
export function outcomeText(outcome) {
  return OUTCOMES[outcome];
}

/** "Phone 7: 41 to 43 never arrived." @param {Gap} gap */
export function gapText({ deviceId, from, to }) {
  return `${deviceId}: ${from === to ? countText(from) : `${from} to ${to}`} never arrived.`;
}

const MOMENT = /** @type {const} */ ({
  day: 'numeric',
  month: 'short',
  year: 'numeric',
  hour: '2-digit',
  minute: '2-digit',
});

/** With its year: a code is billed for years. @param {TimeValue | null} moment */
export function momentText(moment) {
  if (moment === null) return '–';
  return new Date(typeof moment === 'string' ? moment : moment.at).toLocaleString('en-GB', MOMENT);
}

/** A day of the calendar, as it is written on paper. @param {string} day 2026-12-06 */
export function dayText(day) {
  const options = /** @type {const} */ ({ day: 'numeric', month: 'long', year: 'numeric', timeZone: 'UTC' });
  return new Date(`${day.slice(0, 10)}T00:00:00Z`).toLocaleDateString('en-GB', options);
}

/** Of a bill that is on its code, or was, the state of its request says most. @param {Bill} bill */
export function billState({ status, request }) {
  return status === 'billed' ? (request ?? status) : status;
}

/** @param {Bill} bill */
export function billStateText(bill) {
  return billState(bill).replaceAll('-', ' ');
}

/** The API's names of why a bill is held. @type {Readonly<Record<string, string>>} */
const HELD = {
  zero: 'Nothing was used since the last bill.',
  negative: 'The register went backwards.',
  'above-the-norm': 'Far more was used than usual.',
  'estimated-too-often': 'It was estimated several times in a row: somebody has to read the meter.',
  'no-tariff': 'Its tariff has no version that holds on the day of the reading.',
  'refused-by-provider': 'The provider has refused this very bill.',
  reread: 'The meter is to be read again; the next reading is judged.',
  'impossible-correction': 'A correction cannot be right as it stands.',
  'nothing-read': 'No reading counts any more since the last bill; the next one is judged.',
};
/** A person can decide nothing more about these: they wait for a reading. */
const WAITS_FOR_READING = ['reread', 'nothing-read'];
/** The API approves none of these: another reading, tariff or correction has to come. */
const NEVER_APPROVED = ['negative', 'no-tariff', 'impossible-correction', 'nothing-read'];

/** A reason that has no words here is told as the API tells it. @param {Bill} bill */
export function heldText({ because }) {
  return typeof because === 'string' ? (HELD[because] ?? sentence(because)) : '';
}

/** @param {Bill} bill */
export function isToBeDecided({ status, because }) {
  return status === 'held' && !WAITS_FOR_READING.includes(because ?? '');
}

/** @param {Bill} bill */
export function canBeApproved({ because }) {
  return !NEVER_APPROVED.includes(because ?? '');
}

/** @param {Bill} bill */
export function usageText({ usage, unit, estimated }) {
  return `${usage} ${unit}${estimated ? ', estimated' : ''}`;
}

/** What is held without a line could not be worked out at all. @param {Bill} bill */
export function totalText({ status, lines, total }) {
  return total === null || (status === 'held' && lines.length === 0) ? '–' : amountText(total);
}

/** Where somebody decides about it. @param {string | null | undefined} exceptionId */
export function heldAddress(exceptionId) {
  return typeof exceptionId === 'string' ? `#held/${encodeURIComponent(exceptionId)}` : '#held';
}

/** @param {HeldException} held */
export function isOverdue({ escalated, deadlineAt }) {
  return escalated || (deadlineAt !== null && Date.parse(deadlineAt) < Date.now());
}
