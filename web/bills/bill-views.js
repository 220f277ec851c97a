/** Bills: found by account or by what became of them, and one of them in full. */
import { Refusal } from '../api-call.js';
import { element, make, write } from '../elements.js';
import { billSheet } from './bill-sheet.js';
import { readPages } from './pages.js';
import { rowOf } from './problem-box.js';
import { redraw } from './redraw.js';
import { billStateText, momentText, totalText, usageText } from './words.js';

/**
 * @import { Desk } from './bills.js'
 * @import { Bill } from './contract.ts'
 */

/** @param {Desk} desk */
export function createBillViews(desk) {
  const list = createList(desk);
  const missing = element('bill-missing', HTMLElement);
  const sheet = element('bill-shown', HTMLElement);

  /** @param {string} id */
  async function show(id) {
    try {
      redraw(
        sheet,
        [await desk.bills.bill(id)],
        (bill) => bill.id,
        (bill) => billSheet(desk, bill),
      );
      write(missing, '');
    } catch (error) {
      if (!(error instanceof Refusal) || error.status !== 404) throw error;
      redraw(sheet, [], String, () => sheet);
      write(missing, 'There is no bill of this number.');
    }
  }

  return {
    /** @param {string} id Empty: the list. */
    async refresh(id) {
      element('bills-list', HTMLElement).hidden = id !== '';
      element('bill-back', HTMLElement).hidden = id === '';
      sheet.hidden = id === '';
      if (id !== '') await show(id);
      else {
        write(missing, '');
        await list.refresh();
      }
      return false;
    },
  };
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
      const none =
        wanted.accountId === '' ? 'There is no such bill yet.' : `Account ${wanted.accountId} has no such bill.`;
      write(element('bills-empty', HTMLElement), found.length === 0 ? none : '');
      element('bills-more', HTMLElement).hidden = !more;
    },
  };
}

/** @param {Bill} bill */
function drawRow(bill) {
  const { id, accountId, number, upTo, total, status, request } = bill;
  const link = /** @type {HTMLAnchorElement} */ (make('a', '', `${accountId}, bill ${number}`));
  link.href = `#bills/${encodeURIComponent(id)}`;
  const state = make('span', 'pill', billStateText(bill));
  state.dataset['is'] = status === 'billed' ? (request ?? 'billed') : status;
  return rowOf([
    ['Account and bill', link],
    ['Up to', momentText(upTo)],
    ['Used', usageText(bill)],
    ['Total', totalText(total)],
    ['Status', state],
  ]);
}
