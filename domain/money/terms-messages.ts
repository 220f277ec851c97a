/**
 * The terms of a bill as people and programs write them, both ways: `{ "penalty": { "percentage": "2.00" } }`. Reading
 * refuses what says two things at once, and names the member that is wrong.
 */
import {
  RATE_PERIODS,
  type Discount,
  type FixedOrShare,
  type Interest,
  type RatePeriod,
  type TermName,
  type Terms,
  type TermsChange,
} from './bill-terms.ts';
import { DAY_COUNTS, isCalendarDay, type DayCount } from '../calendar.ts';
import {
  either,
  isFields,
  isOneOf,
  parseAmount,
  refuse,
  type Fields,
  type Parsed,
  type MessageRefusal,
} from '../message-fields.ts';
import { amountsIn } from './terms-amounts.ts';
import { compare, fromJson, toText, type MoneyJson } from '../money.ts';

interface AmountMessage {
  readonly currency: string;
  readonly value: string;
}

interface FixedOrShareMessage {
  readonly amount?: AmountMessage | undefined;
  /** "2.00", from 0.01 to 99.99. */
  readonly percentage?: string | undefined;
}

interface InterestMessage {
  readonly amountPerDay?: AmountMessage | undefined;
  readonly percentage?: string | undefined;
  readonly per?: RatePeriod | undefined;
  /** `calendar` when left out. */
  readonly days?: DayCount | undefined;
}

interface DiscountMessage {
  /** One to three, the earliest first; amounts or percentages, not both. */
  readonly until?: readonly (FixedOrShareMessage & { readonly date: string })[] | undefined;
  readonly amountPerDay?: AmountMessage | undefined;
  readonly percentagePerDay?: string | undefined;
  readonly days?: DayCount | undefined;
}

/** In a charge update null takes a term away, and what is left out stays as it is. */
export interface TermsMessage {
  readonly interest?: InterestMessage | null | undefined;
  readonly penalty?: FixedOrShareMessage | null | undefined;
  readonly discount?: DiscountMessage | null | undefined;
  readonly reduction?: FixedOrShareMessage | null | undefined;
}

const MOST_STEPS = 3;
const READERS = {
  interest: readInterest,
  penalty: readFixed,
  discount: readDiscount,
  reduction: readFixed,
} as const satisfies { readonly [name in TermName]: unknown };
const NAMES = Object.keys(READERS) as readonly TermName[];

export function parseTerms(input: unknown): Parsed<TermsChange> {
  if (!isFields(input)) return refuse('charge.terms', 'an object is needed');
  const change: { [name in TermName]?: Terms[TermName] | null } = {};
  for (const name of NAMES) {
    const said = input[name];
    if (said === undefined) continue;
    if (said === null) {
      change[name] = null;
      continue;
    }
    if (!isFields(said)) return refuse(`charge.terms.${name}`, 'an object is needed');
    const term = READERS[name](said, `charge.terms.${name}`);
    if (!term.ok) return term;
    change[name] = term.value;
  }
  return { ok: true, value: change as TermsChange };
}

function readInterest(said: Fields, at: string): Parsed<Interest> {
  const named = onlyOne(said, ['amountPerDay', 'percentage'], at);
  if (!named.ok) return named;
  const days = readDays(said, at);
  if (!days.ok) return days;
  if (named.value === 'amountPerDay') {
    if (said['per'] !== undefined) return refuse(`${at}.per`, 'goes with percentage');
    const amount = parseAmount(said['amountPerDay'], `${at}.amountPerDay`);
    return amount.ok ? { ok: true, value: { is: 'amountPerDay', amount: amount.value, days: days.value } } : amount;
  }
  const { per } = said;
  if (!isOneOf(per, RATE_PERIODS)) return refuse(`${at}.per`, either(RATE_PERIODS));
  const share = readShare(said['percentage'], `${at}.percentage`);
  return share.ok ? { ok: true, value: { is: 'percentage', hundredths: share.value, per, days: days.value } } : share;
}

function readFixed(said: Fields, at: string): Parsed<FixedOrShare> {
  const named = onlyOne(said, ['amount', 'percentage'], at);
  if (!named.ok) return named;
  if (named.value === 'amount') {
    const amount = parseAmount(said['amount'], `${at}.amount`);
    return amount.ok ? { ok: true, value: { is: 'amount', amount: amount.value } } : amount;
  }
  const share = readShare(said['percentage'], `${at}.percentage`);
  return share.ok ? { ok: true, value: { is: 'percentage', hundredths: share.value } } : share;
}

function readDiscount(said: Fields, at: string): Parsed<Discount> {
  const named = onlyOne(said, ['until', 'amountPerDay', 'percentagePerDay'], at);
  if (!named.ok) return named;
  if (named.value === 'until') {
    if (said['days'] !== undefined) return refuse(`${at}.days`, 'a discount until a day counts no days');
    return readSteps(said['until'], `${at}.until`);
  }
  const days = readDays(said, at);
  if (!days.ok) return days;
  if (named.value === 'amountPerDay') {
    const amount = parseAmount(said['amountPerDay'], `${at}.amountPerDay`);
    return amount.ok ? { ok: true, value: { is: 'amountPerDay', amount: amount.value, days: days.value } } : amount;
  }
  const share = readShare(said['percentagePerDay'], `${at}.percentagePerDay`);
  return share.ok ? { ok: true, value: { is: 'percentagePerDay', hundredths: share.value, days: days.value } } : share;
}

function readSteps(until: unknown, at: string): Parsed<Discount> {
  if (!Array.isArray(until) || until.length === 0 || until.length > MOST_STEPS) {
    return refuse(at, `1 to ${MOST_STEPS} days, each with its amount or percentage`);
  }
  const amounts: { readonly date: string; readonly amount: MoneyJson }[] = [];
  const shares: { readonly date: string; readonly hundredths: number }[] = [];
  let before = '';
  for (const [index, step] of until.entries()) {
    const here = `${at}.${index}`;
    if (!isFields(step)) return refuse(here, 'an object is needed');
    const { date } = step;
    if (typeof date !== 'string' || !isCalendarDay(date)) return refuse(`${here}.date`, 'a day, YYYY-MM-DD, is needed');
    if (date <= before) return refuse(`${here}.date`, 'later than the one before is needed');
    const term = readFixed(step, here);
    if (!term.ok) return term;
    if (term.value.is === 'amount') amounts.push({ date, amount: term.value.amount });
    else shares.push({ date, hundredths: term.value.hundredths });
    before = date;
  }
  if (amounts.length > 0 && shares.length > 0) return refuse(at, 'amounts or percentages, not both');
  if (shares.length > 0) return { ok: true, value: { is: 'percentageUntil', steps: shares } };
  return { ok: true, value: { is: 'amountUntil', steps: amounts } };
}

function onlyOne<Name extends string>(said: Fields, names: readonly Name[], at: string): Parsed<Name> {
  const [first, second] = names.filter((name) => said[name] !== undefined);
  if (first === undefined) return refuse(at, `${names.join(' or ')} is needed`);
  return second === undefined ? { ok: true, value: first } : refuse(`${at}.${second}`, `not together with ${first}`);
}

function readDays(said: Fields, at: string): Parsed<DayCount> {
  const days = said['days'] ?? 'calendar';
  return isOneOf(days, DAY_COUNTS) ? { ok: true, value: days } : refuse(`${at}.days`, either(DAY_COUNTS));
}

/** "2", "2.5" and "2.50" are all valid; kept in hundredths, without floats. */
function readShare(value: unknown, at: string): Parsed<number> {
  const [, whole = '', fraction = ''] = (typeof value === 'string' && /^(\d{1,2})(?:\.(\d{1,2}))?$/.exec(value)) || [];
  const hundredths = Number(whole) * 100 + Number(fraction.padEnd(2, '0'));
  return whole === '' || hundredths === 0
    ? refuse(at, 'a decimal string from 0.01 to 99.99 is needed')
    : { ok: true, value: hundredths };
}

/**
 * Checks of terms that need the charge beside them, as far as the message names it; undefined when nothing is wrong.
 */
export function termsRefusal(
  terms: TermsChange,
  { amount, dueDate }: { readonly amount?: MoneyJson | undefined; readonly dueDate?: string | undefined },
): MessageRefusal | undefined {
  const { discount, reduction } = terms;
  if (amount !== undefined) {
    for (const { at, amount: other } of amountsIn(terms)) {
      if (other.currency !== amount.currency) return refuse(`charge.terms.${at}.currency`, 'not that of the charge');
    }
    if (reduction?.is === 'amount' && compare(fromJson(reduction.amount), fromJson(amount)) >= 0) {
      return refuse('charge.terms.reduction.amount', 'less than the amount of the charge is needed');
    }
  }
  if (dueDate === undefined || !discount || !('steps' in discount)) return undefined;
  const after = discount.steps.findIndex(({ date }) => date > dueDate);
  return after === -1 ? undefined : refuse(`charge.terms.discount.until.${after}.date`, 'not after the due date');
}

export function termsMessage({ interest, penalty, discount, reduction }: TermsChange): TermsMessage {
  return {
    ...(interest === undefined ? {} : { interest: interest && interestMessage(interest) }),
    ...(penalty === undefined ? {} : { penalty: penalty && fixedMessage(penalty) }),
    ...(discount === undefined ? {} : { discount: discount && discountMessage(discount) }),
    ...(reduction === undefined ? {} : { reduction: reduction && fixedMessage(reduction) }),
  };
}

function interestMessage(interest: Interest): InterestMessage {
  const { days } = interest;
  switch (interest.is) {
    case 'amountPerDay':
      return { amountPerDay: amountText(interest.amount), days };
    case 'percentage':
      return { percentage: percentText(interest.hundredths), per: interest.per, days };
  }
}

function fixedMessage(term: FixedOrShare): FixedOrShareMessage {
  switch (term.is) {
    case 'amount':
      return { amount: amountText(term.amount) };
    case 'percentage':
      return { percentage: percentText(term.hundredths) };
  }
}

function discountMessage(discount: Discount): DiscountMessage {
  switch (discount.is) {
    case 'amountUntil':
      return { until: discount.steps.map(({ date, amount }) => ({ date, amount: amountText(amount) })) };
    case 'percentageUntil':
      return { until: discount.steps.map(({ date, hundredths }) => ({ date, percentage: percentText(hundredths) })) };
    case 'amountPerDay':
      return { amountPerDay: amountText(discount.amount), days: discount.days };
    case 'percentagePerDay':
      return { percentagePerDay: percentText(discount.hundredths), days: discount.days };
  }
}

function amountText(amount: MoneyJson): AmountMessage {
  return toText(fromJson(amount));
}

/** "2.50" of 250. */
export function percentText(hundredths: number): string {
  const digits = String(hundredths).padStart(3, '0');
  return `${digits.slice(0, -2)}.${digits.slice(-2)}`;
}
