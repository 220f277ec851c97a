/** The readings of an upload as a table: each with what became of it, and the amount of its bill. */
import { element, make } from '../elements.js';
import { sentence } from '../wording.js';
import { rowOf } from './problem-box.js';
import { redraw } from './redraw.js';
import { heldAddress, heldText, outcomeText, resultText, totalText } from './words.js';

/**
 * @import { Desk } from './bills.js'
 * @import { Bill, ReadingOutcome, ReadingRow } from './contract.ts'
 */

const ROWS_AT_ONCE = 100;
/** So many bills are read in one turn; the others have theirs the next time. */
const BILLS_AT_ONCE = 20;

/** @type {Readonly<Record<ReadingOutcome, string>>} */
const USUAL = {
  waiting: 'Not worked out yet.',
  billed: '',
  held: 'A person has to look at its bill.',
  replaced: 'A later reading took its place.',
  conflict: 'Another reading claims the same number: neither is used.',
  refused: 'It cannot be used.',
};

/** @param {Desk} desk */
export function createOutcomeTable(desk) {
  const bills = createBillWords(desk);
  const more = element('outcome-more', HTMLButtonElement);
  let most = ROWS_AT_ONCE;
  more.addEventListener('click', () => {
    most += ROWS_AT_ONCE;
    desk.changed();
  });

  return {
    /** From the first row again. */
    begin() {
      most = ROWS_AT_ONCE;
    },
    /**
     * @param {readonly ReadingRow[]} wanted
     * @param {readonly ReadingRow[]} all
     */
    async draw(wanted, all) {
      const shown = wanted.slice(0, most);
      const root = element('outcome-rows', HTMLElement);
      const drawNow = () => {
        const rows = shown.map((row) => ({ row, told: bills.of(row) }));
        redraw(root, rows, ({ row }) => String(row.line), drawRow);
      };
      drawNow();
      element('outcome-table', HTMLElement).hidden = shown.length === 0;
      element('outcome-empty', HTMLElement).hidden = shown.length > 0;
      more.hidden = wanted.length <= most;
      await bills.read(shown, all);
      drawNow();
    },
  };
}

/**
 * What bills come to, or why they are held. A reading that is rated later may change a bill: then all are read again.
 * @param {Desk} desk
 */
function createBillWords(desk) {
  /** @type {Map<string, Bill>} */
  const known = new Map();
  let seen = '';

  return {
    /** @param {ReadingRow} row */
    of(row) {
      const bill = known.get(billOf(row) ?? '');
      if (bill === undefined) return '';
      return row.outcome === 'held' ? heldText(bill) : totalText(bill);
    },
    /**
     * @param {readonly ReadingRow[]} shown
     * @param {readonly ReadingRow[]} all
     */
    async read(shown, all) {
      const now = all.map(({ outcome }) => outcome).join();
      const stale = now !== seen;
      seen = now;
      const ids = shown.map(billOf).filter((id) => id !== undefined);
      const wanted = [...new Set(ids)].filter((id) => stale || !known.has(id));
      if (stale) for (const id of wanted.slice(BILLS_AT_ONCE)) known.delete(id);
      for (const id of wanted.slice(0, BILLS_AT_ONCE)) known.set(id, await desk.bills.bill(id));
    },
  };
}

/** The bill that a reading ended in, or is held with. @param {ReadingRow} row */
function billOf({ outcome, billId }) {
  return (outcome === 'billed' || outcome === 'held') && typeof billId === 'string' ? billId : undefined;
}

/** @param {{ row: ReadingRow, told: string }} item */
function drawRow({ row, told }) {
  const { line, deviceId, sequence, meterId, accountId, result, outcome } = row;
  const state = make('span', 'pill', outcomeText(outcome));
  state.dataset['is'] = outcome;
  const drawn = rowOf([
    ['Line', String(line)],
    ['Device', deviceId === null ? '' : `${deviceId}${sequence === null ? '' : `, ${sequence}`}`],
    ['Meter', meterId ?? ''],
    ['Account', accountId ?? ''],
    ['Arrived', resultText(result)],
    ['Outcome', state],
    ['Details', becameOf(row, told)],
  ]);
  drawn.dataset['outcome'] = outcome;
  return drawn;
}

/**
 * @param {ReadingRow} row
 * @param {string} ofBill
 */
function becameOf({ outcome, because, billId, exceptionId, errors }, ofBill) {
  const cell = make('span', '', '');
  if (outcome === 'billed' && typeof billId === 'string') {
    cell.append(linkTo(`#bills/${encodeURIComponent(billId)}`, ofBill === '' ? 'Its bill' : ofBill));
  }
  for (const { column = '', detail = '' } of errors ?? []) {
    const told = make('span', 'told', '');
    if (column !== '') told.append(make('code', '', column), ': ');
    told.append(column === '' ? sentence(detail) : `${detail}.`.replace(/\.\.$/, '.'));
    cell.append(told);
  }
  if ((errors ?? []).length === 0) {
    const usual = (outcome === 'held' && ofBill) || USUAL[outcome];
    const words = typeof because === 'string' ? sentence(because) : usual;
    if (words !== '') cell.append(make('span', '', words));
  }
  if (outcome === 'held') cell.append(' ', linkTo(heldAddress(exceptionId), 'Decide'));
  return cell;
}

/**
 * @param {string} address
 * @param {string} text
 */
function linkTo(address, text) {
  const link = /** @type {HTMLAnchorElement} */ (make('a', '', text));
  link.href = address;
  return link;
}
