/**
 * The service worker's own file. The API serves it as /agent/sw.js, with the address and the list of its version's
 * files.
 */

import { serveOffline } from './offline.js';

/** @import { AgentWorker } from './contract.ts' */

const worker = /** @type {unknown} */ (globalThis);
serveOffline(/** @type {AgentWorker} */ (worker), JSON.parse('PAGE'));
