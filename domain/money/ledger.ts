/**
 * Double entry: accounts of one merchant at one provider, and entries of one signed amount. Debits are positive,
 * credits negative; what is booked adds up to zero in each currency. The table of postings stands in docs/design.md.
 */
import { fromJson, negate, toJson, type Money, type MoneyJson } from '../money.ts';

export type LedgerAccount =
  /** Money held at the provider for this merchant. */
  | 'provider'
  /** What bills asked for, at face value. */
  | 'collected'
  | 'interest'
  | 'penalty'
  /** Given away on a bill: its face value counts as collected all the same. */
  | 'discount'
  | 'reduction'
  /** Nobody's yet: each cent of it is owned by an open exception. */
  | 'unapplied'
  /** Kept for the customer, against later bills. */
  | 'credit'
  /** On its way back to a payer: at the provider still, and no longer ours to use. */
  | 'returning'
  /** Given back after it had been collected. */
  | 'refunded'
  /** Given up: money nobody claims, or what a bill asked above what it got. */
  | 'written-off';

export interface Entry {
  readonly account: LedgerAccount;
  readonly amount: MoneyJson;
}

export function debit(account: LedgerAccount, amount: Money): Entry {
  return { account, amount: toJson(amount) };
}

export function credit(account: LedgerAccount, amount: Money): Entry {
  return { account, amount: toJson(negate(amount)) };
}

/** Drops entries of zero. */
export function withoutZeros(entries: readonly Entry[]): readonly Entry[] {
  return entries.filter(({ amount }) => fromJson(amount).minorUnits !== 0n);
}

/** Zero in each currency, and not empty: what the deferred constraint of the database asks for as well. */
export function isBalanced(entries: readonly Entry[]): boolean {
  const sums = new Map<string, bigint>();
  for (const { amount } of entries) {
    sums.set(amount.currency, (sums.get(amount.currency) ?? 0n) + fromJson(amount).minorUnits);
  }
  return entries.length > 0 && [...sums.values()].every((sum) => sum === 0n);
}
