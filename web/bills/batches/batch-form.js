/** Asks for the accounts and for how their bills are to look, and sends the file once. */
import { element } from '../../elements.js';
import { createCommand } from '../../office/command.js';
import { createFileDrop, typed } from '../file-drop.js';
import { readPages } from '../pages.js';
import { showProblem } from '../problem-box.js';
import { offerSample, sampleAccounts } from '../sample-files.js';

/**
 * @import { Desk } from '../bills.js'
 * @import { TariffVersion } from '../contract.ts'
 */

/** So many versions are read to find the newest of each tariff. */
const TARIFF_PAGES = 5;

/** @param {Desk} desk */
export function createBatchForm(desk) {
  const form = element('batch-form', HTMLFormElement);
  const problem = element('batch-problem', HTMLElement);
  const name = element('batch-name', HTMLInputElement);
  const tariff = element('batch-tariff', HTMLSelectElement);
  const drop = createFileDrop(element('accounts-drop', HTMLElement));
  const command = createCommand({
    button: element('batch-send', HTMLButtonElement),
    problem,
    tell: (error) => showProblem(problem, error),
  });
  /**
   * What this tab has sent: a batch that stopped goes on when the same comes again.
   * @type {Map<string, () => Promise<unknown>>}
   */
  const sent = new Map();
  let offered = '';
  offerSample(element('accounts-sample', HTMLAnchorElement), () => sampleAccounts(tariff.value, Date.now()));

  function layout() {
    const query = new URLSearchParams();
    for (const [field, value] of new FormData(form)) {
      if (typeof value === 'string' && value.trim() !== '') query.set(field, value.trim());
    }
    return query;
  }

  form.addEventListener('submit', (event) => {
    event.preventDefault();
    const file = drop.file();
    if (file === undefined) {
      showProblem(problem, new Error('Drop or choose the file with the accounts first.'));
      element('accounts-file', HTMLInputElement).focus();
      return;
    }
    void command.send(async (key) => {
      const [accounts, asked] = [await typed(file, 'application/x-ndjson', 'windows-1252'), layout()];
      const send = async () => desk.bills.openBatch(accounts, asked, key);
      const batch = await send();
      sent.set(batch.id, send);
      drop.clear();
      name.value = '';
      desk.go(`print/${encodeURIComponent(batch.id)}`);
    });
  });

  return {
    /** Sends a batch as it was sent before; undefined: another tab did. @param {string} id */
    again: (id) => sent.get(id),
    async refresh() {
      const { found } = await readPages(async (after) => desk.bills.tariffs(after), TARIFF_PAGES);
      const newest = newestOf(found);
      const now = JSON.stringify(newest);
      // An open list of choices must not be rebuilt under somebody's hand.
      if (now === offered) return;
      const chosen = offered === '' ? (newest[0]?.id ?? '') : tariff.value;
      offered = now;
      tariff.replaceChildren(
        ...newest.map((version) => optionOf(version)),
        new Option('As each line of the file says', ''),
      );
      tariff.value = chosen;
      element('tariffs-empty', HTMLElement).hidden = newest.length > 0;
    },
  };
}

/** Each tariff once, by its newest version. @param {readonly TariffVersion[]} versions */
function newestOf(versions) {
  /** @type {Map<string, TariffVersion>} */
  const newest = new Map();
  for (const version of versions) {
    if ((newest.get(version.id)?.version ?? 0) < version.version) newest.set(version.id, version);
  }
  return [...newest.values()];
}

/** @param {TariffVersion} version */
function optionOf({ id, version, unit }) {
  return new Option(`${id}, ${unit}, version ${version}`, id);
}
