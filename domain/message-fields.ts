/** Field readers of messages: each takes `unknown`, never throws, and says which field it cannot read, and why. */
import { isCurrency, parseDecimal, toJson, type MoneyJson } from './money.ts';

export type Parsed<T> = { readonly ok: true; readonly value: T } | MessageRefusal;

export interface MessageRefusal {
  readonly ok: false;
  /** The path of the field: "charge.terms.discount.until.0.date"; empty for the message as a whole. */
  readonly at: string;
  readonly why: string;
}

export type Fields = { readonly [name: string]: unknown };

export function refuse(at: string, why: string): MessageRefusal {
  return { ok: false, at, why };
}

/** The sentence of a refusal, for people, in Temporal and in logs. Code uses `at` and `why`. */
export function refusalSentence({ at, why }: Pick<MessageRefusal, 'at' | 'why'>): string {
  return at === '' ? why : `${at}: ${why}`;
}

export function isFields(input: unknown): input is Fields {
  return typeof input === 'object' && input !== null && !Array.isArray(input);
}

export function isWhole(value: unknown, least: number, most: number): value is number {
  return typeof value === 'number' && Number.isInteger(value) && value >= least && value <= most;
}

export function isOneOf<Word extends string>(value: unknown, words: readonly Word[]): value is Word {
  return words.some((word) => word === value);
}

/** "reject, replace or queue". */
export function either(words: readonly string[]): string {
  return [words.slice(0, -1).join(', '), words.at(-1)].join(' or ');
}

export function parseText(value: unknown, most: number): string | undefined {
  // A lone surrogate cannot be stored as UTF-8 and would come back changed.
  return typeof value === 'string' && value.length <= most && !/\p{Cs}/u.test(value) && !value.includes('\0')
    ? value
    : undefined;
}

/** `at` is the path of the field in the message. */
export function parseAmount(amount: unknown, at: string): Parsed<MoneyJson> {
  if (!isFields(amount)) return refuse(at, '{ currency, value } is needed');
  const { currency, value } = amount;
  if (typeof currency !== 'string' || !isCurrency(currency)) {
    return refuse(`${at}.currency`, 'not a currency known here');
  }
  const money = typeof value === 'string' ? parseDecimal(value, currency) : undefined;
  if (money === undefined) {
    return refuse(`${at}.value`, 'a decimal string with exactly the digits of the currency is needed');
  }
  if (money.minorUnits <= 0n) return refuse(`${at}.value`, 'more than zero is needed');
  return { ok: true, value: toJson(money) };
}
