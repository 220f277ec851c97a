/**
 * The effect of a corrected reading on the bill that used it: a charge update while unpaid, otherwise an adjustment on
 * the next bill.
 */
import { compare, fromJson, subtract, toDecimal, toJson, type MoneyJson } from '../money.ts';

type Correction =
  | { readonly is: 'nothing' }
  /** Nobody has paid: the same request asks for the corrected total from its next revision on. */
  | { readonly is: 'charge-update'; readonly amount: MoneyJson }
  /** Paid: the difference stands on the next bill, negative where too much was paid. */
  | { readonly is: 'adjustment'; readonly amount: MoneyJson; readonly text: string };

interface CorrectionInput {
  readonly billed: MoneyJson;
  /** The same period rated again, by the same version of the tariff. */
  readonly corrected: MoneyJson;
  readonly paid: boolean;
  /** How people name the bill: "October 2026". */
  readonly period: string;
}

export function correctionFor({ billed, corrected, paid, period }: CorrectionInput): Correction {
  const [before, after] = [fromJson(billed), fromJson(corrected)];
  if (compare(before, after) === 0) return { is: 'nothing' };
  if (!paid) return { is: 'charge-update', amount: corrected };
  const difference = subtract(after, before);
  const text = `correction of ${period}: ${toDecimal(after)} − ${toDecimal(before)} = ${toDecimal(difference)}`;
  return { is: 'adjustment', amount: toJson(difference), text };
}
