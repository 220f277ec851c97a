/**
 * The rules that turn measured usage into a charge, and the lines that explain it, each of which can be recomputed by
 * hand. A tariff is never edited; a change is a new version, and a bill names the version that it used.
 */
import {
  compareDecimals,
  decimal,
  fromMoney,
  lesser,
  minus,
  percentOf,
  plus,
  printDecimal,
  sumOf,
  times,
  toMoney,
  ZERO,
  type Decimal,
  type Rounding,
} from '../decimal.ts';
import {
  add,
  fromJson,
  money,
  subtract,
  toDecimal,
  toJson,
  type Currency,
  type Money,
  type MoneyJson,
} from '../money.ts';

export interface Tier {
  /** Upper bound of the tier, inclusive. Absent on the last tier, and only there. */
  readonly upTo?: string;
  /** Per unit; may have more digits than the currency. */
  readonly price: string;
}

/** `energy`: what the tiers cost. `all`: that, the fixed charge and what the minimum adds; never another tax. */
export const TAX_BASES = ['energy', 'all'] as const;

interface Tax {
  readonly name: string;
  /** In per cent: "18" is 18 %. */
  readonly rate: string;
  readonly base: (typeof TAX_BASES)[number];
}

/**
 * `inclusive`: the tier that the whole usage falls into prices all of it. `step`: each part has its own tier's price.
 */
export const TIER_MODES = ['inclusive', 'step'] as const;
/**
 * `each line`: taxes are taken of rounded lines. `total`: everything is exact until the total, and a line says what
 * rounding the total changed.
 */
export const ROUNDED_AT = ['each line', 'total'] as const;

/** JSON as it stands in rows and payloads: numbers are decimal texts, amounts are `MoneyJson`. */
export interface Tariff {
  readonly id: string;
  readonly version: number;
  /** The first day on which it holds, in the merchant's own time zone: 2026-11-26. */
  readonly effectiveFrom: string;
  /** "kWh", as the lines print it. */
  readonly unit: string;
  readonly currency: Currency;
  readonly fixed?: MoneyJson;
  readonly tiers: {
    readonly mode: (typeof TIER_MODES)[number];
    readonly list: readonly Tier[];
  };
  readonly taxes: readonly Tax[];
  /** The least that is charged before taxes. */
  readonly minimum?: MoneyJson;
  readonly rounding: {
    readonly when: (typeof ROUNDED_AT)[number];
    readonly rule: Rounding;
  };
}

export interface TariffLine {
  readonly kind: 'fixed' | 'energy' | 'minimum' | 'tax' | 'rounding';
  /** "120 kWh × 0.61 = 73.20". */
  readonly text: string;
  readonly amount: MoneyJson;
}

interface PricedUsage {
  readonly tariff: { readonly id: string; readonly version: number };
  readonly usage: string;
  readonly lines: readonly TariffLine[];
  /** Exactly the sum of the lines. */
  readonly total: MoneyJson;
}

/** The version in force on that day; of two that begin on one day, the higher one. Undefined before the first. */
export function tariffOn(versions: readonly Tariff[], day: string): Tariff | undefined {
  return versions
    .filter(({ effectiveFrom }) => effectiveFrom <= day)
    .toSorted((left, right) => order(left.effectiveFrom, right.effectiveFrom) || left.version - right.version)
    .at(-1);
}

/** A line before rounding. */
interface UnroundedLine {
  readonly kind: TariffLine['kind'];
  /** How it came about: "120 kWh × 0.61". */
  readonly how: string;
  readonly exact: Decimal;
}

/** Throws on negative usage, which is held before it gets here (bill-shock.ts). */
export function priceUsage(usage: Decimal, tariff: Tariff): PricedUsage {
  if (usage.units < 0n) throw new Error(`usage below zero is not rated: ${printDecimal(usage)}`);
  const { currency, rounding } = tariff;
  const rounds = (exact: Decimal): Money => toMoney(exact, currency, rounding.rule);
  // The base for later lines: the rounded amount of this one, or the exact one.
  const counted = ({ exact }: UnroundedLine): Decimal => {
    switch (rounding.when) {
      case 'each line':
        return fromMoney(rounds(exact));
      case 'total':
        return exact;
    }
  };

  const energy = energyParts(usage, tariff);
  const fixed = fixedParts(tariff);
  const energyCost = sumOf(energy.map(counted));
  const beforeMinimum = plus(energyCost, sumOf(fixed.map(counted)));
  const minimum = minimumParts(tariff, beforeMinimum);
  const beforeTaxes = plus(beforeMinimum, sumOf(minimum.map(counted)));
  const bases: { readonly [base in Tax['base']]: Decimal } = { energy: energyCost, all: beforeTaxes };
  const taxes = tariff.taxes.map((tax) => taxPart(tax, bases[tax.base], currency));

  const parts = [...fixed, ...energy, ...minimum, ...taxes];
  const lines = parts.map((part) => lineOf(part, rounds(part.exact)));
  const sum = lines.reduce((total, { amount }) => add(total, fromJson(amount)), money(0n, currency));
  switch (rounding.when) {
    case 'each line':
      return ratedAs(tariff, usage, lines, sum);
    case 'total': {
      const exact = sumOf(parts.map((part) => part.exact));
      const total = rounds(exact);
      return ratedAs(tariff, usage, [...lines, ...roundingLines(exact, total, subtract(total, sum))], total);
    }
  }
}

function ratedAs(tariff: Tariff, usage: Decimal, lines: readonly TariffLine[], total: Money): PricedUsage {
  const { id, version } = tariff;
  return { tariff: { id, version }, usage: printDecimal(usage), lines, total: toJson(total) };
}

function fixedParts({ fixed }: Tariff): readonly UnroundedLine[] {
  return fixed === undefined ? [] : [{ kind: 'fixed', how: 'fixed charge', exact: fromMoney(fromJson(fixed)) }];
}

/** Usage of zero keeps one line, so that the bill says that it was measured. */
function energyParts(usage: Decimal, { tiers, unit }: Tariff): readonly UnroundedLine[] {
  const priced = (quantity: Decimal, tier: Tier): UnroundedLine => ({
    kind: 'energy',
    how: `${printDecimal(quantity)} ${unit} × ${tier.price}`,
    exact: times(quantity, decimal(tier.price)),
  });
  switch (tiers.mode) {
    case 'inclusive':
      return [priced(usage, tierOf(usage, tiers.list))];
    case 'step':
      return stepParts(usage, tiers.list, priced);
  }
}

function stepParts(
  usage: Decimal,
  tiers: readonly Tier[],
  priced: (quantity: Decimal, tier: Tier) => UnroundedLine,
): readonly UnroundedLine[] {
  const parts: UnroundedLine[] = [];
  let from = ZERO;
  for (const tier of tiers) {
    const to = tier.upTo === undefined ? usage : lesser(usage, decimal(tier.upTo));
    const quantity = minus(to, from);
    if (quantity.units > 0n || (parts.length === 0 && usage.units === 0n)) parts.push(priced(quantity, tier));
    if (quantity.units > 0n) from = to;
  }
  return parts;
}

function tierOf(usage: Decimal, tiers: readonly Tier[]): Tier {
  const tier = tiers.find(({ upTo }) => upTo === undefined || compareDecimals(usage, decimal(upTo)) <= 0);
  if (tier === undefined) throw new Error('the last tier of a tariff has no end');
  return tier;
}

function minimumParts(tariff: Tariff, reached: Decimal): readonly UnroundedLine[] {
  const { minimum } = tariff;
  if (minimum === undefined) return [];
  const least = fromMoney(fromJson(minimum));
  const missing = minus(least, reached);
  if (missing.units <= 0n) return [];
  const how = `up to the minimum: ${toDecimal(fromJson(minimum))} − ${asAmount(reached, tariff.currency)}`;
  return [{ kind: 'minimum', how, exact: missing }];
}

const BASE_SAID: { readonly [base in Tax['base']]: string } = { energy: 'of the usage', all: 'of all' };

function taxPart({ name, rate: percent, base }: Tax, of: Decimal, currency: Currency): UnroundedLine {
  const how = `${name}, ${BASE_SAID[base]}: ${percent} % of`;
  return { kind: 'tax', how: `${how} ${asAmount(of, currency)}`, exact: percentOf(decimal(percent), of) };
}

function lineOf({ kind, how, exact }: UnroundedLine, amount: Money): TariffLine {
  const { currency } = amount;
  const whatItIs = asAmount(exact, currency);
  const told = toDecimal(amount) === whatItIs ? whatItIs : `${whatItIs}, rounded ${toDecimal(amount)}`;
  return { kind, text: `${how} = ${told}`, amount: toJson(amount) };
}

function roundingLines(exact: Decimal, total: Money, difference: Money): readonly TariffLine[] {
  if (difference.minorUnits === 0n) return [];
  const text = `all lines before rounding: ${asAmount(exact, total.currency)}, rounded ${toDecimal(total)}`;
  return [{ kind: 'rounding', text, amount: toJson(difference) }];
}

/** Printed with the currency's digits if they are enough, otherwise with all digits. */
function asAmount(exact: Decimal, currency: Currency): string {
  const cut = toMoney(exact, currency, 'down');
  return compareDecimals(fromMoney(cut), exact) === 0 ? toDecimal(cut) : printDecimal(exact);
}

function order(left: string, right: string): number {
  if (left === right) return 0;
  return left < right ? -1 : 1;
}
