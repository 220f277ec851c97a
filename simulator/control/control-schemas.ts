/** What the control API takes and gives: the schemas that validate and that its OpenAPI document is made from. */
import { z } from 'zod';

import { behaviourSchema } from '../behaviour.ts';
import { faultSchema } from '../faults.ts';

const decimal = z
  .string()
  .regex(/^\d{1,15}\.\d{2}$/, 'A decimal string with two digits after the point, like "24.90".');
export const amountSchema = z
  .strictObject({ currency: z.string().regex(/^[A-Z]{3}$/, 'Three capital letters.'), value: decimal })
  .meta({ examples: [{ currency: 'BRL', value: '24.90' }] });
const requestId = z
  .string()
  .min(1)
  .meta({ examples: ['fca7becb133a4501b5aff72d082a1709'] });
const resetSchema = z.strictObject({ reset: z.literal(true) });
const status = z.enum(['ACTIVE', 'PROCESSING', 'SETTLED', 'EXPIRED', 'CANCELLED']);

const partsSchema = z.strictObject({
  interest: decimal.optional(),
  penalty: decimal.optional(),
  discount: decimal.optional(),
  reduction: decimal.optional(),
});

export const scanSchema = z.strictObject({ text: z.string().max(4_096) });

export const paySchema = z
  .strictObject({
    text: z.string().max(4_096).optional().meta({ description: 'The QR text; or name the request by its id.' }),
    paymentRequestId: requestId.optional(),
    amount: amountSchema
      .optional()
      .meta({ description: 'All that is paid: the face value with its parts, unless named.' }),
    how: z
      .enum(['normal', 'late', 'again', 'in-flight', 'wrong'])
      .default('normal')
      .meta({
        description:
          'normal: refuses what a bank refuses. late: after expiry or cancellation. again: a second payment. ' +
          'in-flight: settles after the request has ended. wrong: any amount or currency.',
      }),
    parts: partsSchema.optional().meta({
      description:
        'Paid beside the face value, and shown in settlementSummary.payment beside the amount. What the terms of a bill ' +
        'make of today, unless named.',
    }),
    delayMs: z.int().min(0).max(600_000).optional().meta({ description: 'in-flight: so long after the end; 250.' }),
  })
  .refine((order) => (order.text === undefined) !== (order.paymentRequestId === undefined), {
    error: 'Name either text or paymentRequestId.',
  });

export const returnSchema = z.strictObject({
  paymentRequestId: requestId,
  endToEndId: z.string().optional().meta({ description: 'The payment that goes back: the latest, unless named.' }),
  amount: amountSchema.optional().meta({ description: 'What is left of the payment, unless named.' }),
  type: z.enum(['USER_REQUEST', 'OPERATIONAL', 'FRAUD']).default('OPERATIONAL'),
  status: z.enum(['PENDING', 'COMPLETED', 'FAILED']).default('COMPLETED'),
});

const HUNDRED_YEARS_S = 3_155_760_000;
export const clockSchema = z.union([
  z.strictObject({ advanceSeconds: z.number().min(-HUNDRED_YEARS_S).max(HUNDRED_YEARS_S) }),
  resetSchema,
]);
export const faultsSchema = z.union([resetSchema, faultSchema]);
export const behaviourPatchSchema = z.union([resetSchema, behaviourSchema.partial()]);
export const callbackSchema = z.strictObject({
  paymentRequestId: requestId,
  status: status.optional().meta({ description: 'The present status, unless named: then it is stale or made up.' }),
});

/** Answers: described loosely, because this side only writes them. */
export const scanAnswer = z.union([
  z.looseObject({
    payable: z.literal(true),
    amount: amountSchema.meta({ description: 'All that is due today by the bank’s clock.' }),
    parts: partsSchema.optional().meta({ description: 'What of it, or less than it, is for paying early or late.' }),
    payee: z.string(),
    reference: z.string().optional(),
    description: z.string().optional(),
    paymentRequestId: z.string(),
    revision: z.int(),
    expiresAt: z.iso.datetime(),
  }),
  z.looseObject({ payable: z.literal(false), because: z.string(), sentence: z.string() }),
]);
export const receipt = z.looseObject({
  paymentRequestId: z.string(),
  revision: z.int(),
  status,
  endToEndId: z.string(),
  amount: amountSchema,
  settledAt: z.iso.datetime().optional(),
});
const anything = z.looseObject({});

export interface ControlCall {
  readonly method: 'GET' | 'POST' | 'DELETE';
  readonly path: string;
  readonly summary: string;
  readonly takes?: z.ZodType;
  readonly gives: z.ZodType;
}

/** Every call of the control API, for the description and the OpenAPI document; the routes follow the same names. */
export const controlCalls: readonly ControlCall[] = [
  {
    method: 'POST',
    path: '/control/scan',
    summary: 'What a banking app shows for this QR text now',
    takes: scanSchema,
    gives: scanAnswer,
  },
  {
    method: 'POST',
    path: '/control/pay',
    summary: 'Pays; 202 when it has not settled yet, 409 when a bank refuses',
    takes: paySchema,
    gives: receipt,
  },
  {
    method: 'POST',
    path: '/control/return',
    summary: 'The bank returns money unasked',
    takes: returnSchema,
    gives: anything,
  },
  { method: 'POST', path: '/control/clock', summary: 'Moves the bank’s clock', takes: clockSchema, gives: anything },
  { method: 'GET', path: '/control/clock', summary: 'The bank’s clock', gives: anything },
  {
    method: 'POST',
    path: '/control/faults',
    summary: 'Bad luck for the next calls or a share of them',
    takes: faultsSchema,
    gives: anything,
  },
  { method: 'GET', path: '/control/faults', summary: 'The faults in force', gives: anything },
  {
    method: 'POST',
    path: '/control/callbacks',
    summary: 'Sends a callback again, or a stale one',
    takes: callbackSchema,
    gives: anything,
  },
  {
    method: 'GET',
    path: '/control/callbacks',
    summary: 'How many callbacks wait, were delivered and were dropped',
    gives: anything,
  },
  {
    method: 'POST',
    path: '/control/behaviour',
    summary: 'The bank’s undocumented choices',
    takes: behaviourPatchSchema,
    gives: behaviourSchema,
  },
  { method: 'GET', path: '/control/behaviour', summary: 'The choices in force', gives: behaviourSchema },
  {
    method: 'GET',
    path: '/control/calls',
    summary: 'How often each bank call arrived',
    gives: z.record(z.string(), z.int()),
  },
  { method: 'DELETE', path: '/control/calls', summary: 'Counts from zero again', gives: anything },
  {
    method: 'GET',
    path: '/control/payment-requests',
    summary: 'Everything the bank knows, for checkers',
    gives: anything,
  },
];
