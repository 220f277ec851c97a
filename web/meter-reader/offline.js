/**
 * The service worker: keeps the page's files, so that the page opens without a network, and sends what waits when the
 * system says that there is one again. The API writes the worker's own file, /agent/sw.js, which calls this with the
 * list of files; a new list is a new worker, and the next visit is served by it.
 */

import { sendWaiting } from './upload.js';
import { standing } from './readings.js';

/** @import { AgentWorker, PageFiles } from './contract.ts' */

const NAMES = 'relink-agent ';
/** No address of the API: under it a version keeps the names of those that it found here, and will replace. */
const REPLACED = '/agent/replaced';

/**
 * Every file's address holds the version, so that files of two versions cannot mix, and an open page of the version
 * before keeps its own until a page of this version has loaded.
 * @param {AgentWorker} worker
 * @param {PageFiles} page
 */
export function serveOffline(worker, { version, index, files }) {
  const mine = `${NAMES}${version}`;

  worker.addEventListener('install', (event) => {
    event.waitUntil(
      (async () => {
        const found = (await caches.keys()).filter((name) => name.startsWith(NAMES) && name !== mine);
        const cache = await caches.open(mine);
        await cache.put(REPLACED, Response.json(found));
        await cache.addAll([index, ...files]);
        await worker.skipWaiting();
      })(),
    );
  });

  worker.addEventListener('fetch', (event) => {
    const { request } = event;
    const { origin, pathname } = new URL(request.url);
    if (request.method !== 'GET' || origin !== location.origin) return;
    if (request.mode === 'navigate' && /^\/agent\/?$/.test(pathname)) event.respondWith(kept(index, request));
    else if (pathname.startsWith('/agent/') && pathname !== '/agent/sw.js') event.respondWith(kept(request, request));
  });

  worker.addEventListener('message', (event) => {
    if (event.data === `loaded ${version}`) event.waitUntil(forgetReplaced(mine));
  });

  // A rejection asks the browser to try again later.
  worker.addEventListener('sync', (event) => {
    if (event.tag === 'send-waiting') event.waitUntil(sendAll());
  });
}

/**
 * @param {RequestInfo} name
 * @param {Request} request
 */
async function kept(name, request) {
  return (await caches.match(name)) ?? fetch(request);
}

/**
 * Only those that were here before: while this version's page was loading, the next version may have begun to come.
 * @param {string} mine
 */
async function forgetReplaced(mine) {
  const answer = await caches.match(REPLACED, { cacheName: mine });
  /** @type {readonly string[]} */
  const names = answer === undefined ? [] : await answer.json();
  await Promise.all(names.map((name) => caches.delete(name)));
}

async function sendAll() {
  await sendWaiting();
  if ((await standing()).waiting > 0) throw new Error('some readings still wait');
}
