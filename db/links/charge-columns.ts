/**
 * The columns of `payment_request` that repeat what a charge says, to find and to list it by; all of it is in its
 * revision.
 */
import { CHARGE_FIELDS, type Charge, type ChargeField } from '../../domain/money/charge.ts';

/** None: a field that only the revision says. */
const COLUMNS: { readonly [K in ChargeField]: { readonly [column: string]: (value: Charge[K]) => string | null } } = {
  amount: { currency: ({ currency }) => currency, amount_minor: ({ minorUnits }) => minorUnits },
  reference: { reference: (reference) => reference },
  description: { description: (description) => description ?? null },
  // The moment it comes to is the provider's to say: `expires_at`.
  expiry: {},
};

const NAMES = CHARGE_FIELDS.flatMap((field) => Object.keys(COLUMNS[field]));

/** As SQL writes them: for an insert, with the parameters from `$first` on, and for an update. */
export function chargeSql(first: number): { readonly names: string; readonly values: string; readonly set: string } {
  const parameters = NAMES.map((_, index) => `$${first + index}`);
  return {
    names: NAMES.join(', '),
    values: parameters.join(', '),
    set: NAMES.map((name, index) => `${name} = ${parameters[index]}`).join(', '),
  };
}

/** The parameters themselves, in that order. */
export function chargeValues(charge: Charge): readonly (string | null)[] {
  const of = <K extends ChargeField>(field: K, value: Charge[K]) =>
    Object.values(COLUMNS[field]).map((column) => column(value));
  return CHARGE_FIELDS.flatMap((field) => of(field, charge[field]));
}
