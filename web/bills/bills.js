/** The page for bills: the key that it works with, which view is shown, and that it is fresh. */
import { Refusal } from '../api-call.js';
import { element } from '../elements.js';
import { keepFresh, showConnection } from '../office/keep-fresh.js';
import { createBatches } from './batches/batches.js';
import { createBillsClient } from './bills-client.js';
import { createBillViews } from './bill-views.js';
import { createDoor } from './door.js';
import { createHeld } from './held/held.js';
import { createReadings } from './readings.js';

/** @import { DemoConfig } from '../contract.ts' */

/** What moves is read every second; what stands still, less often. */
const MOVING_MS = 1_000;
const STANDING_MS = 3_000;
/** What is not in sight is read every so many times. */
const OTHERS_EVERY = 5;
const TRY_AGAIN_MS = 2_000;
const VIEWS = ['print', 'readings', 'held', 'bills'];

/**
 * What a view does when it is in sight: draws what its address names, and answers whether that is still moving.
 * @typedef {{ readonly refresh: (parameter: string) => Promise<boolean> }} View
 * @typedef {ReturnType<typeof createDesk>} Desk
 */

/**
 * What all views share.
 * @param {{ apiKey: string, hasOffice: boolean, changed: () => void }} parts
 */
function createDesk({ apiKey, hasOffice, changed }) {
  return {
    bills: createBillsClient(apiKey),
    /** Something was done or chosen: all is read again now. */
    changed,
    /** @param {string} view */
    go: (view) => {
      location.hash = view;
    },
    /** @param {string | null} linkId */
    historyAddress: (linkId) => (hasOffice && linkId !== null ? `/office#history/${linkId}` : undefined),
  };
}

/**
 * @param {string} apiKey
 * @param {boolean} hasOffice
 * @param {(because: string) => void} shut
 */
function open(apiKey, hasOffice, shut) {
  let moving = false;
  let refused = false;
  let round = 0;
  const desk = createDesk({
    apiKey,
    hasOffice,
    changed: () => {
      round = 0;
      again();
    },
  });
  const held = createHeld(desk);
  /** @type {Readonly<Record<string, View>>} */
  const views = { print: createBatches(desk), readings: createReadings(desk), held, bills: createBillViews(desk) };

  async function refresh() {
    if (refused) return;
    const { view, parameter } = addressed();
    const all = round % OTHERS_EVERY === 0;
    round += 1;
    try {
      moving = (await views[view]?.refresh(parameter)) ?? false;
      if (all && view !== 'held') await held.count();
    } catch (error) {
      if (!(error instanceof Refusal) || error.status !== 401) throw error;
      refused = true;
      shut(error.message);
    }
  }
  const again = keepFresh(refresh, () => (moving ? MOVING_MS : STANDING_MS));
  globalThis.addEventListener('hashchange', () => {
    showView();
    element(`${addressed().view}-name`, HTMLElement).focus();
    desk.changed();
  });
  showView();
  again();
}

/** "#print/9d36" is the view `print` of the batch 9d36. */
function addressed() {
  const [name = '', parameter = ''] = location.hash.slice(1).split('/');
  return { view: VIEWS.includes(name) ? name : 'print', parameter: decoded(parameter) };
}

/** What nobody has encoded stands as it is: an address may have been typed. @param {string} text */
function decoded(text) {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}

/** Only where the API serves them. @param {boolean} hasOffice */
function showPages(hasOffice) {
  for (const link of document.querySelectorAll('[data-needs=office]')) link.toggleAttribute('hidden', !hasOffice);
}

function showView() {
  const { view } = addressed();
  for (const name of VIEWS) element(`view-${name}`, HTMLElement).hidden = name !== view;
  for (const link of document.querySelectorAll('.views a')) {
    if (link.getAttribute('href') === `#${view}`) link.setAttribute('aria-current', 'page');
    else link.removeAttribute('aria-current');
  }
}

/** Only a laptop hands out a key; of any other answer there is none, and no office beside this page. */
async function readConfig() {
  const answer = await fetch('/demo/config.json', { cache: 'no-store', signal: AbortSignal.timeout(10_000) });
  if (answer.status >= 500) throw new Error(`The API answers with status ${answer.status}.`);
  const config = /** @type {Partial<DemoConfig>} */ (answer.ok ? await answer.json().catch(() => ({})) : {});
  return { apiKey: config.utilityKey ?? config.apiKey, hasOffice: answer.ok };
}

async function startUntilItWorks() {
  for (;;) {
    try {
      const { apiKey, hasOffice } = await readConfig();
      showPages(hasOffice);
      const door = createDoor((key) => open(key, hasOffice, (because) => door.shut(because)));
      door.begin(apiKey);
      return;
    } catch (error) {
      const known = error instanceof Error && !(error instanceof TypeError);
      showConnection('reconnecting', `${known ? error.message : 'The API does not answer.'} Trying again …`);
      await new Promise((resolve) => setTimeout(resolve, TRY_AGAIN_MS));
    }
  }
}

void startUntilItWorks();
