/** Money of a paid bill goes back: all of it or a part, and how each return stands. */
import { element, make, write } from '../elements.js';
import { amountText, decimalText, sentence } from '../wording.js';
import { createBillFinder } from './bill-finder.js';
import { createCommand } from './command.js';
import { dayAndTime, shortened } from './words.js';

/**
 * @import { Bill, MoneyReturn, Payment } from './contract.ts'
 * @import { Desk } from './office.js'
 */

/** @type {Readonly<Record<MoneyReturn['status'], string>>} */
const STATUS = {
  sending: 'is being sent to the bank',
  pending: 'is on its way',
  completed: 'has arrived',
  failed: 'did not arrive: an exception owns it',
};

/** @param {Desk} desk */
export function createGiveBack(desk) {
  const amount = element('give-back-amount', HTMLInputElement);
  const reason = element('give-back-reason', HTMLInputElement);
  const which = element('which-payment', HTMLSelectElement);
  const command = createCommand({
    button: element('give-back-send', HTMLButtonElement),
    problem: element('give-back-problem', HTMLElement),
  });
  /** @type {Bill | undefined} */
  let bill;
  const finder = createBillFinder({
    office: desk.office,
    wants: ({ settlement }) => (settlement === null ? 'no money has arrived for it' : undefined),
    onPick: (picked) => {
      amount.value = '';
      write(element('give-back-problem', HTMLElement), '');
      offerPayments(picked);
      show(picked);
    },
  });
  element('paid-bills', HTMLElement).append(finder.root);

  /** @param {Bill} picked */
  function offerPayments({ settlement }) {
    const payments = settlement?.payments ?? [];
    which.replaceChildren(...payments.map((payment) => new Option(paymentText(payment), payment.endToEndId)));
    element('which-payment-field', HTMLElement).hidden = payments.length < 2;
  }

  /** @param {Bill} shown */
  function show(shown) {
    bill = shown;
    const { settlement, returns } = shown;
    element('paid-bill', HTMLElement).hidden = false;
    write(element('paid-bill-name', HTMLElement), `${shown.reference}: ${amountText(shown.amount)}`);
    const arrived = settlement === null ? '' : `, ${amountText(settlement.amount)} arrived`;
    write(element('paid-bill-facts', HTMLElement), sentence(`${shown.status}${arrived}`));
    element('returns', HTMLElement).replaceChildren(...returns.map(rowOf));
    element('returns-empty', HTMLElement).hidden = returns.length > 0;
  }

  element('give-back-form', HTMLFormElement).addEventListener('submit', (event) => {
    event.preventDefault();
    const from = bill;
    if (from === undefined) return;
    void command.send(async (key) => {
      await desk.office.giveBack(from.id, orderFor(from), key);
      amount.value = '';
      reason.value = '';
      desk.changed();
    });
  });

  return {
    async refresh() {
      const asked = bill?.id;
      if (asked === undefined) return;
      const read = await desk.office.bill(asked);
      if (bill?.id === asked) show(read);
    },
  };
}

/**
 * As the form has it.
 * @param {Bill} bill
 */
function orderFor({ amount, settlement }) {
  const wanted = decimalText(element('give-back-amount', HTMLInputElement).value);
  const { value: endToEndId, options } = element('which-payment', HTMLSelectElement);
  const payment = settlement?.payments.find((each) => each.endToEndId === endToEndId);
  const { currency } = payment?.amount ?? amount;
  return {
    reason: element('give-back-reason', HTMLInputElement).value.trim(),
    ...(wanted === '' ? {} : { amount: { currency, value: wanted } }),
    // Of one payment the API knows which it is.
    ...(options.length < 2 ? {} : { endToEndId }),
  };
}

/** @param {Payment} payment */
function paymentText({ amount, outcome, bookedAt, endToEndId }) {
  return `${amountText(amount)} (${outcome}), ${dayAndTime(bookedAt)}, ${shortened(endToEndId)}`;
}

/** @param {MoneyReturn} one */
function rowOf({ status, amount, reason, origin, createdAt, completedAt, because }) {
  const row = document.createElement('li');
  row.dataset['is'] = status;
  const state = status in STATUS ? STATUS[status] : status;
  row.append(make('strong', '', amountText(amount)), make('span', '', ` ${state}`));
  const why = typeof because === 'string' ? `${because} · ` : '';
  row.append(make('p', 'by', `${why}${reason} · ${origin} · ${dayAndTime(completedAt ?? createdAt)}`));
  return row;
}
