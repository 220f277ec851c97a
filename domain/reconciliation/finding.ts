/** The result of a comparison: named findings, and how much of the money is explained. */
import type { MoneyJson } from '../money.ts';

/** Each with its row in the runbook. */
export const FINDING_KINDS = [
  /** Money there that is not booked here. */
  'missing-here',
  /** Money booked here that is not there. */
  'missing-there',
  'doubled',
  'amount-differs',
  'currency-differs',
  'date-differs',
  'status-differs',
  /** Ended here, alive there: its code can be paid. */
  'became-payable',
  'became-paid',
  /** Another payment of a request that has one already, or one that only a notice tells of. */
  'unseen-payment',
  'unknown-request',
  'request-missing-there',
  'stray-link',
  'return-missing-here',
  'return-missing-there',
  'return-differs',
  /** A line without an id that fits more than one payment, or none alone. */
  'ambiguous',
] as const;
export type FindingKind = (typeof FINDING_KINDS)[number];

/** Whether the finding is healed once the payment that it names is booked by the normal path. */
const HEALS: { readonly [kind in FindingKind]: boolean } = {
  'missing-here': true,
  'missing-there': false,
  doubled: false,
  'amount-differs': false,
  'currency-differs': false,
  'date-differs': false,
  'status-differs': false,
  'became-payable': false,
  'became-paid': true,
  'unseen-payment': true,
  'unknown-request': false,
  'request-missing-there': false,
  'stray-link': false,
  'return-missing-here': false,
  'return-missing-there': false,
  'return-differs': false,
  ambiguous: false,
};
export const HEALING_KINDS: readonly FindingKind[] = FINDING_KINDS.filter((kind) => HEALS[kind]);

/**
 * What is done about it: `check` makes the link's workflow read the request, and it heals by the normal path;
 * `exception` gives it an owner; `book` puts unknown money on `unapplied`, where an exception owns it.
 */
export type Remedy = 'check' | 'missing-at-provider' | 'differs-at-provider' | 'unseen-payment' | 'book' | 'none';

export interface Side {
  readonly amount?: MoneyJson;
  /** The day in the merchant's time zone, 2026-11-26. */
  readonly on?: string;
}

export interface Finding {
  readonly kind: FindingKind;
  readonly subject: string;
  readonly sentence: string;
  readonly remedy: Remedy;
  readonly requestId?: string;
  readonly paymentLinkId?: string;
  readonly providerLinkId?: string;
  readonly endToEndId?: string;
  readonly line?: number;
  readonly ours?: Side;
  readonly theirs?: Side;
}

/** An amount that was compared, from either side. `explained`: booked here under its id, to the cent. */
export interface MoneyCheck {
  readonly amount: MoneyJson;
  readonly explained: boolean;
}

export interface Comparison {
  readonly findings: readonly Finding[];
  readonly money: readonly MoneyCheck[];
}
