/** One upload of readings: what was stored, which numbers never arrived, and what becomes of each reading. */
import { element, make, write } from '../elements.js';
import { createOutcomePages } from './outcome-pages.js';
import { createOutcomeTable } from './outcome-table.js';
import { redraw } from './redraw.js';
import { keptUploads } from './session.js';
import { countText, gapText, outcomeText, resultText } from './words.js';

/**
 * @import { Desk } from './bills.js'
 * @import { ReadingOutcome, ReadingRow, ReadingResult } from './contract.ts'
 * @import { OutcomePages } from './outcome-pages.js'
 */

/** @type {readonly ReadingResult[]} */
const RESULTS = ['stored', 'repeat', 'conflict', 'refused'];
/** @type {readonly ReadingOutcome[]} */
const OUTCOMES = ['waiting', 'billed', 'held', 'replaced', 'conflict', 'refused'];

/** @param {Desk} desk */
export function createUploadShown(desk) {
  const root = element('upload-shown', HTMLElement);
  const table = createOutcomeTable(desk);
  /** @type {ReadingOutcome | ''} */
  let filter = '';
  let shown = '';
  /** @type {OutcomePages | undefined} */
  let pages;

  /** @param {ReadingOutcome | ''} wanted */
  function choose(wanted) {
    filter = wanted;
    table.begin();
    desk.changed();
  }

  return {
    hide() {
      root.hidden = true;
      shown = '';
    },
    /** @param {string} id */
    async refresh(id) {
      if (shown !== id || pages === undefined) {
        root.hidden = true;
        filter = '';
        table.begin();
        pages = createOutcomePages(desk.bills, id);
        shown = id;
      }
      const read = pages;
      await read.refresh();
      const rows = read.rows();
      drawHead(id, rows);
      drawFilters(rows, filter, choose);
      root.hidden = false;
      write(
        element('outcomes-reading', HTMLElement),
        read.isComplete() ? '' : `${countText(rows.length)} rows are read, more are coming …`,
      );
      await table.draw(filter === '' ? rows : rows.filter(({ outcome }) => outcome === filter), rows);
      return !read.isComplete() || rows.some(({ outcome }) => outcome === 'waiting');
    },
  };
}

/**
 * @param {readonly ReadingRow[]} rows
 * @param {ReadingOutcome | ''} filter Empty: all of them are shown.
 * @param {(wanted: ReadingOutcome | '') => void} choose
 */
function drawFilters(rows, filter, choose) {
  const root = element('outcomes', HTMLElement);
  /** @type {readonly (ReadingOutcome | '')[]} */
  const names = ['', ...OUTCOMES];
  redraw(
    root,
    names,
    (name) => name,
    (name) => filterOf(name, choose),
  );
  names.forEach((name, index) => {
    const button = root.children[index];
    if (!(button instanceof HTMLElement)) return;
    const count = name === '' ? rows.length : rows.filter(({ outcome }) => outcome === name).length;
    write(button, `${name === '' ? 'All' : outcomeText(name)} ${countText(count)}`);
    button.setAttribute('aria-pressed', String(name === filter));
    button.classList.toggle('none', count === 0);
  });
}

/**
 * @param {string} id
 * @param {readonly ReadingRow[]} rows
 */
function drawHead(id, rows) {
  const kept = keptUploads().find((upload) => upload.id === id);
  write(element('upload-title', HTMLElement), kept?.name ?? 'Readings');
  const results = RESULTS.map((name) => ({
    name,
    count: kept?.rows[name] ?? rows.filter(({ result }) => result === name).length,
  }));
  redraw(
    element('upload-results', HTMLElement),
    results,
    ({ name }) => name,
    ({ name, count }) => {
      const item = make('li', '', '');
      item.dataset['is'] = count === 0 ? 'none' : name;
      item.append(make('strong', '', countText(count)), ` ${resultText(name)}`);
      return item;
    },
  );
  const gaps = kept?.gaps ?? [];
  element('gaps-section', HTMLElement).hidden = gaps.length === 0;
  redraw(
    element('gaps', HTMLElement),
    gaps,
    ({ deviceId, from }) => `${from} ${deviceId}`,
    (gap) => make('li', '', gapText(gap)),
  );
}

/**
 * @param {ReadingOutcome | ''} name
 * @param {(wanted: ReadingOutcome | '') => void} choose
 */
function filterOf(name, choose) {
  const button = /** @type {HTMLButtonElement} */ (make('button', 'filter', ''));
  button.type = 'button';
  button.dataset['is'] = name;
  button.addEventListener('click', () => choose(name));
  return button;
}
