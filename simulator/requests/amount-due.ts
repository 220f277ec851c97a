/**
 * What a bill costs today, worked out as a payer's bank does from the fields of the request. It shares nothing with the
 * engine's own reckoning on purpose: the same mistake on both sides would cancel itself out.
 */
import { cents, fromCents, partsOf, type PaymentRecord, type RequestContent } from '../records.ts';

/** São Paulo is three hours behind UTC all year. */
export const SAO_PAULO_MS = -3 * 3_600_000;
const DAY_MS = 86_400_000;

interface TermMeasure {
  readonly amount?: string;
  readonly percentage?: string;
}
interface Parameters extends TermMeasure {
  readonly days?: string;
  readonly cutOffDetails?: readonly (TermMeasure & { readonly cutOffDate: string })[];
}

export interface AmountDueToday {
  /** Minor units. */
  readonly total: bigint;
  /** Only those that are not nothing; undefined when there is none. */
  readonly parts: PaymentRecord['parts'];
}

export function dueToday(content: RequestContent, now: number, holidays: readonly string[]): AmountDueToday {
  const face = cents(content.paymentAmount);
  if (content.expirationType !== 'DUE_DATE') return { total: face, parts: undefined };
  const reduction = smaller(face, once(content, 'reduction', face));
  const left = face - reduction;
  const days = dayBook(holidays);
  const today = Math.floor((now + SAO_PAULO_MS) / DAY_MS);
  const due = days.businessDayFrom(dayNumber(content.paymentDueDate ?? ''));
  const early = discountOf(content, left, { today, early: (counted) => days.after(today, due, counted) });
  const late = (counted: string | undefined): bigint => days.after(due, today, counted);
  const named = {
    interest: interestOf(content, left, late),
    penalty: late(undefined) > 0n ? once(content, 'penalty', left) : 0n,
    discount: smaller(left, early),
    reduction,
  };
  const shown = Object.entries(named).filter(([, part]) => part > 0n);
  if (shown.length === 0) return { total: face, parts: undefined };
  const parts = Object.fromEntries(shown.map(([name, part]) => [name, fromCents(part)]));
  return { total: face + partsOf(parts), parts };
}

/** Penalty and reduction know no days. */
function once(content: RequestContent, name: 'penalty' | 'reduction', of: bigint): bigint {
  const { amount, percentage } = parametersOf(content, name);
  if (content[`${name}Type`] === 'FIXED_AMOUNT') return cents(amount ?? '0.00');
  return content[`${name}Type`] === 'PERCENTAGE' ? (of * cents(percentage ?? '0.00')) / 10_000n : 0n;
}

function interestOf(content: RequestContent, of: bigint, late: (days: string | undefined) => bigint): bigint {
  const { days, amount, percentage } = parametersOf(content, 'interest');
  const business = days === 'BUSINESS_DAYS';
  const daily = of * cents(percentage ?? '0.00') * late(days);
  switch (content['interestType']) {
    case 'AMOUNT':
      return cents(amount ?? '0.00') * late(days);
    case 'PERCENTAGE_PER_DAY':
      return daily / 10_000n;
    case 'PERCENTAGE_PER_MONTH':
      return daily / (business ? 210_000n : 300_000n);
    case 'PERCENTAGE_PER_YEAR':
      return daily / (business ? 2_520_000n : 3_600_000n);
    default:
      return 0n;
  }
}

interface TermDay {
  readonly today: number;
  readonly early: (days: string | undefined) => bigint;
}

function discountOf(content: RequestContent, of: bigint, { today, early }: TermDay): bigint {
  const { days, amount, percentage, cutOffDetails = [] } = parametersOf(content, 'discount');
  const [next] = cutOffDetails
    .filter(({ cutOffDate }) => dayNumber(cutOffDate) >= today)
    .toSorted((one, other) => dayNumber(one.cutOffDate) - dayNumber(other.cutOffDate));
  switch (content['discountType']) {
    case 'FIXED_TO_DATE':
      return cents(next?.amount ?? '0.00');
    case 'PERCENTAGE_TO_DATE':
      return (of * cents(next?.percentage ?? '0.00')) / 10_000n;
    case 'FIXED_ADVANCE_PAYMENT':
      return cents(amount ?? '0.00') * early(days);
    case 'PERCENTAGE_ADVANCE_PAYMENT':
      return (of * cents(percentage ?? '0.00') * early(days)) / 10_000n;
    default:
      return 0n;
  }
}

function parametersOf(content: RequestContent, name: string): Parameters {
  return content[`${name}Parameters`] ?? {};
}

/** Days since 1970-01-01, which was a Thursday. */
function dayNumber(day: string): number {
  return Date.parse(day) / DAY_MS;
}

function dayBook(holidays: readonly string[]) {
  const off = new Set(holidays.map(dayNumber));
  const isOpen = (day: number): boolean => ![2, 3].includes(day % 7) && !off.has(day);
  const businessDayFrom = (day: number): number => (isOpen(day) ? day : businessDayFrom(day + 1));
  /** How many days come after the first one, the last one with them. */
  const after = (first: number, last: number, counted: string | undefined): bigint => {
    if (last <= first) return 0n;
    if (counted !== 'BUSINESS_DAYS') return BigInt(last - first);
    return BigInt(Array.from({ length: last - first }, (_, index) => first + 1 + index).filter(isOpen).length);
  };
  return { businessDayFrom, after };
}

function smaller(one: bigint, other: bigint): bigint {
  return one < other ? one : other;
}
