/** Asks what becomes of an exception, who says so and why, and sends it once. */
import { part, write } from '../elements.js';
import { createCommand, rememberedOperator, rememberOperator } from './command.js';
import { createDecisionChoices } from './decision-choices.js';

/**
 * @import { ExceptionDetail } from './contract.ts'
 * @import { Desk } from './office.js'
 */

/**
 * @typedef {object} FormParts
 * @property {Desk} desk
 * @property {HTMLFormElement} root
 * @property {() => ExceptionDetail} exception
 * @property {(exception: ExceptionDetail) => void} onDecided
 */

/** @param {FormParts} parts */
export function createDecisionForm({ desk, root, exception, onDecided }) {
  const problem = part(root, 'problem', HTMLElement);
  const operator = part(root, 'operator', HTMLInputElement);
  const reason = part(root, 'reason', HTMLInputElement);
  const choices = createDecisionChoices(desk, root);
  const command = createCommand({ button: part(root, 'act', HTMLButtonElement), problem });

  root.addEventListener('submit', (event) => {
    event.preventDefault();
    const decision = choices.read();
    if (typeof decision === 'string') {
      write(problem, decision);
      return;
    }
    void command.send(async (key) => {
      const before = exception();
      const who = { operator: operator.value.trim(), reason: reason.value.trim() };
      rememberOperator(who.operator);
      const answer = await desk.office.resolve(before.id, { ...decision, ...who }, key);
      part(root, 'amount', HTMLInputElement).value = '';
      onDecided(answer);
      if (answer.status === 'open' && answer.left?.value === before.left?.value) {
        write(problem, 'Taken down. It is carried out as soon as the worker answers.');
      }
      desk.changed();
    });
  });

  return {
    /** @param {ExceptionDetail} shown */
    show(shown) {
      if (operator.value === '' && document.activeElement !== operator) operator.value = rememberedOperator();
      choices.show(shown);
    },
  };
}
