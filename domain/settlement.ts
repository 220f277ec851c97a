/** What arrived against what was asked: a named outcome and its ledger entries. Pure; the table stands in docs/design.md. */
import { compare, fromJson, negate, subtract, toJson, type Money, type MoneyJson } from './money.ts';

export type SettlementKind = 'exact' | 'over' | 'partial' | 'second' | 'late' | 'wrong-currency';

/** Accounts of one merchant. Debits are positive, credits negative. */
export type Account = 'provider' | 'collected' | 'unapplied';

export interface Entry {
  readonly account: Account;
  readonly amount: MoneyJson;
}

export interface Settlement {
  readonly kind: SettlementKind;
  readonly status: 'paid' | 'underpaid';
  readonly entries: readonly Entry[];
  /** The money that is not the bill's, for the exception that owns it. */
  readonly unapplied?: MoneyJson;
}

export interface Arrival {
  /** What the revision that the provider shows asks for. */
  readonly asked: MoneyJson;
  readonly received: MoneyJson;
  /** Another payment of this request is booked already; `covered` says whether it was enough. */
  readonly before?: { readonly covered: boolean };
  /** The request had ended here (expired, cancelled, refused) before its money arrived. */
  readonly ended: boolean;
}

/**
 * `paid` is said only when the charge is covered. Money that is not exactly the bill's is booked all the same, to
 * `unapplied`, where an exception owns it.
 */
export function judgeSettlement(arrival: Arrival): Settlement {
  const received = fromJson(arrival.received);
  const asked = fromJson(arrival.asked);
  if (arrival.before !== undefined) {
    return unapplied('second', arrival.before.covered ? 'paid' : 'underpaid', received);
  }
  if (received.currency !== asked.currency) return unapplied('wrong-currency', 'underpaid', received);
  const difference = compare(received, asked);
  if (difference < 0) return unapplied('partial', 'underpaid', received);
  if (arrival.ended) return unapplied('late', 'paid', received);
  if (difference === 0) return { kind: 'exact', status: 'paid', entries: entries(received, received, undefined) };
  const extra = subtract(received, asked);
  return { kind: 'over', status: 'paid', entries: entries(received, asked, extra), unapplied: toJson(extra) };
}

function unapplied(kind: SettlementKind, status: 'paid' | 'underpaid', received: Money): Settlement {
  return { kind, status, entries: entries(received, undefined, received), unapplied: toJson(received) };
}

function entries(received: Money, collected: Money | undefined, held: Money | undefined): readonly Entry[] {
  return [
    { account: 'provider', amount: toJson(received) },
    ...(collected === undefined ? [] : [{ account: 'collected' as const, amount: toJson(negate(collected)) }]),
    ...(held === undefined ? [] : [{ account: 'unapplied' as const, amount: toJson(negate(held)) }]),
  ];
}
