/**
 * The shape of a payment request as the Brazilian market sends it: strict, so that a mistake is told and not swallowed.
 */
import { z } from 'zod';

const AMOUNT_FORM = 'Invalid format. Value must match this regular expression ^(\\d{1,15})\\.(\\d{2})$';

/** At most so many characters as people count them: an emoji is one. */
function upTo(most: number, least = 0) {
  return z
    .string()
    .refine((text) => [...text].length <= most, { params: { code: '10003' }, error: `At most ${most} characters.` })
    .refine((text) => text.length >= least, { params: { code: '10002' }, error: `At least ${least} character.` })
    .meta({ minLength: least, maxLength: most });
}

export const amountText = z.string().regex(/^\d{1,15}\.\d{2}$/, AMOUNT_FORM);
const someAmount = amountText.refine((value) => Number(value) > 0, {
  params: { code: '10100' },
  error: 'More than 0.00.',
});
const percentage = z
  .string()
  .regex(/^\d{1,2}\.\d{2}$/, 'Invalid format. Value must match this regular expression ^(\\d{1,2})\\.(\\d{2})$')
  .refine((value) => value !== '0.00' && value !== '00.00', {
    params: { code: '10102' },
    error: 'From 0.01 to 99.99.',
  });

const taxInformation = z
  .strictObject({ taxpayerCategory: z.enum(['INDIVIDUAL', 'CORPORATE']), taxId: z.string() })
  .refine(({ taxpayerCategory, taxId }) => (taxpayerCategory === 'INDIVIDUAL' ? /^\d{11}$/ : /^\d{14}$/).test(taxId), {
    path: ['taxId'],
    params: { code: '10103' },
    error: 'INDIVIDUAL takes 11 digits, CORPORATE 14.',
  });

function address(cityLength: number) {
  return z.strictObject({
    type: z.enum(['ADDR', 'BIZZ', 'DLVY', 'HOME', 'MLTO', 'PBOX']).optional(),
    addressLines: z.array(upTo(70)).min(1).max(7).optional(),
    city: upTo(cityLength, 1).optional(),
    state: upTo(35).optional(),
    postalCode: upTo(16).optional(),
    country: z.string().length(2).optional(),
  });
}

export const debtorSchema = z.strictObject({
  name: upTo(200, 1).optional(),
  address: address(35).optional(),
  email: z
    .strictObject({
      address: z.email().max(256),
      type: z.enum(['PRIMARY', 'SECONDARY', 'OTHER', 'UNKNOWN']).optional(),
    })
    .optional(),
  taxInformation: taxInformation.optional(),
});

export const accountSchema = z
  .strictObject({
    alternateAccountIdentifier: upTo(77, 1),
    schemeName: z.strictObject({ proprietary: z.enum(['CPF', 'CNPJ', 'EVP', 'EMAL', 'MOBN']) }),
  })
  .refine(
    ({ alternateAccountIdentifier: key, schemeName: { proprietary } }) =>
      (proprietary !== 'CPF' || /^\d{11}$/.test(key)) && (proprietary !== 'CNPJ' || /^\d{14}$/.test(key)),
    { path: ['alternateAccountIdentifier'], params: { code: '10103' }, error: 'CPF takes 11 digits, CNPJ 14.' },
  );

const creditorSchema = z.strictObject({
  account: accountSchema.optional(),
  name: upTo(25, 1).optional(),
  shortName: upTo(25, 1).optional(),
  address: address(15).optional(),
  taxInformation: taxInformation.optional(),
});

const fixedOrShare = z.strictObject({ amount: someAmount.optional(), percentage: percentage.optional() });
const days = z.enum(['CALENDAR_DAYS', 'BUSINESS_DAYS']);
const fixedOrPercentage = z.enum(['NOT_APPLICABLE', 'FIXED_AMOUNT', 'PERCENTAGE']);

const terms = {
  interestType: z
    .enum(['NOT_APPLICABLE', 'AMOUNT', 'PERCENTAGE_PER_DAY', 'PERCENTAGE_PER_MONTH', 'PERCENTAGE_PER_YEAR'])
    .optional(),
  interestParameters: fixedOrShare.extend({ days: days.optional() }).optional(),
  discountType: z
    .enum([
      'NOT_APPLICABLE',
      'FIXED_TO_DATE',
      'PERCENTAGE_TO_DATE',
      'FIXED_ADVANCE_PAYMENT',
      'PERCENTAGE_ADVANCE_PAYMENT',
    ])
    .optional(),
  discountParameters: fixedOrShare
    .extend({
      days: days.optional(),
      cutOffDetails: z
        .array(fixedOrShare.extend({ cutOffDate: z.iso.date() }))
        .max(3)
        .optional(),
    })
    .optional(),
  penaltyType: fixedOrPercentage.optional(),
  penaltyParameters: fixedOrShare.optional(),
  reductionType: fixedOrPercentage.optional(),
  reductionParameters: fixedOrShare.optional(),
};

const requestSchema = z.strictObject({
  debtor: debtorSchema.optional(),
  creditor: creditorSchema,
  expirationType: z.enum(['IMMEDIATE', 'DUE_DATE']).optional(),
  duration: z.int().min(0).max(999_999).optional(),
  paymentDueDate: z.iso.date().optional(),
  gracePeriod: z.int().min(0).max(9_999).optional(),
  currency: z.literal('BRL'),
  paymentAmount: amountText,
  isAmountAdjustable: z.boolean().optional(),
  ...terms,
  reference: upTo(140).optional(),
  additionalInformation: z
    .array(z.strictObject({ valueType: upTo(50), text: upTo(200) }))
    .max(50)
    .optional(),
});

export const paymentRequestSchema = z.strictObject({
  country: z.literal('BR'),
  request: requestSchema,
  requestMethodType: z.literal('QR_CODE'),
  requestMethod: z
    .strictObject({
      qrCodeType: z.literal('DYNAMIC').optional(),
      paymentLinkId: upTo(128, 1).optional(),
      contentType: z.enum(['IMAGE', 'TEXT_ONLY']).optional(),
      correctionLevel: z.enum(['LOW', 'MEDIUM', 'QUARTILE', 'HIGH']).optional(),
      imageWidth: z.int().min(1).max(4_000).optional(),
    })
    .optional(),
});

export type PaymentRequestBody = z.infer<typeof paymentRequestSchema>;

export const paymentLinkSchema = z.strictObject({
  expirationType: z.enum(['IMMEDIATE', 'DUE_DATE']),
  country: z.literal('BR'),
});

export const cancellationSchema = z.strictObject({
  reason: upTo(140, 1),
  metaData: z
    .array(z.strictObject({ valueType: upTo(50), text: upTo(200) }))
    .max(10)
    .optional(),
});
