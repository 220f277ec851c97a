/** Where the money lies, and whose it is: now, or as it was at an instant. */
import { element, make, write } from '../elements.js';
import { amountText } from '../wording.js';
import { negated, WHOSE } from './words.js';

/**
 * @import { Balances } from './contract.ts'
 * @import { Desk } from './office.js'
 */

/** @param {Desk} desk */
export function createBalances(desk) {
  const at = element('balances-at', HTMLInputElement);
  const now = element('balances-now', HTMLButtonElement);
  const problem = element('balances-problem', HTMLElement);
  let asked = 0;

  async function read() {
    const instant = at.value === '' ? '' : new Date(at.value).toISOString();
    const question = (asked += 1);
    const balances = await desk.office.balances(instant);
    // Another instant was asked for meanwhile.
    if (question !== asked) return;
    write(problem, '');
    draw(balances);
  }

  at.addEventListener('change', () => {
    now.hidden = at.value === '';
    read().catch((error) => write(problem, error.message));
  });
  now.addEventListener('click', () => {
    at.value = '';
    now.hidden = true;
    at.focus();
    desk.changed();
  });

  return { refresh: async () => (at.value === '' ? read() : undefined) };
}

/** @param {Balances} balances */
function draw({ data }) {
  const currencies = [...new Set(data.map(({ amount }) => amount.currency))];
  element('balances', HTMLElement).replaceChildren(...currencies.map((currency) => tableOf(data, currency)));
  element('balances-empty', HTMLElement).hidden = currencies.length > 0;
}

/**
 * @param {Balances['data']} data
 * @param {string} currency
 */
function tableOf(data, currency) {
  const own = data.filter(({ amount }) => amount.currency === currency);
  const table = document.createElement('table');
  table.append(make('caption', '', currency));
  const body = document.createElement('tbody');
  const lies = own.find(({ account }) => account === 'provider');
  if (lies !== undefined) body.append(rowOf('At the provider', 'for this merchant', lies.amount, 'provider'));
  for (const [account, name, meaning] of WHOSE) {
    const found = own.find((each) => each.account === account);
    if (found !== undefined) body.append(rowOf(name, meaning, negated(found.amount), account));
  }
  table.append(body);
  return table;
}

/**
 * @param {string} name
 * @param {string} meaning
 * @param {import('../contract.ts').Amount} amount
 * @param {string} account
 */
function rowOf(name, meaning, amount, account) {
  const row = document.createElement('tr');
  row.dataset['account'] = account;
  if (/^[0.]*$/.test(amount.value)) row.dataset['is'] = 'zero';
  const head = /** @type {HTMLTableCellElement} */ (make('th', '', name));
  head.scope = 'row';
  head.append(make('small', '', meaning));
  const cell = make('td', '', amount.value.replace(/^-/, '−'));
  cell.title = amountText(amount);
  row.append(head, cell);
  return row;
}
