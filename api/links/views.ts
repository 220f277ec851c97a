/** Rows as they look over HTTP. What a schema promises is checked by the compiler here, not at run time. */
import type { z } from 'zod';
import type { LinkView } from '../../db/links/read-links.ts';
import type { ExceptionView, PaymentView, RequestView } from '../../db/links/read-requests.ts';
import type { EventView, TimelineView } from '../../db/read-timeline.ts';
import type { ChargeField, Expiry } from '../../domain/money/charge.ts';
import { add, toText, type Money } from '../../domain/money.ts';
import { termsMessage } from '../../domain/money/terms-messages.ts';
import { present } from '../../domain/present.ts';
import { paymentLinkWorkflowId } from '../../workflows/messages.ts';
import { returnJson } from '../money/money-views.ts';
import type * as s from './schemas.ts';

export interface Viewer {
  readonly merchantId: string;
  readonly publicUrl: string;
}

export function linkJson(link: LinkView, { merchantId, publicUrl }: Viewer): z.output<typeof s.paymentLink> {
  const code = `${publicUrl}/v1/payment-links/${link.paymentLinkId}/qr`;
  return {
    id: link.paymentLinkId,
    kind: link.kind,
    label: link.label,
    reference: link.reference ?? null,
    status: link.status,
    ...present({ because: link.because }),
    currentPaymentRequestId: link.currentRequestId ?? null,
    url: link.url ?? null,
    qr:
      link.printedCode === undefined
        ? null
        : { text: link.printedCode.text, svg: `${code}.svg`, png: `${code}.png`, pdf: `${code}.pdf` },
    workflowId: paymentLinkWorkflowId(merchantId, link.kind, link.paymentLinkId),
    createdAt: link.createdAt.toISOString(),
    updatedAt: link.updatedAt.toISOString(),
  };
}

type RequestJson = z.output<typeof s.paymentRequest>;

export function requestJson(request: RequestView): RequestJson {
  return {
    id: request.requestId,
    paymentLinkId: request.paymentLinkId,
    status: request.status,
    ...present({ because: request.because }),
    payable: request.payable,
    revision: request.revision,
    ...chargeJson(request),
    expiresAt: request.expiresAt?.toISOString() ?? null,
    qr: request.requestCode === undefined ? null : { text: request.requestCode },
    settlement: settlementOf(request),
    returns: request.returns.map(returnJson),
    exceptions: request.exceptions.map(exceptionJson),
    createdAt: request.createdAt.toISOString(),
    updatedAt: request.updatedAt.toISOString(),
  };
}

/** Where each field of a charge is shown. */
function chargeJson({ amount, charge }: RequestView) {
  const { reference, description = null, expiry } = charge;
  const shown = {
    amount: { amount: toText(amount) },
    reference: { reference },
    description: { description },
    expiry: expiry.is === 'due' ? { dueDate: expiry.date, terms: termsJson(expiry) } : {},
  } satisfies Record<ChargeField, Partial<RequestJson>>;
  return { ...shown.amount, ...shown.reference, ...shown.description, ...shown.expiry };
}

type TermsJson = NonNullable<RequestJson['terms']>;

function termsJson({ graceDays, terms = {} }: Extract<Expiry, { readonly is: 'due' }>): TermsJson {
  return { graceDays, ...termsMessage(terms) } as TermsJson;
}

export function etagOf(request: RequestView): string {
  return `"${request.revision}"`;
}

/** Money in another currency is not added: it stands among the payments, and its exception owns it. */
function settlementOf({ payments, amount }: RequestView): RequestJson['settlement'] {
  const first = payments[0];
  if (first === undefined) return null;
  const own = payments.filter((payment) => payment.amount.currency === amount.currency);
  const nothing: Money = { minorUnits: 0n, currency: amount.currency };
  return {
    amount: toText(own.reduce((sum, payment) => add(sum, payment.amount), nothing)),
    settledAt: first.settledAt?.toISOString() ?? null,
    payments: payments.map(paymentJson),
  };
}

type PaymentJson = NonNullable<RequestJson['settlement']>['payments'][number];

function paymentJson(payment: PaymentView): PaymentJson {
  return {
    endToEndId: payment.endToEndId,
    outcome: payment.kind,
    revision: payment.revision,
    amount: toText(payment.amount),
    settledAt: payment.settledAt?.toISOString() ?? null,
    bookedAt: payment.bookedAt.toISOString(),
  };
}

function exceptionJson(exception: ExceptionView): RequestJson['exceptions'][number] {
  return {
    id: exception.exceptionId,
    kind: exception.kind,
    status: exception.status,
    sentence: exception.sentence,
    amount: exception.amount === undefined ? null : toText(exception.amount),
    openedAt: exception.openedAt.toISOString(),
  };
}

export function eventJson(event: EventView): z.output<typeof s.event> {
  return {
    id: event.position,
    name: event.name,
    paymentLinkId: event.paymentLinkId ?? null,
    paymentRequestId: event.paymentRequestId ?? null,
    at: event.at.toISOString(),
    data: event.payload as Record<string, unknown>,
  };
}

export function historyJson(entry: TimelineView): z.output<typeof s.historyEntry> {
  return {
    id: entry.timelineId,
    at: entry.at.toISOString(),
    what: entry.what,
    sentence: entry.sentence,
    paymentRequestId: entry.paymentRequestId ?? null,
    actor: entry.actor ?? null,
    commandId: entry.commandId ?? null,
    evidence: entry.evidence ?? null,
  };
}
