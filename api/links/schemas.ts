/**
 * The bodies and queries that this API takes and gives, once: they validate, they type, and they become the OpenAPI
 * document.
 */
import { z } from 'zod';
import { LINK_STATUSES } from '../../domain/links/link-events.ts';
import { FOUND_ON_CODE, BUSY_POLICIES } from '../../domain/links/link-state.ts';
import { LINK_KINDS } from '../../domain/money/charge.ts';
import { EXCEPTION_STATUSES } from '../../domain/money/exception.ts';
import { SETTLEMENT_KINDS } from '../../domain/money/settlement.ts';
import { moneyReturn, requestStatus } from '../money/money-schemas.ts';
import { levels } from '../../printing/qr-images.ts';
import { amount, limit, pageSchema, paging, requestId, text, time, wholeParameter } from '../http/schema-parts.ts';
import { terms, termsChange } from './terms-schemas.ts';

export { amount };

const kind = z.enum(LINK_KINDS).describe('till: one sale after another. bill: printed for one account.');
const reason = z.strictObject({ reason: text(140).optional() });
/** F3: after half a minute the customer at the till has left. */
export const TILL_NOT_AFTER_SECONDS = 30;

const notAfter = z
  .number()
  .int()
  .min(1)
  .max(86_400)
  .optional()
  .describe(
    `Seconds from now after which it is refused and never carried out. A till sale: ${TILL_NOT_AFTER_SECONDS}.`,
  );

export const newLink = z.strictObject({ kind, label: text(100), reference: text(140).optional() });

const chargeFields = {
  description: z.string().max(140).optional().describe('Free text for the payer.'),
  expiresIn: z.number().int().min(1).max(999_999).optional().describe('Till only: seconds. 900 when left out.'),
  dueDate: z.iso.date().optional().describe("Bill only: a day in the merchant's time zone."),
};

export const newRequest = z.strictObject({
  amount,
  reference: text(140).describe('Yours: the sale, the account, the invoice.'),
  ...chargeFields,
  terms: terms.optional(),
  onBusy: z
    .enum(BUSY_POLICIES)
    .optional()
    .describe('What happens while another request is linked. reject when left out.'),
  notAfter,
});

export const requestChange = z
  .strictObject({
    amount: amount.optional(),
    reference: text(140).optional(),
    ...chargeFields,
    terms: termsChange.optional(),
    notAfter,
  })
  .describe('A charge update. What is left out stays as it is.');

export const unlinkBody = reason;
export const retireBody = reason;
export const cancelBody = reason;

const linkStatus = z.enum(LINK_STATUSES);
export const paymentLink = z.strictObject({
  id: z.string(),
  kind,
  label: z.string(),
  reference: z.string().nullable(),
  status: linkStatus,
  because: z.string().optional().describe('Why it needs attention.'),
  currentPaymentRequestId: requestId.nullable(),
  url: z.string().nullable(),
  qr: z
    .strictObject({ text: z.string(), svg: z.string(), png: z.string(), pdf: z.string() })
    .nullable()
    .describe('The printed code. It never changes.'),
  workflowId: z.string(),
  createdAt: time,
  updatedAt: time,
});

const payment = z.strictObject({
  endToEndId: z.string(),
  // Payments shown with a request are never of kind `unknown-request`.
  outcome: z.enum(SETTLEMENT_KINDS).exclude(['unknown-request']),
  revision: z.number().int().describe('The revision that it paid.'),
  amount,
  settledAt: time.nullable(),
  bookedAt: time,
});

const exception = z.strictObject({
  id: z.string(),
  kind: z.string(),
  status: z.enum(EXCEPTION_STATUSES),
  sentence: z.string(),
  amount: amount.nullable(),
  openedAt: time,
});

export const paymentRequest = z.strictObject({
  id: requestId,
  paymentLinkId: z.string(),
  status: requestStatus,
  because: z.string().optional().describe('Why it is refused, or how what was paid differs.'),
  payable: z.boolean(),
  revision: z.number().int(),
  amount,
  reference: z.string(),
  description: z.string().nullable(),
  dueDate: z.iso.date().optional(),
  terms: terms.optional(),
  expiresAt: time.nullable(),
  qr: z.strictObject({ text: z.string() }).nullable().describe('The code of this revision, for a screen.'),
  settlement: z
    .strictObject({ amount, settledAt: time.nullable(), payments: z.array(payment) })
    .nullable()
    .describe("All money in the request's own currency, and each payment."),
  returns: z.array(moneyReturn).describe('Money that goes back to the payer, or has gone.'),
  exceptions: z.array(exception),
  createdAt: time,
  updatedAt: time,
});

export const unlinkReceipt = z.strictObject({
  paymentLinkId: z.string(),
  found: z.enum(FOUND_ON_CODE).describe('What became of what was on the code.'),
  paymentRequest: paymentRequest.nullable().describe('The request that left the code.'),
  currentPaymentRequestId: requestId.nullable().describe('What the code serves now.'),
});

export const event = z.strictObject({
  id: z.number().int().describe('The place in the order of all events of the merchant, without gaps.'),
  name: z.string().meta({ examples: ['payment_request.paid'] }),
  paymentLinkId: z.string().nullable(),
  paymentRequestId: requestId.nullable(),
  at: time,
  data: z.record(z.string(), z.unknown()),
});

export const historyEntry = z.strictObject({
  id: z.number().int(),
  at: time,
  what: z.string(),
  sentence: z.string(),
  paymentRequestId: requestId.nullable(),
  actor: z.string().nullable(),
  commandId: z.string().nullable(),
  evidence: z.string().nullable().describe("SHA-256 of the provider's answer that says so."),
});

const served = z
  .strictObject({
    paymentRequestId: requestId,
    revision: z.number().int(),
    amount,
    reference: z.string(),
    from: time.describe('When this revision came on the code.'),
    until: time.nullable().describe('When it left it; null while it is there.'),
    statusNow: requestStatus,
  })
  .describe('By what was written down at the time and never changed since.');

export const historyInstant = z.strictObject({
  at: time,
  shows: served.nullable(),
  payable: z.boolean(),
  because: z.string().describe('The same as a sentence.'),
  payments: z.array(payment.extend({ paymentRequestId: requestId })).describe('All money of that request, until now.'),
  returns: z.array(moneyReturn),
  exceptions: z.array(exception),
  entries: z.array(historyEntry).describe('What happened on the code just before and just after.'),
});

export const linkPage = pageSchema(paymentLink);
export const requestPage = pageSchema(paymentRequest);
export const eventPage = pageSchema(event);
export const historyPage = pageSchema(historyEntry);
export const history = z.union([historyPage, historyInstant]);

export const linkQuery = z.strictObject({
  kind: kind.optional(),
  status: linkStatus.optional(),
  reference: text(140).optional(),
  ...paging,
});
export const requestQuery = z.strictObject({
  status: requestStatus.optional(),
  reference: text(140).optional(),
  paymentLinkId: text(100).optional(),
  ...paging,
});
const position = wholeParameter(0, Number.MAX_SAFE_INTEGER).optional();
export const eventQuery = z.strictObject({
  limit,
  after: position.describe('The id of the last event that you have. From the beginning when left out.'),
});
export const historyQuery = z
  .strictObject({
    limit,
    after: position.describe('The `next` of the page before.'),
    at: time.optional().describe('An instant, RFC 3339 in UTC: what the code showed then, and to whom the money went.'),
  })
  .refine(({ at, limit: most, after }) => at === undefined || (most === undefined && after === undefined), {
    error: 'stands alone: an instant has no pages',
    path: ['at'],
  });
export const streamQuery = z.strictObject({});
export const noQuery = z.strictObject({});
export const pixelQuery = z.strictObject({
  level: z.enum(levels).optional().describe('Error correction. Q when left out.'),
  size: wholeParameter(1, 40).optional().describe('Pixels for one module. 8 when left out.'),
});
export const printQuery = z.strictObject({
  level: z.enum(levels).optional().describe('Error correction. Q when left out.'),
  size: wholeParameter(25, 180).optional().describe('Side of the code in millimetres. 60 when left out.'),
});

export const problem = z.looseObject({
  type: z.url(),
  title: z.string(),
  status: z.number().int(),
  detail: z.string(),
  errors: z
    .array(
      z.strictObject({
        pointer: z.string().optional(),
        parameter: z.string().optional(),
        line: z.number().int().optional(),
        column: z.string().optional(),
        detail: z.string(),
      }),
    )
    .optional(),
  currentPaymentRequestId: requestId.optional(),
  paymentRequestId: requestId.optional(),
  paymentLinkId: z.string().optional(),
  traceId: z.string(),
});

export const health = z.strictObject({ status: z.literal('ok') });
export const readiness = z.strictObject({
  status: z.enum(['ready', 'not ready']),
  checks: z.record(z.string(), z.strictObject({ ok: z.boolean(), detail: z.string().optional() })),
});
export const stored = z.strictObject({ stored: z.literal(true) });
