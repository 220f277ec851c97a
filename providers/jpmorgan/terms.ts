/**
 * Interest, discount, penalty and reduction between the bank's types with their parameters and our unions. A type that
 * we do not know makes the request unreadable: a term that is left out would be another charge.
 */
import type { Discount, FixedOrShare, Interest, RatePeriod, Terms } from '../../domain/money/bill-terms.ts';
import type { DayCount } from '../../domain/calendar.ts';
import { fromJson, toDecimal, type MoneyJson } from '../../domain/money.ts';
import { percentText } from '../../domain/money/terms-messages.ts';
import { present } from '../../domain/present.ts';
import { fromWire, shareFromWire } from './amounts.ts';
import { UnreadableAnswer } from './failures.ts';
import type { TermParametersAnswer, TermsAnswer, TermsBody } from './terms-schemas.ts';

const NONE = 'NOT_APPLICABLE';
const DAYS = { calendar: 'CALENDAR_DAYS', business: 'BUSINESS_DAYS' } as const satisfies Record<DayCount, string>;
const RATE_PER = {
  day: 'PERCENTAGE_PER_DAY',
  month: 'PERCENTAGE_PER_MONTH',
  year: 'PERCENTAGE_PER_YEAR',
} as const satisfies Record<RatePeriod, string>;
const PER = { PERCENTAGE_PER_DAY: 'day', PERCENTAGE_PER_MONTH: 'month', PERCENTAGE_PER_YEAR: 'year' } as const;

export function toWireTerms({ interest, discount, penalty, reduction }: Terms): TermsBody {
  return {
    ...interestToWire(interest),
    ...discountToWire(discount),
    penaltyType: typeOf(penalty),
    ...present({ penaltyParameters: penalty && measureOf(penalty) }),
    reductionType: typeOf(reduction),
    ...present({ reductionParameters: reduction && measureOf(reduction) }),
  };
}

type InterestBody = Pick<TermsBody, 'interestType' | 'interestParameters'>;
type DiscountBody = Pick<TermsBody, 'discountType' | 'discountParameters'>;

function interestToWire(interest: Interest | undefined): InterestBody {
  if (interest === undefined) return { interestType: NONE };
  const days = DAYS[interest.days];
  switch (interest.is) {
    case 'amountPerDay':
      return { interestType: 'AMOUNT', interestParameters: { days, amount: decimal(interest.amount) } };
    case 'percentage': {
      const percentage = percentText(interest.hundredths);
      return { interestType: RATE_PER[interest.per], interestParameters: { days, percentage } };
    }
  }
}

function discountToWire(discount: Discount | undefined): DiscountBody {
  switch (discount?.is) {
    case undefined:
      return { discountType: NONE };
    case 'amountUntil': {
      const cutOffDetails = discount.steps.map(({ date, amount }) => ({ cutOffDate: date, amount: decimal(amount) }));
      return { discountType: 'FIXED_TO_DATE', discountParameters: { cutOffDetails } };
    }
    case 'percentageUntil': {
      const cutOffDetails = discount.steps.map(({ date, hundredths }) => ({
        cutOffDate: date,
        percentage: percentText(hundredths),
      }));
      return { discountType: 'PERCENTAGE_TO_DATE', discountParameters: { cutOffDetails } };
    }
    case 'amountPerDay': {
      const parameters = { days: DAYS[discount.days], amount: decimal(discount.amount) };
      return { discountType: 'FIXED_ADVANCE_PAYMENT', discountParameters: parameters };
    }
    case 'percentagePerDay': {
      const parameters = { days: DAYS[discount.days], percentage: percentText(discount.hundredths) };
      return { discountType: 'PERCENTAGE_ADVANCE_PAYMENT', discountParameters: parameters };
    }
  }
}

function typeOf(term: FixedOrShare | undefined): 'NOT_APPLICABLE' | 'FIXED_AMOUNT' | 'PERCENTAGE' {
  switch (term?.is) {
    case undefined:
      return NONE;
    case 'amount':
      return 'FIXED_AMOUNT';
    case 'percentage':
      return 'PERCENTAGE';
  }
}

function measureOf(term: FixedOrShare): { readonly amount: string } | { readonly percentage: string } {
  switch (term.is) {
    case 'amount':
      return { amount: decimal(term.amount) };
    case 'percentage':
      return { percentage: percentText(term.hundredths) };
  }
}

function decimal(amount: MoneyJson): string {
  return toDecimal(fromJson(amount));
}

/** Undefined when no term applies. */
export function fromWireTerms(request: TermsAnswer): Terms | undefined {
  const interest = interestFrom(request);
  const penalty = fixedOrShareFrom('penalty', request);
  const discount = discountFrom(request);
  const reduction = fixedOrShareFrom('reduction', request);
  const terms = {
    ...present({ interest, penalty, discount, reduction }),
  };
  return Object.keys(terms).length === 0 ? undefined : terms;
}

function interestFrom(request: TermsAnswer): Interest | undefined {
  const { interestType: type, interestParameters, currency } = request;
  if (!type || type === NONE) return undefined;
  const read = reading(interestParameters, currency, 'request.interestParameters');
  if (type === 'AMOUNT') return { is: 'amountPerDay', amount: read.amount(), days: read.days() };
  if (!isRate(type)) throw new UnreadableAnswer(['request.interestType']);
  return { is: 'percentage', hundredths: read.share(), per: PER[type], days: read.days() };
}

function isRate(type: string): type is keyof typeof PER {
  return Object.hasOwn(PER, type);
}

function fixedOrShareFrom(name: 'penalty' | 'reduction', request: TermsAnswer): FixedOrShare | undefined {
  const type = request[`${name}Type`];
  if (!type || type === NONE) return undefined;
  const read = reading(request[`${name}Parameters`], request.currency, `request.${name}Parameters`);
  if (type === 'FIXED_AMOUNT') return { is: 'amount', amount: read.amount() };
  if (type === 'PERCENTAGE') return { is: 'percentage', hundredths: read.share() };
  throw new UnreadableAnswer([`request.${name}Type`]);
}

function discountFrom({ discountType: type, discountParameters, currency }: TermsAnswer): Discount | undefined {
  if (!type || type === NONE) return undefined;
  const field = 'request.discountParameters';
  const read = reading(discountParameters, currency, field);
  const cutOffs = () => {
    const details = discountParameters?.cutOffDetails ?? [];
    if (details.length === 0) throw new UnreadableAnswer([`${field}.cutOffDetails`]);
    return details
      .map((detail) => ({ date: detail.cutOffDate, read: reading(detail, currency, `${field}.cutOffDetails`) }))
      .toSorted((one, other) => (one.date < other.date ? -1 : 1));
  };
  switch (type) {
    case 'FIXED_TO_DATE':
      return { is: 'amountUntil', steps: cutOffs().map((step) => ({ date: step.date, amount: step.read.amount() })) };
    case 'PERCENTAGE_TO_DATE':
      return {
        is: 'percentageUntil',
        steps: cutOffs().map((step) => ({ date: step.date, hundredths: step.read.share() })),
      };
    case 'FIXED_ADVANCE_PAYMENT':
      return { is: 'amountPerDay', amount: read.amount(), days: read.days() };
    case 'PERCENTAGE_ADVANCE_PAYMENT':
      return { is: 'percentagePerDay', hundredths: read.share(), days: read.days() };
    default:
      throw new UnreadableAnswer(['request.discountType']);
  }
}

/** Parameters of which a type needs some; what it needs and is not there is unreadable. */
function reading(parameters: TermParametersAnswer | null | undefined, currency: string, field: string) {
  return {
    amount: (): MoneyJson => {
      if (!parameters?.amount) throw new UnreadableAnswer([`${field}.amount`]);
      return fromWire(parameters.amount, currency, `${field}.amount`);
    },
    share: (): number => {
      if (!parameters?.percentage) throw new UnreadableAnswer([`${field}.percentage`]);
      return shareFromWire(parameters.percentage, `${field}.percentage`);
    },
    /** The contract names no default; the scheme's first modalities count calendar days. */
    days: (): DayCount => {
      const days = parameters?.['days'] ?? DAYS.calendar;
      if (days === DAYS.calendar) return 'calendar';
      if (days === DAYS.business) return 'business';
      throw new UnreadableAnswer([`${field}.days`]);
    },
  };
}
