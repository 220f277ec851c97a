/**
 * The meter reader's page: which view is shown, what is kept here, and that it is sent. Works the same without a
 * network.
 */

import { element, write } from '../elements.js';
import { onChange } from './database.js';
import { addressed, complain, go } from './desk.js';
import { createEntryViews } from './views/entry-view.js';
import { createFindView } from './views/find-view.js';
import { createReadingsView } from './views/readings-view.js';
import { createRoundView } from './views/round-view.js';
import { createScanView } from './views/scan-view.js';
import { createSending } from './sending.js';
import { createSetup } from './views/setup-view.js';
import { showStanding } from './views/standing-bar.js';

/** @import { View } from './desk.js' */

async function start() {
  const setup = createSetup(() => sending.now());
  const sending = createSending(setup);
  const desk = { setup, sending };
  const entries = createEntryViews(desk);
  const find = { section: 'find', view: createFindView() };
  /** @type {Readonly<Record<string, { readonly section: string, readonly view: View }>>} */
  const views = {
    scan: { section: 'scan', view: createScanView() },
    account: { section: 'entry', view: entries.ofAccount },
    outside: { section: 'entry', view: entries.outsideTheRound },
    correct: { section: 'entry', view: entries.ofCorrection },
    readings: { section: 'readings', view: createReadingsView(desk) },
    round: { section: 'round', view: createRoundView(desk) },
    setup: { section: 'setup', view: setup.view },
  };
  /** @type {View | undefined} */
  let shown;

  const show = async () => {
    const { view: name, parameters } = addressed();
    const { section, view } = views[name] ?? find;
    shown?.leave?.();
    shown = view;
    element('agent', HTMLElement).dataset['view'] = section;
    markTab(section);
    globalThis.scrollTo(0, 0);
    await view.open(parameters);
  };

  globalThis.addEventListener('hashchange', () => void show().catch(complain));
  onChange(() => void Promise.all([showStanding(), shown?.refresh?.()]).catch(complain));
  await showStanding();
  const ready = await setup.hasKey();
  await show();
  keepPage();
  sending.begin();
  if (!ready) go('setup');
}

/** @param {string} section */
function markTab(section) {
  const tabs = { readings: '#readings', round: '#round', setup: '#round' };
  const current = tabs[/** @type {keyof typeof tabs} */ (section)] ?? '#find';
  for (const link of document.querySelectorAll('.tabs a')) {
    if (link.getAttribute('href') === current) link.setAttribute('aria-current', 'page');
    else link.removeAttribute('aria-current');
  }
}

/** From the first visit on the page opens without a network. */
function keepPage() {
  if (!isSecureContext || !('serviceWorker' in navigator)) {
    const words = 'This page cannot be kept on the phone. Open it over https, in a browser that is up to date.';
    write(element('notice', HTMLElement), words);
    return;
  }
  navigator.serviceWorker.register('/agent/sw.js', { scope: '/agent', type: 'module' }).catch(() => {
    // Without a network the worker that is there goes on as it is; where there is none, the round view says so.
  });
  // This version has loaded, all of it: what is kept of others can go.
  const version = new URL(import.meta.url).pathname.split('/')[2];
  // oxlint-disable-next-line unicorn/require-post-message-target-origin -- A worker is of this origin, and takes none.
  void navigator.serviceWorker.ready.then(({ active }) => active?.postMessage(`loaded ${version}`));
}

start().catch(complain);
