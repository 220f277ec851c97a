/** Whether a payment can be given back, and how much of it. Pure; the amounts come from the ledger. */
import type { MoneyRefusal } from '../links/money-answers.ts';
import { compare, toSentence, type Money } from '../money.ts';

type ReturnVerdict<P> =
  | { readonly is: 'returnable'; readonly payment: P; readonly amount: Money }
  | { readonly is: 'refused'; readonly because: MoneyRefusal; readonly detail: string };

/** Without an amount, all that is left. Never more: the sum of all returns is bounded by the amount received. */
export function judgeReturn<P extends { readonly left: Money; readonly endToEndId: string }>(
  payment: P | undefined,
  asked: Money | undefined,
): ReturnVerdict<P> {
  if (payment === undefined) return refused('nothing-to-return', 'No money has arrived for it.');
  const { left, endToEndId } = payment;
  if (left.minorUnits <= 0n)
    return refused('nothing-to-return', `All of payment ${endToEndId} went back, or is on its way.`);
  const amount = asked ?? left;
  if (amount.currency !== left.currency) {
    return refused('other-currency', `Payment ${endToEndId} came in ${left.currency}, and goes back in it.`);
  }
  if (amount.minorUnits <= 0n) return refused('exceeds-received', 'An amount is more than nothing.');
  if (compare(amount, left) > 0) {
    return refused(
      'exceeds-received',
      `${toSentence(left)} of payment ${endToEndId} can go back, not ${toSentence(amount)}.`,
    );
  }
  return { is: 'returnable', payment, amount };
}

function refused(because: MoneyRefusal, detail: string): Extract<ReturnVerdict<never>, { is: 'refused' }> {
  return { is: 'refused', because, detail };
}

const MINUTE = 60;
const HOUR = 3_600;
const STEPS = [2, 5, 15, MINUTE, 10 * MINUTE, HOUR] as const;

/**
 * Seconds until the next read of a return under way; callbacks cannot replace it, because they do not distinguish two
 * returns of one request.
 */
export function nextReturnCheckSeconds(checks: number): number {
  return STEPS[checks] ?? 6 * HOUR;
}
