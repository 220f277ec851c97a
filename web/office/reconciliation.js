/** What the provider and the bank say against what is booked here. Hidden where the API does not know the word. */
import { Refusal } from '../api-call.js';
import { element, make, write } from '../elements.js';
import { amountText, sentence } from '../wording.js';
import { createCommand } from './command.js';
import { createStatementForm } from './statement-form.js';
import { dayAndTime } from './words.js';

/**
 * @import { Finding, Run } from './contract.ts'
 * @import { Desk } from './office.js'
 */

/** @type {Readonly<Record<string, string>>} */
const KINDS = { nightly: 'by night', asked: 'asked for', statement: 'bank statement' };

/** @param {Desk} desk */
export function createReconciliation(desk) {
  const button = element('reconcile-now', HTMLButtonElement);
  const command = createCommand({ button, problem: element('reconcile-problem', HTMLElement) });
  /** The one that a person has picked, or the newest. */
  let picked = '';
  let findingsOf = '';
  let after = '';

  /** @param {string} runId */
  const pick = (runId) => {
    picked = runId;
    findingsOf = '';
    desk.changed();
  };
  button.addEventListener('click', () => void command.send(async (key) => pick((await desk.office.reconcile(key)).id)));
  createStatementForm(desk, pick);
  element('findings-more', HTMLButtonElement).addEventListener('click', () => void readFindings(findingsOf, after));

  /**
   * @param {string} runId
   * @param {string} from
   */
  async function readFindings(runId, from) {
    const { data, next } = await desk.office.findings(runId, from);
    const list = element('findings', HTMLElement);
    if (from === '') list.replaceChildren();
    list.append(...data.map(findingRow));
    after = next ?? '';
    element('findings-more', HTMLElement).hidden = next === null;
    element('findings-empty', HTMLElement).hidden = list.children.length > 0;
  }

  /** @param {Run} run */
  async function show(run) {
    showRun(run);
    const state = `${run.id} ${run.status}`;
    // While it runs there are more at each look; when it has ended there is no change any more.
    if (findingsOf === state && run.status !== 'running') return;
    await readFindings(run.id, '');
    findingsOf = state;
  }

  /** @type {boolean | undefined} */
  let exists;

  return {
    /** Whether the API knows of it: asked once. */
    async exists() {
      try {
        if (exists === undefined) await desk.office.runs();
        exists ??= true;
      } catch (error) {
        if (!(error instanceof Refusal && error.status === 404)) throw error;
        exists = false;
      }
      return exists;
    },
    async refresh() {
      const { data } = await desk.office.runs();
      const run = data.find(({ id }) => id === picked) ?? data[0];
      element('runs-empty', HTMLElement).hidden = data.length > 0;
      element('run-shown', HTMLElement).hidden = run === undefined;
      element('runs', HTMLElement).replaceChildren(...data.map((each) => runRow(each, each === run, pick)));
      if (run !== undefined) await show(run);
    },
  };
}

/** @param {Run} run */
function showRun({ explained, status, money, counts, because, from, to }) {
  const share = element('share', HTMLElement);
  share.dataset['is'] = status === 'failed' ? 'failed' : explained === '100.000' ? 'all' : 'part';
  const ended =
    explained === null ? status : status === 'finished' ? `${explained} % explained` : `${explained} % so far`;
  write(share, status === 'failed' ? 'Failed' : status === 'waiting' ? 'Waiting to begin' : ended);
  const sums = money.map(({ seen, booked }) => `${amountText(booked)} of ${amountText(seen)} is booked to the cent`);
  const span = from === null || to === null ? [] : [`${dayAndTime(from)} to ${dayAndTime(to)}`];
  const why = because === undefined ? [] : [because];
  write(element('run-facts', HTMLElement), [...why, ...sums, ...span].map((text) => sentence(text)).join(' '));
  const rows = Object.entries(counts).map(([name, count]) => {
    const row = make('li', '', `${name.replaceAll(/[-_.]/g, ' ')} `);
    row.append(make('strong', '', String(count)));
    return row;
  });
  element('counts', HTMLElement).replaceChildren(...rows);
}

/** @param {Finding} finding */
function findingRow({ kind, sentence: words, healed, paymentLinkId, exceptionId }) {
  const row = document.createElement('li');
  row.dataset['is'] = healed ? 'healed' : 'found';
  row.append(make('strong', '', kind.replaceAll('-', ' ')), ` ${sentence(words)}`);
  const owned = exceptionId === null ? '' : ' An exception owns it.';
  row.append(make('span', 'by', healed ? ' Healed: it is booked now.' : owned));
  if (paymentLinkId !== null) {
    const history = /** @type {HTMLAnchorElement} */ (make('a', '', 'History of its code'));
    history.href = `#history/${paymentLinkId}`;
    row.append(' ', history);
  }
  return row;
}

/**
 * @param {Run} run
 * @param {boolean} isShown
 * @param {(runId: string) => void} pick
 */
function runRow({ id, kind, status, explained, createdAt }, isShown, pick) {
  const row = document.createElement('li');
  const share = status === 'finished' ? `${explained} %` : status;
  const open = make('button', 'quiet', `${dayAndTime(createdAt)}, ${KINDS[kind] ?? kind}: ${share}`);
  open.setAttribute('type', 'button');
  open.setAttribute('aria-pressed', String(isShown));
  open.addEventListener('click', () => pick(id));
  row.append(open);
  return row;
}
