/**
 * A stored bill: the usage, the total, and every line that a payer needs to recompute it. A paid bill is never edited;
 * what turns out wrong afterwards becomes a line of the next bill.
 */
import type { Charge } from '../money/charge.ts';
import type { RequestStatus } from '../money/check-schedule.ts';
import { dayIn } from '../calendar.ts';
import type { BillingRules } from './billing-rules.ts';
import type { MoneyJson } from '../money.ts';
import type { BilledUpTo } from './reading-faults.ts';
import { type ReadingKey, readingKeyOf } from './reading.ts';
import type { TariffLine } from './tariff.ts';
import type { UsagePart } from './usage.ts';

export interface BillLine {
  /** `correction`: of a bill that is closed. `carried`: what an earlier bill left unpaid, or owes. */
  readonly kind: TariffLine['kind'] | 'correction' | 'carried';
  readonly text: string;
  readonly amount: MoneyJson;
}

/** The part of another bill that this one charges or returns. */
export interface BillShare {
  readonly billId: string;
  readonly amount: MoneyJson;
}

/** JSON as it stands in `bill.content`. */
export interface BillContent {
  /** Where the bill before it ended; absent on an account's first. */
  readonly from?: BilledUpTo;
  readonly upTo: BilledUpTo;
  /** In the tariff's unit. */
  readonly usage: string;
  readonly unit: string;
  readonly parts: readonly UsagePart[];
  readonly estimated: boolean;
  /** The readings that this bill settles: arriving again, they change nothing. */
  readonly readings: readonly ReadingKey[];
  readonly tariff: { readonly id: string; readonly version: number };
  readonly lines: readonly BillLine[];
  /** Of the usage alone, without corrections and what is carried: what a correction is measured against. */
  readonly measured: MoneyJson;
  readonly corrections: readonly BillShare[];
  readonly carried: readonly BillShare[];
  /** Exactly the sum of the lines; nothing or less closes the bill without a payment. */
  readonly total: MoneyJson;
  readonly dueDate: string;
}

export const BILL_STATUSES = ['billed', 'held', 'nothing-due'] as const;
export type BillStatus = (typeof BILL_STATUSES)[number];

export interface StoredBill {
  readonly billId: string;
  /** From 1, for each account. */
  readonly number: number;
  readonly status: BillStatus;
  /** Of the newest content, whether or not it has reached the code. */
  readonly revision: number;
  readonly newest: BillContent;
  /** The content that the provider has, or had at the end; absent when the request never reached the provider. */
  readonly applied?: { readonly revision: number; readonly content: BillContent };
  /** Absent while there is no payment request yet. */
  readonly request?: RequestStatus;
  readonly because?: string;
}

/**
 * `open`: new readings still change it. `closed`: its request was paid or expired, or nothing was due. `void`: its
 * request was cancelled or refused, and its usage is billed again.
 */
export function standingOf({ status, request }: StoredBill): 'open' | 'closed' | 'void' {
  switch (status) {
    case 'nothing-due':
      return 'closed';
    case 'billed':
    case 'held':
      return standingOfRequest(request);
  }
}

function standingOfRequest(request: RequestStatus | undefined): 'open' | 'closed' | 'void' {
  switch (request) {
    case undefined:
    case 'linking':
    case 'active':
    case 'processing':
      return 'open';
    case 'paid':
    case 'underpaid':
    case 'expired':
      return 'closed';
    case 'cancelled':
    case 'refused':
      return 'void';
  }
}

/** The content that the provider had when the bill closed, not a later one that never reached it. */
export function closedContent({ applied, newest }: StoredBill): BillContent {
  return applied?.content ?? newest;
}

/** True when both ask for the same amount by the same lines. */
export function sameContent(left: BillContent, right: BillContent): boolean {
  return comparisonKey(left) === comparisonKey(right);
}

function comparisonKey({ upTo, usage, tariff, lines, total, dueDate, readings }: BillContent): string {
  const told = lines.map(({ text, amount }) => [text, amount.minorUnits, amount.currency]);
  const end = [upTo.meterId, upTo.value, Date.parse(upTo.at), upTo.reading && readingKeyOf(upTo.reading)];
  const keys = readings.map(readingKeyOf).toSorted();
  return JSON.stringify([end, usage, tariff.id, tariff.version, told, total.minorUnits, total.currency, dueDate, keys]);
}

interface BilledAccount {
  readonly accountId: string;
  readonly timeZone: string;
  readonly rules: Pick<BillingRules, 'graceDays' | 'terms'>;
}

/** The due-date charge of a bill. Its month is that of the closing reading, in the merchant's time zone. */
export function chargeOfBill(content: BillContent, { accountId, timeZone, rules }: BilledAccount): Charge {
  const { total, usage, unit, from, upTo, parts, dueDate } = content;
  const day = (at: string): string => dayIn(timeZone, Date.parse(at));
  const began = from?.at ?? parts[0]?.from.at ?? upTo.at;
  const terms = rules.terms === undefined ? {} : { terms: rules.terms };
  return {
    amount: total,
    reference: `${accountId} ${day(upTo.at).slice(0, 7)}`,
    description: `${usage} ${unit}, ${day(began)} to ${day(upTo.at)}`.slice(0, 140),
    expiry: { is: 'due', date: dueDate, graceDays: rules.graceDays, ...terms },
  };
}
