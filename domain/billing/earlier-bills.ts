/**
 * The carry-over from closed bills: corrections of wrong readings, and amounts unpaid or in the payer's favour. Each is
 * the difference between what should be billed by today's knowledge and what is on bills already, so nothing is charged
 * twice.
 */
import { closedContent, type BillContent, type BillLine, type BillShare, type StoredBill } from './bill.ts';
import { correctionFor } from './correction.ts';
import { decimal } from '../decimal.ts';
import type { Meter } from './meter.ts';
import { add, fromJson, money, subtract, toDecimal, toJson, type Money } from '../money.ts';
import { present } from '../present.ts';
import { gatherReadings, type Reading, readingKeyOf } from './reading.ts';
import { priceUsage, type Tariff } from './tariff.ts';
import { usageOf } from './usage.ts';

interface EarlierBillsInput {
  /** Closed ones, the oldest first. */
  readonly closed: readonly StoredBill[];
  readonly meters: readonly Meter[];
  readonly readings: readonly Reading[];
  readonly tariffs: readonly Tariff[];
  /** An instant. */
  readonly now: string;
}

export interface CarryOver {
  readonly lines: readonly BillLine[];
  readonly corrections: readonly BillShare[];
  readonly carried: readonly BillShare[];
  /** A correction that makes a closed bill's register run backwards: nobody can be billed by it. */
  readonly impossible?: string;
}

export function carryOverOf(input: EarlierBillsInput): CarryOver {
  const corrections: BillShare[] = [];
  const carried: BillShare[] = [];
  const lines: BillLine[] = [];
  let impossible: string | undefined;
  for (const [index, bill] of input.closed.entries()) {
    const later = input.closed.slice(index + 1).map(closedContent);
    const corrected = correctedTotal(input, index);
    if (corrected === undefined) {
      impossible ??= `By a correction the register runs backwards on bill ${bill.number}, which is closed.`;
    } else {
      const { measured } = closedContent(bill);
      const correction = correctionFor({ billed: measured, corrected, paid: true, period: `bill ${bill.number}` });
      if (correction.is === 'adjustment') {
        const missing = subtract(fromJson(correction.amount), sumOf(later, 'corrections', bill));
        if (missing.minorUnits !== 0n) {
          corrections.push({ billId: bill.billId, amount: toJson(missing) });
          lines.push({ kind: 'correction', text: correction.text, amount: toJson(missing) });
        }
      } else {
        takeBack(sumOf(later, 'corrections', bill), bill, corrections, lines);
      }
    }
    const owed = subtract(owedOf(bill), sumOf(later, 'carried', bill));
    if (owed.minorUnits !== 0n) {
      carried.push({ billId: bill.billId, amount: toJson(owed) });
      lines.push({ kind: 'carried', text: `${whyCarried(bill, owed)}: ${toDecimal(owed)}`, amount: toJson(owed) });
    }
  }
  return { lines, corrections, carried, ...present({ impossible }) };
}

/** A correction was itself corrected, back to what was billed: what it put on a later bill is taken back. */
function takeBack(told: Money, bill: StoredBill, corrections: BillShare[], lines: BillLine[]): void {
  if (told.minorUnits === 0n) return;
  const amount = toJson(subtract(money(0n, told.currency), told));
  corrections.push({ billId: bill.billId, amount });
  lines.push({ kind: 'correction', text: `correction of bill ${bill.number} taken back`, amount });
}

function sumOf(later: readonly BillContent[], what: 'corrections' | 'carried', { billId, newest }: StoredBill): Money {
  return later
    .flatMap((content) => content[what])
    .filter((share) => share.billId === billId)
    .reduce((sum, { amount }) => add(sum, fromJson(amount)), money(0n, newest.total.currency));
}

/** An underpaid bill is not carried: its exception owns the rest. An expired one is still owed in full. */
function owedOf(bill: StoredBill): Money {
  const { total } = closedContent(bill);
  const open = bill.status === 'nothing-due' || bill.request === 'expired';
  return open ? fromJson(total) : money(0n, fromJson(total).currency);
}

function whyCarried(bill: StoredBill, owed: Money): string {
  if (bill.status === 'nothing-due') return `in your favour from bill ${bill.number}`;
  return owed.minorUnits > 0n ? `bill ${bill.number}, not paid` : `bill ${bill.number}, paid meanwhile`;
}

/**
 * The bill's usage priced again by its own tariff version, with the corrections known today. Undefined when it is
 * negative.
 */
function correctedTotal(
  { closed, meters, readings, tariffs, now }: EarlierBillsInput,
  index: number,
): BillContent['measured'] | undefined {
  const bill = closed[index];
  if (bill === undefined) throw new Error('no such bill');
  const content = closedContent(bill);
  const before = closed.slice(0, index).flatMap((one) => closedContent(one).readings);
  const own = new Set([...content.readings, ...before].map(readingKeyOf));
  const corrected = correctionsOf(readings, own);
  if (corrected.length === 0) return content.measured;
  const usage = usageOf({
    meters: meters.map((meter) => withoutLaterRemoval(meter, content)),
    readings: [...readings.filter((one) => own.has(readingKeyOf(one))), ...corrected],
    billedReadings: before,
    now,
    ...present({ billedUpTo: content.from }),
  });
  if (usage.usage === content.usage) return content.measured;
  if (usage.usage.startsWith('-')) return undefined;
  const tariff = tariffs.find(({ id, version }) => id === content.tariff.id && version === content.tariff.version);
  if (tariff === undefined) throw new Error(`tariff ${content.tariff.id} version ${content.tariff.version} is gone`);
  return priceUsage(decimal(usage.usage), tariff).total;
}

/** Readings outside of these that correct one of these, directly or by another correction. */
function correctionsOf(readings: readonly Reading[], own: ReadonlySet<string>): readonly Reading[] {
  const reached = new Set(own);
  const found: Reading[] = [];
  const { readings: known } = gatherReadings(readings);
  for (let grew = true; grew;) {
    grew = false;
    for (const reading of known) {
      if (
        reading.corrects === undefined ||
        reached.has(readingKeyOf(reading)) ||
        !reached.has(readingKeyOf(reading.corrects))
      )
        continue;
      reached.add(readingKeyOf(reading));
      found.push(reading);
      grew = true;
    }
  }
  return found;
}

/** Ignores a removal that happened after this bill ended. */
function withoutLaterRemoval(meter: Meter, { upTo }: BillContent): Meter {
  const { removed, ...rest } = meter;
  return removed !== undefined && Date.parse(removed.at) <= Date.parse(upTo.at) ? meter : rest;
}
