/** What this tab remembers until it is closed. A browser that keeps nothing asks again. */

/** @import { KeptUpload } from './contract.ts' */

const KEY = 'relink.apiKey';
const REASON = 'relink.reason';
const UPLOADS = 'relink.readingUploads';
/** The newest ones, each with its first gaps: a tab keeps a few megabytes at most. */
const MOST_UPLOADS = 20;
const MOST_GAPS = 200;

/** @param {string} name */
function kept(name) {
  try {
    return sessionStorage.getItem(name) ?? '';
  } catch {
    return '';
  }
}

/**
 * @param {string} name
 * @param {string} value Empty: forgotten.
 */
function keep(name, value) {
  try {
    if (value === '') sessionStorage.removeItem(name);
    else sessionStorage.setItem(name, value);
  } catch {
    // Only convenience is lost.
  }
}

export const keptKey = () => kept(KEY);
/** @param {string} apiKey */
export const keepKey = (apiKey) => keep(KEY, apiKey);
export const keptReason = () => kept(REASON);
/** @param {string} reason */
export const keepReason = (reason) => keep(REASON, reason);

/** Newest first. @returns {readonly KeptUpload[]} */
export function keptUploads() {
  try {
    return /** @type {KeptUpload[]} */ (JSON.parse(kept(UPLOADS) || '[]'));
  } catch {
    return [];
  }
}

/** @param {KeptUpload} upload */
export function keepUpload({ id, name, at, rows, gaps }) {
  const others = keptUploads().filter((other) => other.id !== id);
  const newest = { id, name, at, rows, gaps: gaps.slice(0, MOST_GAPS) };
  keep(UPLOADS, JSON.stringify([newest, ...others].slice(0, MOST_UPLOADS)));
}
