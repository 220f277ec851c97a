/** Reads a list page by page, as far as somebody has asked for. */

/** @import { Page } from '../contract.ts' */

/**
 * @template T
 * @param {(after: string) => Promise<Page<T>>} read
 * @param {number} most
 * @returns {Promise<{ readonly found: readonly T[], readonly more: boolean }>}
 */
export async function readPages(read, most) {
  /** @type {T[]} */
  const found = [];
  let after = '';
  for (let page = 0; page < most; page += 1) {
    const { data, next } = await read(after);
    found.push(...data);
    if (next === null) return { found, more: false };
    after = next;
  }
  return { found, more: true };
}
