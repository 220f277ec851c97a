/**
 * Loads, decides and escalates exceptions. A decision is one transaction: locks, postings, answer, timeline, events.
 */
import type pg from 'pg';
import { carryOutDecision, type DecisionResult } from '../../db/money/decisions.ts';
import {
  markEscalated,
  readException,
  loadStoredException,
  scheduleException,
  type ExceptionRow,
} from '../../db/money/exception-rows.ts';
import { writeFacts } from '../../db/facts.ts';
import { readLink } from '../../db/links/link-rows.ts';
import { answerMoney, claimDecision } from '../../db/money/money-commands.ts';
import { readRequest } from '../../db/links/request-rows.ts';
import { moneyPlaceOf } from '../../db/money/return-booking.ts';
import { isAlive } from '../../domain/money/check-schedule.ts';
import { whyUnfit, type Decision } from '../../domain/money/exception.ts';
import type { MoneyAnswer } from '../../domain/links/money-answers.ts';
import { retryable, startAttempt, type Attempt } from '../attempt.ts';
import { inTransaction, notifyListeners, wakeOwners, type Dependencies } from '../dependencies.ts';
import type { ExceptionRef, MoneyActivities } from './money-activities.ts';

type ExceptionActivities = Pick<MoneyActivities, 'loadException' | 'decideException' | 'escalateException'>;

export function createExceptionActivities(deps: Dependencies): ExceptionActivities {
  return {
    loadException: async (exception) =>
      inTransaction(deps, exception, startAttempt(), async (client) => {
        await scheduleException(client, exception.exceptionId);
        return (await loadStoredException(client, exception.exceptionId)) ?? null;
      }),
    decideException: async ({ exception, decision }) => decideOnce(deps, exception, decision),
    escalateException: async (exception) => escalate(deps, exception),
  };
}

async function decideOnce(deps: Dependencies, ref: ExceptionRef, decision: Decision): Promise<MoneyAnswer> {
  const attempt = startAttempt();
  const known = await inTransaction(deps, ref, attempt, async (client) => {
    const exception = await readException(client, ref.exceptionId);
    if (exception === undefined) return undefined;
    return { exception, before: await claimDecision(client, { ...exception, ...ref }, decision) };
  });
  if (known === undefined) return { is: 'refused', because: 'not-found' };
  if (known.before !== undefined) return known.before;
  if (decision.decision === 'applyTo') await freeTheBill(deps, ref, decision, attempt);
  const written = await inTransaction(deps, ref, attempt, async (client) => {
    const { answer, facts } = await judge(deps, client, ref, known.exception, decision);
    await answerMoney(client, decision.commandId, answer);
    return { answer, facts, position: await writeFacts(client, ref.merchantId, facts) };
  });
  await notifyListeners(deps, ref.merchantId, written.position);
  deps.crash('exception.decided');
  wakeOwners(deps, ref.merchantId, written.facts);
  return written.answer;
}

async function judge(
  deps: Dependencies,
  client: pg.ClientBase,
  ref: ExceptionRef,
  seen: ExceptionRow,
  decision: Decision,
): Promise<DecisionResult> {
  // Requests before exceptions: whoever books money of this bill locks in the same order. The bill it is applied to
  // comes first by its id, so that two such decisions cannot wait for each other.
  const bills = [seen.paymentRequestId, decision.paymentRequestId].filter((id) => id !== undefined).toSorted();
  for (const requestId of bills) await readRequest(client, requestId, 'lock');
  const exception = await readException(client, ref.exceptionId, 'lock');
  if (exception === undefined) return refused('not-found', 'There is no such exception.');
  if (exception.status === 'resolved') return refused('exception-resolved', 'It was decided before.');
  const unfitting = whyUnfit(exception.kind, decision);
  if (unfitting !== undefined) return refused('decision-unfit', unfitting);
  const { lateMoneyDays } = deps.provider;
  return carryOutDecision(client, { merchantId: ref.merchantId, exception, decision, lateMoneyDays });
}

function refused(because: Extract<MoneyAnswer, { is: 'refused' }>['because'], detail: string): DecisionResult {
  return { answer: { is: 'refused', because, detail }, facts: {} };
}

/**
 * A bill that can still be paid is taken off its code first; otherwise its payer would pay again what this money
 * covers.
 */
async function freeTheBill(deps: Dependencies, ref: ExceptionRef, decision: Decision, attempt: Attempt): Promise<void> {
  const { paymentRequestId: requestId, commandId, operator, reason } = decision;
  if (requestId === undefined) return;
  const bill = await inTransaction(deps, ref, attempt, async (client) => {
    const request = await readRequest(client, requestId);
    if (request === undefined || !isAlive(request.status)) return undefined;
    return readLink(client, request.paymentLinkId);
  });
  if (bill === undefined) return;
  const { paymentLinkId, kind, label } = bill;
  const answer = await deps.messages.unlink(
    { merchantId: ref.merchantId, paymentLinkId, kind, label },
    { commandId: `${commandId}:unlink`, requestId, reason: `paid by other money: ${reason}`, actor: operator },
  );
  // The rows tell from here on what the unlink found.
  if (answer === undefined || answer.is === 'pending') throw retryable('the bill is still being taken off its code');
}

async function escalate(deps: Dependencies, ref: ExceptionRef): Promise<void> {
  const { merchantId, exceptionId } = ref;
  const position = await inTransaction(deps, ref, startAttempt(), async (client) => {
    const exception = await readException(client, exceptionId, 'lock');
    if (exception === undefined || !(await markEscalated(client, exceptionId))) return undefined;
    await scheduleException(client, exceptionId);
    const where = moneyPlaceOf(exception);
    const { kind, owner, sentence } = exception;
    const said = `nobody (${owner}) has decided about exception ${kind} before its deadline; the money stays where it is`;
    return writeFacts(client, merchantId, {
      events: [
        { name: 'exception.overdue', cause: exceptionId, ...where, payload: { exceptionId, kind, owner, sentence } },
      ],
      timeline: [{ ...where, what: 'overdue', sentence: said }],
    });
  });
  await notifyListeners(deps, merchantId, position);
}
