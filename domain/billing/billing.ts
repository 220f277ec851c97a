/**
 * Computes an account's next bill from everything stored: readings, meters, tariffs, earlier bills and decisions. Pure
 * and total; the result does not depend on the order of arrival. Described in docs/bills.md.
 */
import type { BillingRules } from './billing-rules.ts';
import { judgeUsage, type ShockReason } from './bill-shock.ts';
import { closedContent, sameContent, standingOf, type BillContent, type BillLine, type StoredBill } from './bill.ts';
import { addDays, dayIn, rollForward, type Calendar } from '../calendar.ts';
import { decimal } from '../decimal.ts';
import { carryOverOf, type CarryOver } from './earlier-bills.ts';
import type { Meter } from './meter.ts';
import type { BillDecisionName } from '../money/exception.ts';
import { add, fromJson, money, toJson, type Currency } from '../money.ts';
import { present } from '../present.ts';
import { type Reading, readingKeyOf } from './reading.ts';
import { priceUsage, tariffOn, type Tariff } from './tariff.ts';
import { usageOf, type Usage } from './usage.ts';

export type HoldReason =
  ShockReason | 'no-tariff' | 'refused-by-provider' | 'reread' | 'impossible-correction' | 'nothing-read';

/** A person's decision about a held bill, and the usage that it was made for. */
export interface BillDecision {
  readonly billId: string;
  readonly decision: BillDecisionName;
  readonly usage: string;
}

export interface BillingAccount {
  readonly timeZone: string;
  /** The merchant's currency, for a bill that no tariff can price. */
  readonly currency: Currency;
  readonly calendar: Calendar;
  readonly rules: BillingRules;
  readonly meters: readonly Meter[];
  readonly readings: readonly Reading[];
  /** All versions of its tariff. */
  readonly tariffs: readonly Tariff[];
  readonly tariffId: string;
  /** By number. */
  readonly bills: readonly StoredBill[];
  /** The oldest first. */
  readonly decisions: readonly BillDecision[];
}

export type NextBill =
  | { readonly is: 'nothing'; readonly because: string; readonly usage: Usage }
  | {
      readonly is: 'hold';
      readonly content: BillContent;
      readonly because: HoldReason;
      readonly sentence: string;
      /** A person has decided that the bill waits: no exception is opened again. */
      readonly waits: boolean;
      readonly usage: Usage;
    }
  | { readonly is: 'bill' | 'nothing-due'; readonly content: BillContent; readonly usage: Usage };

/**
 * The least time between bill and due date: a payer's bank refuses a due date in the past, and a payer needs time to
 * pay.
 */
const LEAST_NOTICE_DAYS = 2;

/** The bill that readings still change, if there is one. */
export function openBillOf(bills: readonly StoredBill[]): StoredBill | undefined {
  const newest = bills.at(-1);
  return newest !== undefined && standingOf(newest) === 'open' ? newest : undefined;
}

/** `now` is an instant. */
export function nextBill(account: BillingAccount, now: string): NextBill {
  const closed = account.bills.filter((bill) => standingOf(bill) === 'closed');
  const from = closed.map(closedContent).at(-1)?.upTo;
  const usage = usageOf({
    meters: account.meters,
    readings: account.readings,
    billedReadings: closed.flatMap((bill) => closedContent(bill).readings),
    now,
    ...present({ billedUpTo: from }),
  });
  const { upTo } = usage;
  if (usage.is === 'nothing' || upTo === undefined) {
    const open = openBillOf(account.bills);
    if (open === undefined) return { is: 'nothing', because: 'no register was read since the last bill', usage };
    // The readings behind the open bill are in conflict now, so the amount that they gave is withdrawn.
    const sentence = 'No reading counts any more since the last bill; the next one is judged.';
    return { is: 'hold', content: open.newest, because: 'nothing-read', sentence, waits: true, usage };
  }
  const day = dayIn(account.timeZone, Date.parse(upTo.at));
  const tariff = tariffOn(
    account.tariffs.filter(({ id }) => id === account.tariffId),
    day,
  );
  const left = carryOverOf({ closed, ...account, now });
  const content = contentOf({ account, usage, upTo, from, tariff, left, day, now });
  const hold = holdOf({ account, usage, tariff, left, content, closed, day });
  if (hold !== undefined) return { is: 'hold', content, usage, ...hold };
  const due = BigInt(content.total.minorUnits) > 0n;
  return { is: due ? 'bill' : 'nothing-due', content, usage };
}

interface RatingContext {
  readonly account: BillingAccount;
  readonly usage: Usage;
  readonly upTo: BillContent['upTo'];
  readonly from: BillContent['from'];
  readonly tariff: Tariff | undefined;
  readonly left: CarryOver;
  readonly day: string;
  readonly now: string;
}

/** Usage that cannot be priced, because it is negative or no tariff applies, gets no line. */
function contentOf({ account, usage, upTo, from, tariff, left, day, now }: RatingContext): BillContent {
  const rated =
    tariff === undefined || usage.usage.startsWith('-') ? undefined : priceUsage(decimal(usage.usage), tariff);
  const currency = tariff?.currency ?? account.currency;
  const measured = rated?.total ?? toJson(money(0n, currency));
  const lines: readonly BillLine[] = [...(rated?.lines ?? []), ...left.lines];
  const total = lines.reduce((sum, { amount }) => add(sum, fromJson(amount)), money(0n, currency));
  const bounds = acceptedKeys(usage, upTo.at);
  return {
    ...present({ from }),
    upTo,
    usage: usage.usage,
    unit: tariff?.unit ?? '',
    parts: usage.parts,
    estimated: usage.estimated,
    readings: bounds,
    tariff: { id: account.tariffId, version: tariff?.version ?? 0 },
    lines,
    measured,
    corrections: left.corrections,
    carried: left.carried,
    total: toJson(total),
    dueDate: dueDateOf(account, upTo, day, now),
  };
}

/** Includes their corrections, whose `readAt` may be later than the end of the bill. */
function acceptedKeys({ accepted: all, lateCorrections }: Usage, end: string): BillContent['readings'] {
  const until = Date.parse(end);
  return [...all.filter(({ readAt }) => Date.parse(readAt) <= until), ...lateCorrections].map(
    ({ deviceId, sequence }) => ({ deviceId, sequence }),
  );
}

/** A bill that was sent already and still ends at the same reading keeps its due date, because payers have noted it. */
function dueDateOf(account: BillingAccount, upTo: BillContent['upTo'], day: string, now: string): string {
  const before = openBillOf(account.bills);
  if (before?.request !== undefined && sameEnd(before.newest.upTo, upTo)) return before.newest.dueDate;
  const { calendar, rules, timeZone } = account;
  const wanted = addDays(day, rules.dueInDays);
  const earliest = addDays(dayIn(timeZone, Date.parse(now)), LEAST_NOTICE_DAYS);
  return rollForward(wanted > earliest ? wanted : earliest, calendar);
}

function sameEnd(left: BillContent['upTo'], right: BillContent['upTo']): boolean {
  const [one, other] = [left, right].map(({ reading }) => reading && readingKeyOf(reading));
  return one === other && left.meterId === right.meterId && Date.parse(left.at) === Date.parse(right.at);
}

interface HoldContext extends Pick<RatingContext, 'account' | 'usage' | 'tariff' | 'left' | 'day'> {
  readonly content: BillContent;
  readonly closed: readonly StoredBill[];
}

interface Hold {
  readonly because: HoldReason;
  readonly sentence: string;
  readonly waits: boolean;
}

function holdOf({ account, usage, tariff, left, content, closed, day }: HoldContext): Hold | undefined {
  const hold = (because: HoldReason, sentence: string, waits = false): Hold => ({ because, sentence, waits });
  if (tariff === undefined) {
    return hold('no-tariff', `Tariff ${account.tariffId} has no version that holds on ${day}.`);
  }
  if (left.impossible !== undefined) return hold('impossible-correction', left.impossible);
  const decision = decisionOn(account, content.usage);
  switch (decision) {
    case 'reread':
      return hold('reread', 'Somebody reads the meter again; its next reading is judged.', true);
    case 'approve':
    case 'correct':
    case undefined:
      break;
  }
  const judgement = judgeUsage({
    period: { usage: usage.usage, estimated: usage.estimated },
    before: closed.map((bill) => closedContent(bill)),
    limits: account.rules.limits,
    unit: tariff.unit,
  });
  // Negative usage is never billed, whatever was decided.
  const decided = decision !== undefined && !usage.usage.startsWith('-');
  if (judgement.is === 'hold' && !decided) return hold(judgement.reason, judgement.sentence);
  const refused = account.bills.findLast((bill) => standingOf(bill) === 'void' && bill.request === 'refused');
  if (!decided && refused !== undefined && isRepeatOfRefused(account, refused, content)) {
    return hold(
      'refused-by-provider',
      `The provider has refused this very bill: ${refused.because ?? 'it did not say why'}.`,
    );
  }
  return undefined;
}

/** The latest decision about exactly this usage. */
function decisionOn({ bills, decisions }: BillingAccount, usage: string): BillDecision['decision'] | undefined {
  const open = openBillOf(bills);
  return decisions.findLast((one) => one.billId === open?.billId && one.usage === usage)?.decision;
}

/** True when no other bill was issued since the refused one and the new content asks for the same. */
function isRepeatOfRefused({ bills }: BillingAccount, refused: StoredBill, content: BillContent): boolean {
  const later = bills.slice(bills.indexOf(refused) + 1);
  const better = later.some((bill) => standingOf(bill) !== 'open' || bill.status === 'billed');
  return !better && sameContent({ ...refused.newest, dueDate: content.dueDate }, content);
}
