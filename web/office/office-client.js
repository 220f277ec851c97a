/** The HTTP API as an operator's desk calls it. */
import { createSender } from '../api-call.js';

/**
 * @import { Balances, Bill, Decision, ExceptionDetail, Finding, HistoryEntry } from './contract.ts'
 * @import { HistoryInstant, Link, MoneyReturn, NewReturn, Run, Statement } from './contract.ts'
 * @import { Page } from '../contract.ts'
 */

/** @param {string} apiKey */
export function createOfficeClient(apiKey) {
  const { send } = createSender(apiKey);
  /** @param {string} path */
  const get = async (path) => send('GET', path);

  return {
    /**
     * Newest first.
     * @param {ExceptionDetail['status']} status
     * @param {string} after
     */
    exceptions: async (status, after) =>
      /** @type {Page<ExceptionDetail>} */ (await get(`/v1/exceptions?status=${status}&limit=100${from(after)}`)),
    /** @param {string} id */
    exception: async (id) => /** @type {ExceptionDetail} */ (await get(`/v1/exceptions/${id}`)),
    /**
     * @param {string} id
     * @param {Decision} decision
     * @param {string} key
     */
    resolve: async (id, decision, key) =>
      /** @type {ExceptionDetail} */ (await send('POST', `/v1/exceptions/${id}/resolve`, { body: decision, key })),
    /** @param {string} id */
    bill: async (id) => /** @type {Bill} */ (await get(`/v1/payment-requests/${id}`)),
    /** @param {string} reference */
    billsOf: async (reference) =>
      /** @type {Page<Bill>} */ (await get(`/v1/payment-requests?reference=${encodeURIComponent(reference)}`)),
    /**
     * @param {string} billId
     * @param {NewReturn} order
     * @param {string} key
     */
    giveBack: async (billId, order, key) =>
      /** @type {MoneyReturn} */ (await send('POST', `/v1/payment-requests/${billId}/returns`, { body: order, key })),
    /** @param {string} at An instant; empty for now. */
    balances: async (at) =>
      /** @type {Balances} */ (await get(`/v1/balances${at === '' ? '' : `?at=${encodeURIComponent(at)}`}`)),
    /** @param {string} reference Empty: the newest of all. */
    links: async (reference) =>
      /** @type {Page<Link>} */ (
        await get(`/v1/payment-links?limit=100${reference === '' ? '' : `&reference=${encodeURIComponent(reference)}`}`)
      ),
    /** @param {string} id */
    link: async (id) => /** @type {Link} */ (await get(`/v1/payment-links/${id}`)),
    /**
     * Oldest first.
     * @param {string} linkId
     * @param {string} after
     */
    history: async (linkId, after) =>
      /** @type {Page<HistoryEntry>} */ (await get(`/v1/payment-links/${linkId}/history?limit=100${from(after)}`)),
    /**
     * @param {string} linkId
     * @param {string} at
     */
    codeAt: async (linkId, at) =>
      /** @type {HistoryInstant} */ (await get(`/v1/payment-links/${linkId}/history?at=${encodeURIComponent(at)}`)),
    runs: async () => /** @type {Page<Run>} */ (await get('/v1/reconciliations?limit=20')),
    /**
     * @param {string} runId
     * @param {string} after
     */
    findings: async (runId, after) =>
      /** @type {Page<Finding>} */ (await get(`/v1/reconciliations/${runId}/findings?limit=50${from(after)}`)),
    /** @param {string} key */
    reconcile: async (key) => /** @type {Run} */ (await send('POST', '/v1/reconciliations', { body: {}, key })),
    /**
     * @param {Blob} file
     * @param {URLSearchParams} columns How a CSV is to be read; empty for others.
     * @param {string} key
     */
    importStatement: async (file, columns, key) =>
      /** @type {Statement} */ (
        await send('POST', `/v1/statements${columns.size === 0 ? '' : `?${columns}`}`, { file, key })
      ),
  };
}

/** @param {string} after The `next` of the page before. */
function from(after) {
  return after === '' ? '' : `&after=${encodeURIComponent(after)}`;
}

/** @typedef {ReturnType<typeof createOfficeClient>} OfficeClient */
