/** The HTTP API as a meter reader's phone calls it. */

import { Refusal, refusalOf } from '../api-call.js';

/** @import { ServiceAccount, Batch, Reading, RowResult, Upload } from './contract.ts' */
/** @import { Page, Problem } from '../contract.ts' */

/** @typedef {ReturnType<typeof createAgentClient>} AgentClient */

const READ_TIMEOUT_MS = 20_000;
const SEND_TIMEOUT_MS = 45_000;
const TRIES = 3;
const TRY_AGAIN_MS = 1_000;
/** As many as the API gives in one page. */
const PAGE = 100;

/** @param {string} apiKey */
export function createAgentClient(apiKey) {
  const headers = { authorization: `Bearer ${apiKey}` };

  /**
   * A read changes nothing: without an answer, or with 5xx, it is tried three times.
   * @param {string} path
   * @returns {Promise<unknown>}
   */
  async function read(path) {
    for (let tried = 1; ; tried += 1) {
      try {
        const answer = await fetch(path, { headers, cache: 'no-store', signal: AbortSignal.timeout(READ_TIMEOUT_MS) });
        if (answer.ok) return await answer.json();
        if (answer.status < 500 || tried === TRIES) throw await refusalOf(answer);
      } catch (error) {
        if (error instanceof Refusal) throw error;
        if (tried === TRIES) throw new Refusal(0, 'Relink does not answer.');
      }
      await new Promise((resolve) => setTimeout(resolve, TRY_AGAIN_MS * tried));
    }
  }

  return {
    /** @param {string} after The `next` of the page before; empty for the first. */
    batches: async (after) =>
      /** @type {Page<Batch>} */ (await read(`/v1/bill-batches?${query({ limit: String(PAGE), after })}`)),
    /**
     * @param {string} batchId Empty: of all batches.
     * @param {string} after
     */
    accounts: async (batchId, after) =>
      /** @type {Page<ServiceAccount>} */ (
        await read(`/v1/service-accounts?${query({ limit: String(PAGE), batchId, after })}`)
      ),
    /**
     * Sent once. Without an answer nobody knows whether the readings are stored; whoever calls keeps key and readings
     * and sends both again, and the API answers the repeat as it would have answered the first.
     * @param {readonly Reading[]} readings
     * @param {string} key
     */
    send: async (readings, key) => {
      const answer = await fetch('/v1/meter-readings', {
        method: 'POST',
        headers: { ...headers, 'content-type': 'application/json', 'idempotency-key': key },
        body: JSON.stringify({ readings }),
        cache: 'no-store',
        signal: AbortSignal.timeout(SEND_TIMEOUT_MS),
      });
      return answer.ok ? /** @type {Upload} */ (await answer.json()).results : refusedRows(answer, readings.length);
    },
  };
}

/**
 * 422 with pointers into the list: those rows are wrong, and nothing of the portion was stored. Anything else is about
 * all of it.
 * @param {Response} answer
 * @param {number} rows
 * @returns {Promise<readonly RowResult[]>}
 */
async function refusedRows(answer, rows) {
  const refusal = await refusalOf(answer.clone());
  /** @type {Problem} */
  const problem = answer.status === 422 ? await answer.json().catch(() => ({})) : {};
  /** @type {Map<number, { column: string, detail: string }[]>} */
  const byLine = new Map();
  for (const { pointer = '', detail = '' } of problem.errors ?? []) {
    const [, list, row, column = ''] = pointer.split('/');
    if (list !== 'readings' || !(Number(row) < rows)) continue;
    byLine.set(Number(row) + 1, [...(byLine.get(Number(row) + 1) ?? []), { column, detail }]);
  }
  if (byLine.size === 0) throw refusal;
  return [...byLine].map(([line, errors]) => ({ line, result: 'refused', errors }));
}

/** @param {Readonly<Record<string, string>>} parameters Those that are empty are left out. */
function query(parameters) {
  return new URLSearchParams(Object.entries(parameters).filter(([, value]) => value !== '')).toString();
}
