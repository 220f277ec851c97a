/** Asks what becomes of a held bill, who says so and why, and sends it once. */
import { copyOf, part, write } from '../../elements.js';
import { createCommand, rememberedOperator, rememberOperator } from '../../office/command.js';
import { decimalText } from '../../wording.js';
import { showProblem } from '../problem-box.js';
import { keepReason, keptReason } from '../session.js';
import { canBeApproved, totalText } from '../words.js';

/**
 * @import { Desk } from '../bills.js'
 * @import { Bill, HeldDecision, HeldDecisionName } from '../contract.ts'
 */

/** @type {readonly HeldDecisionName[]} */
const NAMES = ['approve', 'correct', 'reread'];
/** @type {Readonly<Record<HeldDecisionName, { name: string, act: string, done: string }>>} */
const WORDS = {
  approve: { name: 'Approve', act: 'Approve', done: 'Approved' },
  correct: { name: 'Correct the reading', act: 'Correct the reading', done: 'Corrected' },
  reread: { name: 'Have it read again', act: 'Have it read again', done: 'To be read again' },
};

/**
 * @typedef {object} DecisionParts
 * @property {Desk} desk
 * @property {HTMLFormElement} root
 * @property {string} exceptionId
 * @property {() => Bill | undefined} bill
 * @property {(words: string, isDone: boolean) => void} onDecided
 */

/** @param {DecisionParts} parts */
export function createHeldDecision({ desk, root, exceptionId, bill, onDecided }) {
  const choices = part(root, 'choices', HTMLElement);
  const problem = part(root, 'problem', HTMLElement);
  const operator = part(root, 'operator', HTMLInputElement);
  const reason = part(root, 'reason', HTMLInputElement);
  const value = part(root, 'value', HTMLInputElement);
  const readAt = part(root, 'readAt', HTMLInputElement);
  const act = part(root, 'act', HTMLButtonElement);
  const command = createCommand({ button: act, problem, tell: (error) => showProblem(problem, error) });
  let offered = '';

  function chosen() {
    const radio = choices.querySelector('input:checked');
    return radio instanceof HTMLInputElement ? /** @type {HeldDecisionName} */ (radio.value) : undefined;
  }

  /** The button says what it does. */
  function show() {
    const decision = chosen();
    part(root, 'correction', HTMLElement).hidden = decision !== 'correct';
    value.required = decision === 'correct';
    const held = bill();
    const amount = decision !== 'approve' || held === undefined ? '' : ` ${totalText(held)}`;
    write(act, decision === undefined ? 'Decide' : `${WORDS[decision].act}${amount}`);
    tellEffects(choices, bill());
  }

  /** @param {HeldDecisionName} decision */
  function read(decision) {
    const who = { decision, operator: operator.value.trim(), reason: reason.value.trim() };
    if (decision !== 'correct') return who;
    const correction = { ...who, value: decimalText(value.value) };
    return readAt.value === '' ? correction : { ...correction, readAt: new Date(readAt.value).toISOString() };
  }

  root.addEventListener('input', show);
  root.addEventListener('submit', (event) => {
    event.preventDefault();
    const decision = chosen();
    if (decision === undefined) return;
    void command.send(async (key) => {
      /** @type {HeldDecision} */
      const order = read(decision);
      rememberOperator(order.operator);
      keepReason(order.reason);
      const answer = await desk.bills.decide(exceptionId, order, key);
      onDecided(outcomeText(order, bill(), answer.status === 'resolved'), answer.status === 'resolved');
    });
  });

  return {
    /** Rebuilt only when others may be decided: somebody may have chosen already. @param {readonly string[]} may */
    offer(may) {
      const names = NAMES.filter((name) => may.includes(name));
      if (operator.value === '' && document.activeElement !== operator) operator.value = rememberedOperator();
      if (reason.value === '' && document.activeElement !== reason) reason.value = keptReason();
      if (offered === names.join()) return;
      offered = names.join();
      choices.replaceChildren(...names.map((name) => choiceOf(name, `held-decision-${exceptionId}`)));
      root.hidden = names.length === 0;
      show();
    },
    show,
  };
}

/**
 * @param {HeldDecisionName} decision
 * @param {string} group
 */
function choiceOf(decision, group) {
  const choice = copyOf('choice');
  const radio = part(choice, 'radio', HTMLInputElement);
  radio.name = group;
  radio.value = decision;
  choice.dataset['decision'] = decision;
  write(part(choice, 'name', HTMLElement), WORDS[decision].name);
  return choice;
}

/**
 * @param {HTMLElement} choices
 * @param {Bill | undefined} bill
 */
function tellEffects(choices, bill) {
  for (const choice of choices.querySelectorAll('label')) {
    const decision = /** @type {HeldDecisionName} */ (choice.dataset['decision']);
    write(part(choice, 'effect', HTMLElement), effectText(decision, bill));
    choice.hidden = decision === 'approve' && bill !== undefined && !canBeApproved(bill);
  }
}

/**
 * @param {HeldDecisionName} decision
 * @param {Bill | undefined} bill
 */
function effectText(decision, bill) {
  switch (decision) {
    case 'approve':
      return `The bill is right as it was measured${bill === undefined ? '' : `: ${totalText(bill)} for ${bill.usage} ${bill.unit}`}.`;
    case 'correct':
      return 'You say what the register shows, and the bill is worked out from that.';
    case 'reread':
      return 'Nothing goes on the code until another reading arrives.';
  }
}

/**
 * @param {HeldDecision} order
 * @param {Bill | undefined} bill
 * @param {boolean} isDone
 */
function outcomeText({ decision, operator, value }, bill, isDone) {
  if (!isDone) return 'Taken down. It is carried out as soon as the worker answers.';
  const said = `${WORDS[decision].done} by ${operator}.`;
  if (decision === 'correct') return `${said} The bill is worked out from ${value}.`;
  if (decision === 'reread') return `${said} The next reading judges the bill afresh.`;
  return `${said} ${bill === undefined ? 'The bill' : totalText(bill)} goes on the code.`;
}
