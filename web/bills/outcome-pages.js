/**
 * What became of each reading of an upload, page by page. What can still change is read again, a few pages at a time;
 * what is settled is not, or ten thousand readings would be read every second.
 */

/**
 * @import { BillsClient } from './bills-client.js'
 * @import { ReadingOutcome, ReadingRow } from './contract.ts'
 */

const PAGES_AT_ONCE = 5;
/** @type {readonly ReadingOutcome[]} */
const OPEN = ['waiting', 'held'];

/**
 * @param {BillsClient} bills
 * @param {string} uploadId
 */
export function createOutcomePages(bills, uploadId) {
  /** @type {{ readonly after: string, readonly rows: readonly ReadingRow[] }[]} */
  const pages = [];
  /** @type {string | null} */
  let unread = '';
  let turn = 0;

  async function readOn() {
    let read = 0;
    for (; unread !== null && read < PAGES_AT_ONCE; read += 1) {
      const after = unread;
      const { data, next } = await bills.readingRows(uploadId, after);
      pages.push({ after, rows: data });
      unread = next;
    }
    return read;
  }

  /** @param {number} most */
  async function readAgain(most) {
    const open = pages.flatMap(({ rows }, index) =>
      rows.some(({ outcome }) => OPEN.includes(outcome)) ? [index] : [],
    );
    // The others have their turn the next time.
    const later = open.filter((index) => index >= turn);
    const chosen = [...later, ...open.filter((index) => index < turn)].slice(0, most);
    for (const index of chosen) {
      const after = pages[index]?.after ?? '';
      const { data } = await bills.readingRows(uploadId, after);
      pages[index] = { after, rows: data };
      turn = index + 1;
    }
  }

  return {
    async refresh() {
      const known = pages.length > 0;
      const read = await readOn();
      if (known) await readAgain(PAGES_AT_ONCE - read);
    },
    rows: () => pages.flatMap(({ rows }) => rows),
    isComplete: () => unread === null,
  };
}

/** @typedef {ReturnType<typeof createOutcomePages>} OutcomePages */
