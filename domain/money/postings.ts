/**
 * What becomes of money after it arrived, as ledger entries: one function of what happened. What arrived is judged in
 * `settlement.ts`. Amounts are positive; a movement of nothing is a mistake of the caller.
 */
import { credit, debit, withoutZeros, type LedgerAccount, type Entry } from './ledger.ts';
import { add, fromJson, type MoneyJson } from '../money.ts';

/** The word is the `kind` of the ledger transaction. */
export type Movement =
  /** An exception's money is taken for its own bill after all. */
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

export type PostingSource = 'held' | 'collected';

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

/** What was collected stays collected: that it went back is a fact of its own. */
function takenFrom(source: PostingSource): LedgerAccount {
  return source === 'held' ? 'unapplied' : 'refunded';
}
