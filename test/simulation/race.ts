/** One race between a payment and a command or a deadline, and what must be true once it is over. */
import { BEGINNING, charge, World, type PlantedBug } from './world.ts';
import type { Lane } from './world-lane.ts';
import { judge } from './race-judge.ts';

export const RACES = ['expiry', 'cancel', 'update', 'replace'] as const;
export type RaceName = (typeof RACES)[number];

export const RUNS = 500;
const WIDEST_MS = 1_000;

/** Evenly from -1000 ms to +1000 ms by the run's number, both ends included. */
export function offsetOf(number: number): number {
  return Math.round(((number % RUNS) / (RUNS - 1)) * 2 * WIDEST_MS) - WIDEST_MS;
}

interface RaceResult {
  /** Empty: everything that must be true is. */
  readonly wrong: readonly string[];
  readonly outcomes: readonly string[];
  readonly trace: readonly string[];
}

export async function playRace(
  lane: Lane,
  race: RaceName,
  number: number,
  sabotage: PlantedBug = {},
): Promise<RaceResult> {
  const world = await World.open(lane, `${race}:${number}`, sabotage);
  try {
    arrange(world, race, offsetOf(number));
    await world.clock.playUntil(BEGINNING + 30_000);
    const restless = (await world.rest()) ? [] : ['it never comes to rest'];
    const { wrong, outcomes } = await judge(world);
    return { wrong: [...restless, ...wrong], outcomes, trace: world.trace };
  } catch (error) {
    return { wrong: [String(error)], outcomes: [], trace: world.trace };
  } finally {
    await world.close();
  }
}

function arrange(world: World, race: RaceName, offsetMs: number): void {
  const { chance } = world;
  const first = world.requestId('R1');
  const seconds = chance.between(2, 4);
  world.order(BEGINNING + chance.between(30, 200), 'link', {
    requestId: first,
    charge: charge('2490', race === 'expiry' ? seconds : 900),
  });
  // The deadline is the bank's and counts from the creation there, so it is only known once that has happened.
  if (race === 'expiry') {
    const before = world.bank.onChange;
    let raced = false;
    world.bank.onChange = (request) => {
      before(request);
      if (!raced) pay(world, request.createdAt + seconds * 1_000 + offsetMs);
      raced = true;
    };
  } else {
    const at = BEGINNING + seconds * 1_000;
    pay(world, at + offsetMs);
    command(world, race, at);
  }
  if (chance.happens(0.15)) world.terminate(BEGINNING + seconds * 1_000 + chance.between(-1_500, 2_000));
  for (let rounds = chance.between(0, 2); rounds > 0; rounds -= 1) world.watch(BEGINNING + chance.between(500, 9_000));
}

function command(world: World, race: Exclude<RaceName, 'expiry'>, at: number): void {
  const requestId = world.requestId('R1');
  if (race === 'cancel') world.order(at, 'unlink', world.chance.happens(0.5) ? { requestId } : {});
  if (race === 'update') world.order(at, 'updateCharge', { requestId, charge: { amount: charge('3000').amount } });
  if (race !== 'replace') return;
  const second = world.requestId('R2');
  world.order(at, 'link', { requestId: second, charge: charge('990'), onBusy: 'replace' });
  if (world.chance.happens(0.5)) {
    const paysAt = at + world.chance.between(1_000, 6_000);
    world.payer({ scansAt: paysAt - world.chance.between(0, 900), paysAt });
  }
}

function pay(world: World, paysAt: number): void {
  const { chance } = world;
  const processing = chance.happens(0.4) ? { processingMs: chance.between(20, 3_000) } : {};
  world.payer({
    scansAt: paysAt - chance.between(0, 800),
    paysAt,
    how: {
      ...processing,
      ...(chance.happens(0.1) ? { failing: true } : {}),
      ...(chance.happens(0.4) ? { promisedMs: chance.between(0, 3_000) } : {}),
    },
  });
}
