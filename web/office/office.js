/**
 * The operator's page: which view is shown, and that it is fresh. Development only, like the demo: it is told the key.
 */
import { element } from '../elements.js';
import { createBalances } from './balances.js';
import { createExceptions } from './exceptions.js';
import { createGiveBack } from './give-back.js';
import { createHistory } from './history.js';
import { keepFresh, showConnection } from './keep-fresh.js';
import { createOfficeClient } from './office-client.js';
import { createReconciliation } from './reconciliation.js';

/** @import { DemoConfig } from '../contract.ts' */

/** So often what is in sight is read again; what is out of sight, every few times. */
const EVERY_MS = 2_500;
const OTHERS_EVERY = 5;
const TRY_AGAIN_MS = 2_000;

/** @typedef {ReturnType<typeof createDesk>} Desk */

/**
 * What all views share.
 * @param {Partial<DemoConfig> & { readonly apiKey: string }} config
 * @param {() => void} changed
 */
function createDesk({ apiKey, temporalUiUrl, temporalNamespace = 'default' }, changed) {
  return {
    office: createOfficeClient(apiKey),
    /** Something was done or chosen: all is read again now. */
    changed,
    /** @param {string} view */
    go: (view) => {
      location.hash = view;
    },
    /** @param {string} workflowId */
    workflowAddress: (workflowId) =>
      temporalUiUrl === undefined
        ? undefined
        : `${temporalUiUrl}/namespaces/${temporalNamespace}/workflows/${encodeURIComponent(workflowId)}`,
  };
}

async function start() {
  const config = await readConfig();
  let round = 0;
  const desk = createDesk(config, () => {
    round = 0;
    again();
  });
  const balances = createBalances(desk);
  const exceptions = createExceptions(desk);
  const reconciliation = createReconciliation(desk);
  /** @type {Readonly<Record<string, { refresh: (parameter: string) => Promise<void> }>>} */
  const views = {
    exceptions,
    balances,
    history: createHistory(desk),
    'give-back': createGiveBack(desk),
    reconciliation,
  };
  const again = keepFresh(
    async () => {
      const { view, parameter } = addressed();
      const all = round % OTHERS_EVERY === 0;
      round += 1;
      await views[view]?.refresh(parameter);
      if (view !== 'balances') await balances.refresh();
      if (!all) return;
      if (view !== 'exceptions') await exceptions.refresh();
      element('reconciliation-link', HTMLElement).hidden = !(await reconciliation.exists());
    },
    () => EVERY_MS,
  );
  globalThis.addEventListener('hashchange', () => {
    showView();
    element(`${addressed().view}-name`, HTMLElement).focus();
    again();
  });
  showView();
  again();
}

/** @returns {Promise<Partial<DemoConfig> & { readonly apiKey: string }>} */
async function readConfig() {
  const answer = await fetch('/demo/config.json', { cache: 'no-store' });
  /** @type {Partial<DemoConfig>} */
  const { apiKey, ...others } = answer.ok ? await answer.json() : {};
  if (apiKey === undefined) throw new Error('This page is for `npm start`: this API gives it no key.');
  return { apiKey, ...others };
}

/** "#history/9d36" is the view `history` of the code 9d36. */
function addressed() {
  const [name = '', parameter = ''] = location.hash.slice(1).split('/');
  const known = ['exceptions', 'balances', 'history', 'give-back', 'reconciliation'];
  return { view: known.includes(name) ? name : 'exceptions', parameter };
}

function showView() {
  const { view } = addressed();
  element('office', HTMLElement).dataset['view'] = view;
  for (const link of document.querySelectorAll('.views a')) {
    if (link.getAttribute('href') === `#${view}`) link.setAttribute('aria-current', 'page');
    else link.removeAttribute('aria-current');
  }
}

async function startUntilItWorks() {
  for (;;) {
    try {
      await start();
      return;
    } catch (error) {
      const because = error instanceof TypeError ? 'The API does not answer.' : /** @type {Error} */ (error).message;
      showConnection('reconnecting', `${because} Trying again …`);
      await new Promise((resolve) => setTimeout(resolve, TRY_AGAIN_MS));
    }
  }
}

void startUntilItWorks();
