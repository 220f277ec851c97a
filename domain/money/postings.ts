/**
 * Ledger entries for every movement of money after its arrival (arrivals are judged in `settlement.ts`). Amounts are
 * positive; a movement of zero is a bug of the caller.
 */
import { credit, debit, withoutZeros, type LedgerAccount, type Entry } from './ledger.ts';
import { add, fromJson, type MoneyJson } from '../money.ts';

/** The word is the `kind` of the ledger transaction. */
export type Movement =
  /** The money of an exception is accepted for its own bill. */
  | { readonly is: 'accepted'; readonly amount: MoneyJson }
  /** … or for another bill. */
  | { readonly is: 'applied'; readonly amount: MoneyJson }
  /** … or is kept for the customer. */
  | { readonly is: 'credited'; readonly amount: MoneyJson }
  /** … or given up. `forgiven`: what the bill still lacked; then all of the bill counts as collected. */
  | { readonly is: 'written-off'; readonly amount: MoneyJson; readonly forgiven?: MoneyJson }
  /** Money sets out for its payer: out of what an exception holds, or out of what had been collected. */
  | { readonly is: 'return-begun'; readonly from: PostingSource; readonly amount: MoneyJson }
  | { readonly is: 'return-completed'; readonly amount: MoneyJson }
  /** It never left: an exception owns it. */
  | { readonly is: 'return-failed'; readonly amount: MoneyJson }
  /** It had arrived, and came back: an exception owns it. */
  | { readonly is: 'return-bounced'; readonly amount: MoneyJson }
  /** The provider gave it back without being asked here. */
  | { readonly is: 'returned-outside'; readonly from: PostingSource; readonly amount: MoneyJson };

export const MOVEMENTS = [
  'accepted',
  'applied',
  'credited',
  'written-off',
  'return-begun',
  'return-completed',
  'return-failed',
  'return-bounced',
  'returned-outside',
] as const satisfies readonly Movement['is'][];

type PostingSource = 'held' | 'collected';

export function postingsOf(movement: Movement): readonly Entry[] {
  const entries = withoutZeros(entriesOf(movement));
  if (entries.length === 0) throw new Error(`${movement.is} moves nothing`);
  return entries;
}

function entriesOf(movement: Movement): readonly Entry[] {
  switch (movement.is) {
    case 'accepted':
    case 'applied': {
      const amount = fromJson(movement.amount);
      return [debit('unapplied', amount), credit('collected', amount)];
    }
    case 'credited': {
      const amount = fromJson(movement.amount);
      return [debit('unapplied', amount), credit('credit', amount)];
    }
    case 'written-off': {
      const amount = fromJson(movement.amount);
      if (movement.forgiven === undefined) return [debit('unapplied', amount), credit('written-off', amount)];
      const forgiven = fromJson(movement.forgiven);
      return [debit('unapplied', amount), debit('written-off', forgiven), credit('collected', add(amount, forgiven))];
    }
    case 'return-begun': {
      const amount = fromJson(movement.amount);
      return [debit(takenFrom(movement.from), amount), credit('returning', amount)];
    }
    case 'return-completed': {
      const amount = fromJson(movement.amount);
      return [debit('returning', amount), credit('provider', amount)];
    }
    case 'return-failed': {
      const amount = fromJson(movement.amount);
      return [debit('returning', amount), credit('unapplied', amount)];
    }
    case 'return-bounced': {
      const amount = fromJson(movement.amount);
      return [debit('provider', amount), credit('unapplied', amount)];
    }
    case 'returned-outside': {
      const amount = fromJson(movement.amount);
      return [debit(takenFrom(movement.from), amount), credit('provider', amount)];
    }
  }
}

/** Collected money that is returned is not uncollected: the return is booked to an account of its own. */
function takenFrom(source: PostingSource): LedgerAccount {
  switch (source) {
    case 'held':
      return 'unapplied';
    case 'collected':
      return 'refunded';
  }
}
