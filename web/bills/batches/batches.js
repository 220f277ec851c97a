/** Printing bills: a form for the accounts, one batch in full, and the earlier ones beside both. */
import { Refusal } from '../../api-call.js';
import { element, make, write } from '../../elements.js';
import { dayAndTime } from '../../office/words.js';
import { createBatchForm } from './batch-form.js';
import { createBatchShown } from './batch-shown.js';
import { readPages } from '../pages.js';
import { redraw } from '../redraw.js';
import { batchStatusText, countText, paperText, plural } from '../words.js';

/**
 * @import { Desk } from '../bills.js'
 * @import { Batch } from '../contract.ts'
 */

/** @param {Desk} desk */
export function createBatches(desk) {
  const form = createBatchForm(desk);
  const shown = createBatchShown(desk, form.again);
  const missing = element('batch-missing', HTMLElement);
  let pages = 1;
  element('batches-more', HTMLButtonElement).addEventListener('click', () => {
    pages += 1;
    desk.changed();
  });

  /** @param {string} chosen */
  async function list(chosen) {
    const { found, more } = await readPages(async (after) => desk.bills.batches(after), pages);
    const rows = found.map((batch) => ({ batch, chosen: batch.id === chosen }));
    redraw(element('batches', HTMLElement), rows, ({ batch }) => batch.id, itemOf);
    element('batches-more', HTMLElement).hidden = !more;
    element('batches-empty', HTMLElement).hidden = found.length > 0;
    return found.some(({ status }) => status === 'waiting' || status === 'running');
  }

  /** @param {string} id */
  async function show(id) {
    try {
      await shown.refresh(id);
      write(missing, '');
    } catch (error) {
      if (!(error instanceof Refusal) || error.status !== 404) throw error;
      element('batch-shown', HTMLElement).hidden = true;
      write(missing, 'There is no batch of this number.');
    }
  }

  return {
    /** @param {string} id Empty: the form. */
    async refresh(id) {
      element('batch-new', HTMLElement).hidden = id !== '';
      element('batch-back', HTMLElement).hidden = id === '';
      if (id === '') {
        shown.hide();
        write(missing, '');
        await form.refresh();
      } else await show(id);
      return list(id);
    },
  };
}

/** @param {{ batch: Batch, chosen: boolean }} item */
function itemOf({ batch, chosen }) {
  const { id, name, status, layout, rows, createdAt } = batch;
  const item = make('li', '', '');
  const link = /** @type {HTMLAnchorElement} */ (make('a', '', name));
  link.href = `#print/${encodeURIComponent(id)}`;
  if (chosen) link.setAttribute('aria-current', 'true');
  const done = rows.total - rows.waiting;
  const state =
    status === 'running' ? `${countText(done)} of ${countText(rows.total)}` : batchStatusText(status).toLowerCase();
  const pill = make('span', 'pill', state);
  pill.dataset['is'] = status;
  const facts = `${dayAndTime(createdAt)}, ${plural(rows.total, 'account')}, ${paperText(layout)}`;
  item.append(link, pill, make('p', 'by', facts));
  return item;
}
