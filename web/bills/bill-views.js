/** Bills: found by account or by what became of them, and one of them in full. */
import { Refusal } from '../api-call.js';
import { element, make, write } from '../elements.js';
import { billSheet } from './bill-sheet.js';
import { readPages } from './pages.js';
import { rowOf } from './problem-box.js';
import { redraw } from './redraw.js';
import { drawUsageBars } from './held/usage-bars.js';
import { billState, billStateText, momentText, totalText, usageText } from './words.js';

/**
 * @import { Desk } from './bills.js'
 * @import { Bill } from './contract.ts'
 */

/** As many as the bars have room for. */
const OTHERS = 7;

/** @param {Desk} desk */
export function createBillViews(desk) {
  const list = createList(desk);
  const missing = element('bill-missing', HTMLElement);
  const page = element('bill-page', HTMLElement);

  /** @param {string} id */
  async function show(id) {
    try {
      const bill = await desk.bills.bill(id);
      redraw(
        element('bill-shown', HTMLElement),
        [bill],
        (its) => its.id,
        (its) => billSheet(desk, its),
      );
      page.hidden = false;
      write(missing, '');
      const { data } = await desk.bills.bills({ accountId: bill.accountId, limit: OTHERS }, '');
      drawOthers(bill, data);
    } catch (error) {
      if (!(error instanceof Refusal) || error.status !== 404) throw error;
      page.hidden = true;
      write(missing, 'There is no bill of this number.');
    }
  }

  return {
    /** @param {string} id Empty: the list. */
    async refresh(id) {
      element('bills-list', HTMLElement).hidden = id !== '';
      element('bill-back', HTMLElement).hidden = id === '';
      if (id !== '') await show(id);
      else {
        page.hidden = true;
        write(missing, '');
        await list.refresh();
      }
      return false;
    },
  };
}

/**
 * @param {Bill} bill
 * @param {readonly Bill[]} found The newest of its account.
 */
function drawOthers(bill, found) {
  const others = found.filter(({ id }) => id !== bill.id);
  element('bill-others-section', HTMLElement).hidden = others.length === 0;
  write(element('bill-others-name', HTMLElement), `Other bills of account ${bill.accountId}`);
  drawUsageBars(element('bill-bars', HTMLElement), bill, found);
  redraw(
    element('bill-others', HTMLElement),
    others,
    ({ id }) => id,
    (other) => {
      const item = make('li', '', '');
      item.append(linkTo(other, `Bill ${other.number}`), pillOf(other), make('p', 'by', factsOf(other)));
      return item;
    },
  );
}

/** @param {Bill} bill */
function factsOf(bill) {
  return `${usageText(bill)}, ${totalText(bill)}, up to ${momentText(bill.upTo)}`;
}

/** @param {Desk} desk */
function createList(desk) {
  const account = element('bills-account', HTMLInputElement);
  const status = element('bills-status', HTMLSelectElement);
  let pages = 1;

  function begin() {
    pages = 1;
    desk.changed();
  }
  element('bills-form', HTMLFormElement).addEventListener('submit', (event) => {
    event.preventDefault();
    begin();
  });
  status.addEventListener('change', begin);
  element('bills-more', HTMLButtonElement).addEventListener('click', () => {
    pages += 1;
    desk.changed();
  });

  return {
    async refresh() {
      const wanted = { accountId: account.value.trim(), status: status.value };
      const { found, more } = await readPages(async (after) => desk.bills.bills(wanted, after), pages);
      redraw(element('bills-rows', HTMLElement), found, ({ id }) => id, drawRow);
      element('bills-table', HTMLElement).hidden = found.length === 0;
      write(element('bills-empty', HTMLElement), found.length === 0 ? noneText(wanted) : '');
      element('bills-more', HTMLElement).hidden = !more;
    },
  };
}

/** @param {{ readonly accountId: string, readonly status: string }} wanted */
function noneText({ accountId, status }) {
  if (accountId !== '') return `Account ${accountId} has no ${status === '' ? 'bill yet' : 'such bill'}.`;
  return status === '' ? 'None yet: the first reading of a meter makes the first bill.' : 'There is no such bill.';
}

/** @param {Bill} bill */
function drawRow(bill) {
  return rowOf([
    ['Bill', linkTo(bill, `${bill.accountId}, bill ${bill.number}`)],
    ['Up to', momentText(bill.upTo)],
    ['Used', usageText(bill)],
    ['Total', totalText(bill)],
    ['Status', pillOf(bill)],
  ]);
}

/**
 * @param {Bill} bill
 * @param {string} text
 */
function linkTo({ id }, text) {
  const link = /** @type {HTMLAnchorElement} */ (make('a', '', text));
  link.href = `#bills/${encodeURIComponent(id)}`;
  return link;
}

/** @param {Bill} bill */
function pillOf(bill) {
  const pill = make('span', 'pill', billStateText(bill));
  pill.dataset['is'] = billState(bill);
  return pill;
}
