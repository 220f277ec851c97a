/**
 * Lines of bank statements: parsing amounts and days, and comparing a line with what is booked. What cannot be read
 * exactly is refused, never rounded.
 */
import {
  isCurrency,
  parseDecimal,
  toSentence,
  toJson,
  fromJson,
  type Currency,
  type Money,
  type MoneyJson,
} from '../money.ts';
import { present } from '../present.ts';
import type { Comparison, Finding, FindingKind } from './finding.ts';
import { differenceOf, type OurPayment } from './reconciliation.ts';

export interface StatementLine {
  readonly line: number;
  readonly endToEndId?: string;
  /** 2026-11-26, as the bank wrote it. */
  readonly bookedOn: string;
  /** Positive: came. Negative: went. */
  readonly amount: MoneyJson;
  readonly description?: string;
}

export const DATE_FORMATS = ['yyyy-mm-dd', 'dd/mm/yyyy', 'mm/dd/yyyy', 'dd.mm.yyyy', 'dd-mm-yyyy', 'yyyymmdd'] as const;
export type DateFormat = (typeof DATE_FORMATS)[number];

export const DECIMAL_MARKS = ['.', ','] as const;
export type DecimalMark = (typeof DECIMAL_MARKS)[number];

/** Undefined: no such day, or another format. */
export function parseDay(text: string, format: DateFormat): string | undefined {
  const form = format
    .replaceAll(/[./]/g, String.raw`\$&`)
    .replace('yyyy', '(?<y>\\d{4})')
    .replace('mm', '(?<m>\\d{2})');
  const { y, m, d } = new RegExp(`^${form.replace('dd', '(?<d>\\d{2})')}$`).exec(text)?.groups ?? {};
  const day = `${y}-${m}-${d}`;
  const at = new Date(`${day}T00:00:00Z`);
  return !Number.isNaN(at.getTime()) && at.toISOString().startsWith(day) ? day : undefined;
}

/**
 * "1.234,5" with a decimal comma is 1234.50: missing digits are zeros, and the other character may separate groups of
 * three. A non-zero digit beyond the currency's digits makes the amount unreadable.
 */
export function parseStatementAmount(text: string, currency: Currency, decimal: DecimalMark): Money | undefined {
  const [, sign, digits, cents = ''] = new RegExp(`^([+-]?)([\\d.,]+?)(?:\\${decimal}(\\d*))?$`).exec(text) ?? [];
  const group = decimal === '.' ? ',' : '.';
  if (digits === undefined || digits.includes(decimal)) return undefined;
  if (digits.includes(group) && !new RegExp(`^\\d{1,3}(\\${group}\\d{3})+$`).test(digits)) return undefined;
  const whole = digits.replaceAll(group, '').replace(/^0+(?=\d)/, '');
  const fraction = cents.replace(/0+$/, '');
  for (const length of [0, 2, 3]) {
    if (fraction.length > length) continue;
    const read = parseDecimal(length === 0 ? whole : `${whole}.${fraction.padEnd(length, '0')}`, currency);
    if (read !== undefined) return sign === '-' ? { ...read, minorUnits: -read.minorUnits } : read;
  }
  return undefined;
}

export function parseCurrency(text: string): Currency | undefined {
  const word = text.trim().toUpperCase();
  return isCurrency(word) ? word : undefined;
}

/** The bookings that a line may correspond to. */
export interface LineMatch {
  /** An earlier line of this statement has the same id and the same direction. */
  readonly again: boolean;
  /** Under the line's id. */
  readonly payment?: OurPayment & { readonly paymentLinkId?: string };
  /** For an outgoing line: the completed return with that id. */
  readonly back?: {
    readonly returnId: string;
    readonly amount: MoneyJson;
    readonly on?: string;
    readonly requestId?: string;
  };
  /** Of a line without an id: payments, or returns, of this amount and day that no line names. */
  readonly candidates: number;
  /** … and how many lines without an id could be them. */
  readonly rivals: number;
}

export function compareLine(line: StatementLine, match: LineMatch): Comparison {
  const looked = (explained: boolean) => [{ amount: line.amount, explained }];
  if (match.again) {
    const sentence = `Line ${line.line} has ${lineWords(line)} a second time.`;
    return { findings: [finding(line, 'doubled', sentence)], money: looked(false) };
  }
  const movement = isDebit(line) ? returnOf(line, match) : paymentOf(match);
  if (movement !== undefined) return compareFound(line, movement);
  if (line.endToEndId === undefined && match.candidates > 0) {
    if (match.candidates === 1 && match.rivals === 1) return { findings: [], money: looked(true) };
    const sentence = `Line ${line.line}, ${amountOf(line)} of ${line.bookedOn} without an id, fits ${match.candidates} here, and ${match.rivals} lines fit as well.`;
    return { findings: [finding(line, 'ambiguous', sentence)], money: looked(false) };
  }
  const kind = isDebit(line) ? 'return-missing-here' : 'missing-here';
  const sentence = `Line ${line.line} has ${lineWords(line)}, and nothing of that kind is booked here.`;
  return { findings: [finding(line, kind, sentence)], money: looked(false) };
}

interface BookedMovement {
  readonly endToEndId: string;
  readonly received: MoneyJson;
  readonly on?: string;
  readonly requestId?: string;
  readonly paymentLinkId?: string;
  readonly back: boolean;
}

function paymentOf({ payment }: LineMatch): BookedMovement | undefined {
  return payment === undefined ? undefined : { ...payment, back: false };
}

function returnOf({ endToEndId }: StatementLine, { back }: LineMatch): BookedMovement | undefined {
  if (back === undefined) return undefined;
  const { amount, returnId, ...rest } = back;
  return { ...rest, endToEndId: endToEndId ?? returnId, received: toJson(negated(amount)), back: true };
}

function negated(amount: MoneyJson): Money {
  const { minorUnits, currency } = fromJson(amount);
  return { minorUnits: -minorUnits, currency };
}

function compareFound(line: StatementLine, movement: BookedMovement): Comparison {
  const difference = differenceOf(movement.endToEndId, { amount: line.amount, on: line.bookedOn }, movement);
  if (difference === undefined) return { findings: [], money: [{ amount: line.amount, explained: true }] };
  const { kind, sentence, remedy } = difference;
  const about = {
    ...present({ requestId: movement.requestId, paymentLinkId: movement.paymentLinkId }),
    ours: { amount: movement.received, ...present({ on: movement.on }) },
  };
  const what: FindingKind = movement.back && kind !== 'date-differs' ? 'return-differs' : kind;
  const found = { ...finding(line, what, `Line ${line.line}: ${sentence}`), ...about };
  return {
    findings: [{ ...found, remedy: movement.back ? 'none' : remedy }],
    money: [{ amount: line.amount, explained: kind === 'date-differs' }],
  };
}

/** Booked here on a day of the statement, and in none of its lines. */
export function notOnStatement(
  kind: 'missing-there' | 'return-missing-there',
  movement: OurPayment & { readonly paymentLinkId?: string },
): Comparison {
  const what = kind === 'missing-there' ? 'payment' : 'return';
  const sentence = `${toSentence(fromJson(movement.received))} of ${what} ${movement.endToEndId}, booked here on ${movement.on ?? 'an unknown day'}, is on no line of the statement.`;
  const found: Finding = {
    kind,
    subject: movement.endToEndId,
    sentence,
    remedy: 'none',
    endToEndId: movement.endToEndId,
    ...present({ requestId: movement.requestId, paymentLinkId: movement.paymentLinkId }),
    ours: { amount: movement.received, ...present({ on: movement.on }) },
  };
  return { findings: [found], money: [{ amount: movement.received, explained: false }] };
}

function finding(line: StatementLine, kind: FindingKind, sentence: string): Finding {
  return {
    kind,
    subject: `line ${line.line}`,
    sentence,
    remedy: 'none',
    line: line.line,
    ...present({ endToEndId: line.endToEndId }),
    theirs: { amount: line.amount, on: line.bookedOn },
  };
}

function lineWords(line: StatementLine): string {
  return `${amountOf(line)} of ${line.bookedOn}${line.endToEndId === undefined ? ' without an id' : `, ${line.endToEndId}`}`;
}

function amountOf({ amount }: StatementLine): string {
  return toSentence(fromJson(amount));
}

function isDebit({ amount }: StatementLine): boolean {
  return amount.minorUnits.startsWith('-');
}
