/** The answers' shapes: a link, a request and its settlement, in the bank's own spelling. */
import { createHash } from 'node:crypto';

import { encodeBrCode } from '../../domain/codes/br-code.ts';
import { present } from '../../domain/present.ts';
import type { BankStore } from '../bank-store.ts';
import type { BehaviourSwitches } from '../behaviour.ts';
import { FAILURE_REASON, summaryStatus } from './money-back.ts';
import { cents, fromCents, partsOf, timestamp } from '../records.ts';
import type {
  LinkRecord,
  PaymentRecord,
  RequestContent,
  RequestRecord,
  ReturnRecord,
  RevisionRecord,
} from '../records.ts';

/** One white pixel: who prints codes draws them from `text`, and this bank has no pencil. */
const PLACEHOLDER_PNG = 'iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAAAAAA6fptVAAAACklEQVR4nGP4DwABAQEAsgJ/oAAAAABJRU5ErkJggg==';

export function linkView(link: LinkRecord): Record<string, unknown> {
  return { ...linkInRequest(link), alternateIdentifier: link.alternateIdentifier };
}

/** Inside a request's answer the link lacks its numeric id, as in every published sample. */
function linkInRequest(link: LinkRecord): Record<string, unknown> {
  return {
    id: link.id,
    expirationType: link.expirationType,
    country: link.country,
    url: link.url,
    createdAt: timestamp(link.createdAt),
    ...present({ paymentRequestId: link.paymentRequestId }),
  };
}

/** Opaque; another one after every change of any kind. */
export function etagOf(request: RequestRecord, revision = request.revisionNumber): string {
  const state = revision === request.revisionNumber ? `v${request.version}` : `r${revision}`;
  return `"${createHash('sha256').update(`${request.id}:${state}`).digest('hex').slice(0, 32)}"`;
}

export interface RequestViews {
  /** `turn` counts the reads of this request by id, for a bank that shows two payments in turns. */
  details(request: RequestRecord, options?: { revision?: RevisionRecord; summary?: boolean; turn?: number }): object;
}

export function createRequestViews(store: BankStore, behaviour: BehaviourSwitches): RequestViews {
  return {
    details: (request, { revision, summary = true, turn = 0 } = {}) => {
      const content = revision?.content ?? request.content;
      const shown = behaviour.current().secondPaymentShows === 'latest' ? -1 : turn % (request.payments.length || 1);
      const payment = request.payments.at(shown);
      return {
        id: request.id,
        revisionNumber: revision?.number ?? request.revisionNumber,
        country: request.country,
        request: echoOf(content),
        requestMethodType: 'QR_CODE',
        requestMethod: methodOf(request, content, store),
        createdAt: timestamp(request.createdAt),
        updatedAt: timestamp(revision?.updatedAt ?? request.updatedAt),
        expiresAt: timestamp(request.expiresAt),
        status: request.status,
        ...(payment === undefined || !summary ? {} : { settlementSummary: summaryOf(payment, request, behaviour) }),
      };
    },
  };
}

/** The published answers leave out an `isAmountAdjustable` of false. */
function echoOf(content: RequestContent): Record<string, unknown> {
  const { isAmountAdjustable, ...rest } = content;
  return isAmountAdjustable === true ? content : rest;
}

function methodOf(request: RequestRecord, content: RequestContent, store: BankStore): Record<string, unknown> {
  const found = request.paymentLinkId === undefined ? undefined : store.link(request.paymentLinkId);
  const link = found && store.linkSeen(found);
  const { contentType, imageWidth } = request.codeOptions;
  const image = { image: PLACEHOLDER_PNG, mimeType: 'image/png', imageWidth };
  return {
    qrCodeType: 'DYNAMIC',
    ...(contentType === 'IMAGE' ? image : {}),
    ...(link === undefined ? {} : { paymentLink: linkInRequest(link), text: codeText(link.url, content) }),
  };
}

function codeText(url: string, content: RequestContent): string {
  const { name, city } = payeeOf(content);
  return encodeBrCode({
    url,
    merchantName: asciiOr(name, 'PAYEE'),
    merchantCity: asciiOr(city, 'BRASIL'),
    oneTime: true,
  });
}

/** A name that leaves nothing in ASCII cannot stand in a code; the record behind the URL has the true one. */
function asciiOr(words: string, otherwise: string): string {
  return /[A-Za-z0-9]/.test(words.normalize('NFKD')) ? words : otherwise;
}

export function payeeOf(content: RequestContent): { readonly name: string; readonly city: string } {
  const creditor = content['creditor'] as { readonly name?: string; readonly address?: { readonly city?: string } };
  return { name: creditor.name ?? 'Sample Client', city: creditor.address?.city ?? 'S. PAULO' };
}

/** One payment, and all returns of the request whichever payment they are of: the contract has no room to say which. */
function summaryOf(payment: PaymentRecord, { returns }: RequestRecord, behaviour: BehaviourSwitches): object {
  const { settlementAmount } = behaviour.current();
  return {
    payment: {
      endToEndId: payment.endToEndId,
      currency: payment.amount.currency,
      amount: settlementAmount === 'face' ? fromCents(faceOf(payment)) : payment.amount.value,
      ...payment.parts,
      ...(payment.settledAt === undefined ? {} : { settledAt: timestamp(payment.settledAt) }),
    },
    ...(returns.length === 0 ? {} : { returns: returns.map(returnView) }),
  };
}

/** What was asked for before the parts; a payment of a wrong amount may not even cover its own parts. */
function faceOf({ amount, parts }: PaymentRecord): bigint {
  const face = cents(amount.value) - partsOf(parts);
  return face < 0n ? 0n : face;
}

function returnView(moneyReturn: ReturnRecord): Record<string, unknown> {
  const { status, settledAt, referenceId } = moneyReturn;
  const shown = summaryStatus(status);
  return {
    id: moneyReturn.id,
    ...present({ referenceId }),
    currency: moneyReturn.amount.currency,
    amount: moneyReturn.amount.value,
    type: moneyReturn.type,
    createdAt: timestamp(moneyReturn.createdAt),
    ...(shown === 'COMPLETED' ? { settledAt: timestamp(settledAt ?? moneyReturn.createdAt) } : {}),
    status: shown,
    ...(shown === 'FAILED' ? { statusReason: `${status} ${FAILURE_REASON[status]}` } : {}),
  };
}
