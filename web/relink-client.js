/** The HTTP API as a POS backend calls it. */

import { createSender, refusalOf } from './api-call.js';

/** @import { Amount, NewSale, Page, PaymentLink, PaymentRequest, TimelineEntry } from './contract.ts' */

/** @param {string} apiKey */
export function createRelinkClient(apiKey) {
  const { authorization, send } = createSender(apiKey);

  return {
    authorization,
    /** @param {string} id */
    link: async (id) => /** @type {PaymentLink} */ (await send('GET', `/v1/payment-links/${id}`)),
    /** @param {string} label */
    openLink: async (label) =>
      /** @type {PaymentLink} */ (
        await send('POST', '/v1/payment-links', { body: { kind: 'till', label }, creates: true })
      ),
    firstTill: async () =>
      firstOf(/** @type {Page<PaymentLink>} */ (await send('GET', '/v1/payment-links?kind=till&limit=1'))),
    /** @param {string} id */
    request: async (id) => /** @type {PaymentRequest} */ (await send('GET', `/v1/payment-requests/${id}`)),
    /** @param {string} linkId */
    newestRequest: async (linkId) =>
      firstOf(
        /** @type {Page<PaymentRequest>} */ (await send('GET', `/v1/payment-requests?paymentLinkId=${linkId}&limit=1`)),
      ),
    /**
     * Oldest first.
     * @param {string} linkId
     * @param {number} after The last entry that is known; 0 for none.
     */
    history: async (linkId, after) =>
      /** @type {Page<TimelineEntry>} */ (
        await send('GET', `/v1/payment-links/${linkId}/history?limit=100&after=${after}`)
      ),
    /**
     * @param {string} linkId
     * @param {NewSale} sale
     */
    sell: async (linkId, sale) =>
      /** @type {PaymentRequest} */ (
        await send('POST', `/v1/payment-links/${linkId}/payment-requests`, { body: sale, creates: true })
      ),
    /**
     * @param {PaymentRequest} request
     * @param {Amount} amount
     */
    changeAmount: async ({ id, revision }, amount) =>
      send('PATCH', `/v1/payment-requests/${id}`, { body: { amount }, revision, creates: true }),
    /** @param {string} id */
    cancel: async (id) => send('POST', `/v1/payment-requests/${id}/cancel`, { body: {}, creates: true }),
    /** @param {string} linkId The bytes of the printed code. */
    printedCode: async (linkId) => {
      const answer = await fetch(`/v1/payment-links/${linkId}/qr.svg`, { headers: { authorization } });
      if (!answer.ok) throw await refusalOf(answer);
      return answer.arrayBuffer();
    },
  };
}

/**
 * @template T
 * @param {Page<T>} page
 * @returns {T | undefined}
 */
function firstOf(page) {
  return page.data[0];
}

/** @typedef {ReturnType<typeof createRelinkClient>} RelinkClient */
