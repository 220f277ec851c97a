/** The HTTP API as a POS backend calls it. A refusal becomes an error whose message is the API's own sentence. */

import { sentence } from './wording.js';

/** @import { Amount, PaymentLink, PaymentRequest, Problem, TimelineEntry } from './contract.ts' */

const TRIES = 3;
const TRY_AGAIN_MS = 700;

export class Refusal extends Error {
  /**
   * @param {number} status
   * @param {string} words
   * @param {string} [field] The pointer of the field that is to blame.
   */
  constructor(status, words, field) {
    super(words);
    this.name = 'Refusal';
    this.status = status;
    this.field = field;
  }
}

/**
 * @typedef {object} Call
 * @property {unknown} [body]
 * @property {boolean} [creates] Sends an Idempotency-Key: the same one on each try, so that no try is a second sale.
 * @property {number} [revision]
 */

/** @param {string} apiKey */
export function createRelinkClient(apiKey) {
  const authorization = `Bearer ${apiKey}`;

  /**
   * @param {string} method
   * @param {string} path
   * @param {Call} [call]
   * @returns {Promise<unknown>}
   */
  async function send(method, path, call = {}) {
    /** @type {Record<string, string>} */
    const headers = { authorization };
    if (call.body !== undefined) headers['content-type'] = 'application/json';
    if (call.creates === true) headers['idempotency-key'] = crypto.randomUUID();
    if (call.revision !== undefined) headers['if-match'] = `"${call.revision}"`;
    /** @type {RequestInit} */
    const request = { method, headers, cache: 'no-store' };
    if (call.body !== undefined) request.body = JSON.stringify(call.body);
    const answer = await untilAnswered(async () => fetch(path, request));
    if (!answer.ok) throw await refusalOf(answer);
    return answer.json();
  }

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
      firstOf(/** @type {{ data: PaymentLink[] }} */ (await send('GET', '/v1/payment-links?kind=till&limit=1'))),
    /** @param {string} id */
    request: async (id) => /** @type {PaymentRequest} */ (await send('GET', `/v1/payment-requests/${id}`)),
    /** @param {string} linkId */
    newestRequest: async (linkId) =>
      firstOf(
        /** @type {{ data: PaymentRequest[] }} */ (
          await send('GET', `/v1/payment-requests?paymentLinkId=${linkId}&limit=1`)
        ),
      ),
    /**
     * Oldest first.
     * @param {string} linkId
     * @param {number} after The last entry that is known; 0 for none.
     */
    history: async (linkId, after) =>
      /** @type {{ data: TimelineEntry[], next: string | null }} */ (
        await send('GET', `/v1/payment-links/${linkId}/history?limit=100&after=${after}`)
      ),
    /**
     * @param {string} linkId
     * @param {{ amount: Amount, reference: string, expiresIn: number }} sale
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
 * No answer at all, or 503: tried again by itself, because a till has no time for it.
 * @param {() => Promise<Response>} ask
 * @returns {Promise<Response>}
 */
async function untilAnswered(ask) {
  for (let tried = 1; ; tried += 1) {
    try {
      const answer = await ask();
      if (answer.status !== 503 || tried === TRIES) return answer;
    } catch {
      if (tried === TRIES)
        throw new Refusal(0, 'Relink does not answer. The display shows, as soon as it does, whether this was done.');
    }
    await new Promise((resolve) => setTimeout(resolve, TRY_AGAIN_MS * tried));
  }
}

/**
 * @param {Response} answer
 * @returns {Promise<Refusal>}
 */
export async function refusalOf(answer) {
  /** @type {Problem} */
  const problem = await answer.json().catch(() => ({}));
  const [first] = problem.errors ?? [];
  const { pointer = '', detail } = first ?? {};
  // Of a field the API says what is wrong with it, so the field is named before.
  const ofField = detail === undefined ? undefined : `${pointer.split('/')[1] ?? ''}: ${detail}`.replace(/^: /, '');
  const words = ofField ?? problem.detail ?? problem.title ?? `Relink answers with status ${answer.status}`;
  return new Refusal(answer.status, sentence(words), pointer);
}

/**
 * @template T
 * @param {{ data: T[] }} page
 * @returns {T | undefined}
 */
function firstOf(page) {
  return page.data[0];
}

/** @typedef {ReturnType<typeof createRelinkClient>} RelinkClient */
