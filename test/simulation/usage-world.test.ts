/**
 * Metered accounts under seeded faults: readings, corrections, payments, expiries, cancels and terminated workflows in
 * any order, while writes to the bank lose their answers and attempts die at their named steps. In the end the money
 * received and the amount on the code equal the usage of the register, to the cent. Real Postgres, real activities, the
 * real core; the seed is printed.
 */
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { openLanes, type Lanes } from './world-lane.ts';
import { settleAccounts } from './metered-town.ts';
import { START, UsageWorld } from './usage-world.ts';
import { SEED } from '../support/sampling.ts';

const RUNS = Number(process.env['RELINK_ROADS'] ?? 15);
const seed = String(SEED);
describe('metered accounts under faults in any order', () => {
  let lanes: Lanes;
  const names = Array.from({ length: RUNS }, (_, index) => String(index).padStart(5, '0'));
  beforeAll(async () => {
    lanes = await openLanes(1);
    const [lane] = lanes.all;
    if (lane !== undefined) await settleAccounts(lane, RUNS, new Date(START).toISOString(), { linear: true });
  });
  afterAll(async () => lanes.close());

  it(`come to what their registers say, ${RUNS} of them (RELINK_SEED=${seed})`, async () => {
    const wrong: string[] = [];
    const seen = new Map<string, number>();
    for (const name of names) {
      const [lane] = lanes.all;
      if (lane === undefined) throw new Error('no lane');
      const world = new UsageWorld(lane, name, seed);
      await world.play();
      for (const what of world.told) seen.set(what, (seen.get(what) ?? 0) + 1);
      for (const sentence of await world.wrong()) wrong.push(`${name}: ${sentence} after ${world.told.join(', ')}`);
    }
    console.info(`${RUNS} accounts: ${[...seen].map(([what, times]) => `${what} ${times}`).join(', ')}`);
    expect(wrong).toEqual([]);
  });
});
