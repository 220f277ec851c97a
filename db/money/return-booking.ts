/**
 * Postings of returns: begun, completed, failed, came back. Each is booked once under an id derived from the return,
 * and the money of a failed return is owned by an exception opened in the same transaction.
 */
import type pg from 'pg';
import { compare, subtract, toJson, toSentence, toText, type Money } from '../../domain/money.ts';
import { postingsOf, type Movement } from '../../domain/money/postings.ts';
import { present } from '../../domain/present.ts';
import type { ProviderReturn } from '../../providers/provider.ts';
import { exceptionIdOf, openException } from './exceptions.ts';
import { markResolved } from './exception-rows.ts';
import type { EventFact, Facts, TimelineFact } from '../facts.ts';
import { insertTransaction, type NewTransaction } from './ledger.ts';
import { readPayment, type Payment } from './payments.ts';
import { insertReturn, writeReturn, type ReturnOrigin, type ReturnRow } from './returns.ts';

interface ReturnBooking {
  readonly merchantId: string;
  readonly returnId: string;
  readonly payment: Payment;
  readonly amount: Money;
  readonly paymentLinkId?: string | undefined;
  readonly paymentRequestId?: string | undefined;
  readonly origin: ReturnOrigin;
  readonly reason: string;
  readonly actor: string;
  readonly commandId: string;
  /** Only what this exception holds; without it: what any exception holds of the payment, then what was collected. */
  readonly exceptionId?: string;
}

/**
 * Stores the row and the postings, and closes exceptions that hold nothing any more. The caller has checked the amount.
 */
export async function bookReturnBegun(client: pg.ClientBase, booking: ReturnBooking): Promise<Facts> {
  const { merchantId, returnId, payment, amount, reason, actor, commandId } = booking;
  const { provider, endToEndId } = payment;
  await insertReturn(client, {
    ...booking,
    provider,
    endToEndId,
    whole: compare(amount, payment.received) === 0,
    status: 'sending',
  });
  const ledger: string[] = [];
  const events: EventFact[] = [];
  for (const [index, source] of sourcesOf(booking).entries()) {
    const transactionId = `${provider}:return:${returnId}:begun:${index}`;
    const from = source.exceptionId === undefined ? 'collected' : 'held';
    await insertTransaction(client, {
      ...partsOf(booking, endToEndId),
      transactionId,
      merchantId,
      provider,
      kind: 'return-begun',
      entries: postingsOf({ is: 'return-begun', from, amount: toJson(source.amount) }),
      evidence: `command ${commandId}`,
      exceptionId: source.exceptionId,
      returnId,
      commandId,
      actor,
      reason,
    });
    ledger.push(transactionId);
    if (source.exceptionId === undefined || !source.all) continue;
    const resolution = { decision: 'returnMoney', by: actor, reason, commandId, returnId };
    await markResolved(client, source.exceptionId, resolution);
    events.push(resolvedEvent(booking, source.exceptionId, resolution));
  }
  const told = { ...moneyPlaceOf(booking), actor, commandId };
  const sentence = `${toSentence(amount)} of payment ${endToEndId} sets out for its payer: ${reason}`;
  return {
    ledger,
    events: [...events, returnEvent('payment_request.returning', booking, { returnId, amount, endToEndId })],
    timeline: [{ ...told, what: 'returning', sentence }],
  };
}

type ReturnFunding = Pick<ReturnBooking, 'payment' | 'amount' | 'exceptionId'>;

interface FundingSource {
  readonly amount: Money;
  readonly exceptionId?: string;
  /** Nothing is left of what the exception holds. */
  readonly all?: boolean;
}

function sourcesOf({ payment, amount, exceptionId }: ReturnFunding): readonly FundingSource[] {
  const sources: FundingSource[] = [];
  let missing = amount;
  for (const { exceptionId: holder, left } of payment.held) {
    if (missing.minorUnits === 0n || (exceptionId !== undefined && holder !== exceptionId)) continue;
    const all = compare(left, missing) <= 0;
    const taken = all ? left : missing;
    sources.push({ amount: taken, exceptionId: holder, all });
    missing = subtract(missing, taken);
  }
  return missing.minorUnits === 0n ? sources : [...sources, { amount: missing }];
}

/** Without an id when the provider refused the return, so that it does not exist there. */
export type ReturnReport = Omit<ProviderReturn, 'id'> & { readonly id?: string };

interface ReturnAdvance {
  readonly merchantId: string;
  readonly row: ReturnRow;
  readonly seen: ReturnReport;
  readonly evidence: string;
}

/** Books the provider's report about a return. Undefined when nothing is new. The caller holds the row's lock. */
export async function bookReturnSeen(client: pg.ClientBase, advance: ReturnAdvance): Promise<Facts | undefined> {
  const { row, seen, evidence } = advance;
  const write = { status: seen.status, because: seen.because, providerReturnId: seen.id, evidence };
  if (row.status === seen.status || (row.status !== 'sending' && seen.status === 'pending')) {
    if (row.providerReturnId === undefined) await writeReturn(client, row.returnId, { ...write, status: row.status });
    return undefined;
  }
  await writeReturn(client, row.returnId, write);
  const found = await closeUnknown(client, advance);
  const facts = await bookEnd(client, advance);
  return { ...facts, events: [...found, ...(facts.events ?? [])] };
}

async function bookEnd(client: pg.ClientBase, advance: ReturnAdvance): Promise<Facts> {
  switch (advance.seen.status) {
    case 'pending':
      return {};
    case 'completed':
      return bookArrived(client, advance);
    case 'failed':
      return bookFailed(client, advance);
  }
}

/** Closes the exception about an unknown return: its outcome is known now. */
async function closeUnknown(client: pg.ClientBase, { merchantId, row }: ReturnAdvance): Promise<readonly EventFact[]> {
  if (row.status !== 'sending') return [];
  const exceptionId = exceptionIdOf(merchantId, 'return-unknown', row.returnId);
  const reason = 'the provider shows the return now';
  const resolution = {
    decision: 'acceptAsIs',
    by: row.provider,
    reason,
    commandId: row.returnId,
    returnId: row.returnId,
  };
  return (await markResolved(client, exceptionId, resolution)) ? [resolvedEvent(row, exceptionId, resolution)] : [];
}

async function bookArrived(client: pg.ClientBase, advance: ReturnAdvance): Promise<Facts> {
  const { row } = advance;
  const { amount, returnId, endToEndId } = row;
  // Begun by the provider itself, or reported as failed and completed nevertheless: no money is reserved for it.
  const outside = row.origin === 'provider' || row.status === 'failed';
  const booked = outside
    ? await bookOutside(client, advance)
    : await bookStep(client, advance, { is: 'return-completed', amount: toJson(amount) });
  const sentence = `${toSentence(amount)} of payment ${endToEndId} went back to its payer${outside ? ', and not because of us' : ''}`;
  return {
    ledger: booked.ledger,
    events: [...booked.events, returnEvent('payment_request.returned', row, { returnId, amount, endToEndId })],
    timeline: [timelineOf(advance, 'returned', sentence)],
  };
}

interface ReturnPostings {
  readonly ledger: readonly string[];
  readonly events: readonly EventFact[];
}

/** Taken from exceptions that hold money of this payment first, then from what was collected. */
async function bookOutside(client: pg.ClientBase, advance: ReturnAdvance): Promise<ReturnPostings> {
  const { row } = advance;
  const { provider, endToEndId, amount, returnId } = row;
  const payment = await readPayment(client, provider, endToEndId);
  const sources: readonly FundingSource[] = payment === undefined ? [{ amount }] : sourcesOf({ payment, amount });
  const ledger: string[] = [];
  const events: EventFact[] = [];
  for (const [index, { amount: part, exceptionId, all }] of sources.entries()) {
    const from = exceptionId === undefined ? 'collected' : 'held';
    const movement: Movement = { is: 'returned-outside', from, amount: toJson(part) };
    ledger.push(...(await bookStep(client, advance, movement, { exceptionId, suffix: `:${index}` })).ledger);
    if (exceptionId === undefined || all !== true) continue;
    const resolution = {
      decision: 'returnMoney',
      by: 'provider',
      reason: 'it went back',
      commandId: returnId,
      returnId,
    };
    await markResolved(client, exceptionId, resolution);
    events.push(resolvedEvent(row, exceptionId, resolution));
  }
  return { ledger, events };
}

/** Failed before or after completion: either way the money is here, and an exception owns it. */
async function bookFailed(client: pg.ClientBase, advance: ReturnAdvance): Promise<Facts> {
  const { merchantId, row, seen } = advance;
  const { amount, returnId, endToEndId } = row;
  const late = row.status === 'completed';
  const said = seen.because === undefined ? '' : `: ${seen.because}`;
  if (!late && row.origin === 'provider') {
    return { timeline: [timelineOf(advance, 'return-failed', `a return that the provider began failed${said}`)] };
  }
  const cause = late ? `${returnId}:late` : returnId;
  const exceptionId = exceptionIdOf(merchantId, 'return-failed', cause);
  const movement: Movement = { is: late ? 'return-bounced' : 'return-failed', amount: toJson(amount) };
  const { ledger } = await bookStep(client, advance, movement, { exceptionId });
  const sentence = `the return of ${toSentence(amount)} of payment ${endToEndId} ${late ? 'came back after it had arrived' : 'failed'}${said}`;
  const events = await openException(client, merchantId, {
    kind: 'return-failed',
    cause,
    ...moneyPlaceOf(row),
    amount: toJson(amount),
    sentence,
    detail: { returnId, endToEndId, because: seen.because ?? null },
  });
  return { ledger, events, timeline: [timelineOf(advance, 'return-failed', sentence)] };
}

async function bookStep(
  client: pg.ClientBase,
  { merchantId, row, evidence }: ReturnAdvance,
  movement: Movement,
  more: { readonly exceptionId?: string | undefined; readonly suffix?: string } = {},
): Promise<ReturnPostings> {
  const transactionId = `${row.provider}:return:${row.returnId}:${movement.is}${more.suffix ?? ''}`;
  const inserted = await insertTransaction(client, {
    ...partsOf(row, row.endToEndId),
    transactionId,
    merchantId,
    provider: row.provider,
    kind: movement.is,
    entries: postingsOf(movement),
    evidence,
    exceptionId: more.exceptionId,
    returnId: row.returnId,
    actor: row.actor,
    reason: row.reason,
  });
  return { ledger: inserted ? [transactionId] : [], events: [] };
}

interface MoneyPlace {
  readonly paymentLinkId?: string | undefined;
  readonly paymentRequestId?: string | undefined;
}

function partsOf(where: MoneyPlace, endToEndId: string): Pick<NewTransaction, 'endToEndId' | 'revision'> & MoneyPlace {
  return { ...moneyPlaceOf(where), endToEndId, revision: 0 };
}

/** Without the keys that are absent. */
export function moneyPlaceOf({ paymentLinkId, paymentRequestId }: MoneyPlace): {
  readonly paymentLinkId?: string;
  readonly paymentRequestId?: string;
} {
  return {
    ...present({ paymentLinkId, paymentRequestId }),
  };
}

export function resolvedEvent(where: MoneyPlace, exceptionId: string, resolution: object): EventFact {
  const named = moneyPlaceOf(where);
  return {
    name: 'exception.resolved',
    cause: exceptionId,
    ...named,
    payload: { exceptionId, ...named, ...resolution },
  };
}

function returnEvent(
  name: string,
  where: MoneyPlace,
  { returnId, amount, endToEndId }: { returnId: string; amount: Money; endToEndId: string },
): EventFact {
  const named = moneyPlaceOf(where);
  return { name, cause: returnId, ...named, payload: { returnId, ...named, endToEndId, amount: toText(amount) } };
}

function timelineOf({ row, evidence }: ReturnAdvance, what: string, sentence: string): TimelineFact {
  return { ...moneyPlaceOf(row), what, sentence, evidence, actor: row.actor };
}
