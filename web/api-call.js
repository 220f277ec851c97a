/** One call of the HTTP API. A refusal becomes an error whose message is the API's own sentence. */

import { sentence } from './wording.js';

/** @import { Problem } from './contract.ts' */

const TRIES = 3;
const TRY_AGAIN_MS = 700;
/** Without an answer for so long a call counts as lost; a file may take long to be sent. */
const ANSWER_MS = 30_000;
const FILE_ANSWER_MS = 600_000;

export class Refusal extends Error {
  /**
   * @param {number} status
   * @param {string} words
   * @param {string} [field] The pointer of the field that is to blame.
   * @param {Problem} [problem] The whole answer, for a page that tells more of it than one sentence.
   */
  constructor(status, words, field, problem = {}) {
    super(words);
    this.name = 'Refusal';
    this.status = status;
    this.field = field;
    this.problem = problem;
  }
}

/**
 * @typedef {object} Call
 * @property {unknown} [body]
 * @property {Blob} [file] Instead of a body: its bytes, under its own type.
 * @property {boolean} [creates] Sends an Idempotency-Key: the same one on each try, so that no try is a second sale.
 * @property {string} [key] Sends this one: it names a command that a person may repeat.
 * @property {number} [revision]
 */

/** @param {string} apiKey */
export function createSender(apiKey) {
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
    const body = call.file ?? (call.body === undefined ? undefined : JSON.stringify(call.body));
    if (body !== undefined) headers['content-type'] = call.file?.type ?? 'application/json';
    const key = call.key ?? (call.creates === true ? crypto.randomUUID() : undefined);
    if (key !== undefined) headers['idempotency-key'] = key;
    if (call.revision !== undefined) headers['if-match'] = `"${call.revision}"`;
    /** @type {RequestInit} */
    const request = { method, headers, cache: 'no-store' };
    if (body !== undefined) request.body = body;
    const waitMs = call.file === undefined ? ANSWER_MS : FILE_ANSWER_MS;
    const answer = await untilAnswered(async () => fetch(path, { ...request, signal: AbortSignal.timeout(waitMs) }));
    if (!answer.ok) throw await refusalOf(answer);
    return answer.json();
  }

  return { authorization, send };
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
        throw new Refusal(0, 'Relink does not answer. This page shows, as soon as it does, whether this was done.');
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
  return new Refusal(answer.status, sentence(words), pointer, problem);
}
