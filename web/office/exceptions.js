/** The list of exceptions. A card that a person has opened stays, whatever the list says, until they leave the list. */
import { element, write } from '../elements.js';
import { createExceptionCard, isOverdue } from './exception-card.js';

/**
 * @import { ExceptionDetail } from './contract.ts'
 * @import { Desk } from './office.js'
 */

/** @typedef {ExceptionDetail['status']} Which */

/** @param {Desk} desk */
export function createExceptions(desk) {
  const cards = createCards(desk);
  /** @type {Which} */
  let which = 'open';
  let pages = 1;

  /** @param {Which} wanted */
  function choose(wanted) {
    which = wanted;
    pages = 1;
    cards.clear();
    for (const name of /** @type {const} */ (['open', 'resolved'])) {
      element(`tab-${name}`, HTMLButtonElement).setAttribute('aria-pressed', String(name === wanted));
    }
    desk.changed();
  }
  for (const name of /** @type {const} */ (['open', 'resolved'])) {
    element(`tab-${name}`, HTMLButtonElement).addEventListener('click', () => choose(name));
  }
  element('exceptions-more', HTMLButtonElement).addEventListener('click', () => {
    pages += 1;
    desk.changed();
  });

  /** @param {Which} asked */
  async function read(asked) {
    /** @type {ExceptionDetail[]} */
    const found = [];
    let after = '';
    for (let page = 0; page < pages; page += 1) {
      const { data, next } = await desk.office.exceptions(asked, after);
      found.push(...data);
      if (next === null) return { found, more: false };
      after = next;
    }
    return { found, more: true };
  }

  return {
    async refresh() {
      const asked = which;
      const { found, more } = await read(asked);
      const wanted = inOrder(await cards.withOpened(found));
      if (asked !== which) return;
      cards.draw(wanted);
      element('exceptions-more', HTMLElement).hidden = !more;
      write(
        element('exceptions-empty', HTMLElement),
        wanted.length > 0
          ? ''
          : asked === 'open'
            ? 'None: nothing waits for a decision.'
            : 'None has been resolved yet.',
      );
      if (asked === 'open') write(element('open-count', HTMLElement), countText(found.length, more));
    },
  };
}

/** @param {Desk} desk */
function createCards(desk) {
  const list = element('exceptions', HTMLElement);
  /** @type {Map<string, ReturnType<typeof createExceptionCard>>} */
  const cards = new Map();
  return {
    clear() {
      cards.clear();
      list.replaceChildren();
    },
    /** @param {readonly ExceptionDetail[]} found */
    async withOpened(found) {
      const known = new Set(found.map(({ id }) => id));
      const left = [...cards].filter(([id, card]) => !known.has(id) && card.isOpened());
      return [...found, ...(await Promise.all(left.map(async ([id]) => desk.office.exception(id))))];
    },
    /** @param {readonly ExceptionDetail[]} wanted */
    draw(wanted) {
      const ids = new Set(wanted.map(({ id }) => id));
      for (const [id, card] of cards) {
        if (ids.has(id)) continue;
        card.root.remove();
        cards.delete(id);
      }
      let place = list.firstElementChild;
      for (const exception of wanted) {
        let card = cards.get(exception.id);
        if (card === undefined) cards.set(exception.id, (card = createExceptionCard(desk, exception)));
        else card.show(exception);
        // A card that stands where it belongs is not touched, or it would lose the focus.
        if (card.root === place) place = place.nextElementSibling;
        else list.insertBefore(card.root, place);
      }
    },
  };
}

/**
 * What is overdue comes first, then the newest.
 * @param {readonly ExceptionDetail[]} exceptions
 */
function inOrder(exceptions) {
  /** @param {ExceptionDetail} exception */
  const late = (exception) => Number(exception.status === 'open' && isOverdue(exception));
  return exceptions.toSorted(
    (left, right) => late(right) - late(left) || Date.parse(right.openedAt) - Date.parse(left.openedAt),
  );
}

/**
 * @param {number} count
 * @param {boolean} more
 */
function countText(count, more) {
  return count === 0 ? '' : `${count}${more ? '+' : ''}`;
}
