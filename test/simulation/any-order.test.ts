/**
 * Readings shuffled, doubled, with one in a hundred missing and delivered late: the bills and the ledger are those of
 * the readings that came once and in order. `npm run prove:readings` plays ten thousand of them in twenty orders;
 * without its settings it is a small town.
 */
import { describe, expect, it } from '@jest/globals';
import type { Reading } from '../../domain/billing/reading.ts';
import { SeededRandom } from '../support/chance.ts';
import { openTown } from './metered-town.ts';

const orders = Number(process.env['RELINK_ORDERS'] ?? 1);
const readingsInAll = Number(process.env['RELINK_READINGS'] ?? 1_200);
const ACCOUNTS = Number(process.env['RELINK_ACCOUNTS'] ?? 25);
const PERIODS = 3;
const PORTION = Math.ceil(readingsInAll / 6);
const HOUR = 3_600_000;
/** Whole days ago, so that a due date by the reading is not before the earliest one allowed. */
const LAST = Math.floor(Date.now() / 86_400_000) * 86_400_000 - 24 * HOUR;

interface Period {
  readonly readings: readonly Reading[];
}

/**
 * Some accounts use nothing, some ten times what they used before, some are read wrong and put right, some go round the
 * register.
 */
function makePeriods(chance: SeededRandom): readonly Period[] {
  const each = Math.round(readingsInAll / ACCOUNTS / PERIODS);
  const registers = Array.from({ length: ACCOUNTS }, (_, account): number => (account % 10 === 3 ? 99_900 : 0));
  const sequences = Array.from({ length: ACCOUNTS }, () => 0);
  return Array.from({ length: PERIODS }, (_, period) => {
    const readings: Reading[] = [];
    for (let account = 0; account < ACCOUNTS; account += 1) {
      const meterId = `M${String(account).padStart(5, '0')}`;
      const deviceId = `phone-${account % 7}-${meterId}`;
      let wrong: Reading | undefined;
      for (let place = 0; place < each; place += 1) {
        const step =
          account % 20 === 5 && period === 1 ? 0 : chance.between(1, 4) * (account % 25 === 7 && period === 2 ? 30 : 1);
        registers[account] = (registers[account] ?? 0) + step;
        const hours = (PERIODS - period) * each - place;
        const value = ((registers[account] ?? 0) % 100_000).toString().padStart(5, '0');
        const sequence = (sequences[account] ?? 0) + 1;
        const readAt = new Date(LAST - hours * HOUR).toISOString();
        const typed = chance.happens(0.02) ? ((Number(value) + 40) % 100_000).toString().padStart(5, '0') : value;
        const kind = chance.happens(0.05) ? 'estimated' : 'actual';
        const reading: Reading = { deviceId, sequence, meterId, value: typed, readAt, kind };
        readings.push(reading);
        sequences[account] = sequence;
        if (typed !== value) wrong = reading;
        if (wrong === undefined || place % 5 !== 4) continue;
        const corrects = { deviceId, sequence: wrong.sequence };
        const right = { ...wrong, value: ((Number(wrong.value) + 99_960) % 100_000).toString().padStart(5, '0') };
        sequences[account] = sequence + 1;
        readings.push({ ...right, sequence: sequence + 1, corrects });
        wrong = undefined;
      }
    }
    return { readings };
  });
}

function shuffled<T>(items: readonly T[], chance: SeededRandom): readonly T[] {
  return items
    .map((item) => ({ item, at: chance.share() }))
    .toSorted((a, b) => a.at - b.at)
    .map(({ item }) => item);
}

async function play(periods: readonly Period[], arrange: (readings: readonly Reading[]) => readonly Reading[]) {
  const town = await openTown({ accounts: ACCOUNTS, installedAt: new Date(LAST - 100 * 24 * HOUR).toISOString() });
  try {
    let uploads = 0;
    let paid = 0;
    for (const { readings } of periods) {
      const arrived = arrange(readings);
      for (let from = 0; from < arrived.length; from += PORTION) {
        uploads += 1;
        await town.upload(arrived.slice(from, from + PORTION), `upload ${uploads}`);
      }
      paid += await town.payAll();
    }
    return { bills: await town.bills(), ledger: await town.ledger(), stored: await town.stored(), paid, ...town.count };
  } finally {
    await town.close();
  }
}

describe('the bills of a town', () => {
  it(`are the same for readings in any order (${orders} of them)`, async () => {
    const periods = makePeriods(new SeededRandom('readings'));
    const sent = periods.reduce((sum, { readings }) => sum + readings.length, 0);
    const inOrder = await play(periods, (readings) => readings);
    console.info(`${sent} readings of ${ACCOUNTS} accounts in ${PERIODS} periods; in order: ${said(inOrder)}`);
    expect(inOrder.stored).toBe(sent);
    expect(inOrder.paid).toBeGreaterThan(ACCOUNTS * (PERIODS - 1));
    for (let order = 1; order <= orders; order += 1) {
      const chance = new SeededRandom(`order ${order}`);
      const anyhow = await play(periods, (readings) => {
        const late = new Set(readings.filter(() => chance.happens(0.01)));
        const soon = readings.filter((reading) => !late.has(reading));
        return [...shuffled([...soon, ...soon], chance), ...shuffled([...late], chance)];
      });
      console.info(`order ${order}: ${said(anyhow)}`);
      expect(anyhow.ledger).toEqual(inOrder.ledger);
      expect(anyhow.bills).toEqual(inOrder.bills);
      expect(anyhow.stored).toBe(sent);
    }
  });
});

function said({ bills, ledger, paid, ratings, writes }: Awaited<ReturnType<typeof play>>): string {
  const held = bills.filter((bill) => 'status' in bill && bill.status === 'held').length;
  return `${bills.length} bills, ${paid} paid, ${held} held, ${ledger.length} entries; ${ratings} ratings, ${writes} other effects`;
}
