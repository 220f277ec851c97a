/**
 * Money against everything that may race it: 500 runs of each race, the payment at every offset within a second of the
 * command or the deadline. A run is played again, step by step, by the command that its failure prints.
 */
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import type { ProviderRequest } from '../../providers/provider.ts';
import type { PlantedBug } from './world.ts';
import { openLanes, type Lane, type Lanes } from './world-lane.ts';
import { offsetOf, playRace, RACES, RUNS, type RaceName } from './race.ts';

/** `cancel:17` plays that run alone. */
const alone = process.env['RELINK_RACE'];
const together = alone === undefined ? describe : describe.skip;
const times = Number(process.env['RELINK_TEST_RUNS'] ?? '1');
const runs = RUNS * times;

let lanes: Lanes;
beforeAll(async () => {
  lanes = await openLanes(4);
});
afterAll(async () => {
  await lanes.close();
});

/** What each race has to have met, and in how many of its runs at least. */
const MET: Readonly<Record<RaceName, Readonly<Record<string, number>>>> = {
  expiry: { 'booked exact': 100, 'ends expired': 100, 'booked late': 15 },
  cancel: { 'found paid': 50, 'found cancelled': 100, 'refused payment-in-flight': 30, 'booked late': 15 },
  update: { updated: 100, 'refused already-paid': 40, 'refused payment-in-flight': 30, 'booked partial': 15 },
  replace: { linked: 200, 'refused payment-in-flight': 30, 'ends cancelled': 100, 'booked late': 15 },
};
const MET_BY_ALL = { 'the payment was first': 50, 'the payment was second': 50, 'it was in flight': 50 };

async function playAll(race: RaceName) {
  const failures: string[] = [];
  const met: Record<string, number> = {};
  const numbers = Array.from({ length: runs }, (_, number) => number);
  await lanes.playAll(numbers, async (lane, number) => {
    const { wrong, outcomes } = await playRace(lane, race, number);
    for (const outcome of new Set(outcomes)) met[outcome] = (met[outcome] ?? 0) + 1;
    if (wrong.length > 0)
      failures.push(`RELINK_RACE=${race}:${number} npx jest test/simulation/races # ${wrong.join('; ')}`);
  });
  return { failures, met };
}

function firstLane(): Lane {
  const [lane] = lanes.all;
  if (lane === undefined) throw new Error('there are no lanes');
  return lane;
}

together('a payment within a second of', () => {
  it.each([
    ['the expiry of its request', 'expiry'],
    ['a cancel', 'cancel'],
    ['a charge update', 'update'],
    ['a replacing sale', 'replace'],
  ] as const)('%s is booked once and in full, to the request it was for, and bank and rows agree', async (_, race) => {
    const { failures, met } = await playAll(race);
    const counted = Object.entries(met).map(([outcome, count]) => `${outcome} ${count}`);
    process.stdout.write(`${runs} races of ${race}: ${counted.join(', ')}\n`);
    expect(failures).toEqual([]);
    for (const [outcome, least] of Object.entries({ ...MET[race], ...MET_BY_ALL })) {
      expect({ outcome, enough: (met[outcome] ?? 0) >= least }).toEqual({ outcome, enough: true });
    }
  });
});

together('the races', () => {
  it('cover every offset from a second before to a second after, both included', () => {
    const offsets = Array.from({ length: RUNS }, (_, number) => offsetOf(number));
    expect(offsets.at(0)).toBe(-1_000);
    expect(offsets.at(-1)).toBe(1_000);
    expect(new Set(offsets).size).toBe(RUNS);
  });

  it.each(RACES)('of %s are the same in every step when they are played again', async (race) => {
    for (const number of [7, 251, 433]) {
      const [first, second] = [await playRace(firstLane(), race, number), await playRace(firstLane(), race, number)];
      expect(ids(second.trace)).toEqual(ids(first.trace));
    }
  });
});

/** The link's own name and the numbers of commands come from the database, which remembers the run before. */
function ids(trace: readonly string[]): readonly string[] {
  return trace.map((line) => line.replace(/pl-lane-\d+-\d+|"(number|newest)":\d+/g, ''));
}

together('a planted bug is caught:', () => {
  it.each<[string, RaceName, PlantedBug, RegExp]>([
    ['a cancel that does not look whether money was faster', 'cancel', blindCancel(), /booked 0 times/],
    ['money that is booked to whoever is on the code', 'replace', bookedToTheCode(), /booked to R2/],
    ['a payment with another id at each read', 'expiry', anotherIdEachTime(), /booked 2 times|in the ledger/],
  ])('%s', async (_, race, sabotage, sentence) => {
    const wrong: string[] = [];
    const numbers = Array.from({ length: 25 }, (__, number) => number * 20);
    await lanes.playAll(numbers, async (lane, number) => {
      wrong.push(...(await playRace(lane, race, number, sabotage)).wrong);
    });
    expect(wrong.filter((each) => sentence.test(each))).not.toEqual([]);
  });
});

/** What a read of the bank shows is changed on its way; the memory is one world's own. */
function readsAs(change: () => (view: ProviderRequest, cancelled: boolean) => ProviderRequest): PlantedBug {
  return {
    provider(provider) {
      const cancelled = new Set<string>();
      const changed = change();
      return {
        ...provider,
        async cancelRequest(id, reason, call) {
          cancelled.add(id);
          return provider.cancelRequest(id, reason, call);
        },
        async getRequest(id, call) {
          const view = await provider.getRequest(id, call);
          return view === undefined ? undefined : changed(view, cancelled.has(id));
        },
      };
    },
  };
}

function blindCancel(): PlantedBug {
  return readsAs(() => (view, cancelled) => (cancelled ? { ...view, status: 'cancelled' } : view));
}

let reads = 0;

function anotherIdEachTime(): PlantedBug {
  return readsAs(() => (view) => {
    reads += 1;
    const { settlement } = view;
    return settlement === undefined ? view : { ...view, settlement: { ...settlement, endToEndId: `E${reads}` } };
  });
}

/** Money that comes after the cancel of its sale is shown by the sale that took its place. */
function bookedToTheCode(): PlantedBug {
  return readsAs(() => {
    let late: ProviderRequest['settlement'];
    return (view, cancelled) => {
      const { settlement, ...rest } = view;
      if (cancelled && settlement !== undefined) {
        late = settlement;
        return { ...rest, status: 'cancelled' };
      }
      return view.status === 'active' && late !== undefined ? { ...view, status: 'settled', settlement: late } : view;
    };
  });
}

const one = alone === undefined ? describe.skip : describe;
one(`one race alone${alone === undefined ? ' (SKIPPED: RELINK_RACE names no run)' : ''}`, () => {
  it('is told step by step', async () => {
    const [name, number] = (alone ?? '').split(':');
    const race = RACES.find((each) => each === name);
    if (race === undefined) throw new Error(`RELINK_RACE is ${RACES.join(' or ')}, a colon, and the number of the run`);
    const { wrong, trace } = await playRace(firstLane(), race, Number(number));
    process.stdout.write(`${trace.join('\n')}\n`);
    expect(wrong).toEqual([]);
  });
});
