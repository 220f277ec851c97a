/** What may be decided, each choice with what it does to the money, and what more a choice has to know. */
import { copyOf, part, write } from '../elements.js';
import { amountText, decimalText } from '../wording.js';
import { createBillFinder } from './bill-finder.js';
import { decisionText, effectText, moneyDecisionsOf } from './words.js';

/**
 * @import { Bill, Decision, DecisionName, ExceptionDetail } from './contract.ts'
 * @import { Desk } from './office.js'
 */

/**
 * @param {Desk} desk
 * @param {HTMLFormElement} root
 */
export function createDecisionChoices(desk, root) {
  const choices = part(root, 'choices', HTMLElement);
  const amount = part(root, 'amount', HTMLInputElement);
  const typed = () => decimalText(amount.value);
  /** @type {ExceptionDetail | undefined} */
  let shown;
  /** @type {Bill | undefined} */
  let bill;
  let offered = '';
  const finder = createBillFinder({
    office: desk.office,
    wants: ({ status }) => (status === 'paid' ? 'nothing is lacking' : undefined),
    onPick: (picked) => {
      bill = picked;
      showChosen();
    },
  });
  part(root, 'applyTo', HTMLElement).append(finder.root);
  root.addEventListener('input', showChosen);

  function chosen() {
    const radio = choices.querySelector('input:checked');
    return radio instanceof HTMLInputElement ? /** @type {DecisionName} */ (radio.value) : undefined;
  }

  /** The button says what it does. */
  function showChosen() {
    const decision = chosen();
    part(root, 'applyTo', HTMLElement).hidden = decision !== 'applyTo';
    part(root, 'amount-field', HTMLElement).hidden = decision !== 'returnMoney';
    part(root, 'act', HTMLButtonElement).textContent = decision === undefined ? 'Decide' : actText(decision);
  }

  /** @param {DecisionName} decision */
  function actText(decision) {
    const left = shown?.left ?? undefined;
    if (decision === 'applyTo' && bill !== undefined) return `Pay ${bill.reference} with it`;
    if (decision !== 'returnMoney' || left === undefined) return decisionText(decision);
    return `Give back ${amountText(typed() === '' ? left : { ...left, value: typed() })}`;
  }

  return {
    /** @param {ExceptionDetail} exception */
    show(exception) {
      shown = exception;
      const name = `decision-${exception.id}`;
      // Rebuilt only when others may be decided: somebody may have chosen already.
      const may = moneyDecisionsOf(exception);
      if (offered !== may.join()) choices.replaceChildren(...may.map((each) => choiceOf(each, name)));
      offered = may.join();
      for (const choice of choices.querySelectorAll('label')) {
        const decision = /** @type {DecisionName} */ (choice.dataset['decision']);
        write(part(choice, 'effect', HTMLElement), effectText(decision, exception));
      }
      showChosen();
    },
    /** The decision and what belongs to it; or what is still missing, as a sentence. */
    read() {
      const decision = chosen();
      if (decision === undefined) return 'Choose what becomes of it.';
      if (decision === 'applyTo' && bill === undefined) return 'Find the bill that gets the money, and pick it.';
      const { left = null } = shown ?? {};
      /** @type {Pick<Decision, 'decision' | 'paymentRequestId' | 'amount'>} */
      const read = { decision };
      if (decision === 'applyTo' && bill !== undefined) return { ...read, paymentRequestId: bill.id };
      if (decision !== 'returnMoney' || typed() === '' || left === null) return read;
      return { ...read, amount: { currency: left.currency, value: typed() } };
    },
  };
}

/**
 * @param {DecisionName} decision
 * @param {string} name
 */
function choiceOf(decision, name) {
  const choice = copyOf('choice');
  const radio = part(choice, 'radio', HTMLInputElement);
  radio.name = name;
  radio.value = decision;
  choice.dataset['decision'] = decision;
  write(part(choice, 'name', HTMLElement), decisionText(decision));
  return choice;
}
