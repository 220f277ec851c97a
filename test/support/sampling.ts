/**
 * How much of a random test the suite plays, and with which seed. The suite plays a share, each day another one; the
 * whole is played by `npm run prove:*`, which sets RELINK_SHARE=1. A failure prints its seed, for RELINK_SEED.
 */

/** Today as a number, 20261201: the same for all who look today, another one tomorrow. */
const TODAY = Number(new Date().toISOString().slice(0, 10).replaceAll('-', ''));

export const SEED = Number(process.env['RELINK_SEED'] ?? TODAY);

const SHARE = Number(process.env['RELINK_SHARE'] ?? '0.25');

/** `whole` runs in `prove:*`, a share of them in the suite; more than the whole where RELINK_SHARE is above 1. */
export function runsOf(whole: number): number {
  return Math.ceil(whole * SHARE);
}

/** Said once a file, so that whoever reads a log can play it again. */
export function sayWhatIsPlayed(what: string): void {
  process.stdout.write(`${what}: RELINK_SEED=${SEED} RELINK_SHARE=${SHARE}\n`);
}
