/** A bill as it looks over HTTP. */
import { z } from 'zod';
import { BILL_STATUSES } from '../../domain/billing/bill.ts';
import { pageSchema, paging, requestId, text, time } from '../http/schema-parts.ts';
import { requestStatus } from '../money/money-schemas.ts';

/** May be negative: what an account owes can be in its favour. */
const signedAmount = z.strictObject({
  currency: z.string(),
  value: z.string().meta({ examples: ['80.00', '-10.00'] }),
});
const register = z.strictObject({ meterId: z.string(), value: z.string(), at: time });

export const bill = z.strictObject({
  id: requestId.describe('Its payment request has the same id.'),
  accountId: z.string(),
  paymentLinkId: z.string(),
  number: z.number().int().describe('From 1, for each account.'),
  revision: z.number().int().describe('Raised by every reading or decision that changes it.'),
  status: z.enum(BILL_STATUSES),
  request: requestStatus.nullable().describe('How its payment request stands; null while there is none.'),
  because: z.string().optional().describe('Why it is held.'),
  exceptionId: z.string().optional().describe('Of a held bill: where it is decided.'),
  usage: z.string(),
  unit: z.string(),
  from: register.nullable().describe('Where the bill before it ended; null on an account’s first.'),
  upTo: register,
  estimated: z.boolean(),
  tariff: z.strictObject({ id: z.string(), version: z.number().int() }),
  lines: z.array(z.strictObject({ kind: z.string(), text: z.string(), amount: signedAmount })),
  total: signedAmount.describe('Exactly the sum of the lines.'),
  dueDate: z.iso.date(),
  createdAt: time,
  updatedAt: time,
});
export const billPage = pageSchema(bill);

export const billQuery = z.strictObject({
  accountId: text(40).optional(),
  status: z.enum(BILL_STATUSES).optional(),
  ...paging,
});
