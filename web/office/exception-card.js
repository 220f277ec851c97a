/** One exception: always its sentence, owner and deadline; opened, what happened and what may be decided. */
import { copyOf, make, part, write } from '../elements.js';
import { amountText, sentence } from '../wording.js';
import { createDecisionForm } from './decision-form.js';
import { dayAndTime, kindText, relativeText, resolutionText, shortened } from './words.js';

/**
 * @import { Bill, ExceptionDetail } from './contract.ts'
 * @import { Desk } from './office.js'
 */

/**
 * @param {Desk} desk
 * @param {ExceptionDetail} first
 */
export function createExceptionCard(desk, first) {
  const root = copyOf('exception');
  const opener = part(root, 'opener', HTMLButtonElement);
  const opened = part(root, 'opened', HTMLElement);
  let shown = first;
  let asked = false;
  const form = createDecisionForm({
    desk,
    root: part(root, 'form', HTMLFormElement),
    exception: () => shown,
    onDecided: (exception) => {
      show(exception);
      part(root, 'outcome', HTMLElement).focus();
    },
  });
  opened.id = `opened-${first.id}`;
  opener.setAttribute('aria-controls', opened.id);
  opener.addEventListener('click', () => {
    opened.hidden = !opened.hidden;
    opener.setAttribute('aria-expanded', String(!opened.hidden));
    if (!opened.hidden) void tellWhatHappened();
  });
  showWays(desk, root, first);

  async function tellWhatHappened() {
    if (asked || shown.paymentRequestId === null) return;
    asked = true;
    try {
      const bill = await desk.office.bill(shown.paymentRequestId);
      part(root, 'facts', HTMLElement).replaceChildren(...factsOf(shown, bill));
    } catch {
      // Read again when it is opened again; what has to be decided does not depend on it.
      asked = false;
    }
  }

  /** @param {ExceptionDetail} exception */
  function show(exception) {
    const before = shown;
    shown = exception;
    const { kind, left, amount, resolution } = exception;
    const money = resolution === null ? left : amount;
    root.dataset['is'] = resolution === null && isOverdue(exception) ? 'overdue' : exception.status;
    write(part(root, 'kind', HTMLElement), kindText(kind));
    write(part(root, 'left', HTMLElement), money === null ? '' : amountText(money));
    write(part(root, 'sentence', HTMLElement), sentence(exception.sentence));
    write(part(root, 'duty', HTMLElement), dutyText(exception));
    if (!asked) part(root, 'facts', HTMLElement).replaceChildren(...factsOf(exception, undefined));
    const rest = before.left !== null && left !== null && before.left.value !== left.value;
    const outcome = part(root, 'outcome', HTMLElement);
    if (resolution !== null) write(outcome, sentence(resolutionText(resolution)));
    else if (rest) write(outcome, `Done. ${amountText(left)} of it is still undecided.`);
    // What becomes of a bill is decided where its lines are seen.
    const isBill = kind === 'held-bill';
    const held = part(root, 'held', HTMLAnchorElement);
    held.hidden = !isBill || resolution !== null;
    held.href = `/bills#held/${encodeURIComponent(exception.id)}`;
    part(root, 'form', HTMLFormElement).hidden = isBill || exception.may.length === 0;
    if (!isBill) form.show(exception);
  }

  show(first);
  return { root, show, isOpened: () => !opened.hidden };
}

/** @param {ExceptionDetail} exception */
export function isOverdue({ escalated, deadlineAt }) {
  return escalated || (deadlineAt !== null && Date.parse(deadlineAt) < Date.now());
}

/** @param {ExceptionDetail} exception */
function dutyText(exception) {
  const { owner, deadlineAt, resolution } = exception;
  if (resolution !== null) return `Decided by ${resolution.by}, ${dayAndTime(resolution.at)}`;
  if (deadlineAt === null) return `For ${owner}, without a deadline`;
  const when = `${relativeText(deadlineAt, Date.now())}, ${dayAndTime(deadlineAt)}`;
  if (exception.escalated) return `Escalated: ${owner} let the deadline pass ${when}`;
  return isOverdue(exception) ? `The deadline of ${owner} passed ${when}` : `For ${owner} to decide ${when}`;
}

/**
 * @param {ExceptionDetail} exception
 * @param {Bill | undefined} bill
 */
function factsOf({ openedAt, policy, amount }, bill) {
  /** @type {(readonly [name: string, text: string])[]} */
  const facts = [['Since', `${dayAndTime(openedAt)} (${relativeText(openedAt, Date.now())})`]];
  if (bill !== undefined) {
    facts.push(['Bill', `${bill.reference}: ${amountText(bill.amount)}, ${bill.status}`]);
    for (const { amount: paid, outcome, bookedAt, endToEndId } of bill.settlement?.payments ?? []) {
      facts.push(['Payment', `${amountText(paid)} (${outcome}), ${dayAndTime(bookedAt)}, ${shortened(endToEndId)}`]);
    }
    for (const { amount: back, status } of bill.returns) facts.push(['Return', `${amountText(back)}, ${status}`]);
  }
  if (amount !== null) facts.push(['It began with', amountText(amount)]);
  facts.push(['Policy', policy === 'hold' ? 'hold: a person decides' : policy]);
  return facts.flatMap(([name, text]) => [make('dt', '', name), make('dd', '', text)]);
}

/**
 * @param {Desk} desk
 * @param {HTMLElement} root
 * @param {ExceptionDetail} exception
 */
function showWays(desk, root, { paymentLinkId, workflowId }) {
  const history = part(root, 'history', HTMLAnchorElement);
  history.hidden = paymentLinkId === null;
  history.href = `#history/${paymentLinkId ?? ''}`;
  const workflow = part(root, 'workflow', HTMLAnchorElement);
  const address = desk.workflowAddress(workflowId);
  workflow.hidden = address === undefined;
  workflow.href = address ?? '';
}
