/**
 * Reserves money for a return that a merchant asked for: never more than arrived, however many ask at the same time.
 */
import type pg from 'pg';
import { writeFacts } from '../../db/facts.ts';
import { answerMoney, readAskedReturn, type ReturnCommand } from '../../db/money/money-commands.ts';
import { readPayments, type Payment } from '../../db/money/payments.ts';
import { readRequest } from '../../db/links/request-rows.ts';
import { bookReturnBegun } from '../../db/money/return-booking.ts';
import { readReturn } from '../../db/money/returns.ts';
import type { MoneyAnswer } from '../../domain/links/money-answers.ts';
import { judgeReturn } from '../../domain/money/returnable.ts';
import { startAttempt } from '../attempt.ts';
import { inTransaction, notifyListeners, type Dependencies } from '../dependencies.ts';
import type { MoneyActivities, ReturnRef } from './money-activities.ts';

export function createBeginReturn(deps: Dependencies): MoneyActivities['beginReturn'] {
  return async (money) => {
    const begun = await inTransaction(deps, money, startAttempt(), async (client) => begin(client, money));
    await notifyListeners(deps, money.merchantId, begun.position);
    deps.crash('return.begun');
    return begun.answer;
  };
}

interface ReturnStart {
  readonly answer: MoneyAnswer;
  readonly position?: string | undefined;
}

async function begin(client: pg.ClientBase, money: ReturnRef): Promise<ReturnStart> {
  const { merchantId, returnId } = money;
  // Reserved already, by an attempt that died afterwards or by the decision about an exception.
  if ((await readReturn(client, returnId)) !== undefined) return { answer: { is: 'returning', returnId } };
  const asked = await readAskedReturn(client, returnId);
  if (asked === undefined) return { answer: { is: 'refused', because: 'not-found' } };
  if (asked.outcome !== undefined) return { answer: asked.outcome };
  const { paymentRequestId, paymentLinkId, commandId } = asked;
  // The lock of the request serialises the check of the sum of its returns.
  await readRequest(client, paymentRequestId, 'lock');
  const payment = choose(await readPayments(client, paymentRequestId), asked);
  const verdict = judgeReturn(payment, asked.amount);
  if (verdict.is === 'refused') {
    await answerMoney(client, commandId, verdict);
    return { answer: verdict };
  }
  const { reason, actor } = asked;
  const answer: MoneyAnswer = { is: 'returning', returnId };
  const facts = await bookReturnBegun(client, {
    merchantId,
    returnId,
    payment: verdict.payment,
    amount: verdict.amount,
    paymentLinkId,
    paymentRequestId,
    origin: 'merchant',
    reason,
    actor,
    commandId,
  });
  await answerMoney(client, commandId, answer);
  return { answer, position: await writeFacts(client, merchantId, facts) };
}

/** The named payment, or the first with money left, those that cover the bill first. */
function choose(payments: readonly Payment[], { endToEndId }: ReturnCommand): Payment | undefined {
  if (endToEndId !== undefined) return payments.find((payment) => payment.endToEndId === endToEndId);
  return payments.find(({ left }) => left.minorUnits > 0n) ?? payments[0];
}
