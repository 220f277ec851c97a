/**
 * Exact decimal numbers: quantities, unit prices, percentages. Nothing is rounded on the way; the one place where
 * digits are given up is `toMoney` (and `rounded`), and it takes the rule by name. It refuses floats and exponents.
 */
import { minorDigits, money, type Currency, type Money } from './money.ts';

/** `units` × 10^-scale, always with the smallest scale that holds it, so that equal numbers are equal objects. */
export interface Decimal {
  readonly units: bigint;
  readonly scale: number;
}

/**
 * What happens to the digits that a currency has no room for. `half-up` moves a tie away from zero, `half-even` to the
 * even neighbour, `down` cuts towards zero.
 */
export const ROUNDINGS = ['half-up', 'half-even', 'down'] as const;
export type Rounding = (typeof ROUNDINGS)[number];

/** Enough for any register and tariff; the bound keeps multiplication of hostile input cheap. */
const LONGEST = 30;
const FORM = /^-?(0|[1-9]\d*)(\.\d+)?$/;

/**
 * "0.61", "-3", "120.50". Anything else, "1e3", "+1", ".5", "01" or " 1", is undefined: a caller that guesses bills it.
 */
export function readDecimal(text: string): Decimal | undefined {
  if (text.length > LONGEST || !FORM.test(text)) return undefined;
  const point = text.indexOf('.');
  return smallest(BigInt(text.replace('.', '')), point === -1 ? 0 : text.length - point - 1);
}

/** Throws on a text that should have been checked at the edge: such a text is a bug, not bad input. */
export function decimal(text: string): Decimal {
  const read = readDecimal(text);
  if (read === undefined) throw new Error(`not a decimal number: ${text.slice(0, LONGEST)}`);
  return read;
}

export const ZERO: Decimal = { units: 0n, scale: 0 };

export function whole(units: bigint): Decimal {
  return { units, scale: 0 };
}

export function fromMoney(amount: Money): Decimal {
  return smallest(amount.minorUnits, minorDigits(amount.currency));
}

/** The shortest text that reads back as the same number. */
export function printDecimal({ units, scale }: Decimal): string {
  const sign = units < 0n ? '-' : '';
  const digits = (units < 0n ? -units : units).toString().padStart(scale + 1, '0');
  return scale === 0 ? `${sign}${digits}` : `${sign}${digits.slice(0, -scale)}.${digits.slice(-scale)}`;
}

export function plus(left: Decimal, right: Decimal): Decimal {
  const scale = Math.max(left.scale, right.scale);
  return smallest(unitsAt(left, scale) + unitsAt(right, scale), scale);
}

export function minus(left: Decimal, right: Decimal): Decimal {
  return plus(left, { units: -right.units, scale: right.scale });
}

export function times(left: Decimal, right: Decimal): Decimal {
  return smallest(left.units * right.units, left.scale + right.scale);
}

/** "18" per cent of 73.20 is 13.176. Exact: a hundredth only moves the point. */
export function percentOf(percent: Decimal, of: Decimal): Decimal {
  return times(times(percent, of), { units: 1n, scale: 2 });
}

export function sumOf(numbers: readonly Decimal[]): Decimal {
  return numbers.reduce(plus, ZERO);
}

/** Negative, zero or positive, as for sorting. */
export function compareDecimals(left: Decimal, right: Decimal): number {
  const difference = minus(left, right).units;
  if (difference === 0n) return 0;
  return difference < 0n ? -1 : 1;
}

export function lesser(left: Decimal, right: Decimal): Decimal {
  return compareDecimals(left, right) <= 0 ? left : right;
}

/** To at most so many digits after the point. */
export function rounded(number: Decimal, digits: number, rounding: Rounding): Decimal {
  if (number.scale <= digits) return number;
  return smallest(dividedBy(number.units, 10n ** BigInt(number.scale - digits), rounding), digits);
}

export function toMoney(number: Decimal, currency: Currency, rounding: Rounding): Money {
  const digits = minorDigits(currency);
  return money(unitsAt(rounded(number, digits, rounding), digits), currency);
}

/** BigInt division cuts towards zero; the remainder then decides whether to step one away from it. */
function dividedBy(units: bigint, divisor: bigint, rounding: Rounding): bigint {
  const quotient = units / divisor;
  const twice = (units < 0n ? -units % divisor : units % divisor) * 2n;
  if (!stepsAway(rounding, { twice, divisor, odd: quotient % 2n !== 0n })) return quotient;
  return units < 0n ? quotient - 1n : quotient + 1n;
}

interface CutOff {
  /** The remainder, doubled: a tie when it is the divisor. */
  readonly twice: bigint;
  readonly divisor: bigint;
  /** The last kept digit is odd. */
  readonly odd: boolean;
}

function stepsAway(rounding: Rounding, { twice, divisor, odd }: CutOff): boolean {
  switch (rounding) {
    case 'half-up':
      return twice >= divisor;
    case 'half-even':
      return twice > divisor || (twice === divisor && odd);
    case 'down':
      return false;
  }
}

/** Only to a scale that holds the number. */
function unitsAt({ units, scale }: Decimal, wanted: number): bigint {
  return units * 10n ** BigInt(wanted - scale);
}

function smallest(units: bigint, scale: number): Decimal {
  if (scale === 0 || units % 10n !== 0n) return { units, scale };
  return smallest(units / 10n, scale - 1);
}
