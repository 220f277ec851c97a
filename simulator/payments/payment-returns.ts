/** Returns of payments: order one, read one. A repeated key is told apart from a second wish to pay, for a while. */
import { present } from '../../domain/present.ts';
import { jsonBody } from '../bank-call.ts';
import type { BankAnswer, BankCall } from '../bank-call.ts';
import type { BankClock } from '../bank-clock.ts';
import { badIdentifier, badRequest, badValue, idempotencyFailure, resourceNotFound } from '../bank-errors.ts';
import type { BankStore } from '../bank-store.ts';
import type { BehaviourSwitches } from '../behaviour.ts';
import { parseOrRefuse } from '../issue-context.ts';
import { beginReturn, FAILURE_REASON, MOST_RETURNS, returnableLeft } from '../requests/money-back.ts';
import { cents, timestamp } from '../records.ts';
import type { Amount, BankReturnStatus, PaymentRecord, RequestRecord, ReturnRecord } from '../records.ts';
import type { RequestLife } from '../requests/request-life.ts';
import { paymentReturnSchema } from './return-schema.ts';
import type { PaymentReturnBody } from './return-schema.ts';

interface PaymentReturns {
  create(call: BankCall): BankAnswer;
  get(id: string): BankAnswer;
}

export interface PaymentReturnParts {
  readonly store: BankStore;
  readonly clock: BankClock;
  readonly behaviour: BehaviourSwitches;
  readonly life: RequestLife;
}

const HOUR_MS = 3_600_000;

export function createPaymentReturns(parts: PaymentReturnParts, base: string): PaymentReturns {
  const { store, clock, behaviour, life } = parts;
  const locationOf = (id: string): string => `${base}/payments/returns/${id}`;
  return {
    create: (call) => {
      const body = parseOrRefuse(paymentReturnSchema, jsonBody(call), 'BODY');
      const key = keyOf(call);
      const earlier = key === undefined ? undefined : earlierReturn(key, call.body, parts);
      if (earlier !== undefined) return duplicateOf(earlier, locationOf(earlier.id));
      const { request, payment } = originalOf(body, store, life);
      const amount = amountOf(body, request, payment);
      const referenceId = body.paymentIdentifiers?.endToEndId;
      const order = {
        endToEndId: payment.endToEndId,
        ...present({ referenceId }),
        amount,
        type: 'USER_REQUEST',
        order: { ...present({ key }), body: call.body },
      };
      const begun = beginReturn(order, behaviour.current(), clock.now());
      life.addReturn(request, begun);
      return { status: 201, headers: { location: locationOf(begun.id) }, body: createdView(begun) };
    },
    get: (id) => {
      if (!/^[-A-Za-z0-9]{1,128}$/.test(id)) throw badIdentifier();
      const current = life.current(store.requestOfReturn(id) ?? '');
      const held = current && (returnIn(store.requestSeen(current), id) ?? returnIn(current, id));
      // A return that the bank made by itself was not ordered here and is not known here.
      if (held?.order === undefined) throw resourceNotFound();
      return { status: 200, body: statusView(held, held.order.body) };
    },
  };
}

function keyOf(call: BankCall): string | undefined {
  const key = call.headers['idempotency-key'];
  if (key === undefined || (key.length >= 1 && key.length <= 36)) return key;
  const code = key === '' ? '10002' : '10003';
  throw badRequest([{ code, message: '1 to 36 characters.', field: 'Idempotency-Key', location: 'HEADER' }]);
}

/** The return that this key made, while the bank remembers the key. */
function earlierReturn(
  key: string,
  body: string,
  { store, life, clock, behaviour }: PaymentReturnParts,
): ReturnRecord | undefined {
  const id = store.returnOfKey(key) ?? '';
  const request = life.current(store.requestOfReturn(id) ?? '');
  const earlier = request && returnIn(request, id);
  if (earlier === undefined) return undefined;
  if (clock.now() - earlier.createdAt >= behaviour.current().returnKeyHours * HOUR_MS) return undefined;
  if (earlier.order?.body === body) return earlier;
  const message = 'Idempotency Key must not be reused across different payloads of this operation';
  throw idempotencyFailure('10106', message);
}

function returnIn({ returns }: RequestRecord, id: string): ReturnRecord | undefined {
  return returns.find((each) => each.id === id);
}

function originalOf({ originalPaymentIdentifiers: named }: PaymentReturnBody, store: BankStore, life: RequestLife) {
  // The clearing system's reference of a Pix is its end-to-end id; the bank's other two numbers nobody was ever told.
  const endToEndId = named.clearingSystemReference ?? named.endToEndId ?? '';
  const request = life.current(store.requestOfPayment(endToEndId) ?? '');
  const payment = request?.payments.find((each) => each.endToEndId === endToEndId);
  const { originalValue, valueDate } = named;
  const isOther =
    (originalValue !== undefined && !sameAmount(payment?.amount, originalValue)) ||
    (valueDate !== undefined && timestamp(payment?.settledAt ?? 0).slice(0, 10) !== valueDate);
  if (request === undefined || payment === undefined || isOther) {
    throw badValue('No payment of yours is known by these identifiers.', '$.originalPaymentIdentifiers');
  }
  return { request, payment };
}

function sameAmount(paid: Amount | undefined, named: { readonly amount: string; readonly currency: string }): boolean {
  return paid !== undefined && paid.currency === named.currency && cents(paid.value) === cents(named.amount);
}

/** What is to go back: never another currency, never more than is left, and in a FULL return all that was paid. */
function amountOf({ value, returnType }: PaymentReturnBody, request: RequestRecord, payment: PaymentRecord): Amount {
  const { currency, value: paid } = payment.amount;
  const whole = returnType === 'FULL' || value === undefined;
  const amount = { currency: value?.currency ?? currency, value: value?.amount ?? paid };
  if (amount.currency !== currency) throw badValue(`The payment was made in ${currency}.`, '$.value.currency');
  if (whole && cents(amount.value) !== cents(paid)) {
    throw badValue('A FULL return is of all that was paid.', '$.value.amount');
  }
  if (cents(amount.value) > returnableLeft(request, payment)) {
    throw badValue('More cannot be returned than was paid.', '$.value.amount');
  }
  if (request.returns.length >= MOST_RETURNS) {
    throw badValue('The payment request has as many returns as it can have.', '$.originalPaymentIdentifiers');
  }
  return amount;
}

function identifiersOf({ id, referenceId = id }: ReturnRecord): object {
  return { paymentIdentifiers: { endToEndId: referenceId } };
}

function createdView(begun: ReturnRecord): object {
  return { returnId: begun.id, ...statusOf(begun.status), ...identifiersOf(begun), paymentType: 'RTP' };
}

function duplicateOf(earlier: ReturnRecord, location: string): BankAnswer {
  return {
    status: 200,
    headers: { 'duplicate-request': 'true', location },
    body: {
      duplicateOf: { returnId: earlier.id, ...identifiersOf(earlier) },
      links: { paymentReturn: location },
      reason: { code: '11909', location: 'HEADER', message: 'This is a duplicate of an earlier request.' },
    },
  };
}

/** The order is repeated as it came, beside how it stands. */
function statusView(held: ReturnRecord, body: string): object {
  const ordered = JSON.parse(body) as object;
  return {
    ...ordered,
    returnId: held.id,
    ...statusOf(held.status),
    ...identifiersOf(held),
    value: { amount: held.amount.value, currency: held.amount.currency },
    // The contract keeps reasons for these two; why money came back later only the settlement summary tells.
    ...(held.status === 'REJECTED' || held.status === 'CANCELED' ? { exceptions: exceptionsOf(held.status) } : {}),
  };
}

const SUB_STATUS: Partial<Record<BankReturnStatus, string>> = {
  PROCESSING: 'PROCESSING_BY_JPM',
  REJECTED: 'REJECTED_BY_JPM',
  COMPLETED: 'DELIVERED_TO_RECIPIENT',
};

function statusOf(status: BankReturnStatus): object {
  return { returnStatus: status, returnSubStatus: SUB_STATUS[status] ?? status };
}

function exceptionsOf(status: BankReturnStatus): readonly object[] {
  const message = `The return was ${status}.`;
  const reason = { code: FAILURE_REASON[status], type: 'ISO20022', message };
  return [{ code: '11500', message, additionalContext: [reason] }];
}
