/** What happened on one code, newest first, and what it showed at an instant. */
import { element, make, write } from '../elements.js';
import { sentence } from '../wording.js';
import { createMoment } from './moment.js';
import { dayAndSecond, dayAndTime, relativeText, shortened } from './words.js';

/**
 * @import { HistoryEntry, Link } from './contract.ts'
 * @import { Desk } from './office.js'
 */

/** So many pages of 100 are read by themselves; a code that is years old has more. */
const PAGES_AT_ONCE = 10;

/** @param {Desk} desk */
export function createHistory(desk) {
  const codes = createCodes(desk);
  const moment = createMoment(desk, { linkId: () => linkId, onInstant: (instant) => dim(instant) });
  let linkId = '';
  /** @type {HistoryEntry[]} */
  let entries = [];
  let after = '';
  let drawn = 0;
  let more = false;
  let readsOn = true;

  /** @param {string} wanted */
  function choose(wanted) {
    linkId = wanted;
    entries = [];
    after = '';
    drawn = 0;
    readsOn = true;
    moment.reset();
    element('history', HTMLElement).replaceChildren();
  }

  /** @param {string} wanted */
  async function readEntries(wanted) {
    for (let page = 0; page < PAGES_AT_ONCE; page += 1) {
      const { data, next } = await desk.office.history(wanted, after);
      if (wanted !== linkId) return;
      entries.push(...data);
      after = String(data.at(-1)?.id ?? after);
      more = next !== null;
      if (!more) return;
    }
    // Read on only when a person says so: whoever polls would read years of history in a minute.
    readsOn = false;
  }

  function draw() {
    const rows = entries.slice(drawn).map(rowOf).toReversed();
    element('history', HTMLElement).prepend(...rows);
    drawn = entries.length;
    element('history-empty', HTMLElement).hidden = entries.length > 0;
    element('history-more', HTMLElement).hidden = !more;
    if (rows.length > 0) moment.offer(entries);
  }

  element('history-more', HTMLButtonElement).addEventListener('click', () => {
    readsOn = true;
    desk.changed();
  });

  return {
    /** @param {string} wanted From the address of the page; empty: the newest code. */
    async refresh(wanted) {
      const chosen = await codes.refresh(wanted);
      element('code-shown', HTMLElement).hidden = chosen === '';
      if (chosen === '') return;
      if (chosen !== linkId) choose(chosen);
      const link = await desk.office.link(chosen);
      showLink(desk, link);
      if (readsOn) await readEntries(chosen);
      if (chosen === linkId) draw();
    },
  };
}

/** The codes to choose from. @param {Desk} desk */
function createCodes(desk) {
  const select = element('code', HTMLSelectElement);
  const reference = element('code-reference', HTMLInputElement);
  /** @type {string} */
  let listed = '';
  select.addEventListener('change', () => desk.go(`history/${select.value}`));
  reference.addEventListener('change', () => {
    desk.go('history');
    desk.changed();
  });

  return {
    /** @param {string} wanted */
    async refresh(wanted) {
      const { data } = await desk.office.links(reference.value.trim());
      const links = [...data];
      if (wanted !== '' && !links.some(({ id }) => id === wanted)) links.unshift(await desk.office.link(wanted));
      const now = links.map(({ id, label }) => `${id} ${label}`).join();
      // An open list of choices must not be rebuilt under somebody's hand.
      if (now !== listed) select.replaceChildren(...links.map((link) => optionOf(link)));
      listed = now;
      const chosen = wanted === '' ? (links[0]?.id ?? '') : wanted;
      if (select.value !== chosen) select.value = chosen;
      return chosen;
    },
  };
}

/** @param {Link} link */
function optionOf({ id, kind, label, reference }) {
  const option = document.createElement('option');
  option.value = id;
  option.textContent = `${label} (${kind}${reference === null ? '' : `, ${reference}`}) ${shortened(id)}`;
  return option;
}

/**
 * @param {Desk} desk
 * @param {Link} link
 */
function showLink(desk, { status, because, createdAt, workflowId }) {
  const why = typeof because === 'string' ? `: ${because}` : '';
  write(element('code-status', HTMLElement), sentence(`now ${status}${why}. Opened ${dayAndTime(createdAt)}`));
  const workflow = element('code-workflow', HTMLAnchorElement);
  const address = desk.workflowAddress(workflowId);
  workflow.hidden = address === undefined;
  workflow.href = address ?? '';
}

/** @param {HistoryEntry} entry */
function rowOf(entry) {
  const { at, what, actor, evidence, paymentRequestId } = entry;
  const row = document.createElement('li');
  row.dataset['what'] = what;
  row.dataset['at'] = at;
  const time = /** @type {HTMLTimeElement} */ (make('time', 'when', dayAndSecond(at)));
  time.dateTime = at;
  time.title = `${new Date(at).toLocaleString('en-GB')}, ${relativeText(at, Date.now())}`;
  row.append(time, make('p', 'what', sentence(entry.sentence)));
  const by = typeof actor === 'string' ? `by ${actor}` : '';
  const bill = paymentRequestId === null ? '' : `bill ${shortened(paymentRequestId)}`;
  // A digest is shortened; evidence in words is not.
  const isDigest = evidence !== null && /^[0-9a-f]{64}$/.test(evidence);
  const proof = evidence === null ? '' : `evidence: ${isDigest ? shortened(evidence) : evidence}`;
  const notes = [by, bill, proof].filter((text) => text !== '').join(' · ');
  if (notes !== '') {
    const note = make('p', 'by', notes);
    if (isDigest) note.title = `SHA-256 of the provider’s answer: ${evidence}`;
    row.append(note);
  }
  return row;
}

/** What came after the instant is dimmed. @param {string} instant Empty: nothing is. */
function dim(instant) {
  for (const row of element('history', HTMLElement).children) {
    if (row instanceof HTMLElement) {
      row.classList.toggle('later', instant !== '' && Date.parse(row.dataset['at'] ?? '') > Date.parse(instant));
    }
  }
}
