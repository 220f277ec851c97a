/** The HTTP API as the office uses it for bills. */
import { createSender } from '../api-call.js';

/**
 * @import { Page } from '../contract.ts'
 * @import { Batch, BatchRow, Bill, HeldDecision, HeldException } from './contract.ts'
 * @import { ReadingRow, TariffVersion, Upload } from './contract.ts'
 */

/** @param {string} apiKey */
export function createBillsClient(apiKey) {
  const { authorization, send } = createSender(apiKey);
  /** @param {string} path */
  const get = async (path) => send('GET', path);

  return {
    authorization,
    /** Newest first. @param {string} after */
    tariffs: async (after) => /** @type {Page<TariffVersion>} */ (await get(`/v1/tariffs?limit=100${from(after)}`)),
    /**
     * @param {Blob} accounts
     * @param {URLSearchParams} layout
     * @param {string} key
     */
    openBatch: async (accounts, layout, key) =>
      /** @type {Batch} */ (await send('POST', `/v1/bill-batches?${layout}`, { file: accounts, key })),
    /** Newest first. @param {string} after */
    batches: async (after) => /** @type {Page<Batch>} */ (await get(`/v1/bill-batches?limit=50${from(after)}`)),
    /** @param {string} id */
    batch: async (id) => /** @type {Batch} */ (await get(`/v1/bill-batches/${encodeURIComponent(id)}`)),
    /**
     * @param {string} id
     * @param {BatchRow['status']} status
     * @param {string} after
     */
    batchRows: async (id, status, after) =>
      /** @type {Page<BatchRow>} */ (
        await get(`/v1/bill-batches/${encodeURIComponent(id)}/rows?status=${status}&limit=100${from(after)}`)
      ),
    /**
     * @param {Blob} readings
     * @param {string} key
     */
    sendReadings: async (readings, key) =>
      /** @type {Upload} */ (await send('POST', '/v1/meter-readings', { file: readings, key })),
    /**
     * @param {string} uploadId
     * @param {string} after
     */
    readingRows: async (uploadId, after) =>
      /** @type {Page<ReadingRow>} */ (
        await get(`/v1/meter-readings/uploads/${encodeURIComponent(uploadId)}/rows?limit=100${from(after)}`)
      ),
    /** Newest first. @param {string} after */
    held: async (after) =>
      /** @type {Page<HeldException>} */ (
        await get(`/v1/exceptions?kind=held-bill&status=open&limit=100${from(after)}`)
      ),
    /**
     * @param {string} exceptionId
     * @param {HeldDecision} decision
     * @param {string} key
     */
    decide: async (exceptionId, decision, key) =>
      /** @type {HeldException} */ (
        await send('POST', `/v1/exceptions/${exceptionId}/resolve`, { body: decision, key })
      ),
    /** @param {string} id */
    bill: async (id) => /** @type {Bill} */ (await get(`/v1/bills/${encodeURIComponent(id)}`)),
    /**
     * Newest first.
     * @param {{ accountId?: string, status?: string, limit?: number }} wanted
     * @param {string} after
     */
    bills: async ({ accountId = '', status = '', limit = 50 }, after) => {
      const query = new URLSearchParams({ limit: String(limit) });
      if (accountId !== '') query.set('accountId', accountId);
      if (status !== '') query.set('status', status);
      return /** @type {Page<Bill>} */ (await get(`/v1/bills?${query}${from(after)}`));
    },
  };
}

/**
 * Its own address: the one in the answer may name a host that this browser does not use.
 * @param {string} id
 * @param {number} number
 */
export function fileAddress(id, number) {
  return `/v1/bill-batches/${encodeURIComponent(id)}/files/${number}.pdf`;
}

/** @param {string} after The `next` of the page before. */
function from(after) {
  return after === '' ? '' : `&after=${encodeURIComponent(after)}`;
}

/** @typedef {ReturnType<typeof createBillsClient>} BillsClient */
