/**
 * Money is a whole number of minor units with its currency (ISO 4217). It refuses floats, exponents and mixed
 * currencies. Three forms exist and no other: `Money` in code, `MoneyJson` in Temporal payloads and rows, `MoneyText`
 * over HTTP.
 */

/** Digits after the decimal point, from ISO 4217. A currency that is not here is refused at the edge. */
const MINOR_DIGITS = { BRL: 2, SGD: 2, HKD: 2, USD: 2, EUR: 2, JPY: 0, KWD: 3 } as const;

export type Currency = keyof typeof MINOR_DIGITS;

export interface Money {
  readonly minorUnits: bigint;
  readonly currency: Currency;
}

/** The form that survives JSON: minor units as a decimal integer string. */
export interface MoneyJson {
  readonly minorUnits: string;
  readonly currency: Currency;
}

/** The form people read: exactly the currency's digits, "24.90". Never a number. */
interface MoneyText {
  readonly currency: Currency;
  readonly value: string;
}

/** Fits a Postgres bigint with room to add up a few million of them. */
const MOST_MINOR_UNITS = 10n ** 15n;

export function isCurrency(text: string): text is Currency {
  return Object.hasOwn(MINOR_DIGITS, text);
}

export function minorDigits(currency: Currency): number {
  return MINOR_DIGITS[currency];
}

export const currencies = Object.keys(MINOR_DIGITS) as readonly Currency[];

export function money(minorUnits: bigint, currency: Currency): Money {
  return { minorUnits, currency };
}

/** Throws on a string that `toJson` did not write: such a string means a bug, not bad input. */
export function fromJson(json: MoneyJson): Money {
  if (!/^-?\d+$/.test(json.minorUnits)) throw new Error(`not minor units: ${json.minorUnits}`);
  return { minorUnits: BigInt(json.minorUnits), currency: json.currency };
}

export function toJson(amount: Money): MoneyJson {
  return { minorUnits: amount.minorUnits.toString(), currency: amount.currency };
}

/** "24.90" by slicing the integer's digits, so that no float is ever on the way to text. */
export function toDecimal(amount: Money): string {
  const digits = MINOR_DIGITS[amount.currency];
  const sign = amount.minorUnits < 0n ? '-' : '';
  const text = (amount.minorUnits < 0n ? -amount.minorUnits : amount.minorUnits).toString().padStart(digits + 1, '0');
  return digits === 0 ? `${sign}${text}` : `${sign}${text.slice(0, -digits)}.${text.slice(-digits)}`;
}

export function toText(amount: Money): MoneyText {
  return { currency: amount.currency, value: toDecimal(amount) };
}

/** "BRL 24.90", for sentences. */
export function toSentence(amount: Money): string {
  return `${amount.currency} ${toDecimal(amount)}`;
}

/**
 * Reads a decimal string with exactly the currency's digits. Anything else, "1.005", "1e3", " 1.00", "+1.00" or
 * "01.00", is undefined: a caller that guesses would change an amount.
 */
export function parseDecimal(value: string, currency: Currency): Money | undefined {
  const digits = MINOR_DIGITS[currency];
  const form = digits === 0 ? /^(0|[1-9]\d*)$/ : new RegExp(`^(0|[1-9]\\d*)\\.\\d{${digits}}$`);
  if (value.length > 20 || !form.test(value)) return undefined;
  const minorUnits = BigInt(value.replace('.', ''));
  return minorUnits > MOST_MINOR_UNITS ? undefined : { minorUnits, currency };
}

export function add(left: Money, right: Money): Money {
  assertSameCurrency(left, right);
  return { minorUnits: left.minorUnits + right.minorUnits, currency: left.currency };
}

export function subtract(left: Money, right: Money): Money {
  return add(left, negate(right));
}

export function negate(amount: Money): Money {
  return { minorUnits: -amount.minorUnits, currency: amount.currency };
}

/** Negative, zero or positive, as for sorting. Throws on two currencies: there is no order between them. */
export function compare(left: Money, right: Money): number {
  assertSameCurrency(left, right);
  if (left.minorUnits === right.minorUnits) return 0;
  return left.minorUnits < right.minorUnits ? -1 : 1;
}

function assertSameCurrency(left: Money, right: Money): void {
  if (left.currency !== right.currency) throw new Error(`${left.currency} and ${right.currency} do not add up`);
}
