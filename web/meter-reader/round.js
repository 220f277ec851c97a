/** The accounts that the agent takes along, and the ways to find one of them where there is no network. */

import { asked, inTransaction, tellChange } from './database.js';
import { allReadings, isRefused } from './readings.js';
import { shortCodeCharacters } from './short-code.js';

/** @import { Page } from '../contract.ts' */
/** @import { ServiceAccount, KeptReading, Round } from './contract.ts' */

const MOST_FOUND = 20;
const SAME_ROUND_MS = 7 * 24 * 60 * 60 * 1_000;

/** @typedef {{ readonly text: string, readonly account: ServiceAccount }} FoldedAccount */
/** @type {{ takenAt: string, folded: readonly FoldedAccount[] } | undefined} */
let folded;

/**
 * Reads page after page and only then puts all of them in the place of the round before: a connection that breaks
 * leaves that one whole.
 * @param {{ readonly batchId: string, readonly name: string }} of
 * @param {(after: string) => Promise<Page<ServiceAccount>>} readPage
 * @param {(taken: number) => void} progress
 */
export async function takeRound({ batchId, name }, readPage, progress) {
  /** @type {ServiceAccount[]} */
  const accounts = [];
  for (let after = ''; ;) {
    // Each page is asked for by the end of the one before.
    // oxlint-disable-next-line no-await-in-loop
    const { data, next } = await readPage(after);
    accounts.push(...data.map(withPlainCode));
    progress(accounts.length);
    if (next === null) break;
    after = next;
  }
  const takenAt = new Date().toISOString();
  await inTransaction(['accounts', 'settings'], 'readwrite', async (store) => {
    /** @type {Round | undefined} */
    const before = await asked(store('settings').get('round'));
    store('accounts').clear();
    for (const account of accounts) store('accounts').put(account);
    // Taken again within a week it is the same round, brought up to date: what was read on it stays read.
    const same = before?.batchId === batchId && Date.parse(takenAt) - Date.parse(before.begunAt) < SAME_ROUND_MS;
    /** @type {Round} */
    const round = { batchId, name, accounts: accounts.length, begunAt: same ? before.begunAt : takenAt, takenAt };
    store('settings').put(round, 'round');
    store('settings').put(takenAt, 'contactAt');
  });
  tellChange();
}

/**
 * However the API writes it, it is looked up by its characters alone.
 * @param {ServiceAccount} account
 * @returns {ServiceAccount}
 */
function withPlainCode(account) {
  return account.shortCode === null ? account : { ...account, shortCode: shortCodeCharacters(account.shortCode) };
}

/** @returns {Promise<Round | undefined>} */
export async function takenRound() {
  return inTransaction(['settings'], 'readonly', async (store) => asked(store('settings').get('round')));
}

/** @returns {Promise<readonly KeptReading[]>} Those since the round began that stand. */
export async function readingsOfRound() {
  const [readings, round] = await Promise.all([allReadings(), takenRound()]);
  const since = Date.parse(round?.begunAt ?? '');
  return readings.filter((kept) => !isRefused(kept) && Date.parse(kept.reading.readAt) >= since);
}

/**
 * @param {string} id
 * @returns {Promise<ServiceAccount | undefined>}
 */
export async function accountOf(id) {
  return inTransaction(['accounts'], 'readonly', async (store) => asked(store('accounts').get(id)));
}

/**
 * @param {'shortCode' | 'printedCode'} by
 * @param {string} code As it is stored: short codes without hyphens, the printed one to the character.
 * @returns {Promise<ServiceAccount | undefined>}
 */
export async function accountByCode(by, code) {
  return inTransaction(['accounts'], 'readonly', async (store) => asked(store('accounts').index(by).get(code)));
}

/**
 * Every word has to stand somewhere in name, address, account or meter; case and accents do not matter.
 * @param {string} typed
 * @returns {Promise<readonly ServiceAccount[]>}
 */
export async function search(typed) {
  const words = fold(typed).split(/\s+/).filter(Boolean);
  if (words.length === 0) return [];
  const found = [];
  for (const { text, account } of await foldedAccounts()) {
    if (!words.every((word) => text.includes(word))) continue;
    found.push(account);
    if (found.length === MOST_FOUND) break;
  }
  return found;
}

/** Made once for a round: a search at each key has to be quick on a slow phone. */
async function foldedAccounts() {
  const takenAt = (await takenRound())?.takenAt ?? '';
  if (folded?.takenAt === takenAt) return folded.folded;
  /** @type {ServiceAccount[]} */
  const accounts = await inTransaction(['accounts'], 'readonly', async (store) => asked(store('accounts').getAll()));
  folded = {
    takenAt,
    folded: accounts.map((account) => {
      const { id, holder, address, meters } = account;
      return { text: fold([holder, id, ...address, ...meters.map((meter) => meter.id)].join(' ')), account };
    }),
  };
  return folded.folded;
}

/**
 * The meter, if some account of the round has it.
 * @param {string} meterId
 */
export async function meterInRound(meterId) {
  for (const { account } of await foldedAccounts()) {
    const meter = account.meters.find(({ id }) => id === meterId);
    if (meter !== undefined) return { account, meter };
  }
  return undefined;
}

/** @param {string} text */
function fold(text) {
  return text.normalize('NFD').replace(/\p{M}/gu, '').toLowerCase();
}
