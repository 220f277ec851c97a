/** Bills that nobody should pay unseen, until a person has decided. A card tells what was decided before it goes. */
import { element, write } from '../../elements.js';
import { createHeldCard } from './held-card.js';
import { readPages } from '../pages.js';
import { place } from '../redraw.js';
import { isOverdue } from '../words.js';

/**
 * @import { Desk } from '../bills.js'
 * @import { Bill, HeldException } from '../contract.ts'
 */

/** @param {Desk} desk */
export function createHeld(desk) {
  /** @type {Map<string, ReturnType<typeof createHeldCard>>} */
  const cards = new Map();
  let pages = 1;
  /** The card that the address named when it was read last. */
  let named = '';
  element('held-more', HTMLButtonElement).addEventListener('click', () => {
    pages += 1;
    desk.changed();
  });

  /** @param {number} most */
  const read = async (most) => readPages(async (after) => desk.bills.held(after), most);

  /** @param {{ found: readonly HeldException[], more: boolean }} read */
  function showCount({ found, more }) {
    write(element('held-count', HTMLElement), found.length === 0 ? '' : `${found.length}${more ? '+' : ''}`);
  }

  /** @param {readonly HeldException[]} found */
  function draw(found) {
    const wanted = new Set(found.map(({ id }) => id));
    for (const [id, card] of cards) {
      if (wanted.has(id) || card.isTelling()) continue;
      if (card.root.contains(document.activeElement)) element('held-name', HTMLElement).focus();
      cards.delete(id);
    }
    for (const held of found) {
      const card = cards.get(held.id);
      if (card === undefined) cards.set(held.id, createHeldCard(desk, held));
      else card.show(held);
    }
    const order = new Map(inOrder(found).map(({ id }, index) => [id, index]));
    // One that was just decided is on no list any more, and stays above the others while it tells.
    const rank = (/** @type {string} */ id) => order.get(id) ?? -1;
    const sorted = [...cards].toSorted(([left], [right]) => rank(left) - rank(right));
    place(
      element('held', HTMLElement),
      sorted.map(([, { root }]) => root),
    );
    return sorted.map(([, card]) => card);
  }

  return {
    count: async () => showCount(await read(1)),
    /** @param {string} id Of the exception that somebody came to decide about; empty: of none. */
    async refresh(id) {
      const answer = await read(pages);
      showCount(answer);
      const begins = cards.size === 0;
      const [top] = draw(answer.found);
      const wanted = id === named ? undefined : cards.get(id);
      named = id;
      // Whoever comes to decide wants to see one in full: the one that was meant, or the first.
      (wanted ?? (begins ? top : undefined))?.open();
      const bills = await billsOf(desk, answer.found);
      for (const [of, card] of cards) card.showBill(bills.get(of));
      wanted?.root.scrollIntoView();
      element('held-more', HTMLElement).hidden = !answer.more;
      element('held-empty', HTMLElement).hidden = cards.size > 0;
      return [...cards.values()].some((card) => card.isTelling());
    },
  };
}

/**
 * The bill of each exception: from the list of those that are held, or by its own number.
 * @param {Desk} desk
 * @param {readonly HeldException[]} found
 */
async function billsOf(desk, found) {
  /** @type {Map<string, Bill>} */
  const bills = new Map();
  if (found.length === 0) return bills;
  const wanted = { status: 'held', limit: 100 };
  const held = await readPages(async (after) => desk.bills.bills(wanted, after), Math.ceil(found.length / 100));
  for (const bill of held.found) if (typeof bill.exceptionId === 'string') bills.set(bill.exceptionId, bill);
  for (const { id, paymentRequestId } of found) {
    if (bills.has(id) || paymentRequestId === null) continue;
    // The request of a bill has the bill's own number.
    const bill = await desk.bills.bill(paymentRequestId).catch(() => undefined);
    if (bill !== undefined) bills.set(id, bill);
  }
  return bills;
}

/** What is overdue comes first, then what has waited longest. @param {readonly HeldException[]} found */
function inOrder(found) {
  return found.toSorted(
    (left, right) =>
      Number(isOverdue(right)) - Number(isOverdue(left)) || Date.parse(left.openedAt) - Date.parse(right.openedAt),
  );
}
