/**
 * Columns of `payment_request` that repeat fields of the charge for searches and lists; the whole charge is in its
 * revision.
 */
import { CHARGE_FIELDS, type Charge, type ChargeField } from '../../domain/money/charge.ts';

/** None for a field that only the revision holds. */
const COLUMNS: { readonly [K in ChargeField]: { readonly [column: string]: (value: Charge[K]) => string | null } } = {
  amount: { currency: ({ currency }) => currency, amount_minor: ({ minorUnits }) => minorUnits },
  reference: { reference: (reference) => reference },
  description: { description: (description) => description ?? null },
  // The resulting instant comes from the provider, as `expires_at`.
  expiry: {},
};

const NAMES = CHARGE_FIELDS.flatMap((field) => Object.keys(COLUMNS[field]));

/** The SQL of these columns for an insert, with parameters from `$first` on, and for an update. */
export function chargeSql(first: number): { readonly names: string; readonly values: string; readonly set: string } {
  const parameters = NAMES.map((_, index) => `$${first + index}`);
  return {
    names: NAMES.join(', '),
    values: parameters.join(', '),
    set: NAMES.map((name, index) => `${name} = ${parameters[index]}`).join(', '),
  };
}

/** The values of the parameters, in the same order. */
export function chargeValues(charge: Charge): readonly (string | null)[] {
  const of = <K extends ChargeField>(field: K, value: Charge[K]) =>
    Object.values(COLUMNS[field]).map((column) => column(value));
  return CHARGE_FIELDS.flatMap((field) => of(field, charge[field]));
}
