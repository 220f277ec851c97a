/**
 * The tests' one way to wait. It ends by what it waits for; the limit is for what never comes, and then says what that
 * was.
 */
import { setTimeout as pause } from 'node:timers/promises';
import { LIMIT_MS } from './limits.ts';

type Condition = () => Promise<boolean> | boolean;

/** A file in which one wait has run out has failed; the others need not take as long to say what else never came. */
const AFTER_THE_FIRST_MS = Math.min(30_000, LIMIT_MS);
const LATE = Symbol('late');
let patienceMs = LIMIT_MS;

/** `what` is asked at the end, so that it can say what was seen last. */
export async function until(what: string | (() => string), isSo: Condition, everyMs = 25): Promise<void> {
  await inTime(what, async ({ signal }) => {
    while (!signal.aborted && !(await isSo())) await pause(everyMs);
  });
}

/** The same where the condition says it best itself. */
export async function eventually(isSo: Condition, everyMs = 25): Promise<void> {
  await until(isSo.toString(), isSo, everyMs);
}

/** For what comes by itself. The signal tells who looks for it that nobody waits any more. */
export async function inTime<T>(
  what: string | (() => string),
  coming: (waiting: { readonly signal: AbortSignal }) => Promise<T>,
): Promise<T> {
  const limitMs = patienceMs;
  const over = new AbortController();
  const late = pause(limitMs, LATE, { signal: over.signal }).catch(() => LATE);
  try {
    const come = await Promise.race([coming(over), late]);
    if (come !== LATE) return come as T;
  } finally {
    over.abort();
  }
  patienceMs = AFTER_THE_FIRST_MS;
  throw new Error(`waited ${limitMs / 1_000} s until ${typeof what === 'string' ? what : what()}`);
}
