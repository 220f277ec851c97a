/** The finished files of a batch: each is fetched behind the key and saved, and one can be looked at. */
import { element } from '../../elements.js';
import { createFileRow } from '../file-row.js';
import { place } from '../redraw.js';
import { countText, plural } from '../words.js';

/**
 * @import { Desk } from '../bills.js'
 * @import { Batch } from '../contract.ts'
 */

/** @param {Desk} desk */
export function createBatchFiles(desk) {
  const section = element('batch-files-section', HTMLElement);
  const frame = element('batch-preview', HTMLIFrameElement);
  /** @type {Map<number, HTMLElement>} */
  const rows = new Map();

  /** @param {Blob} file */
  function look(file) {
    leave();
    frame.src = `${URL.createObjectURL(file)}#page=1&view=FitH&toolbar=0&navpanes=0`;
    frame.hidden = false;
    frame.scrollIntoView({ block: 'nearest' });
  }

  function leave() {
    const [address = ''] = frame.src.split('#');
    if (address.startsWith('blob:')) URL.revokeObjectURL(address);
    frame.removeAttribute('src');
    frame.hidden = true;
  }

  return {
    clear() {
      rows.clear();
      leave();
    },
    /** A row stays as it is while its file is on its way, whatever is read meanwhile. @param {Batch} batch */
    draw(batch) {
      section.hidden = batch.files.length === 0;
      let before = 0;
      for (const { number, bills } of batch.files) {
        const [first, last] = [countText(before + 1), countText(before + bills)];
        const told = batch.files.length === 1 ? plural(bills, 'bill') : `Bills ${first} to ${last}`;
        before += bills;
        if (rows.has(number)) continue;
        rows.set(number, createFileRow({ bills: desk.bills, batch, number, told, look }));
      }
      place(element('batch-files', HTMLElement), [...rows.values()]);
    },
  };
}
