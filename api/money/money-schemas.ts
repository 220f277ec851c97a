/**
 * Bodies and queries about money that has arrived: returns, exceptions, what a merchant wants done with them, balances.
 */
import { z } from 'zod';
import { RETURN_ORIGINS, RETURN_STATUSES } from '../../db/money/returns.ts';
import { REQUEST_STATUSES } from '../../domain/money/check-schedule.ts';
import {
  BILL_DECISIONS,
  DECISIONS,
  EXCEPTION_KINDS,
  EXCEPTION_STATUSES,
  POLICIES,
} from '../../domain/money/exception.ts';
import { amount, pageSchema, paging, requestId, text, time } from '../http/schema-parts.ts';

const choices = z.enum([...DECISIONS, ...BILL_DECISIONS]);

export const requestStatus = z.enum(REQUEST_STATUSES);

const hexId = z.string().regex(/^[0-9a-f]{32}$/);

export const newReturn = z.strictObject({
  amount: amount
    .optional()
    .describe('All that is left of the payment when left out. Several returns may add up to it.'),
  endToEndId: text(64)
    .optional()
    .describe('Which payment, where there are several. The one that covers the bill when left out.'),
  reason: text(140),
});

export const moneyReturn = z.strictObject({
  id: hexId,
  paymentRequestId: requestId.nullable(),
  paymentLinkId: z.string().nullable(),
  endToEndId: z.string().describe('The payment that goes back.'),
  status: z
    .enum(RETURN_STATUSES)
    .describe('Money of a return that is sending or pending is in flight; what failed is owned by an exception.'),
  because: z.string().optional().describe('Why it failed.'),
  amount,
  origin: z.enum(RETURN_ORIGINS).describe('Who began it.'),
  reason: z.string(),
  actor: z.string(),
  createdAt: time,
  completedAt: time.nullable(),
});

export const decisionBody = z
  .strictObject({
    decision: choices,
    operator: text(200).describe('Who decides.'),
    reason: text(500).describe('Why. It stays in the history.'),
    paymentRequestId: requestId
      .optional()
      .describe('applyTo: the bill that gets the money. One that can be paid still is taken off its code.'),
    amount: amount.optional().describe('returnMoney: all that is left when left out.'),
    value: z
      .string()
      .regex(/^\d{1,12}(\.\d{1,6})?$/)
      .optional()
      .describe('correct: what the register shows, with its leading zeros.'),
    readAt: z.iso
      .datetime({ offset: true })
      .optional()
      .describe('correct: when it showed that. The moment of the reading that it corrects when left out.'),
  })
  .refine(({ decision, value }) => (decision === 'correct') === (value !== undefined), {
    path: ['value'],
    message: 'belongs to correct, and to nothing else',
  })
  .refine(({ decision, paymentRequestId }) => (decision === 'applyTo') === (paymentRequestId !== undefined), {
    path: ['paymentRequestId'],
    message: 'belongs to applyTo, and to nothing else',
  });

export const exception = z.strictObject({
  id: hexId,
  kind: z.enum(EXCEPTION_KINDS),
  status: z.enum(EXCEPTION_STATUSES),
  sentence: z.string(),
  amount: amount.nullable().describe('The money that it was opened with; null where it is about a state.'),
  left: amount.nullable().describe('What of it is still undecided.'),
  paymentLinkId: z.string().nullable(),
  paymentRequestId: requestId.nullable(),
  billId: hexId.nullable().describe('Of a held bill.'),
  policy: z.enum(POLICIES),
  owner: z.string(),
  deadlineAt: time.nullable(),
  escalated: z.boolean().describe('The deadline has passed without a decision.'),
  may: z.array(choices).describe('What can be decided now.'),
  resolution: z
    .strictObject({
      decision: z.string(),
      by: z.string(),
      reason: z.string(),
      paymentRequestId: requestId.nullable(),
      returnId: hexId.nullable(),
      at: time,
    })
    .nullable(),
  workflowId: z.string(),
  openedAt: time,
});

export const exceptionQuery = z.strictObject({
  status: z.enum(EXCEPTION_STATUSES).optional(),
  kind: z.enum(EXCEPTION_KINDS).optional(),
  paymentLinkId: text(100).optional(),
  paymentRequestId: requestId.optional(),
  ...paging,
});
export const exceptionPage = pageSchema(exception);

export const policyBody = z.strictObject({
  policy: z.enum(POLICIES),
  deadlineSeconds: z.number().int().min(1).max(31_536_000).optional().describe('A day when left out.'),
  owner: text(200).optional().describe('Who decides what is held. operations when left out.'),
  reason: text(500),
});
export const exceptionPolicy = z.strictObject({
  kind: z.enum(EXCEPTION_KINDS),
  policy: z.enum(POLICIES),
  deadlineSeconds: z.number().int(),
  owner: z.string(),
});
export const policyList = z.strictObject({ data: z.array(exceptionPolicy), next: z.null() });

export const balanceQuery = z.strictObject({
  at: z.iso.datetime({ offset: true }).optional().describe('As it was at that instant. Now when left out.'),
});
export const balances = z.strictObject({
  at: time,
  data: z.array(
    z.strictObject({ account: z.string(), amount: z.strictObject({ currency: z.string(), value: z.string() }) }),
  ),
  next: z.null(),
});
