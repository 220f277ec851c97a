/** The wire of the returns API: strict for what we send, tolerant for what we read. */
import { z } from 'zod';

function upTo(most: number) {
  return z
    .string()
    .min(1)
    .refine((text) => Array.from(text).length <= most);
}

export const returnBody = z.strictObject({
  paymentType: z.literal('RTP'),
  country: z.literal('BR'),
  originalPaymentIdentifiers: z.strictObject({ clearingSystemReference: z.string().min(1).max(50) }),
  paymentIdentifiers: z.strictObject({ endToEndId: z.string().regex(/^[0-9a-f]{32}$/) }),
  returnType: z.enum(['FULL', 'PARTIAL']),
  value: z.strictObject({
    amount: z
      .string()
      .regex(/^\d{1,15}\.\d{2}$/)
      .refine((amount) => /[1-9]/.test(amount)),
    currency: z.string().regex(/^[A-Z]{3}$/),
  }),
  reason: z.strictObject({ proprietary: upTo(35) }).optional(),
  additionalInformation: z.array(upTo(105)).min(1).max(5).optional(),
});
export type ReturnBody = z.infer<typeof returnBody>;

const id = z.string().min(1).max(128);
const paymentIdentifiers = z.looseObject({ endToEndId: id.nullish() }).nullish();
const code = z.string().max(10).nullish().catch(undefined);

export const returnAnswer = z.looseObject({
  returnId: id,
  returnStatus: z.string(),
  paymentIdentifiers,
  value: z.looseObject({ amount: z.string().nullish(), currency: z.string().nullish() }).nullish(),
  /** Only for people: reasons that cannot be read never hide how the return stands. */
  exceptions: z
    .array(z.looseObject({ code, additionalContext: z.array(z.looseObject({ code })).nullish().catch(undefined) }))
    .nullish()
    .catch(undefined),
});
export type ReturnAnswer = z.infer<typeof returnAnswer>;

export const duplicateAnswer = z.looseObject({ duplicateOf: z.looseObject({ returnId: id, paymentIdentifiers }) });
