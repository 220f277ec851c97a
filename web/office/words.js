/**
 * Kinds, decisions, accounts and times in plain words. Amounts stay decimal strings: nothing here calculates with them.
 */
import { amountText } from '../wording.js';

/**
 * @import { Amount } from '../contract.ts'
 * @import { BillDecisionName, DecisionName, ExceptionDetail } from './contract.ts'
 */

/** @type {Readonly<Record<ExceptionDetail['kind'], string>>} */
const KINDS = {
  late: 'Paid too late',
  second: 'Paid twice',
  partial: 'Paid too little',
  over: 'Paid too much',
  'wrong-currency': 'Paid in another currency',
  'unknown-request': 'Money for a bill nobody knows',
  'return-failed': 'Money that could not go back',
  drift: 'Changed at the bank by somebody else',
  stranger: 'A bill on the code that is not ours',
  'cancelled-outside': 'Cancelled at the bank, and not by us',
  'return-unknown': 'Nobody knows whether money went back',
  'unseen-payment': 'A payment that the bank does not show',
  'missing-at-provider': 'Booked here, missing at the bank',
  'differs-at-provider': 'Booked here, different at the bank',
  'held-bill': 'A bill that is held',
};

/** @param {ExceptionDetail['kind']} kind */
export function kindText(kind) {
  // A page that is older than the API has no words for what is new there.
  return KINDS[kind] ?? kind.replaceAll('-', ' ');
}

/** @type {Readonly<Record<DecisionName, string>>} */
const DECISIONS = {
  acceptAsIs: 'Accept as it is',
  returnMoney: 'Give it back',
  keepAsCredit: 'Keep it as credit',
  applyTo: 'Pay another bill with it',
  writeOff: 'Write it off',
};

/** As the page for bills calls them. @type {Readonly<Record<BillDecisionName, string>>} */
const BILL_DECISIONS = {
  approve: 'Approve',
  correct: 'Correct the reading',
  reread: 'Have it read again',
};

/** @param {DecisionName} decision */
export function decisionText(decision) {
  return DECISIONS[decision];
}

/**
 * Held bills are decided on their own page.
 * @param {ExceptionDetail} exception
 */
export function moneyDecisionsOf({ may }) {
  return may.filter(isAboutMoney);
}

/**
 * @param {string} name
 * @returns {name is DecisionName}
 */
function isAboutMoney(name) {
  return Object.hasOwn(DECISIONS, name);
}

/**
 * What a decision will do to the money.
 * @param {DecisionName} decision
 * @param {ExceptionDetail} exception
 */
export function effectText(decision, { kind, left }) {
  if (left === null) {
    return decision === 'acceptAsIs' ? 'It stays as it is. No money moves.' : 'It is not followed up. No money moves.';
  }
  const money = amountText(left);
  switch (decision) {
    case 'acceptAsIs':
      return acceptedText(kind, money);
    case 'returnMoney':
      return `${money}, or a part of it, goes back to the payer.`;
    case 'keepAsCredit':
      return `${money} is kept for the customer, against later bills.`;
    case 'applyTo':
      return `${money} pays another bill, as far as it goes. What is more than that bill lacks stays here.`;
    case 'writeOff':
      return kind === 'partial'
        ? `${money} counts as paid, what is lacking is forgiven, and the bill is paid.`
        : `${money} belongs to nobody any more: it is kept, and counts for no bill.`;
  }
}

/**
 * @param {string} kind
 * @param {string} money
 */
function acceptedText(kind, money) {
  if (kind === 'partial') return `${money} counts as paid for this bill. What is lacking stays unpaid.`;
  if (kind === 'over') return `${money} counts as paid for this bill, above what it asked for.`;
  if (kind === 'unknown-request') return `${money} counts as collected, for no bill.`;
  return `${money} counts as paid for this bill.`;
}

/** @param {NonNullable<ExceptionDetail['resolution']>} resolution */
export function resolutionText({ decision, by, reason }) {
  /** @type {Readonly<Record<string, string>>} */
  const words = { ...DECISIONS, ...BILL_DECISIONS };
  const what = Object.hasOwn(words, decision) ? words[decision] : decision;
  return `${what}. Decided by ${by}, because: ${reason}`;
}

/**
 * Each account of the ledger: its name, what it means, and whether it is where the money lies (as it stands in the
 * ledger) or whose it is (the other way round, so that what is whose adds up to what lies there).
 * @type {readonly (readonly [account: string, name: string, meaning: string])[]}
 */
export const WHOSE = [
  ['collected', 'Collected', 'what bills asked for'],
  ['interest', 'Interest', 'for paying late'],
  ['penalty', 'Penalties', 'for paying late'],
  ['discount', 'Discounts', 'given away on bills'],
  ['reduction', 'Reductions', 'taken off bills'],
  ['unapplied', 'Nobody’s yet', 'held by open exceptions'],
  ['credit', 'Kept as credit', 'for customers, against later bills'],
  ['returning', 'On its way back', 'to payers, still at the provider'],
  ['refunded', 'Given back', 'after it had been collected'],
  ['written-off', 'Written off', 'unclaimed money, less what was forgiven'],
];

/**
 * "-3.00" for "3.00", and the other way round.
 * @param {Amount} amount
 * @returns {Amount}
 */
export function negated({ currency, value }) {
  const digits = value.replace(/^-/, '');
  const turned = value.startsWith('-') || /^[0.]*$/.test(digits) ? digits : `-${digits}`;
  return { currency, value: turned };
}

/** @param {string} at */
export function dayAndTime(at) {
  return new Date(at).toLocaleString('en-GB', { day: 'numeric', month: 'short', hour: '2-digit', minute: '2-digit' });
}

/** Of entries that follow each other within a minute. @param {string} at */
export function dayAndSecond(at) {
  return `${dayAndTime(at)}:${String(new Date(at).getSeconds()).padStart(2, '0')}`;
}

/** @type {readonly (readonly [unit: string, ms: number])[]} */
const UNITS = [
  ['d', 86_400_000],
  ['h', 3_600_000],
  ['min', 60_000],
];

/**
 * "in 23 h", "2 d ago".
 * @param {string} at
 * @param {number} now
 */
export function relativeText(at, now) {
  const ms = Date.parse(at) - now;
  const size = Math.abs(ms);
  const [unit, unitMs] = UNITS.find(([, each]) => size >= each) ?? [];
  if (unit === undefined || unitMs === undefined) return ms < 0 ? 'just now' : 'in less than a minute';
  const text = `${Math.floor(size / unitMs)} ${unit}`;
  return ms < 0 ? `${text} ago` : `in ${text}`;
}

/** @param {string} id The first and last characters tell two apart. */
export function shortened(id) {
  return id.length <= 16 ? id : `${id.slice(0, 8)}…${id.slice(-4)}`;
}

/**
 * What a datetime-local input takes and gives is in the time of this machine.
 * @param {string} at
 */
export function localInput(at) {
  const date = new Date(at);
  return new Date(date.getTime() - date.getTimezoneOffset() * 60_000).toISOString().slice(0, 19);
}
