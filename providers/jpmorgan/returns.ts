/**
 * Returns of payments: another product of the bank (Global Payments 2) at a host of its own, behind the same port. Its
 * answers have seven statuses of a return; the settlement of a request has three.
 */
import { randomUUID } from 'node:crypto';
import type { ProviderReturnStatus } from '../../domain/money/provider-status.ts';
import { fromJson, toDecimal } from '../../domain/money.ts';
import { ProviderFailure, type CallLimits, type Provider, type ProviderReturn, type ReturnOrder } from '../provider.ts';
import { fromWire } from './amounts.ts';
import { absentAs404, readAs, segment, withId } from './answers.ts';
import { PRIORITY } from './budget.ts';
import type { Client } from './client.ts';
import { unsendable, UnreadableAnswer } from './failures.ts';
import * as wire from './return-schemas.ts';

/** Absent when PROVIDER_RETURNS_URL is not set: then returns are refused with a reason, and everything else works. */
type ReturnsClient = Client | undefined;

const STATUS: Readonly<Record<string, ProviderReturnStatus>> = {
  RECEIVED: 'pending',
  ACCEPTED: 'pending',
  PROCESSING: 'pending',
  COMPLETED: 'completed',
  CANCELED: 'failed',
  REJECTED: 'failed',
  RETURNED: 'failed',
};

export function returnCalls(client: ReturnsClient): Pick<Provider, 'returnMoney' | 'getReturn' | 'returnKeyHours'> {
  return {
    returnKeyHours: 24,
    returnMoney: (order, call) => returnMoney(client, order, call),
    getReturn: (providerReturnId, call) => getReturn(client, providerReturnId, call),
  };
}

async function returnMoney(client: ReturnsClient, order: ReturnOrder, call: CallLimits): Promise<ProviderReturn> {
  const startedAt = performance.now();
  const answered = await configured(client, 'return money').ask(
    {
      name: 'return money',
      effect: 'write',
      priority: PRIORITY.sale,
      method: 'POST',
      path: '/payments/returns',
      headers: { 'idempotency-key': order.returnId, 'request-id': randomUUID() },
      body: toReturnBody(order),
      read: (json) => readOrdered(json, order.returnId),
    },
    call,
  );
  if (!('duplicateOf' in answered)) return answered;
  const id = answered.duplicateOf;
  const timeoutMs = Math.max(0, call.timeoutMs - (performance.now() - startedAt));
  // The bank has said that the return exists. A read that fails now takes nothing back from that, and whoever waits for
  // the return reads it again anyway.
  const earlier = await getReturn(client, id, { signal: call.signal, timeoutMs }).catch(() => undefined);
  return earlier ?? { id, reference: order.returnId, status: 'pending' };
}

async function getReturn(
  client: ReturnsClient,
  providerReturnId: string,
  call: CallLimits,
): Promise<ProviderReturn | undefined> {
  return absentAs404(
    configured(client, 'get return').ask(
      {
        name: 'get return',
        effect: 'read',
        priority: PRIORITY.batch,
        method: 'GET',
        path: `/payments/returns/${segment(providerReturnId, 'get return')}`,
        read: (json) => withId(fromReturnAnswer(readAs(wire.returnAnswer, json)), 'id', providerReturnId),
      },
      call,
    ),
  );
}

function configured(client: ReturnsClient, call: string): Client {
  if (client === undefined) throw new ProviderFailure('refused', `${call}: PROVIDER_RETURNS_URL is not set`);
  return client;
}

/**
 * The payment is named by `clearingSystemReference`: a Pix end-to-end id is what the clearing system knows a payment
 * by. The other way, `endToEndId` with `originalValue` and `valueDate`, would have us repeat an amount and a day of
 * which the contract does not say whose they are (face value or total, which time zone), and a wrong guess would be
 * refused.
 */
export function toReturnBody(order: ReturnOrder): wire.ReturnBody {
  const reason = order.reason.trim();
  const body = wire.returnBody.safeParse({
    paymentType: 'RTP',
    country: 'BR',
    originalPaymentIdentifiers: { clearingSystemReference: order.endToEndId },
    paymentIdentifiers: { endToEndId: order.returnId },
    returnType: order.whole ? 'FULL' : 'PARTIAL',
    value: { amount: toDecimal(fromJson(order.amount)), currency: order.amount.currency },
    ...(reason !== '' && { reason: { proprietary: cut(reason, 35) } }),
    // The reason as such is short there; what does not fit is said once more in full.
    ...(Array.from(reason).length > 35 && { additionalInformation: [cut(reason, 105)] }),
  });
  if (body.success) return body.data;
  throw unsendable(
    'return money',
    body.error.issues.map((issue) => issue.path.join('.')),
  );
}

function cut(text: string, characters: number): string {
  return Array.from(text).slice(0, characters).join('').trim();
}

/** The new return, or the id of the earlier one that this order is a repeat of. */
function readOrdered(json: unknown, returnId: string): ProviderReturn | { readonly duplicateOf: string } {
  const duplicate = wire.duplicateAnswer.safeParse(json);
  const reference = duplicate.success ? duplicate.data.duplicateOf.paymentIdentifiers?.endToEndId : undefined;
  const answered = duplicate.success
    ? { duplicateOf: duplicate.data.duplicateOf.returnId, ...(reference && { reference }) }
    : fromReturnAnswer(readAs(wire.returnAnswer, json));
  // Our id is both key and reference, so an answer with another reference is about another return.
  if ((answered.reference ?? returnId) !== returnId) throw new UnreadableAnswer(['paymentIdentifiers.endToEndId']);
  return 'duplicateOf' in answered ? answered : { ...answered, reference: returnId };
}

function fromReturnAnswer(answer: wire.ReturnAnswer): ProviderReturn {
  const word = answer.returnStatus;
  const status = Object.hasOwn(STATUS, word) ? STATUS[word] : undefined;
  if (!status) throw new UnreadableAnswer(['returnStatus']);
  const reference = answer.paymentIdentifiers?.endToEndId;
  const [exception] = answer.exceptions ?? [];
  const code = exception?.additionalContext?.[0]?.code ?? exception?.code;
  return {
    id: answer.returnId,
    ...(reference && { reference }),
    ...(answer.value?.amount &&
      answer.value.currency && { amount: fromWire(answer.value.amount, answer.value.currency, 'value.amount') }),
    status,
    ...(status === 'failed' && { because: code ? `${word} ${code}` : word }),
  };
}
