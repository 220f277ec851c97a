/** Finds a bill by its reference, and lets one be picked. */
import { copyOf, make, part, write } from '../elements.js';
import { amountText } from '../wording.js';
import { dayAndTime } from './words.js';

/**
 * @import { Bill } from './contract.ts'
 * @import { OfficeClient } from './office-client.js'
 */

let finders = 0;

/**
 * @typedef {object} FinderParts
 * @property {OfficeClient} office
 * @property {(bill: Bill) => string | undefined} wants Why a bill cannot be picked.
 * @property {(bill: Bill) => void} onPick
 */

/** @param {FinderParts} parts */
export function createBillFinder({ office, wants, onPick }) {
  const root = copyOf('finder');
  const reference = part(root, 'reference', HTMLInputElement);
  const empty = part(root, 'empty', HTMLElement);
  finders += 1;
  const name = `bill-${finders}`;

  async function find() {
    const wanted = reference.value.trim();
    if (wanted === '') return;
    try {
      const { data } = await office.billsOf(wanted);
      const rows = data.map((bill) => rowOf(bill));
      part(root, 'found', HTMLElement).replaceChildren(...rows);
      write(empty, rows.length === 0 ? `No bill has the reference ${wanted}.` : '');
    } catch (error) {
      write(empty, error instanceof Error ? error.message : String(error));
    }
  }

  /** @param {Bill} bill */
  function rowOf(bill) {
    const row = document.createElement('li');
    const label = make('label', 'choice', '');
    const radio = document.createElement('input');
    const unfit = wants(bill);
    radio.type = 'radio';
    radio.name = name;
    radio.disabled = unfit !== undefined;
    radio.addEventListener('change', () => onPick(bill));
    const words = document.createElement('span');
    const state = unfit === undefined ? bill.status : `${bill.status}: ${unfit}`;
    words.append(
      make('strong', '', amountText(bill.amount)),
      ` ${bill.reference}, ${state}, since ${dayAndTime(bill.createdAt)}`,
    );
    label.append(radio, words);
    row.append(label);
    return row;
  }

  part(root, 'find', HTMLButtonElement).addEventListener('click', () => void find());
  reference.addEventListener('keydown', (event) => {
    if (event.key !== 'Enter') return;
    // Where it stands in a form, Enter means "find", not "send".
    event.preventDefault();
    void find();
  });
  return {
    root,
    /** @param {string} wanted */
    find: async (wanted) => {
      reference.value = wanted;
      await find();
    },
  };
}
