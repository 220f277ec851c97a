/** The rows of a batch that get no bill: line, account, column and why. */
import { element, make } from '../../elements.js';
import { sentence } from '../../wording.js';
import { readPages } from '../pages.js';
import { rowOf } from '../problem-box.js';
import { redraw } from '../redraw.js';

/**
 * @import { Desk } from '../bills.js'
 * @import { Batch, BatchRow } from '../contract.ts'
 */

/** @param {Desk} desk */
export function createBatchFaults(desk) {
  let read = '';
  let pages = 1;
  element('batch-faults-more', HTMLButtonElement).addEventListener('click', () => {
    pages += 1;
    desk.changed();
  });

  /**
   * @param {string} id
   * @param {BatchRow['status']} status
   * @param {number} count
   */
  async function rowsOf(id, status, count) {
    if (count === 0) return { found: [], more: false };
    return readPages(async (after) => desk.bills.batchRows(id, status, after), pages);
  }

  return {
    /** Read again only when their number has changed. @param {Batch} batch */
    async refresh({ id, rows }) {
      const section = element('batch-faults-section', HTMLElement);
      section.hidden = rows.refused + rows.failed === 0;
      if (!read.startsWith(`${id} `)) {
        pages = 1;
        redraw(element('batch-faults', HTMLElement), [], String, () => section);
      }
      const now = `${id} ${rows.refused} ${rows.failed} ${pages}`;
      if (read === now) return;
      const refused = await rowsOf(id, 'refused', rows.refused);
      const failed = await rowsOf(id, 'failed', rows.failed);
      read = now;
      const faults = [...refused.found, ...failed.found].toSorted((left, right) => left.line - right.line);
      redraw(element('batch-faults', HTMLElement), faults.flatMap(faultsOf), ({ key }) => key, drawFault);
      element('batch-faults-more', HTMLElement).hidden = !refused.more && !failed.more;
    },
  };
}

/** A row with several mistakes takes a line for each. @param {BatchRow} row */
function faultsOf({ line, accountId, errors }) {
  const told = errors.length === 0 ? [{ column: '', detail: '' }] : errors;
  return told.map(({ column, detail }, index) => ({
    key: `${line} ${index}`,
    line: index === 0 ? String(line) : '',
    account: index === 0 ? (accountId ?? '') : '',
    column,
    detail,
  }));
}

/** @param {ReturnType<typeof faultsOf>[number]} fault */
function drawFault({ line, account, column, detail }) {
  return rowOf([
    ['Line', line],
    ['Account', account],
    ['Column', make('code', '', column)],
    ['Why', detail === '' ? '' : sentence(detail)],
  ]);
}
