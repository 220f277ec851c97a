/** One held bill: its sentence, whose it is, what was used against earlier bills, its lines, and the decision. */
import { copyOf, make, part, write } from '../../elements.js';
import { dayAndTime, relativeText } from '../../office/words.js';
import { sentence } from '../../wording.js';
import { linesTable } from '../bill-sheet.js';
import { createHeldDecision } from './held-decision.js';
import { drawUsageBars } from './usage-bars.js';
import { isOverdue, momentText, totalText, usageText } from '../words.js';

/**
 * @import { Desk } from '../bills.js'
 * @import { Bill, HeldException } from '../contract.ts'
 */

/** Long enough to be read; the next reading of the list takes the card away. */
const TELLING_MS = 4_000;
/** As many as the norm is taken from (domain/billing/billing-rules.ts), and this one. */
const BARS = 7;

/**
 * @param {Desk} desk
 * @param {HeldException} first
 */
export function createHeldCard(desk, first) {
  const root = copyOf('held-card');
  const opener = part(root, 'opener', HTMLButtonElement);
  const opened = part(root, 'opened', HTMLElement);
  /** @type {Bill | undefined} */
  let bill;
  let told = 0;
  const compare = createComparison(desk, part(root, 'bars', HTMLElement));
  const decision = createHeldDecision({
    desk,
    root: part(root, 'form', HTMLFormElement),
    exceptionId: first.id,
    bill: () => bill,
    onDecided: (words, isDone) => {
      if (isDone) {
        told = Date.now();
        root.dataset['is'] = 'decided';
        part(root, 'form', HTMLElement).hidden = true;
      }
      const outcome = part(root, 'outcome', HTMLElement);
      write(outcome, words);
      outcome.focus();
      desk.changed();
    },
  });

  function open() {
    opened.hidden = false;
    opener.setAttribute('aria-expanded', 'true');
    void compare(bill);
  }

  opened.id = `held-${first.id}`;
  opener.setAttribute('aria-controls', opened.id);
  opener.addEventListener('click', () => {
    if (opened.hidden) return open();
    opened.hidden = true;
    opener.setAttribute('aria-expanded', 'false');
  });

  /** @param {HeldException} held */
  function show(held) {
    if (told === 0) root.dataset['is'] = isOverdue(held) ? 'overdue' : 'open';
    drawHeld(desk, root, held);
    decision.offer(held.may);
  }

  show(first);
  return {
    root,
    show,
    open,
    isTelling: () => Date.now() - told < TELLING_MS,
    /** @param {Bill | undefined} found */
    showBill(found) {
      if (found === undefined || told !== 0) return;
      if (JSON.stringify(found) !== JSON.stringify(bill)) drawBill(root, found);
      bill = found;
      decision.show();
      if (!opened.hidden) void compare(found);
    },
  };
}

/**
 * Earlier bills are asked for when somebody looks, and again when this bill is another one.
 * @param {Desk} desk
 * @param {HTMLElement} bars
 */
function createComparison(desk, bars) {
  let drawn = '';
  /** @param {Bill | undefined} bill */
  return async (bill) => {
    const now = JSON.stringify(bill);
    if (bill === undefined || now === drawn) return;
    drawn = now;
    try {
      const { data } = await desk.bills.bills({ accountId: bill.accountId, limit: BARS }, '');
      drawUsageBars(bars, bill, data);
    } catch {
      // Asked again the next time; what has to be decided does not depend on it.
      drawn = '';
    }
  };
}

/**
 * @param {Desk} desk
 * @param {HTMLElement} root
 * @param {HeldException} held
 */
function drawHeld(desk, root, held) {
  write(part(root, 'sentence', HTMLElement), sentence(held.sentence));
  write(part(root, 'duty', HTMLElement), dutyText(held));
  const history = part(root, 'history', HTMLAnchorElement);
  const address = desk.historyAddress(held.paymentLinkId);
  history.hidden = address === undefined;
  history.href = address ?? '';
}

/**
 * @param {HTMLElement} root
 * @param {Bill} bill
 */
function drawBill(root, bill) {
  write(part(root, 'account', HTMLElement), `Account ${bill.accountId}`);
  write(part(root, 'total', HTMLElement), totalText(bill));
  const link = part(root, 'bill', HTMLAnchorElement);
  link.hidden = false;
  link.href = `#bills/${encodeURIComponent(bill.id)}`;
  const facts = [
    ['Used', usageText(bill)],
    [
      'Measured',
      `${bill.from === null ? 'since the meter was installed, up' : momentText(bill.from)} to ${momentText(bill.upTo)}`,
    ],
  ];
  part(root, 'facts', HTMLElement).replaceChildren(
    ...facts.flatMap(([name = '', text = '']) => [make('dt', '', name), make('dd', '', text)]),
  );
  part(root, 'lines', HTMLElement).replaceChildren(linesTable(bill));
}

/** @param {HeldException} held */
function dutyText(held) {
  const { owner, deadlineAt, openedAt } = held;
  const since = `Held since ${dayAndTime(openedAt)}`;
  if (deadlineAt === null) return `${since}, for ${owner}`;
  const when = relativeText(deadlineAt, Date.now());
  return isOverdue(held)
    ? `${since}. The deadline of ${owner} passed ${when}`
    : `${since}, for ${owner} to decide ${when}`;
}
