/**
 * When the page sends: at its start, after each reading, when the network is back, and every 15 seconds while something
 * waits.
 */

import { tellChange } from './database.js';
import { complain } from './desk.js';
import { standing } from './readings.js';
import { showNetwork } from './views/standing-bar.js';
import { otherSender, sendWaiting } from './upload.js';

/** @import { SyncingRegistration } from './contract.ts' */
/** @import { Setup } from './views/setup-view.js' */

const EVERY_MS = 15_000;

/** @typedef {ReturnType<typeof createSending>} Sending */

/** @param {Pick<Setup, 'renewKey'>} setup */
export function createSending({ renewKey }) {
  let busy = false;
  let again = false;

  async function attempt() {
    if (busy) {
      again = true;
      return;
    }
    busy = true;
    try {
      do {
        again = false;
        await sendOnce();
      } while (again);
    } finally {
      busy = false;
    }
  }

  async function sendOnce() {
    if (!navigator.onLine) {
      showNetwork({ is: 'offline' });
      await askForSync();
      return;
    }
    if ((await standing()).waiting > 0) showNetwork({ is: 'sending' });
    const sent = await sendWaiting();
    showNetwork(sent);
    if (sent.is === 'unset' && (await renewKey(sent.refused))) again = true;
    if (sent.is === 'trouble') await askForSync();
    if (sent.is === 'elsewhere') {
      await otherSender();
      again = true;
    }
  }

  const now = () => void attempt().catch(complain);

  return {
    now,
    begin() {
      globalThis.addEventListener('online', now);
      globalThis.addEventListener('offline', () => showNetwork({ is: 'offline' }));
      document.addEventListener('visibilitychange', () => void (document.hidden || wake()));
      setInterval(wake, EVERY_MS);
      now();
    },
  };

  /** Also draws again: the worker or another tab may have sent while this one slept. */
  function wake() {
    tellChange();
    void standing().then(({ waiting }) => void (waiting > 0 && now()), complain);
  }
}

/**
 * Where the system can wake the worker with the page closed, it is asked to; elsewhere the page does it when it is
 * open.
 */
async function askForSync() {
  if ((await standing()).waiting === 0) return;
  const registration = /** @type {SyncingRegistration | undefined} */ (
    await navigator.serviceWorker?.getRegistration('/agent')
  );
  await registration?.sync?.register('send-waiting').catch(() => undefined);
}
