/** One batch: how far it is, the rows that get no bill and why, and the files when it has finished. */
import { element, make, write } from '../../elements.js';
import { createCommand } from '../../office/command.js';
import { dayAndTime } from '../../office/words.js';
import { sentence } from '../../wording.js';
import { createBatchFiles } from './batch-files.js';
import { createBatchFaults } from './batch-faults.js';
import { redraw } from '../redraw.js';
import { batchStatusText, countText, paperText, plural, timeLeftText } from '../words.js';

/**
 * @import { Desk } from '../bills.js'
 * @import { Batch, BatchRows } from '../contract.ts'
 */

/** In the order of the bar. @type {readonly (readonly [name: Exclude<keyof BatchRows, 'total'>, words: string])[]} */
const COUNTS = [
  ['opened', 'opened'],
  ['reused', 'had their code before'],
  ['refused', 'refused'],
  ['failed', 'failed'],
  ['waiting', 'waiting'],
];

/**
 * @param {Desk} desk
 * @param {(id: string) => (() => Promise<unknown>) | undefined} again Sends a batch as it was sent before.
 */
export function createBatchShown(desk, again) {
  const root = element('batch-shown', HTMLElement);
  const faults = createBatchFaults(desk);
  const files = createBatchFiles(desk);
  const button = element('batch-again', HTMLButtonElement);
  const command = createCommand({ button, problem: element('batch-again-problem', HTMLElement) });
  let shown = '';
  button.addEventListener('click', () => {
    void command.send(async () => {
      await again(shown)?.();
      desk.changed();
    });
  });

  return {
    hide() {
      root.hidden = true;
      shown = '';
    },
    /** @param {string} id */
    async refresh(id) {
      if (shown !== id) root.hidden = true;
      const batch = await desk.bills.batch(id);
      if (shown !== id) files.clear();
      shown = id;
      drawHead(batch);
      drawProgress(batch);
      files.draw(batch);
      element('batch-stopped', HTMLElement).hidden = batch.status !== 'failed' || again(id) === undefined;
      root.hidden = false;
      await faults.refresh(batch);
    },
  };
}

/** @param {Batch} batch */
function drawHead({ name, status, because, layout, createdAt }) {
  write(element('batch-title', HTMLElement), name);
  write(
    element('batch-facts', HTMLElement),
    `${sentence(paperText(layout)).slice(0, -1)}, sent ${dayAndTime(createdAt)}`,
  );
  const pill = element('batch-status', HTMLElement);
  pill.dataset['is'] = status;
  write(pill, batchStatusText(status));
  write(element('batch-because', HTMLElement), typeof because === 'string' ? sentence(because) : '');
}

/** @param {Batch} batch */
function drawProgress({ status, rows, secondsLeft, files }) {
  const done = rows.total - rows.waiting;
  // Never 100 before the last one is done.
  const percent = rows.total === 0 ? 0 : Math.floor((done / rows.total) * 100);
  write(element('batch-percent', HTMLElement), `${percent} %`);
  write(element('batch-left', HTMLElement), leftText());
  const bar = element('batch-bar', HTMLElement);
  bar.setAttribute('aria-valuenow', String(percent));
  bar.setAttribute('aria-valuetext', `${percent} %, ${leftText()}`);
  redraw(
    bar,
    COUNTS,
    ([name]) => name,
    ([name]) => {
      const segment = make('span', '', '');
      segment.dataset['is'] = name;
      return segment;
    },
  );
  COUNTS.forEach(([name], index) => {
    const segment = bar.children[index];
    if (segment instanceof HTMLElement) segment.style.flexGrow = String(rows[name]);
  });
  const counts = COUNTS.map(([name, words]) => ({ name, words, count: rows[name] }));
  redraw(element('batch-counts', HTMLElement), counts, ({ name }) => name, countOf);

  function leftText() {
    if (status === 'waiting') return `${plural(rows.total, 'account')}, not begun yet`;
    if (status === 'failed') return `${countText(done)} of ${plural(rows.total, 'account')} done`;
    if (status === 'running') return timeLeftText(secondsLeft) || 'working out how long it takes';
    return plural(
      files.reduce((bills, file) => bills + file.bills, 0),
      'bill',
    );
  }
}

/** @param {{ name: string, words: string, count: number }} counted */
function countOf({ name, words, count }) {
  const item = make('li', '', '');
  item.dataset['is'] = count === 0 ? 'none' : name;
  item.append(make('strong', '', countText(count)), ` ${words}`);
  return item;
}
