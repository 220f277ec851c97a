/**
 * Compares a payment with the amount asked for: a named outcome and its ledger entries. Pure; the table is in
 * docs/design.md.
 */
import { credit, debit, withoutZeros, type Entry } from './ledger.ts';
import {
  add,
  compare,
  fromJson,
  money,
  subtract,
  toJson,
  type Currency,
  type Money,
  type MoneyJson,
} from '../money.ts';

export const SETTLEMENT_KINDS = [
  'exact',
  'over',
  'partial',
  'second',
  'late',
  'wrong-currency',
  'unknown-request',
] as const;
export type SettlementKind = (typeof SETTLEMENT_KINDS)[number];

/** What the provider says the amount is made of besides the face value (provider-contract.md §A.4). */
interface SettlementParts {
  readonly interest?: MoneyJson;
  readonly penalty?: MoneyJson;
  readonly discount?: MoneyJson;
  readonly reduction?: MoneyJson;
}

/**
 * Whether the provider's `amount` is the face value or the total is nowhere said: whichever balances by the sum rule
 * (provider-contract.md §B.9: total = face + interest + penalty − discount − reduction) is what it meant.
 */
export const BALANCED = ['face', 'total', 'neither'] as const;
export type AmountBasis = (typeof BALANCED)[number];

export interface Settlement {
  readonly kind: SettlementKind;
  readonly status: 'paid' | 'underpaid';
  readonly entries: readonly Entry[];
  /** Only where the provider named parts. */
  readonly balanced?: AmountBasis;
  /** The money that is not the bill's, for the exception that owns it. */
  readonly unapplied?: MoneyJson;
}

export interface PaymentArrival {
  /** What the revision that the provider shows asks for. */
  readonly asked: MoneyJson;
  /** As the provider reports it. */
  readonly received: MoneyJson;
  readonly parts?: SettlementParts;
  /** Another payment of this request is booked already; `covered` says whether it was enough. */
  readonly before?: { readonly covered: boolean };
  /** The request had ended here (expired, cancelled, refused) before its money arrived. */
  readonly ended: boolean;
}

/**
 * `paid` is said only when the charge is covered. Money that is not exactly the bill's is booked all the same, to
 * `unapplied`, where an exception owns it.
 */
export function judgeSettlement(arrival: PaymentArrival): Settlement {
  const asked = fromJson(arrival.asked);
  const reported = fromJson(arrival.received);
  if (reported.currency !== asked.currency) {
    return arrival.before === undefined
      ? unapplied('wrong-currency', 'underpaid', reported)
      : unapplied('second', arrival.before.covered ? 'paid' : 'underpaid', reported);
  }
  const { due, received, parts, ...balanced } = sumUp(asked, reported, arrival.parts ?? {});
  return { ...judgeAmount(arrival, { asked, due, received, parts }), ...balanced };
}

/** Money at the provider for a request that nobody here knows: in full to `unapplied`. */
export function judgeUnknown(received: MoneyJson): Settlement {
  return unapplied('unknown-request', 'underpaid', fromJson(received));
}

interface SettlementSums {
  /** Face value. */
  readonly asked: Money;
  /** What would be exact: the face value with its parts. */
  readonly due: Money;
  readonly received: Money;
  readonly parts: { readonly [part in keyof Required<SettlementParts>]: Money };
}

function judgeAmount({ before, ended }: PaymentArrival, sums: SettlementSums): Settlement {
  const { due, received } = sums;
  if (before !== undefined) return unapplied('second', before.covered ? 'paid' : 'underpaid', received);
  const difference = compare(received, due);
  if (difference < 0) return unapplied('partial', 'underpaid', received);
  if (ended) return unapplied('late', 'paid', received);
  const extra = subtract(received, due);
  const entries = collected(sums, extra);
  if (difference === 0) return { kind: 'exact', status: 'paid', entries };
  return { kind: 'over', status: 'paid', entries, unapplied: toJson(extra) };
}

/** The sum rule, in minor units of the face value's currency; below zero where more is given away than was asked. */
export function totalOf(face: Money, given: SettlementParts): Money {
  const { interest, penalty, discount, reduction } = partsIn(face.currency, given);
  return subtract(add(add(face, interest), penalty), add(discount, reduction));
}

/** A part in another currency says nothing about this amount. */
function partsIn(currency: Currency, given: SettlementParts): SettlementSums['parts'] {
  const part = (value: MoneyJson | undefined): Money =>
    value === undefined || value.currency !== currency ? money(0n, currency) : fromJson(value);
  return {
    interest: part(given.interest),
    penalty: part(given.penalty),
    discount: part(given.discount),
    reduction: part(given.reduction),
  };
}

function sumUp(
  asked: Money,
  reported: Money,
  given: SettlementParts,
): Omit<SettlementSums, 'asked'> & { readonly balanced?: AmountBasis } {
  const parts = partsIn(asked.currency, given);
  const total = totalOf(asked, given);
  const named = Object.values(parts).some(({ minorUnits }) => minorUnits !== 0n);
  if (!named) return { due: asked, received: reported, parts };
  // Reductions exceed the amount, so the parts make no sense: the reported amount is booked as received.
  if (total.minorUnits <= 0n) {
    return { due: asked, received: reported, parts: partsIn(asked.currency, {}), balanced: 'neither' };
  }
  if (compare(reported, total) === 0) return { due: total, received: reported, parts, balanced: 'total' };
  if (compare(reported, asked) === 0) return { due: total, received: total, parts, balanced: 'face' };
  return { due: total, received: reported, parts, balanced: 'neither' };
}

function unapplied(kind: SettlementKind, status: 'paid' | 'underpaid', received: Money): Settlement {
  const entries = [debit('provider', received), credit('unapplied', received)];
  return { kind, status, entries, unapplied: toJson(received) };
}

function collected({ asked, received, parts }: SettlementSums, extra: Money): readonly Entry[] {
  return withoutZeros([
    debit('provider', received),
    debit('discount', parts.discount),
    debit('reduction', parts.reduction),
    credit('collected', asked),
    credit('interest', parts.interest),
    credit('penalty', parts.penalty),
    credit('unapplied', extra),
  ]);
}
