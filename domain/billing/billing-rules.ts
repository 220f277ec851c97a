/**
 * How an account is billed, apart from its tariff: when a bill falls due, what paying late costs, and what is held for
 * a person.
 */
import type { ShockLimits } from './bill-shock.ts';
import type { Terms } from '../money/bill-terms.ts';

/** JSON as it stands in `service_account.rules`. */
export interface BillingRules {
  /** Days from the reading that ends the bill to its due date, which then moves to a day on which money moves. */
  readonly dueInDays: number;
  readonly graceDays: number;
  readonly terms?: Terms;
  readonly limits: ShockLimits;
}

export const USUAL_RULES: BillingRules = {
  dueInDays: 10,
  graceDays: 30,
  limits: { timesTheNorm: '3', periods: 6, estimatesInARow: 3 },
};
