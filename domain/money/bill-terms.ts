/**
 * What a bill costs on a day: interest and penalty after its due date, discount before it, reduction always. The rules
 * are those of the scheme (provider-contract.md §B.9): each term is cut to whole minor units, never rounded. Integers
 * only.
 */
import { businessDaysBetween, daysBetween, rollForward, type Calendar, type DayCount } from '../calendar.ts';
import { add, compare, fromJson, money, subtract, type Money, type MoneyJson } from '../money.ts';

/** Percentages are whole hundredths of a percent: 250 is 2.50 %. */
interface Share {
  readonly is: 'percentage';
  readonly hundredths: number;
}

export type FixedOrShare = Share | { readonly is: 'amount'; readonly amount: MoneyJson };

/** The period to which a rate of interest applies. */
export const RATE_PERIODS = ['day', 'month', 'year'] as const;
export type RatePeriod = (typeof RATE_PERIODS)[number];

/** For each day after the due date. */
export type Interest =
  | { readonly is: 'amountPerDay'; readonly amount: MoneyJson; readonly days: DayCount }
  | (Share & { readonly per: RatePeriod; readonly days: DayCount });

/** Up to and with a day, at most three of them, the earliest first; or for each day before the due date. */
export type Discount =
  | { readonly is: 'amountUntil'; readonly steps: readonly { readonly date: string; readonly amount: MoneyJson }[] }
  | {
      readonly is: 'percentageUntil';
      readonly steps: readonly { readonly date: string; readonly hundredths: number }[];
    }
  | { readonly is: 'amountPerDay'; readonly amount: MoneyJson; readonly days: DayCount }
  | { readonly is: 'percentagePerDay'; readonly hundredths: number; readonly days: DayCount };

export interface Terms {
  readonly interest?: Interest;
  /** Once, for paying late. */
  readonly penalty?: FixedOrShare;
  readonly discount?: Discount;
  /** Whenever it is paid. */
  readonly reduction?: FixedOrShare;
}

export type TermName = keyof Terms;

/** A change of terms: absent members stay, null removes a term. */
export type TermsChange = { readonly [name in TermName]?: Terms[name] | null };

export interface PayableBill {
  /** The face value. */
  readonly amount: MoneyJson;
  readonly dueDate: string;
  readonly terms: Terms;
}

interface AmountDue {
  /** The face value with interest and penalty, less discount and reduction. */
  readonly total: Money;
  readonly parts: { readonly [name in TermName]: Money };
}

/** How many days there are in what a rate is for: a year has 360 days, of which 252 are business days. */
const DAYS_OF_RATE = {
  calendar: { day: 1, month: 30, year: 360 },
  business: { day: 1, month: 21, year: 252 },
} as const satisfies { readonly [days in DayCount]: { readonly [per in RatePeriod]: number } };
const WHOLE = 10_000n;

/**
 * The amount due on a day, by the merchant's calendar. A due date on a day off moves to the next business day, and the
 * terms count from there.
 */
export function amountDue({ amount, dueDate, terms }: PayableBill, day: string, calendar: Calendar): AmountDue {
  const face = fromJson(amount);
  const reduction = atMost(face, fixedOrShare(terms.reduction, face));
  const base = subtract(face, reduction);
  const falls = { due: rollForward(dueDate, calendar), day, calendar };
  const discount = atMost(base, discountOn(terms.discount, base, falls));
  const late = falls.due < day;
  const interest = late ? interestOn(terms.interest, base, falls) : zeroLike(base);
  const penalty = late ? fixedOrShare(terms.penalty, base) : zeroLike(base);
  const total = add(add(subtract(base, discount), interest), penalty);
  return { total, parts: { interest, penalty, discount, reduction } };
}

interface PaymentDay {
  readonly due: string;
  readonly day: string;
  readonly calendar: Calendar;
}

function interestOn(interest: Interest | undefined, base: Money, { due, day, calendar }: PaymentDay): Money {
  if (interest === undefined) return zeroLike(base);
  const days = count(due, day, interest.days, calendar);
  switch (interest.is) {
    case 'amountPerDay':
      return times(interest.amount, days);
    case 'percentage':
      return share(base, BigInt(interest.hundredths) * days, DAYS_OF_RATE[interest.days][interest.per]);
  }
}

function discountOn(discount: Discount | undefined, base: Money, { due, day, calendar }: PaymentDay): Money {
  switch (discount?.is) {
    case undefined:
      return zeroLike(base);
    case 'amountUntil': {
      const step = discount.steps.find(({ date }) => day <= date);
      return step === undefined ? zeroLike(base) : fromJson(step.amount);
    }
    case 'percentageUntil': {
      const step = discount.steps.find(({ date }) => day <= date);
      return step === undefined ? zeroLike(base) : share(base, BigInt(step.hundredths));
    }
    case 'amountPerDay':
      return times(discount.amount, count(day, due, discount.days, calendar));
    case 'percentagePerDay':
      return share(base, BigInt(discount.hundredths) * count(day, due, discount.days, calendar));
  }
}

function fixedOrShare(term: FixedOrShare | undefined, of: Money): Money {
  switch (term?.is) {
    case undefined:
      return zeroLike(of);
    case 'amount':
      return fromJson(term.amount);
    case 'percentage':
      return share(of, BigInt(term.hundredths));
  }
}

/** Cut, not rounded, and only once: at the end of everything that is multiplied. */
function share(of: Money, hundredths: bigint, parts = 1): Money {
  return money((of.minorUnits * hundredths) / (WHOLE * BigInt(parts)), of.currency);
}

function times(amount: MoneyJson, days: bigint): Money {
  const { minorUnits, currency } = fromJson(amount);
  return money(minorUnits * days, currency);
}

/** A discount is limited to the amount itself: the scheme sets no bound, but paying early never earns money. */
function atMost(there: Money, given: Money): Money {
  return compare(given, there) > 0 ? there : given;
}

/** None when `to` comes first. */
function count(from: string, to: string, days: DayCount, calendar: Calendar): bigint {
  if (from >= to) return 0n;
  switch (days) {
    case 'calendar':
      return BigInt(daysBetween(from, to));
    case 'business':
      return BigInt(businessDaysBetween(from, to, calendar));
  }
}

function zeroLike({ currency }: Money): Money {
  return money(0n, currency);
}

/** Applies a change to terms; undefined when none is left. */
export function changeTerms(terms: Terms | undefined, change: TermsChange): Terms | undefined {
  const named = Object.entries({ ...terms, ...change }).filter(([, term]) => term !== null && term !== undefined);
  return named.length === 0 ? undefined : Object.fromEntries(named);
}

export function sameTerms(left: Terms | undefined, right: Terms | undefined): boolean {
  return comparisonKey(left) === comparisonKey(right);
}

/** Members in a fixed order, because `jsonb` returns them in another order than they were written. */
function comparisonKey(terms: Terms | undefined): string {
  const sorted = (_key: string, value: unknown): unknown =>
    typeof value === 'object' && value !== null && !Array.isArray(value)
      ? Object.fromEntries(Object.entries(value).toSorted(([one], [other]) => (one < other ? -1 : 1)))
      : value;
  return JSON.stringify(terms ?? {}, sorted);
}
