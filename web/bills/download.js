/** Files behind the key: fetched as bytes, told how far they are, and saved. */
import { Refusal, refusalOf } from '../api-call.js';

/** A file that sends nothing for so long has stopped. Reading it again does no harm. */
const SILENT_MS = 60_000;

/**
 * @typedef {object} Download
 * @property {string} address
 * @property {string} authorization
 * @property {(received: number, total: number | undefined) => void} onProgress The whole is unknown where it is
 * streamed.
 */

/**
 * @param {Download} download
 * @returns {Promise<Blob>}
 */
export async function fetchFile({ address, authorization, onProgress }) {
  const silence = new AbortController();
  let watchdog = setTimeout(() => silence.abort(), SILENT_MS);
  try {
    const answer = await fetch(address, { headers: { authorization }, signal: silence.signal, cache: 'no-store' });
    if (!answer.ok) throw await refusalOf(answer);
    const total = Number(answer.headers.get('content-length') ?? '0');
    const reader = answer.body?.getReader();
    /** @type {Uint8Array<ArrayBuffer>[]} */
    const parts = [];
    let received = 0;
    for (;;) {
      const { done, value } = (await reader?.read()) ?? { done: true, value: undefined };
      if (done || value === undefined) break;
      clearTimeout(watchdog);
      watchdog = setTimeout(() => silence.abort(), SILENT_MS);
      parts.push(value);
      received += value.length;
      onProgress(received, total > 0 ? total : undefined);
    }
    return new Blob(parts, { type: 'application/pdf' });
  } catch (error) {
    if (error instanceof Refusal) throw error;
    throw new Refusal(0, 'The file stopped arriving. Nothing is lost: ask for it again.');
  } finally {
    clearTimeout(watchdog);
  }
}

/**
 * @param {Blob} blob
 * @param {string} name
 */
export function save(blob, name) {
  const link = document.createElement('a');
  link.href = URL.createObjectURL(blob);
  link.download = name;
  link.click();
  // The browser has taken the bytes by then; held any longer, a large file stays in memory.
  setTimeout(() => URL.revokeObjectURL(link.href), 10_000);
}
