/** What a request asks for: an amount, the words the payer reads, and until when. */
import { changeTerms, sameTerms, type Terms, type TermsChange } from './bill-terms.ts';
import type { MoneyJson } from '../money.ts';

export type LinkKind = 'till' | 'bill';

/**
 * `within`: seconds counted from the creation of the request at the provider (till). `due`: a calendar day in the
 * merchant's own time zone, with days of grace after it, and what paying early or late makes of the amount (bill).
 */
export type Expiry =
  | { readonly is: 'within'; readonly seconds: number }
  | { readonly is: 'due'; readonly date: string; readonly graceDays: number; readonly terms?: Terms };

/** JSON as it stands in Temporal payloads, in `request_revision.content` and at the provider port. */
export interface Charge {
  readonly amount: MoneyJson;
  /** At most 140 characters; shown to the payer and used by the POS to find the sale again. */
  readonly reference: string;
  /** At most 140 characters of free text for the payer. */
  readonly description?: string;
  readonly expiry: Expiry;
}

/**
 * What a charge update changes; what it leaves out stays as it is, each term for itself. `within` counts from the moment of
 * the update.
 */
export interface ChargeChange {
  readonly amount?: MoneyJson;
  readonly reference?: string;
  readonly description?: string;
  readonly expiry?: Expiry;
  readonly terms?: TermsChange;
}

/**
 * The content of the next revision, fixed once. The provider counts a duration from the creation of the request, the
 * caller counts from now, so what has passed since is added.
 */
export function changeCharge(charge: Charge, change: ChargeChange, secondsSinceCreation: number): Charge {
  const { expiry, terms, ...rest } = change;
  return { ...charge, ...rest, expiry: changeExpiry(charge.expiry, { expiry, terms }, secondsSinceCreation) };
}

function changeExpiry(
  inForce: Expiry,
  change: { readonly expiry: Expiry | undefined; readonly terms: TermsChange | undefined },
  secondsSinceCreation: number,
): Expiry {
  if (change.expiry?.is === 'within') {
    return { is: 'within', seconds: Math.ceil(secondsSinceCreation) + change.expiry.seconds };
  }
  const expiry = change.expiry ?? inForce;
  if (expiry.is === 'within') return expiry;
  const { terms: named, ...due } = expiry;
  // Another day is no other agreement: the terms go with the bill.
  const standing = named ?? (inForce.is === 'due' ? inForce.terms : undefined);
  const terms = changeTerms(standing, change.terms ?? {});
  return terms === undefined ? due : { ...due, terms };
}

/** The kind of link decides the kind of expiry: a till sells now, a bill falls due on a day. */
export function expiryFits(kind: LinkKind, expiry: Expiry): boolean {
  return kind === 'till' ? expiry.is === 'within' : expiry.is === 'due';
}

/** Two charges that would look the same at the provider. The amount's two parts decide, never its formatting. */
export function sameCharge(left: Charge, right: Charge): boolean {
  return (
    left.amount.minorUnits === right.amount.minorUnits &&
    left.amount.currency === right.amount.currency &&
    left.reference === right.reference &&
    (left.description ?? '') === (right.description ?? '') &&
    sameExpiry(left.expiry, right.expiry)
  );
}

function sameExpiry(left: Expiry, right: Expiry): boolean {
  if (left.is === 'within') return right.is === 'within' && left.seconds === right.seconds;
  if (right.is === 'within' || left.date !== right.date || left.graceDays !== right.graceDays) return false;
  return sameTerms(left.terms, right.terms);
}
