/**
 * Carries out a decision about an exception in the transaction that answers it: postings, the bill that gets the money,
 * and closing the exception once it holds nothing. The caller holds the locks and has checked that the decision fits.
 */
import { createHash } from 'node:crypto';
import type pg from 'pg';
import { z } from 'zod';
import { isAlive } from '../../domain/money/check-schedule.ts';
import type { Decision } from '../../domain/money/exception.ts';
import type { MoneyAnswer } from '../../domain/links/money-answers.ts';
import { compare, fromJson, money, subtract, toJson, toSentence, toText, type Money } from '../../domain/money.ts';
import { postingsOf, type Movement } from '../../domain/money/postings.ts';
import { judgeReturn } from '../../domain/money/returnable.ts';
import { markResolved, type ExceptionRow } from './exception-rows.ts';
import type { EventFact, Facts } from '../facts.ts';
import { insertTransaction } from './ledger.ts';
import { readPayment } from './payments.ts';
import { readRequest, writeStatus, type RequestRow } from '../links/request-rows.ts';
import { bookReturnBegun, moneyPlaceOf, resolvedEvent } from './return-booking.ts';
import { readRows } from '../rows.ts';

interface DecisionInput {
  readonly merchantId: string;
  readonly exception: ExceptionRow;
  readonly decision: Decision;
  readonly lateMoneyDays: number;
}

type HeldMoney = NonNullable<ExceptionRow['held']>;

export interface DecisionResult {
  readonly answer: MoneyAnswer;
  readonly facts: Facts;
}

export async function carryOutDecision(client: pg.ClientBase, input: DecisionInput): Promise<DecisionResult> {
  const { exception } = input;
  const { held } = exception;
  if (held === undefined || held.left.minorUnits === 0n) return close(client, input, {});
  switch (input.decision.decision) {
    case 'acceptAsIs':
      return postHeldMoney(client, input, held, { is: 'accepted', amount: toJson(held.left) });
    case 'keepAsCredit':
      return postHeldMoney(client, input, held, { is: 'credited', amount: toJson(held.left) });
    case 'writeOff':
      return writeOff(client, input, held);
    case 'applyTo':
      return applyTo(client, input, held);
    case 'returnMoney':
      return giveBack(client, input, held);
  }
}

/** For an underpaid bill the rest is written off: the whole amount counts as collected, and the bill is paid. */
async function writeOff(client: pg.ClientBase, input: DecisionInput, held: HeldMoney): Promise<DecisionResult> {
  const { exception } = input;
  const amount = toJson(held.left);
  const request = await lockRequest(client, exception.paymentRequestId);
  const lacking = request === undefined ? undefined : await shortfallOf(client, request, held.left);
  const forgiven = lacking === undefined ? undefined : subtract(lacking, held.left);
  if (exception.kind !== 'partial' || request === undefined || forgiven === undefined || forgiven.minorUnits <= 0n) {
    return postHeldMoney(client, input, held, { is: 'written-off', amount });
  }
  const paid = await markPaid(client, input, request, 'written-off');
  return postHeldMoney(
    client,
    input,
    held,
    { is: 'written-off', amount, forgiven: toJson(forgiven) },
    { events: paid },
  );
}

/** The other bill gets its shortfall; any surplus stays with the exception. */
async function applyTo(client: pg.ClientBase, input: DecisionInput, held: HeldMoney): Promise<DecisionResult> {
  const request = await lockRequest(client, input.decision.paymentRequestId);
  if (request === undefined) return refuse('not-found', 'There is no such payment request.');
  if (request.currency !== held.left.currency) {
    return refuse('other-currency', `It asks for ${request.currency}, and the money is ${held.left.currency}.`);
  }
  if (isAlive(request.status)) {
    return refuse('payment-request-alive', `It is ${request.status}: what its payer pays now would be paid twice.`);
  }
  const lacking = await shortfallOf(client, request, held.left);
  if (request.status === 'paid' || lacking.minorUnits <= 0n)
    return refuse('already-paid', 'That bill is paid already.');
  const covered = compare(held.left, lacking) >= 0;
  const amount = covered ? lacking : held.left;
  const events = await markPaid(client, input, request, 'applied', covered ? 'paid' : 'underpaid');
  return postHeldMoney(
    client,
    input,
    held,
    { is: 'applied', amount: toJson(amount) },
    { events, amount, request, timeline: [appliedLine(input, request, amount)] },
  );
}

function appliedLine({ decision }: DecisionInput, request: RequestRow, amount: Money) {
  const { paymentLinkId, requestId: paymentRequestId } = request;
  const { commandId, operator: actor, reason } = decision;
  const sentence = `${toSentence(amount)} of another payment was applied to it: ${reason}`;
  return { paymentLinkId, paymentRequestId, what: 'applied', sentence, actor, commandId };
}

async function giveBack(client: pg.ClientBase, input: DecisionInput, held: HeldMoney): Promise<DecisionResult> {
  const { merchantId, exception, decision } = input;
  const { commandId, operator: actor, reason, amount } = decision;
  const asked = amount === undefined ? held.left : fromJson(amount);
  const verdict = judgeReturn({ left: held.left, endToEndId: held.endToEndId }, asked);
  if (verdict.is === 'refused') return refuse(verdict.because, verdict.detail);
  const payment = await readPayment(client, held.provider, held.endToEndId);
  if (payment === undefined) throw new Error(`exception ${exception.exceptionId} holds money of no payment`);
  // Derived from the command, so that a repeat makes the same return.
  const returnId = createHash('sha256').update(`${merchantId}|${commandId}`).digest('hex').slice(0, 32);
  const facts = await bookReturnBegun(client, {
    merchantId,
    returnId,
    payment,
    amount: verdict.amount,
    ...moneyPlaceOf(exception),
    origin: actor === 'policy' ? 'policy' : 'operator',
    reason,
    actor,
    commandId,
    exceptionId: exception.exceptionId,
  });
  return { answer: { is: 'resolved', exceptionId: exception.exceptionId, returnId }, facts };
}

interface ResolutionFacts {
  readonly events?: readonly EventFact[];
  readonly timeline?: Facts['timeline'];
  /** The amount that leaves the exception, if it is not all of it. */
  readonly amount?: Money;
  /** The bill that gets it, when it is not the exception's own. */
  readonly request?: RequestRow;
}

async function postHeldMoney(
  client: pg.ClientBase,
  input: DecisionInput,
  held: HeldMoney,
  movement: Movement,
  more: ResolutionFacts = {},
): Promise<DecisionResult> {
  const { merchantId, exception, decision } = input;
  const { commandId, operator: actor, reason } = decision;
  const transactionId = `${held.provider}:exception:${exception.exceptionId}:${commandId}`;
  const { request } = more;
  await insertTransaction(client, {
    transactionId,
    merchantId,
    provider: held.provider,
    endToEndId: held.endToEndId,
    kind: movement.is,
    revision: request?.revision ?? 0,
    entries: postingsOf(movement),
    evidence: `command ${commandId}`,
    ...(request === undefined
      ? moneyPlaceOf(exception)
      : moneyPlaceOf({ ...request, paymentRequestId: request.requestId })),
    exceptionId: exception.exceptionId,
    commandId,
    actor,
    reason,
  });
  const left = subtract(held.left, more.amount ?? held.left);
  const timeline = more.timeline ?? [];
  if (left.minorUnits > 0n) {
    const answer: MoneyAnswer = { is: 'resolved', exceptionId: exception.exceptionId };
    return {
      answer,
      facts: { ledger: [transactionId], events: more.events ?? [], timeline: [...timeline, lineOf(input)] },
    };
  }
  const closed = await close(client, input, { ledger: [transactionId], timeline });
  return { ...closed, facts: { ...closed.facts, events: [...(more.events ?? []), ...(closed.facts.events ?? [])] } };
}

async function close(client: pg.ClientBase, input: DecisionInput, facts: Facts): Promise<DecisionResult> {
  const { exception, decision } = input;
  const { commandId, decision: name, operator: by, reason, paymentRequestId } = decision;
  const bill = paymentRequestId === undefined ? {} : { paymentRequestId };
  const resolution = { decision: name, by, reason, commandId, ...bill };
  await markResolved(client, exception.exceptionId, resolution);
  return {
    answer: { is: 'resolved', exceptionId: exception.exceptionId },
    facts: {
      ...facts,
      events: [resolvedEvent(exception, exception.exceptionId, resolution)],
      timeline: [...(facts.timeline ?? []), lineOf(input)],
    },
  };
}

function lineOf({ exception, decision }: DecisionInput) {
  const { commandId, operator: actor, reason, decision: name } = decision;
  const sentence = `exception ${exception.kind}: ${name}, because: ${reason}`;
  return { ...moneyPlaceOf(exception), what: 'decided', sentence, actor, commandId };
}

function refuse(because: Extract<MoneyAnswer, { is: 'refused' }>['because'], detail: string): DecisionResult {
  return { answer: { is: 'refused', because, detail }, facts: {} };
}

async function lockRequest(client: pg.ClientBase, requestId: string | undefined): Promise<RequestRow | undefined> {
  return requestId === undefined ? undefined : readRequest(client, requestId, 'lock');
}

const collectedShape = z.object({
  collected: z.string(),
});

/** What the bill asks for, less what was collected for it. */
async function shortfallOf(client: pg.ClientBase, request: RequestRow, like: Money): Promise<Money> {
  const rows = await readRows(
    client,
    collectedShape,
    `select coalesce(-sum(e.amount_minor), 0)::text as collected
       from ledger_transaction t join ledger_entry e using (transaction_id)
      where t.payment_request_id = $1 and e.account = 'collected' and e.currency = $2`,
    [request.requestId, like.currency],
  );
  return money(BigInt(request.amountMinor) - BigInt(rows[0]?.collected ?? '0'), like.currency);
}

async function markPaid(
  client: pg.ClientBase,
  { decision, lateMoneyDays }: DecisionInput,
  request: RequestRow,
  because: string,
  status: 'paid' | 'underpaid' = 'paid',
): Promise<readonly EventFact[]> {
  if (!(await writeStatus(client, request, { status, because, lateMoneyDays }))) return [];
  const { paymentLinkId, requestId: paymentRequestId, reference } = request;
  const amount = toText(money(BigInt(request.amountMinor), request.currency));
  return [
    {
      name: `payment_request.${status}`,
      paymentLinkId,
      paymentRequestId,
      cause: `${paymentRequestId}:${decision.commandId}`,
      payload: { paymentRequestId, paymentLinkId, reference, status, outcome: because, amount },
    },
  ];
}
