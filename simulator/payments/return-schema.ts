/** The shape of an order to return a payment, with the rules between its fields: strict, so that a mistake is told. */
import { z } from 'zod';

import type { ErrorCode } from '../bank-errors.ts';

function text(least: number, most: number) {
  return z
    .string()
    .refine((value) => [...value].length >= least, { params: { code: '10002' }, error: `At least ${least}.` })
    .refine((value) => [...value].length <= most, { params: { code: '10003' }, error: `At most ${most} characters.` })
    .meta({ minLength: least, maxLength: most });
}

const amount = z
  .string()
  .max(40)
  .regex(/^\d{1,15}\.\d{2}$/, 'Invalid format. Value must have two decimals.')
  .refine((value) => Number(value) > 0, { params: { code: '10100' }, error: 'More than 0.00.' });
const currency = z.string().regex(/^[A-Z]{3}$/, 'Three capital letters.');
const endToEndId = text(1, 128);

const originalPaymentIdentifiers = z.strictObject({
  bankReferenceNumber: text(1, 12).optional(),
  clearingSystemReference: text(1, 50).optional(),
  paymentId: text(1, 128).optional(),
  endToEndId: endToEndId.optional(),
  originalValue: z.strictObject({ amount, currency }).optional(),
  valueDate: z.iso.date().optional(),
});

export const paymentReturnSchema = z
  .strictObject({
    paymentType: z.literal('RTP'),
    country: z.literal('BR'),
    originalPaymentIdentifiers,
    paymentIdentifiers: z.strictObject({ endToEndId }).optional(),
    chargeBearer: z.enum(['CREDITOR', 'DEBTOR', 'SHARED']).optional(),
    returnType: z.enum(['FULL', 'PARTIAL']).optional(),
    value: z.strictObject({ amount, currency: currency.optional() }).optional(),
    reason: z.strictObject({ code: text(4, 4).optional(), proprietary: text(1, 35).optional() }).optional(),
    additionalInformation: z.array(text(1, 105)).min(1).max(5).optional(),
  })
  .superRefine((body, context) => {
    const wrong = (code: ErrorCode, message: string, path: readonly string[]): void =>
      context.addIssue({ code: 'custom', message, path: [...path], params: { code } });
    const original = body.originalPaymentIdentifiers;
    const named = original.bankReferenceNumber ?? original.clearingSystemReference ?? original.paymentId;
    const described = original.endToEndId && original.originalValue && original.valueDate;
    if ((named ?? described) === undefined) {
      const message = 'Name a reference, or endToEndId with originalValue and valueDate.';
      wrong('10001', message, ['originalPaymentIdentifiers']);
    }
    if (body.returnType === 'PARTIAL' && body.value === undefined) {
      wrong('10001', 'Mandatory field when returnType is PARTIAL.', ['value']);
    }
    if (body.reason !== undefined && (body.reason.code === undefined) === (body.reason.proprietary === undefined)) {
      wrong('10104', 'Exactly one of code and proprietary.', ['reason']);
    }
  });

export type PaymentReturnBody = z.infer<typeof paymentReturnSchema>;
