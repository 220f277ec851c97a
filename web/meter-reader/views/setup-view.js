/** The key of this phone: asked for once, kept here, and asked for again when the API takes it no more. */

import { Refusal } from '../../api-call.js';
import { element, write } from '../../elements.js';
import { createAgentClient } from '../agent-client.js';
import { keepSetting, setting } from '../database.js';
import { complain, go } from '../desk.js';

/** @import { DemoConfig } from '../../contract.ts' */
/** @import { AgentClient } from '../agent-client.js' */
/** @import { View } from '../desk.js' */

const ANOTHER = 'This phone works with the new one from then on. The readings that are on it stay.';
const CONFIG_TIMEOUT_MS = 5_000;

/** @typedef {ReturnType<typeof createSetup>} Setup */

/** @param {() => void} whenSet */
export function createSetup(whenSet) {
  const input = element('api-key', HTMLInputElement);
  const problem = element('setup-problem', HTMLElement);

  element('setup-form', HTMLFormElement).addEventListener('submit', (event) => {
    event.preventDefault();
    const key = input.value.trim();
    const wrong = key === '' ? 'Paste the key first.' : 'A key has no spaces in it. Copy it again.';
    if (key === '' || /\s/.test(key)) return write(problem, wrong);
    write(problem, '');
    input.value = '';
    void keepSetting('apiKey', key).then(() => {
      whenSet();
      go('round');
    }, complain);
  });

  /** @type {View} */
  const view = {
    open: async () => {
      const hasKey = (await setting('apiKey')) !== undefined;
      write(element('setup-name', HTMLElement), hasKey ? 'Another key' : 'This phone is not set up yet');
      if (hasKey) write(element('setup-because', HTMLElement), ANOTHER);
      element('setup-back', HTMLElement).hidden = !hasKey;
      write(problem, '');
      input.focus();
    },
  };

  return {
    view,
    /** In development the API hands a key to the pages that play with it. */
    async hasKey() {
      return (await setting('apiKey')) !== undefined || takeDemoKey();
    },
    renewKey,
    withClient,
  };
}

/**
 * The API does not take the key, or there is none.
 * @param {string | undefined} refused The one that was not taken; another tab may have set a better one meanwhile.
 * @returns {Promise<boolean>} True: another one was found, and the work can go on.
 */
async function renewKey(refused) {
  const known = await setting('apiKey');
  if (known !== undefined && known !== refused) return true;
  if (await takeDemoKey()) return true;
  if (known === undefined) return false;
  await keepSetting('apiKey', undefined);
  const words = 'Relink does not take the key of this phone any more. Paste a new one; the readings wait here.';
  write(element('setup-because', HTMLElement), words);
  go('setup');
  return false;
}

/**
 * Once more, if the key was an old one and there is another.
 * @param {(relink: AgentClient) => Promise<void>} work
 * @returns {Promise<void>}
 */
async function withClient(work) {
  const apiKey = await setting('apiKey');
  if (typeof apiKey !== 'string') return go('setup');
  try {
    await work(createAgentClient(apiKey));
  } catch (error) {
    if (!(error instanceof Refusal) || error.status !== 401) throw error;
    if (await renewKey(apiKey)) await withClient(work);
  }
}

/** Five seconds, once. Without an answer there is no such key, and a person pastes one. */
async function takeDemoKey() {
  try {
    const signal = AbortSignal.timeout(CONFIG_TIMEOUT_MS);
    const answer = await fetch('/demo/config.json', { cache: 'no-store', signal });
    /** @type {Partial<DemoConfig>} */
    const config = answer.ok ? await answer.json() : {};
    const apiKey = config.utilityKey ?? config.apiKey;
    if (apiKey === undefined || apiKey === (await setting('apiKey'))) return false;
    await keepSetting('apiKey', apiKey);
    return true;
  } catch {
    return false;
  }
}
