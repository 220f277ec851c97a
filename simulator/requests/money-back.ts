/** What may go back of a payment, and what becomes of a return as time passes. It keeps nothing and refuses nothing. */
import { randomUUID } from 'node:crypto';

import type { Behaviour } from '../behaviour.ts';
import { cents, wholeSecond } from '../records.ts';
import type { BankReturnStatus, PaymentRecord, RequestRecord, ReturnRecord } from '../records.ts';

/** More than that the settlement summary cannot show. */
export const MOST_RETURNS = 10;

/** ISO 20022 reasons of the failures: insufficient funds, cancelled by order, account closed. */
export const FAILURE_REASON: Partial<Record<BankReturnStatus, string>> = {
  REJECTED: 'AM04',
  CANCELED: 'DS02',
  RETURNED: 'AC04',
};

/** The settlement summary has three words for what the returns API has more for. */
export function summaryStatus(status: BankReturnStatus): 'PENDING' | 'COMPLETED' | 'FAILED' {
  if (status === 'COMPLETED') return 'COMPLETED';
  return FAILURE_REASON[status] === undefined ? 'PENDING' : 'FAILED';
}

/** Minor units of this payment that no return has taken; a failed return has taken nothing. */
export function returnableLeft({ returns }: RequestRecord, payment: PaymentRecord): bigint {
  return returns
    .filter((each) => each.endToEndId === payment.endToEndId && summaryStatus(each.status) !== 'FAILED')
    .reduce((left, each) => left - cents(each.amount.value), cents(payment.amount.value));
}

type ReturnDraft = Pick<ReturnRecord, 'endToEndId' | 'referenceId' | 'amount' | 'type' | 'order'>;

/** A return that begins now and goes its way by the choices in force now, whatever is chosen later. */
export function beginReturn(order: ReturnDraft, behaviour: Behaviour, now: number): ReturnRecord {
  const { returnMs, returnEndsIn, returnFailsLaterMs } = behaviour;
  const endsAt = now + returnMs;
  const stays = returnEndsIn !== 'COMPLETED' || returnFailsLaterMs === 0;
  const way = [
    { at: now, status: 'RECEIVED' },
    { at: now + Math.floor(returnMs / 2), status: 'PROCESSING' },
    { at: endsAt, status: returnEndsIn },
    ...(stays ? [] : [{ at: endsAt + returnFailsLaterMs, status: 'RETURNED' } as const]),
  ] as const;
  const received: ReturnRecord = { ...order, ...identity(now), status: 'RECEIVED', ahead: way };
  return moved(received, now);
}

/** A return that nobody asked for, as it stands: nothing becomes of it by itself. */
export function standingReturn(order: ReturnDraft, status: BankReturnStatus, now: number): ReturnRecord {
  return { ...order, ...identity(now), status, ...(status === 'COMPLETED' ? { settledAt: wholeSecond(now) } : {}) };
}

function identity(now: number): Pick<ReturnRecord, 'id' | 'createdAt'> {
  return { id: randomUUID(), createdAt: wholeSecond(now) };
}

/** The moment at which the next of these returns changes, if one will. */
export function nextReturnAt(returns: readonly ReturnRecord[]): number | undefined {
  const moments = returns.flatMap(({ ahead = [] }) => ahead.slice(0, 1).map(({ at }) => at));
  return moments.length === 0 ? undefined : Math.min(...moments);
}

/** The return as it stands at this moment. */
export function moved(moneyReturn: ReturnRecord, at: number): ReturnRecord {
  const { ahead = [], ...rest } = moneyReturn;
  const [step, ...later] = ahead;
  if (step === undefined || step.at > at) return moneyReturn;
  const settled = step.status === 'COMPLETED' ? { settledAt: wholeSecond(step.at) } : {};
  return moved({ ...rest, ...settled, status: step.status, ...(later.length === 0 ? {} : { ahead: later }) }, at);
}
