/** The wire form of interest, discount, penalty and reduction: a type and its parameters. */
import { z } from 'zod';

const amount = z.string().regex(/^\d{1,15}\.\d{2}$/);
const percentage = z.string().regex(/^\d{1,2}\.\d{2}$/);
const days = z.enum(['CALENDAR_DAYS', 'BUSINESS_DAYS']);
const fixedOrShare = { amount: amount.optional(), percentage: percentage.optional() };

/** Every type is sent, NOT_APPLICABLE too, because the contract does not say which absent fields survive an update. */
export const dueDateTerms = {
  interestType: z.enum([
    'NOT_APPLICABLE',
    'AMOUNT',
    'PERCENTAGE_PER_DAY',
    'PERCENTAGE_PER_MONTH',
    'PERCENTAGE_PER_YEAR',
  ]),
  interestParameters: z.strictObject({ days, ...fixedOrShare }).optional(),
  discountType: z.enum([
    'NOT_APPLICABLE',
    'FIXED_TO_DATE',
    'PERCENTAGE_TO_DATE',
    'FIXED_ADVANCE_PAYMENT',
    'PERCENTAGE_ADVANCE_PAYMENT',
  ]),
  discountParameters: z
    .strictObject({
      days: days.optional(),
      cutOffDetails: z
        .array(z.strictObject({ cutOffDate: z.iso.date(), ...fixedOrShare }))
        .min(1)
        .max(3)
        .optional(),
      ...fixedOrShare,
    })
    .optional(),
  penaltyType: z.enum(['NOT_APPLICABLE', 'FIXED_AMOUNT', 'PERCENTAGE']),
  penaltyParameters: z.strictObject(fixedOrShare).optional(),
  reductionType: z.enum(['NOT_APPLICABLE', 'FIXED_AMOUNT', 'PERCENTAGE']),
  reductionParameters: z.strictObject(fixedOrShare).optional(),
};
const written = z.strictObject(dueDateTerms);
export type TermsBody = z.infer<typeof written>;

const measure = { amount: z.string().nullish(), percentage: z.string().nullish() };
const parameters = z
  .looseObject({
    ...measure,
    days: z.string().nullish(),
    cutOffDetails: z.array(z.looseObject({ ...measure, cutOffDate: z.string() })).nullish(),
  })
  .nullish();
export type TermParametersAnswer = NonNullable<z.infer<typeof parameters>>;

export const termsAnswer = {
  interestType: z.string().nullish(),
  interestParameters: parameters,
  discountType: z.string().nullish(),
  discountParameters: parameters,
  penaltyType: z.string().nullish(),
  penaltyParameters: parameters,
  reductionType: z.string().nullish(),
  reductionParameters: parameters,
};
const read = z.looseObject({ ...termsAnswer, currency: z.string() });
export type TermsAnswer = z.infer<typeof read>;
