/**
 * What a decision about an exception does, in the transaction that answers it: postings, the bill that gets the money, the
 * exception that is closed once it holds nothing. The caller holds the locks and has checked that the decision fits.
 */
import { createHash } from 'node:crypto';
import type pg from 'pg';
import type { Decision } from '../../domain/money/exception.ts';
import type { MoneyAnswer } from '../../domain/links/money-answers.ts';
import { compare, fromJson, money, subtract, toJson, toSentence, toText, type Money } from '../../domain/money.ts';
import { post, type Movement } from '../../domain/money/postings.ts';
import { judgeReturn } from '../../domain/money/returnable.ts';
import { markResolved, type ExceptionRow } from './exception-rows.ts';
import type { EventFact, Facts } from '../facts.ts';
import { insertTransaction } from './ledger.ts';
import { readPayment } from './payments.ts';
import { readRequest, writeStatus, type RequestRow } from '../links/request-rows.ts';
import { bookReturnBegun, resolvedEvent, whereOf } from './return-booking.ts';

interface Deciding {
  readonly merchantId: string;
  readonly exception: ExceptionRow;
  readonly decision: Decision;
  readonly lateMoneyDays: number;
}

type Held = NonNullable<ExceptionRow['held']>;

export interface Decided {
  readonly answer: MoneyAnswer;
  readonly facts: Facts;
}

export async function decide(client: pg.ClientBase, deciding: Deciding): Promise<Decided> {
  const { exception } = deciding;
  const { held } = exception;
  if (held === undefined || held.left.minorUnits === 0n) return close(client, deciding, {});
  switch (deciding.decision.decision) {
    case 'acceptAsIs':
      return move(client, deciding, held, { is: 'accepted', amount: toJson(held.left) });
    case 'keepAsCredit':
      return move(client, deciding, held, { is: 'credited', amount: toJson(held.left) });
    case 'writeOff':
      return writeOff(client, deciding, held);
    case 'applyTo':
      return applyTo(client, deciding, held);
    case 'returnMoney':
      return giveBack(client, deciding, held);
  }
}

/** Of a bill that got too little, the rest is forgiven: then all of it counts as collected, and it is paid. */
async function writeOff(client: pg.ClientBase, deciding: Deciding, held: Held): Promise<Decided> {
  const { exception } = deciding;
  const amount = toJson(held.left);
  const request = await lockRequest(client, exception.paymentRequestId);
  const lacking = request === undefined ? undefined : await lackingOf(client, request, held.left);
  const forgiven = lacking === undefined ? undefined : subtract(lacking, held.left);
  if (exception.kind !== 'partial' || request === undefined || forgiven === undefined || forgiven.minorUnits <= 0n) {
    return move(client, deciding, held, { is: 'written-off', amount });
  }
  const paid = await markPaid(client, deciding, request, 'written-off');
  return move(client, deciding, held, { is: 'written-off', amount, forgiven: toJson(forgiven) }, { events: paid });
}

/** The other bill gets what it lacks; what is more than that stays with the exception. */
async function applyTo(client: pg.ClientBase, deciding: Deciding, held: Held): Promise<Decided> {
  const request = await lockRequest(client, deciding.decision.paymentRequestId);
  if (request === undefined) return refuse('not-found', 'There is no such payment request.');
  if (request.currency !== held.left.currency) {
    return refuse('other-currency', `It asks for ${request.currency}, and the money is ${held.left.currency}.`);
  }
  if (request.status === 'linking' || request.status === 'active' || request.status === 'processing') {
    return refuse('payment-request-alive', `It is ${request.status}: what its payer pays now would be paid twice.`);
  }
  const lacking = await lackingOf(client, request, held.left);
  if (request.status === 'paid' || lacking.minorUnits <= 0n)
    return refuse('already-paid', 'That bill is paid already.');
  const covered = compare(held.left, lacking) >= 0;
  const amount = covered ? lacking : held.left;
  const events = await markPaid(client, deciding, request, 'applied', covered ? 'paid' : 'underpaid');
  return move(
    client,
    deciding,
    held,
    { is: 'applied', amount: toJson(amount) },
    { events, amount, request, timeline: [appliedLine(deciding, request, amount)] },
  );
}

function appliedLine({ decision }: Deciding, request: RequestRow, amount: Money) {
  const { paymentLinkId, requestId: paymentRequestId } = request;
  const { commandId, operator: actor, reason } = decision;
  const sentence = `${toSentence(amount)} of another payment was applied to it: ${reason}`;
  return { paymentLinkId, paymentRequestId, what: 'applied', sentence, actor, commandId };
}

async function giveBack(client: pg.ClientBase, deciding: Deciding, held: Held): Promise<Decided> {
  const { merchantId, exception, decision } = deciding;
  const { commandId, operator: actor, reason, amount } = decision;
  const asked = amount === undefined ? held.left : fromJson(amount);
  const verdict = judgeReturn({ left: held.left, endToEndId: held.endToEndId }, asked);
  if (verdict.is === 'refused') return refuse(verdict.because, verdict.detail);
  const payment = await readPayment(client, held.provider, held.endToEndId);
  if (payment === undefined) throw new Error(`exception ${exception.exceptionId} holds money of no payment`);
  // The same decision is the same return, however often it is carried out.
  const returnId = createHash('sha256').update(`${merchantId}|${commandId}`).digest('hex').slice(0, 32);
  const facts = await bookReturnBegun(client, {
    merchantId,
    returnId,
    payment,
    amount: verdict.amount,
    ...whereOf(exception),
    origin: actor === 'policy' ? 'policy' : 'operator',
    reason,
    actor,
    commandId,
    exceptionId: exception.exceptionId,
  });
  return { answer: { is: 'resolved', exceptionId: exception.exceptionId, returnId }, facts };
}

interface More {
  readonly events?: readonly EventFact[];
  readonly timeline?: Facts['timeline'];
  /** What leaves the exception, when it is not all. */
  readonly amount?: Money;
  /** The bill that gets it, when it is not the exception's own. */
  readonly request?: RequestRow;
}

async function move(
  client: pg.ClientBase,
  deciding: Deciding,
  held: Held,
  movement: Movement,
  more: More = {},
): Promise<Decided> {
  const { merchantId, exception, decision } = deciding;
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
    entries: post(movement),
    evidence: `command ${commandId}`,
    ...(request === undefined ? whereOf(exception) : whereOf({ ...request, paymentRequestId: request.requestId })),
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
      facts: { ledger: [transactionId], events: more.events ?? [], timeline: [...timeline, lineOf(deciding)] },
    };
  }
  const closed = await close(client, deciding, { ledger: [transactionId], timeline });
  return { ...closed, facts: { ...closed.facts, events: [...(more.events ?? []), ...(closed.facts.events ?? [])] } };
}

async function close(client: pg.ClientBase, deciding: Deciding, facts: Facts): Promise<Decided> {
  const { exception, decision } = deciding;
  const { commandId, decision: name, operator: by, reason, paymentRequestId } = decision;
  const bill = paymentRequestId === undefined ? {} : { paymentRequestId };
  const resolution = { decision: name, by, reason, commandId, ...bill };
  await markResolved(client, exception.exceptionId, resolution);
  return {
    answer: { is: 'resolved', exceptionId: exception.exceptionId },
    facts: {
      ...facts,
      events: [resolvedEvent(exception, exception.exceptionId, resolution)],
      timeline: [...(facts.timeline ?? []), lineOf(deciding)],
    },
  };
}

function lineOf({ exception, decision }: Deciding) {
  const { commandId, operator: actor, reason, decision: name } = decision;
  const sentence = `exception ${exception.kind}: ${name}, because: ${reason}`;
  return { ...whereOf(exception), what: 'decided', sentence, actor, commandId };
}

function refuse(because: Extract<MoneyAnswer, { is: 'refused' }>['because'], detail: string): Decided {
  return { answer: { is: 'refused', because, detail }, facts: {} };
}

async function lockRequest(client: pg.ClientBase, requestId: string | undefined): Promise<RequestRow | undefined> {
  return requestId === undefined ? undefined : readRequest(client, requestId, 'lock');
}

/** What the bill asks for, less what was collected for it. */
async function lackingOf(client: pg.ClientBase, request: RequestRow, like: Money): Promise<Money> {
  const { rows } = await client.query<{ collected: string }>(
    `select coalesce(-sum(e.amount_minor), 0)::text as collected
       from ledger_transaction t join ledger_entry e using (transaction_id)
      where t.payment_request_id = $1 and e.account = 'collected' and e.currency = $2`,
    [request.requestId, like.currency],
  );
  return money(BigInt(request.amountMinor) - BigInt(rows[0]?.collected ?? '0'), like.currency);
}

async function markPaid(
  client: pg.ClientBase,
  { decision, lateMoneyDays }: Deciding,
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
