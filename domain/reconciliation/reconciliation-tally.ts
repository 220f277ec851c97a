/** What a run has counted so far, and the share of money it can explain. Whole numbers only; rounded down, never up. */
import { fromJson, isCurrency, type Currency, type MoneyJson } from '../money.ts';
import type { MoneyCheck } from './finding.ts';

interface MoneyTally {
  /** Minor units. */
  readonly seen: string;
  readonly explained: string;
}

export interface Tally {
  readonly counts: { readonly [name: string]: number };
  readonly money: { readonly [currency: string]: MoneyTally };
}

export function addCounts(tally: Tally, counts: Readonly<Record<string, number>>): Tally {
  const sums: Record<string, number> = { ...tally.counts };
  for (const [name, count] of Object.entries(counts)) sums[name] = (sums[name] ?? 0) + count;
  return { ...tally, counts: sums };
}

export function addMoney(tally: Tally, looked: readonly MoneyCheck[]): Tally {
  const sums: Record<string, { seen: bigint; explained: bigint }> = {};
  for (const [currency, { seen, explained }] of Object.entries(tally.money)) {
    sums[currency] = { seen: BigInt(seen), explained: BigInt(explained) };
  }
  for (const { amount, explained } of looked) {
    const sum = (sums[amount.currency] ??= { seen: 0n, explained: 0n });
    const size = sizeOf(fromJson(amount).minorUnits);
    sum.seen += size;
    if (explained) sum.explained += size;
  }
  const money = Object.entries(sums).map(
    ([currency, sum]) => [currency, { seen: sum.seen.toString(), explained: sum.explained.toString() }] as const,
  );
  return { ...tally, money: Object.fromEntries(money) };
}

/** Adds amounts that were found unbooked and have been booked since: they were seen already, and are explained now. */
export function explain(tally: Tally, amounts: readonly MoneyJson[]): Tally {
  const money: Record<string, MoneyTally> = { ...tally.money };
  for (const { currency, minorUnits } of amounts) {
    const before = money[currency];
    if (before === undefined) continue;
    const explained = BigInt(before.explained) + sizeOf(BigInt(minorUnits));
    money[currency] = { seen: before.seen, explained: explained.toString() };
  }
  return { ...tally, money };
}

/** "99.999": three decimals. Only all of the money is "100.000"; where there was none, nothing is unexplained. */
export function explainedShare({ seen, explained }: MoneyTally): string {
  const [whole, part] = [BigInt(seen), BigInt(explained)];
  const thousandths = whole === 0n ? 100_000n : (part * 100_000n) / whole;
  const digits = thousandths.toString().padStart(4, '0');
  return `${digits.slice(0, -3)}.${digits.slice(-3)}`;
}

export function currenciesOf({ money }: Tally): readonly Currency[] {
  return Object.keys(money).filter(isCurrency).toSorted();
}

/** Money that left counts as much as money that came. */
function sizeOf(minorUnits: bigint): bigint {
  return minorUnits < 0n ? -minorUnits : minorUnits;
}
