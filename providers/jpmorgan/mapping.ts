/**
 * The only place where amounts, terms and status words change shape between the bank and us. Every amount stays a
 * decimal string or an integer; what cannot be turned exactly is refused, never rounded.
 */
import {
  expiryFits,
  ofEachField,
  type Charge,
  type ChargeField,
  type Expiry,
  type LinkKind,
} from '../../domain/money/charge.ts';
import { refusalSentence } from '../../domain/message-fields.ts';
import { fromJson, toDecimal, type MoneyJson } from '../../domain/money.ts';
import type { ProviderStatus } from '../../domain/money/provider-status.ts';
import { termsRefusal } from '../../domain/money/terms-messages.ts';
import { present } from '../../domain/present.ts';
import type { ProviderLink, ProviderRequest, ProviderReturn, ProviderSettlement, RequestWrite } from '../provider.ts';
import { fromWire } from './amounts.ts';
import { UnreadableAnswer, unsendable } from './failures.ts';
import {
  requestBody,
  type ACCOUNT_SCHEMES,
  type LinkAnswer,
  type PaymentAnswer,
  type RequestAnswer,
  type RequestBody,
  type MoneyBackAnswer,
} from './schemas.ts';
import { fromWireTerms, toWireTerms } from './terms.ts';

export interface Creditor {
  readonly accountKey: string;
  readonly accountScheme: (typeof ACCOUNT_SCHEMES)[number];
  readonly name: string;
  readonly city: string;
}

const EXPIRATION_TYPE = { till: 'IMMEDIATE', bill: 'DUE_DATE' } as const satisfies Record<LinkKind, string>;
const DESCRIPTION = 'description';
/** What the bank assumes, and echoes, where no duration was given. */
const DEFAULT_DURATION_SECONDS = 86_400;

const STATUS: Readonly<Record<string, ProviderStatus>> = {
  ACTIVE: 'active',
  PROCESSING: 'processing',
  SETTLED: 'settled',
  EXPIRED: 'expired',
  CANCELLED: 'cancelled',
};

/** The contract's table and its enum disagree on the word for a return that went through; both are understood. */
const RETURN_STATUS: Readonly<Record<string, ProviderReturn['status']>> = {
  PENDING: 'pending',
  COMPLETED: 'completed',
  SUCCESS: 'completed',
  FAILED: 'failed',
};

/** The form of our return ids: a bank may repeat its own id as the reference of a return, which is not ours. */
const OUR_RETURN_ID = /^[0-9a-f]{32}$/;

export function statusFrom(word: string): ProviderStatus | undefined {
  return Object.hasOwn(STATUS, word) ? STATUS[word] : undefined;
}

export function expirationTypeOf(kind: LinkKind): 'IMMEDIATE' | 'DUE_DATE' {
  return EXPIRATION_TYPE[kind];
}

/** The full body every time: which fields survive when they are left out of an update is nowhere stated. */
export function toRequestBody(write: RequestWrite, creditor: Creditor): RequestBody {
  const { charge } = write;
  if (!expiryFits(write.kind, charge.expiry)) throw unsendable('put request', ['expiry']);
  if (charge.expiry.is === 'due') {
    // An update may have named terms alone; only here are they together with the amount and the day.
    const { terms = {}, date: dueDate } = charge.expiry;
    const refusal = termsRefusal(terms, { amount: charge.amount, dueDate });
    if (refusal !== undefined) throw unsendable('put request', [refusalSentence(refusal)]);
  }
  const body = requestBody.safeParse({
    country: 'BR',
    request: {
      creditor: {
        account: {
          alternateAccountIdentifier: creditor.accountKey,
          schemeName: { proprietary: creditor.accountScheme },
        },
        name: cut(creditor.name, 25),
        address: { city: cut(creditor.city, 15), country: 'BR' },
      },
      ...wireOf(charge),
    },
    requestMethodType: 'QR_CODE',
    requestMethod: { qrCodeType: 'DYNAMIC', contentType: 'TEXT_ONLY', paymentLinkId: write.providerLinkId },
  });
  if (!body.success)
    throw unsendable(
      'put request',
      body.error.issues.map((issue) => issue.path.join('.')),
    );
  return body.data;
}

/**
 * The members of the bank's `request` that hold each field; a field without its own member goes into additional
 * information.
 */
interface WireMembers {
  readonly [member: string]: unknown;
  readonly additionalInformation?: readonly { readonly valueType: string; readonly text: string }[];
}

const TO_WIRE: { readonly [K in ChargeField]: (value: Required<Charge>[K]) => WireMembers } = {
  amount: (amount) => ({ currency: amount.currency, paymentAmount: toDecimal(fromJson(amount)) }),
  reference: (reference) => (reference === '' ? {} : { reference }),
  description: (text) => (text === '' ? {} : { additionalInformation: [{ valueType: DESCRIPTION, text }] }),
  expiry: toExpiry,
};

function wireOf(charge: Charge): WireMembers {
  const parts = ofEachField(charge, TO_WIRE);
  const additionalInformation = parts.flatMap((part) => part.additionalInformation ?? []);
  const members = Object.assign({}, ...parts) as WireMembers;
  return additionalInformation.length === 0 ? members : { ...members, additionalInformation };
}

function toExpiry(expiry: Expiry): WireMembers {
  switch (expiry.is) {
    case 'within':
      return { expirationType: 'IMMEDIATE', duration: expiry.seconds, isAmountAdjustable: false };
    case 'due': {
      const { date, graceDays, terms = {} } = expiry;
      return { expirationType: 'DUE_DATE', paymentDueDate: date, gracePeriod: graceDays, ...toWireTerms(terms) };
    }
  }
}

/** The bank prints at most this many characters. The payer's bank shows the registered name, so cutting is harmless. */
function cut(text: string, characters: number): string {
  return Array.from(text).slice(0, characters).join('').trim();
}

export function fromRequestAnswer(
  answer: RequestAnswer,
  seen: { readonly etag?: string | undefined; readonly evidence: string },
): ProviderRequest {
  const status = statusFrom(answer.status);
  if (!status) throw new UnreadableAnswer(['status']);
  const charge = fromRequest(answer.request);
  const settlement = fromPayment(answer.settlementSummary?.payment, charge.amount.currency);
  const providerLinkId = answer.requestMethod?.paymentLink?.id;
  return {
    requestId: answer.id,
    revision: answer.revisionNumber,
    ...present({ etag: seen.etag }),
    status,
    ...(providerLinkId && { providerLinkId }),
    charge,
    createdAt: answer.createdAt,
    updatedAt: answer.updatedAt ?? answer.createdAt,
    ...(answer.expiresAt && { expiresAt: answer.expiresAt }),
    ...present({ settlement }),
    returns: (answer.settlementSummary?.returns ?? []).map((one) => fromReturn(one, charge.amount.currency)),
    evidence: seen.evidence,
  };
}

function fromRequest(request: RequestAnswer['request']): Charge {
  const read: { readonly [K in ChargeField]: Charge[K] } = {
    amount: fromWire(request.paymentAmount, request.currency, 'request.paymentAmount'),
    reference: request.reference ?? '',
    description: informationIn(request, DESCRIPTION),
    expiry: fromExpiry(request),
  };
  return present(read);
}

function informationIn({ additionalInformation }: RequestAnswer['request'], named: string): string | undefined {
  return additionalInformation?.find(({ valueType }) => valueType === named)?.text || undefined;
}

/** Answers may lack the kind of expiry; then the field that is present decides. */
function fromExpiry(request: RequestAnswer['request']): Expiry {
  if (request.expirationType === 'DUE_DATE' || (!request.expirationType && request.paymentDueDate)) {
    if (!request.paymentDueDate) throw new UnreadableAnswer(['request.paymentDueDate']);
    const due = { is: 'due', date: request.paymentDueDate, graceDays: request.gracePeriod ?? 0 } as const;
    const terms = fromWireTerms(request);
    return terms === undefined ? due : { ...due, terms };
  }
  if (request.expirationType && request.expirationType !== 'IMMEDIATE') {
    throw new UnreadableAnswer(['request.expirationType']);
  }
  return { is: 'within', seconds: request.duration ?? DEFAULT_DURATION_SECONDS };
}

/** A settlement summary without an amount counts as absent, never as zero, so that the read is repeated. */
function fromPayment(
  payment: PaymentAnswer | null | undefined,
  requestCurrency: string,
): ProviderSettlement | undefined {
  if (!payment?.amount) return undefined;
  const currency = payment.currency ?? requestCurrency;
  const part = (name: 'interest' | 'penalty' | 'discount' | 'reduction'): { readonly [key: string]: MoneyJson } => {
    const value = payment[name];
    return value ? { [name]: fromWire(value, currency, `settlementSummary.payment.${name}`) } : {};
  };
  return {
    ...(payment.endToEndId && { endToEndId: payment.endToEndId }),
    amount: fromWire(payment.amount, currency, 'settlementSummary.payment.amount'),
    parts: { ...part('interest'), ...part('penalty'), ...part('discount'), ...part('reduction') },
    ...(payment.settledAt && { settledAt: payment.settledAt }),
  };
}

function fromReturn(answer: MoneyBackAnswer, requestCurrency: string): ProviderReturn {
  const reference = answer.referenceId;
  const id = answer.id ?? reference;
  if (!id) throw new UnreadableAnswer(['settlementSummary.returns.id']);
  const status = Object.hasOwn(RETURN_STATUS, answer.status) ? RETURN_STATUS[answer.status] : undefined;
  if (!status) throw new UnreadableAnswer(['settlementSummary.returns.status']);
  return {
    id,
    ...(reference && (reference !== id || OUR_RETURN_ID.test(reference)) && { reference }),
    amount: fromWire(answer.amount, answer.currency ?? requestCurrency, 'settlementSummary.returns.amount'),
    status,
    ...(status === 'failed' && { because: answer.statusReason || answer.status }),
  };
}

export function fromLinkAnswer(answer: LinkAnswer): ProviderLink {
  const kind = answer.expirationType === 'IMMEDIATE' ? 'till' : 'bill';
  if (EXPIRATION_TYPE[kind] !== answer.expirationType) throw new UnreadableAnswer(['expirationType']);
  return {
    providerLinkId: answer.id,
    kind,
    url: answer.url,
    createdAt: answer.createdAt,
    ...(answer.paymentRequestId && { currentRequestId: answer.paymentRequestId }),
  };
}
