/**
 * The one place for limits of tests. A limit is for what hangs, never for what is slow: no test, hook or wait has one
 * of its own (test/limits/limits.test.ts). Where a product's own time limit is not what a test is about, it gets
 * PATIENT_MS too.
 */

/** Fewer for whoever expects a test to hang, more for the runs of `prove:*`. */
const MINUTES = Number(process.env['RELINK_LIMIT_MINUTES'] ?? '10');

/** For a wait, an answer, a page in a browser. */
export const LIMIT_MS = MINUTES * 60_000;

/** For a test or a hook: more than for one wait, so that the wait can still say what never came. */
export const TEST_LIMIT_MS = 1.5 * LIMIT_MS;

/** For limits of the product that a slow machine must not meet: its answers, its calls at the bank, its sales. */
export const PATIENT_MS = 60_000;
