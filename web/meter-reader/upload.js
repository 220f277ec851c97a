/** Sends what waits. The page and the service worker both call it, at any time and as often as they like. */

import { Refusal } from '../api-call.js';
import { createAgentClient } from './agent-client.js';
import { keepSetting, setting, tellChange } from './database.js';
import { nextPortion, settlePortion } from './portions.js';

/** @import { SendResult } from './contract.ts' */

const LOCK = 'relink-agent-upload';

/**
 * One sender at a time among all tabs and the worker: who finds another one at it leaves it to that one. Whatever goes
 * wrong leaves the portion as it is; the next call sends it again under the same key.
 * @returns {Promise<SendResult>}
 */
export async function sendWaiting() {
  return navigator.locks.request(LOCK, { ifAvailable: true }, async (lock) =>
    lock === null ? { is: 'elsewhere' } : sendPortions(),
  );
}

/** Resolves when whoever sends now has ended. */
export async function otherSender() {
  await navigator.locks.request(LOCK, () => undefined);
}

/** @returns {Promise<SendResult>} */
async function sendPortions() {
  const apiKey = await setting('apiKey');
  if (typeof apiKey !== 'string') return { is: 'unset' };
  const client = createAgentClient(apiKey);
  for (;;) {
    const next = await nextPortion();
    if (next === undefined) return { is: 'done' };
    try {
      const results = await client.send(next.readings, next.portion.key);
      await settlePortion(next.portion, results);
      // An answer that settles no row would be asked for for ever.
      if (results.length === 0) return { is: 'trouble', because: 'The answer says nothing of the readings.' };
      tellChange();
    } catch (error) {
      return outcomeOf(error, apiKey);
    }
  }
}

/**
 * @param {unknown} error
 * @param {string} apiKey
 * @returns {Promise<SendResult>}
 */
async function outcomeOf(error, apiKey) {
  if (!(error instanceof Refusal)) return { is: 'trouble', because: 'Relink does not answer.' };
  await keepSetting('contactAt', new Date().toISOString());
  tellChange();
  return error.status === 401 ? { is: 'unset', refused: apiKey } : { is: 'trouble', because: error.message };
}
