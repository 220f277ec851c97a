/**
 * The phone's own memory: one IndexedDB for all tabs and the service worker. Whatever is to survive a crash goes
 * through here.
 */

const NAME = 'relink-agent';
const VERSION = 1;

/** @typedef {'settings' | 'accounts' | 'readings' | 'portions' | 'photos'} Store */

/** @type {Promise<IDBDatabase> | undefined} */
let opened;

async function database() {
  opened ??= open();
  return opened;
}

/** @returns {Promise<IDBDatabase>} */
async function open() {
  const request = indexedDB.open(NAME, VERSION);
  request.addEventListener('upgradeneeded', () => create(request.result));
  const found = await asked(request);
  // A newer page wants to change the stores: this one must not stand in its way.
  found.addEventListener('versionchange', () => {
    found.close();
    opened = undefined;
  });
  return found;
}

/** @param {IDBDatabase} made */
function create(made) {
  made.createObjectStore('settings');
  const accounts = made.createObjectStore('accounts', { keyPath: 'id' });
  accounts.createIndex('shortCode', 'shortCode');
  accounts.createIndex('printedCode', 'printedCode');
  const readings = made.createObjectStore('readings', { keyPath: 'sequence' });
  readings.createIndex('state', 'state');
  readings.createIndex('meterId', 'meterId');
  made.createObjectStore('portions', { keyPath: 'key' });
  made.createObjectStore('photos');
}

/**
 * All of `work` or nothing of it. It resolves only once the bytes are on the disk (`strict`): a reading that the page
 * calls kept is still there after the battery is pulled. Between its requests `work` may wait for nothing else, or the
 * browser closes the transaction.
 * @template T
 * @param {readonly Store[]} stores
 * @param {'readonly' | 'readwrite'} mode
 * @param {(store: (name: Store) => IDBObjectStore) => Promise<T>} work
 * @returns {Promise<T>}
 */
export async function inTransaction(stores, mode, work) {
  const transaction = (await database()).transaction(stores, mode, { durability: 'strict' });
  const complete = new Promise((resolve, reject) => {
    transaction.addEventListener('complete', () => resolve(undefined));
    transaction.addEventListener('abort', () =>
      reject(transaction.error ?? new Error('This phone could not keep it. Is its memory full?')),
    );
  });
  try {
    const result = await work((name) => transaction.objectStore(name));
    await complete;
    return result;
  } catch (error) {
    complete.catch(() => undefined);
    try {
      transaction.abort();
    } catch {
      // It had ended by itself, with this very error.
    }
    throw error;
  }
}

/**
 * @template T
 * @param {IDBRequest<T>} request
 * @returns {Promise<T>}
 */
export async function asked(request) {
  return new Promise((resolve, reject) => {
    request.addEventListener('success', () => resolve(request.result));
    request.addEventListener('error', () => reject(request.error ?? new Error('the memory of this phone failed')));
  });
}

/**
 * @param {'apiKey' | 'round' | 'contactAt'} name
 * @returns {Promise<unknown>}
 */
export async function setting(name) {
  return inTransaction(['settings'], 'readonly', async (store) => asked(store('settings').get(name)));
}

/**
 * @param {'apiKey' | 'contactAt'} name
 * @param {string | undefined} value Undefined takes it away.
 */
export async function keepSetting(name, value) {
  await inTransaction(['settings'], 'readwrite', async (store) => {
    if (value === undefined) store('settings').delete(name);
    else store('settings').put(value, name);
  });
}

const channel = new BroadcastChannel(NAME);

/** Tells this page, the other tabs and the worker that something kept here is another. */
export function tellChange() {
  // oxlint-disable-next-line unicorn/require-post-message-target-origin -- A channel is of this origin, and takes none.
  channel.postMessage('changed');
  globalThis.dispatchEvent(new Event('kept-changed'));
}

/** @param {() => void} listener */
export function onChange(listener) {
  channel.addEventListener('message', listener);
  globalThis.addEventListener('kept-changed', listener);
}
