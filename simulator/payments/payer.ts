/** The payer and the payer's bank: what a scan shows, which payments are refused and why, and money that comes back. */
import { randomBytes } from 'node:crypto';

import { decodeBrCode } from '../../domain/codes/br-code.ts';
import { present } from '../../domain/present.ts';
import { type AmountDueToday, dueToday } from '../requests/amount-due.ts';
import type { BankClock } from '../bank-clock.ts';
import type { BankStore } from '../bank-store.ts';
import type { BehaviourSwitches } from '../behaviour.ts';
import { MOST_RETURNS, returnableLeft, standingReturn } from '../requests/money-back.ts';
import { cents, fromCents, isTerminal, partsOf, timestamp } from '../records.ts';
import type { Amount, BankRequestStatus, PaymentRecord, RequestRecord, ReturnRecord } from '../records.ts';
import type { RequestLife } from '../requests/request-life.ts';
import { payeeOf } from '../requests/request-views.ts';

type PayerRefusalReason =
  | 'not-a-code'
  | 'unknown'
  | 'empty'
  | 'paid'
  | 'expired'
  | 'cancelled'
  | 'processing'
  | 'wrong-amount'
  | 'wrong-currency'
  | 'still-active'
  | 'not-paid'
  | 'too-much'
  | 'too-many-returns';

/** Plain words for whoever holds the phone. */
const SENTENCES: Readonly<Record<PayerRefusalReason, string>> = {
  'not-a-code': 'This is not a Pix code that can be read.',
  unknown: 'Nobody here knows this code.',
  empty: 'There is nothing to pay here right now.',
  paid: 'This has already been paid.',
  expired: 'This can no longer be paid: its time is over.',
  cancelled: 'The seller has withdrawn this.',
  processing: 'A payment of this is already under way.',
  'wrong-amount': 'The amount is not the one that is asked for; it may have changed. Scan again.',
  'wrong-currency': 'This can only be paid in the currency that is asked for.',
  'still-active': 'This has not ended yet, so an ordinary payment is the way.',
  'not-paid': 'Nothing was paid here, so there is nothing to return or to pay again.',
  'too-much': 'More cannot be returned than was paid.',
  'too-many-returns': 'The bank keeps at most ten returns of one request.',
};

/** The payer's bank says no. */
export class PayerRefusal extends Error {
  readonly because: PayerRefusalReason;

  constructor(because: PayerRefusalReason) {
    super(SENTENCES[because]);
    this.name = 'PayerRefusal';
    this.because = because;
  }
}

type PaymentManner = 'normal' | 'late' | 'again' | 'in-flight' | 'wrong';

interface PaymentOrder {
  readonly text?: string | undefined;
  readonly paymentRequestId?: string | undefined;
  readonly amount?: Amount | undefined;
  readonly how: PaymentManner;
  readonly parts?: Readonly<Record<string, string | undefined>> | undefined;
  /** For `in-flight`: how long after the request's end it settles. */
  readonly delayMs?: number | undefined;
}

export interface Payer {
  scan(text: string): object;
  /** Throws `PayerRefusal`. */
  pay(order: PaymentOrder): { readonly status: BankRequestStatus; readonly answer: object };
  /** Throws `PayerRefusal`. */
  giveBack(order: GiveBackOrder): ReturnRecord;
}

/** Money that the bank returns by itself. */
interface GiveBackOrder {
  readonly paymentRequestId: string;
  /** The latest payment, unless named. */
  readonly endToEndId?: string | undefined;
  /** What is left of it, unless named. */
  readonly amount?: Amount | undefined;
  readonly type: string;
  readonly status: 'PENDING' | 'COMPLETED' | 'FAILED';
}

interface PayerParts {
  readonly store: BankStore;
  readonly clock: BankClock;
  readonly behaviour: BehaviourSwitches;
  readonly life: RequestLife;
}

const STATUS_SAYS: Readonly<Record<Exclude<BankRequestStatus, 'ACTIVE'>, PayerRefusalReason>> = {
  PROCESSING: 'processing',
  SETTLED: 'paid',
  EXPIRED: 'expired',
  CANCELLED: 'cancelled',
};
const RETURN_STATUS = { PENDING: 'PROCESSING', COMPLETED: 'COMPLETED', FAILED: 'REJECTED' } as const;
const IN_FLIGHT_MS = 250;

export function createPayer(parts: PayerParts): Payer {
  const { clock, life, behaviour } = parts;
  const dueNow = ({ content }: RequestRecord) => dueToday(content, clock.now(), behaviour.current().holidays);
  return {
    scan: (text) => {
      const found = requestOnCode(text, parts);
      const request = found.request;
      if (found.because !== undefined || request === undefined) {
        const because = found.because ?? 'empty';
        const ended = request === undefined ? {} : { paymentRequestId: request.id };
        return { payable: false, because, sentence: SENTENCES[because], ...ended };
      }
      return { payable: true, ...offerOf(request, dueNow(request)) };
    },
    pay: (order) => {
      const request = orderedRequest(order, parts);
      const payment = paymentOf(request, withParts(order, dueNow(request)), clock.now());
      refuse(request, payment, order.how);
      const paid = carryOut(request, payment, order, life);
      return { status: paid.status, answer: receiptOf(paid, payment) };
    },
    giveBack: (order) => {
      const request = life.current(order.paymentRequestId);
      if (request === undefined) throw new PayerRefusal('unknown');
      const moneyReturn = returnOf(request, order, clock.now());
      life.addReturn(request, moneyReturn);
      return moneyReturn;
    },
  };
}

interface ScannedCode {
  /** Set when nothing can be paid. */
  readonly because?: PayerRefusalReason;
  readonly request?: RequestRecord;
}

/** The bank behind the URL decides what a code is for; amount and reference inside a dynamic code count for nothing. */
function requestOnCode(text: string, { store, life }: PayerParts): ScannedCode {
  const decoded = decodeBrCode(text.trim());
  if (!decoded.ok) return { because: 'not-a-code' };
  const link = decoded.code.url === undefined ? undefined : store.linkByUrl(decoded.code.url);
  if (link === undefined) return { because: 'unknown' };
  const shown = link.paymentRequestId === undefined ? undefined : life.current(link.paymentRequestId);
  const stillShown = store.link(link.id)?.paymentRequestId !== undefined;
  if (shown !== undefined && stillShown) {
    return shown.status === 'ACTIVE' ? { request: shown } : { because: STATUS_SAYS[shown.status], request: shown };
  }
  const last = shown ?? (link.lastRequestId === undefined ? undefined : life.current(link.lastRequestId));
  if (last === undefined) return { because: 'empty' };
  // A cancelled request was taken off the code on purpose: for the payer there is simply nothing.
  const paidOrExpired = last.status === 'SETTLED' || last.status === 'EXPIRED';
  return { because: paidOrExpired ? STATUS_SAYS[last.status] : 'empty', request: last };
}

function offerOf(request: RequestRecord, { total, parts }: AmountDueToday): object {
  const { content } = request;
  const lines = (content['additionalInformation'] ?? []) as readonly { readonly text: string }[];
  return {
    amount: { currency: content.currency, value: fromCents(total) },
    ...present({ parts }),
    payee: payeeOf(content).name,
    ...present({ reference: content.reference }),
    ...(lines.length === 0 ? {} : { description: lines.map((line) => line.text).join('; ') }),
    paymentRequestId: request.id,
    revision: request.revisionNumber,
    expiresAt: timestamp(request.expiresAt),
  };
}

function orderedRequest(order: PaymentOrder, parts: PayerParts): RequestRecord {
  if (order.paymentRequestId !== undefined) {
    const request = parts.life.current(order.paymentRequestId);
    if (request === undefined) throw new PayerRefusal('unknown');
    return request;
  }
  const { because, request } = requestOnCode(order.text ?? '', parts);
  // Payments that a bank would refuse go to the request that was on the code last.
  if (request !== undefined && (because === undefined || order.how !== 'normal')) return request;
  throw new PayerRefusal(because ?? 'empty');
}

/** What is due today has its parts, unless the order names some; money of a wrong amount or in passing has none. */
function withParts(order: PaymentOrder, { parts }: AmountDueToday): PaymentOrder {
  const asksTheBank = order.amount === undefined || order.how === 'normal';
  return order.parts !== undefined || parts === undefined || !asksTheBank ? order : { ...order, parts };
}

/** What a bank asks its payer for: the face value with all its parts. */
function askedFor({ content }: RequestRecord, parts: PaymentRecord['parts']): bigint {
  return cents(content.paymentAmount) + partsOf(parts);
}

function paymentOf(request: RequestRecord, order: PaymentOrder, now: number): PaymentRecord {
  const asked = askedFor(request, order.parts);
  if (order.amount === undefined && asked <= 0n) throw new PayerRefusal('wrong-amount');
  const amount = order.amount ?? { currency: request.content.currency, value: fromCents(asked) };
  return {
    endToEndId: endToEndIdAt(now),
    amount,
    how: order.how,
    ...present({ parts: order.parts }),
  };
}

/** E, the payer's bank, the minute, eleven characters: 32 in all. */
function endToEndIdAt(now: number): string {
  const minute = new Date(now).toISOString().replaceAll(/\D/g, '').slice(0, 12);
  return `E99999999${minute}${randomBytes(6).toString('hex').slice(0, 11)}`;
}

function refuse(request: RequestRecord, { amount, parts }: PaymentRecord, how: PaymentManner): void {
  const { status, content } = request;
  if (status === 'PROCESSING') throw new PayerRefusal('processing');
  switch (how) {
    case 'normal':
      if (status !== 'ACTIVE') throw new PayerRefusal(STATUS_SAYS[status]);
      if (amount.currency !== content.currency) throw new PayerRefusal('wrong-currency');
      if (cents(amount.value) !== askedFor(request, parts) && content.isAmountAdjustable !== true) {
        throw new PayerRefusal('wrong-amount');
      }
      return;
    case 'wrong':
      if (status !== 'ACTIVE') throw new PayerRefusal(STATUS_SAYS[status]);
      return;
    case 'late':
      if (status === 'ACTIVE') throw new PayerRefusal('still-active');
      if (status === 'SETTLED') throw new PayerRefusal('paid');
      return;
    case 'again':
      if (status !== 'SETTLED') throw new PayerRefusal('not-paid');
      return;
    case 'in-flight':
      if (status === 'SETTLED') throw new PayerRefusal('paid');
  }
}

function carryOut(
  request: RequestRecord,
  payment: PaymentRecord,
  order: PaymentOrder,
  life: RequestLife,
): RequestRecord {
  if (order.how === 'in-flight' && !isTerminal(request.status)) {
    return life.holdInFlight(request, payment, order.delayMs ?? IN_FLIGHT_MS);
  }
  return isTerminal(request.status) ? life.settle(request, payment) : life.pay(request, payment);
}

function receiptOf(request: RequestRecord, { endToEndId, amount }: PaymentRecord): object {
  const settledAt = request.payments.find((each) => each.endToEndId === endToEndId)?.settledAt;
  return {
    paymentRequestId: request.id,
    revision: request.revisionNumber,
    status: request.status,
    endToEndId,
    amount,
    ...(settledAt === undefined ? {} : { settledAt: timestamp(settledAt) }),
  };
}

function returnOf(request: RequestRecord, order: GiveBackOrder, now: number): ReturnRecord {
  const payment =
    order.endToEndId === undefined
      ? request.payments.at(-1)
      : request.payments.find((each) => each.endToEndId === order.endToEndId);
  if (payment === undefined) throw new PayerRefusal('not-paid');
  if (request.returns.length >= MOST_RETURNS) throw new PayerRefusal('too-many-returns');
  const { currency } = payment.amount;
  const left = returnableLeft(request, payment);
  const amount = order.amount ?? { currency, value: fromCents(left) };
  if (amount.currency !== currency) throw new PayerRefusal('wrong-currency');
  if (cents(amount.value) > left || cents(amount.value) === 0n) throw new PayerRefusal('too-much');
  const { endToEndId } = payment;
  return standingReturn({ endToEndId, amount, type: order.type }, RETURN_STATUS[order.status], now);
}
