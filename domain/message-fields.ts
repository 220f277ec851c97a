/** What a message is read with: every reader takes `unknown`, never throws, and answers a sentence for what it cannot read. */
import { isCurrency, parseDecimal, toJson, type MoneyJson } from './money.ts';

export type Parsed<T> = { readonly ok: true; readonly value: T } | MessageRefusal;

export interface MessageRefusal {
  readonly ok: false;
  readonly because: string;
}

export type Fields = { readonly [name: string]: unknown };

export function refuse(because: string): MessageRefusal {
  return { ok: false, because };
}

export function isFields(input: unknown): input is Fields {
  return typeof input === 'object' && input !== null && !Array.isArray(input);
}

export function isWhole(value: unknown, least: number, most: number): value is number {
  return typeof value === 'number' && Number.isInteger(value) && value >= least && value <= most;
}

export function parseText(value: unknown, most: number): string | undefined {
  // A lone surrogate cannot be stored as UTF-8, so it would come back as something else than was sent.
  return typeof value === 'string' && value.length <= most && !/\p{Cs}/u.test(value) && !value.includes('\0')
    ? value
    : undefined;
}

/** `at` is where it stands in the message, for the sentence. */
export function parseAmount(amount: unknown, at: string): Parsed<MoneyJson> {
  if (!isFields(amount)) return refuse(`${at}: { currency, value } is needed`);
  const { currency, value } = amount;
  if (typeof currency !== 'string' || !isCurrency(currency)) {
    return refuse(`${at}.currency: not a currency known here`);
  }
  const money = typeof value === 'string' ? parseDecimal(value, currency) : undefined;
  if (money === undefined) {
    return refuse(`${at}.value: a decimal string with exactly the digits of the currency is needed`);
  }
  if (money.minorUnits <= 0n) return refuse(`${at}.value: more than zero is needed`);
  return { ok: true, value: toJson(money) };
}
