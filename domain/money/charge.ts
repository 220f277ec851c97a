/** What a request asks for: an amount, the words the payer reads, and until when. */
import { changeTerms, sameTerms, type Terms, type TermsChange } from './bill-terms.ts';
import type { MoneyJson } from '../money.ts';

export const LINK_KINDS = ['till', 'bill'] as const;
export type LinkKind = (typeof LINK_KINDS)[number];

/**
 * `within`: seconds counted from the creation of the request at the provider (till). `due`: a calendar day in the
 * merchant's own time zone, with days of grace after it, and what paying early or late makes of the amount (bill).
 */
export type Expiry =
  | { readonly is: 'within'; readonly seconds: number }
  | { readonly is: 'due'; readonly date: string; readonly graceDays: number; readonly terms?: Terms };

/**
 * JSON as it stands in Temporal payloads, in `request_revision.charge` and at the provider port. Code that treats
 * fields differently uses a table over `ChargeField`, so that the compiler names every place that a new field misses.
 */
export interface Charge {
  readonly amount: MoneyJson;
  /** At most 140 characters; shown to the payer and used by the POS to find the sale again. */
  readonly reference: string;
  /** At most 140 characters of free text for the payer. */
  readonly description?: string;
  readonly expiry: Expiry;
}

export type ChargeField = keyof Charge;

/**
 * A change of a charge: absent fields stay, and each term separately. `within` counts from the moment of the update.
 */
export interface ChargeChange extends Partial<Charge> {
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
  // A new due date keeps the terms of the bill.
  const standing = named ?? (inForce.is === 'due' ? inForce.terms : undefined);
  const terms = changeTerms(standing, change.terms ?? {});
  return terms === undefined ? due : { ...due, terms };
}

/** The kind of link decides the kind of expiry: a till sells now, a bill falls due on a day. */
export function expiryFits(kind: LinkKind, expiry: Expiry): boolean {
  return expiry.is === EXPIRY_OF[kind];
}

const EXPIRY_OF: { readonly [kind in LinkKind]: Expiry['is'] } = { till: 'within', bill: 'due' };

/** One entry per member, optional ones included. */
type Comparison<T> = { readonly [K in keyof Required<T>]: (left: T[K], right: T[K]) => boolean };
type WithinExpiry = Extract<Expiry, { readonly is: 'within' }>;
type DueExpiry = Extract<Expiry, { readonly is: 'due' }>;

const WITHIN: Comparison<WithinExpiry> = { is: isSame, seconds: isSame };
const DUE: Comparison<DueExpiry> = { is: isSame, date: isSame, graceDays: isSame, terms: sameTerms };
const CHARGE: Comparison<Charge> = {
  amount: (left, right) => left.minorUnits === right.minorUnits && left.currency === right.currency,
  reference: isSame,
  description: (left = '', right = '') => left === right,
  expiry: sameExpiry,
};

/** In the order in which messages are read and requests are shown. */
export const CHARGE_FIELDS = Object.keys(CHARGE) as readonly ChargeField[];

/** Two charges that would look the same at the provider. */
export function sameCharge(left: Charge, right: Charge): boolean {
  return sameBy(CHARGE, left, right);
}

function sameExpiry(left: Expiry, right: Expiry): boolean {
  switch (left.is) {
    case 'within':
      return right.is === 'within' && sameBy(WITHIN, left, right);
    case 'due':
      return right.is === 'due' && sameBy(DUE, left, right);
  }
}

function sameBy<T extends object>(comparison: Comparison<T>, left: T, right: T): boolean {
  const same = <K extends keyof T>(name: K, one: T[K], other: T[K]): boolean => comparison[name](one, other);
  return (Object.keys(comparison) as (keyof T)[]).every((name) => same(name, left[name], right[name]));
}

function isSame(left: string | number, right: string | number): boolean {
  return left === right;
}

/** The entries of a table for the fields that the charge has, in the order of the fields. */
export function ofEachField<R>(
  charge: Partial<Charge>,
  table: { readonly [K in ChargeField]: (value: Required<Charge>[K]) => R },
): readonly R[] {
  const of = <K extends ChargeField>(field: K, value: Required<Charge>[K] | undefined): readonly R[] =>
    value === undefined ? [] : [table[field](value)];
  return CHARGE_FIELDS.flatMap((field) => of(field, charge[field]));
}
