/**
 * A bill as its payer would read it: what was used, each line with how it was worked out, the total, and when it is
 * due.
 */
import { copyOf, make, part, write } from '../elements.js';
import { amountText } from '../wording.js';
import {
  billState,
  billStateText,
  dayText,
  heldAddress,
  heldText,
  isToBeDecided,
  momentText,
  totalText,
  usageText,
} from './words.js';

/**
 * @import { Desk } from './bills.js'
 * @import { Bill } from './contract.ts'
 */

/**
 * @param {Desk} desk
 * @param {Bill} bill
 */
export function billSheet(desk, bill) {
  const root = copyOf('bill-sheet');
  write(part(root, 'account', HTMLElement), `Account ${bill.accountId}`);
  write(part(root, 'number', HTMLElement), `Bill ${bill.number}`);
  const state = part(root, 'state', HTMLElement);
  state.dataset['is'] = billState(bill);
  write(state, billStateText(bill));
  write(part(root, 'because', HTMLElement), heldText(bill));
  part(root, 'facts', HTMLElement).replaceChildren(
    ...factsOf(bill).flatMap(([name, text]) => [make('dt', '', name), make('dd', '', text)]),
  );
  part(root, 'lines', HTMLElement).replaceChildren(linesTable(bill));
  const decide = part(root, 'decide', HTMLAnchorElement);
  decide.hidden = !isToBeDecided(bill);
  decide.href = heldAddress(bill.exceptionId);
  const history = part(root, 'history', HTMLAnchorElement);
  const address = desk.historyAddress(bill.paymentLinkId);
  history.hidden = address === undefined;
  history.href = address ?? '';
  return root;
}

/**
 * @param {Bill} bill
 * @returns {readonly (readonly [name: string, text: string])[]}
 */
function factsOf(bill) {
  const { tariff, dueDate, request, revision } = bill;
  return [
    ['Used', usageText(bill)],
    ['From', bill.from === null ? 'when the meter was installed' : momentText(bill.from)],
    ['Up to', momentText(bill.upTo)],
    ['Tariff', tariff === null ? '–' : `${tariff.id}, version ${tariff.version}`],
    ['Due', dueDate === null ? '–' : dayText(dueDate)],
    ['Request', request === null ? 'none on the code' : request],
    ...(revision === 0 ? [] : [/** @type {const} */ (['Changed', revision === 1 ? 'once' : `${revision} times`])]),
  ];
}

/** @param {Bill} bill */
export function linesTable(bill) {
  const { lines } = bill;
  const table = make('table', 'lines', '');
  const body = make('tbody', '', '');
  for (const { kind, text, amount } of lines) {
    const row = make('tr', '', '');
    row.dataset['kind'] = kind;
    row.append(make('td', '', text), make('td', 'amount', amountText(amount)));
    body.append(row);
  }
  const foot = make('tfoot', '', '');
  const last = make('tr', '', '');
  const name = make('th', '', 'Total');
  name.setAttribute('scope', 'row');
  last.append(name, make('td', 'amount', totalText(bill)));
  foot.append(last);
  table.append(body, foot);
  return table;
}
