/**
 * The bank's wire, in its own words: strict for what we send, tolerant for what we read (unknown fields pass, every
 * field of `requestMethod` may be missing). Written from the published contract; nothing outside this folder knows
 * these shapes.
 */
import { z } from 'zod';
import { dueDateTerms, termsAnswer } from './terms-schemas.ts';

// ── What we send ────────────────────────────────────────────────────────────────────────────────────────────────────

/** Characters as people count them: an emoji is one. */
function upTo(most: number) {
  return z
    .string()
    .min(1)
    .refine((text) => Array.from(text).length <= most);
}

export const ACCOUNT_SCHEMES = ['CNPJ', 'CPF', 'EVP', 'EMAL', 'MOBN'] as const;

const content = {
  creditor: z.strictObject({
    account: z.strictObject({
      alternateAccountIdentifier: z.string().min(1).max(77),
      schemeName: z.strictObject({ proprietary: z.enum(ACCOUNT_SCHEMES) }),
    }),
    name: upTo(25),
    address: z.strictObject({ city: upTo(15), country: z.literal('BR') }),
  }),
  currency: z.enum(['BRL', 'SGD', 'HKD']),
  paymentAmount: z.string().regex(/^\d{1,15}\.\d{2}$/),
  reference: upTo(140).optional(),
  additionalInformation: z
    .array(z.strictObject({ valueType: upTo(50), text: upTo(200) }))
    .max(50)
    .optional(),
};

export const requestBody = z.strictObject({
  country: z.literal('BR'),
  request: z.discriminatedUnion('expirationType', [
    z.strictObject({
      expirationType: z.literal('IMMEDIATE'),
      duration: z.int().min(0).max(999_999),
      isAmountAdjustable: z.literal(false),
      ...content,
    }),
    z.strictObject({
      expirationType: z.literal('DUE_DATE'),
      paymentDueDate: z.iso.date(),
      gracePeriod: z.int().min(0),
      ...dueDateTerms,
      ...content,
    }),
  ]),
  requestMethodType: z.literal('QR_CODE'),
  requestMethod: z.strictObject({
    qrCodeType: z.literal('DYNAMIC'),
    contentType: z.literal('TEXT_ONLY'),
    paymentLinkId: z.string().min(1).max(128),
  }),
});
export type RequestBody = z.infer<typeof requestBody>;

/** Dynamic codes with a due date only. Our own ids come with the rows, so that a repeat can make nothing twice. */
export const bulkBody = z.strictObject({
  description: upTo(140).optional(),
  requests: z
    .array(requestBody.extend({ id: z.string().regex(/^[A-Za-z0-9]{26,35}$/) }))
    .min(1)
    .max(25),
});

export const linkBody = z.strictObject({
  expirationType: z.enum(['IMMEDIATE', 'DUE_DATE']),
  country: z.literal('BR'),
});

export const cancelBody = z.strictObject({ reason: z.string().min(1).max(140) });

/** The dots are part of the names. The body has no cursor: one pages by narrowing the range. */
export const searchBody = z.strictObject({
  'createdDate.gte': z.iso.datetime(),
  'createdDate.lte': z.iso.datetime(),
  bulkId: z.string().optional(),
  pageSize: z.int().min(1).max(99),
});

// ── What we read ────────────────────────────────────────────────────────────────────────────────────────────────────

/** The samples know instants without an offset. They are UTC, and are made to say so. */
const instant = z
  .string()
  .regex(/^\d{4}-\d\d-\d\dT\d\d:\d\d(:\d\d(\.\d+)?)?([Zz]|[+-]\d\d:?\d\d)?$/)
  .transform((text) => (/([Zz]|[+-]\d\d:?\d\d)$/.test(text) ? text : `${text}Z`));

const id = z.string().min(1).max(128);

export const linkAnswer = z.looseObject({
  id,
  expirationType: z.string(),
  url: z.string().min(1),
  createdAt: instant,
  paymentRequestId: id.nullish(),
});
export type LinkAnswer = z.infer<typeof linkAnswer>;

/** Each item is read by itself, so that one that is not ours to read does not hide the others. */
export const linksAnswer = z.looseObject({
  paymentLinks: z.array(z.unknown()),
  metadata: z.looseObject({ cursor: z.looseObject({ next: z.string().nullish() }).nullish() }).nullish(),
});

export const searchAnswer = z.looseObject({ requests: z.array(z.unknown()) });

const payment = z.looseObject({
  endToEndId: id.nullish(),
  currency: z.string().nullish(),
  amount: z.string().nullish(),
  interest: z.string().nullish(),
  penalty: z.string().nullish(),
  discount: z.string().nullish(),
  reduction: z.string().nullish(),
  settledAt: instant.nullish(),
});
export type PaymentAnswer = z.infer<typeof payment>;

const moneyBack = z.looseObject({
  id: id.nullish(),
  referenceId: id.nullish(),
  currency: z.string().nullish(),
  amount: z.string(),
  status: z.string(),
  statusReason: z.string().max(140).nullish().catch(undefined),
});
export type MoneyBackAnswer = z.infer<typeof moneyBack>;

export const requestAnswer = z.looseObject({
  id,
  revisionNumber: z.int().min(0),
  status: z.string(),
  request: z.looseObject({
    expirationType: z.string().nullish(),
    duration: z.int().nullish(),
    paymentDueDate: z.string().nullish(),
    gracePeriod: z.int().nullish(),
    ...termsAnswer,
    currency: z.string(),
    paymentAmount: z.string(),
    reference: z.string().nullish(),
    additionalInformation: z
      .array(z.looseObject({ valueType: z.string().nullish(), text: z.string().nullish() }))
      .nullish(),
  }),
  requestMethod: z.looseObject({ paymentLink: z.looseObject({ id: id.nullish() }).nullish() }).nullish(),
  createdAt: instant,
  updatedAt: instant.nullish(),
  expiresAt: instant.nullish(),
  settlementSummary: z.looseObject({ payment: payment.nullish(), returns: z.array(moneyBack).nullish() }).nullish(),
});
export type RequestAnswer = z.infer<typeof requestAnswer>;

/** Every field may be missing; `title` is what tells the bank's own answer from a proxy's page. */
export const errorAnswer = z.looseObject({
  title: z.string(),
  traceId: z.string().nullish().catch(undefined),
  context: z
    .array(z.looseObject({ code: z.string().nullish().catch(undefined), field: z.string().nullish().catch(undefined) }))
    .nullish()
    .catch(undefined),
});

export const bulkAnswer = z.looseObject({ id });

/** A bulk without rows in its answer decides no row. */
export const bulkDetails = z.looseObject({
  id,
  details: z
    .array(
      z.looseObject({
        id,
        status: z.string(),
        exceptions: z
          .array(
            z.looseObject({
              code: z.string().nullish().catch(undefined),
              field: z.string().nullish().catch(undefined),
            }),
          )
          .nullish()
          .catch(undefined),
      }),
    )
    .min(1),
});
export type BulkDetail = z.infer<typeof bulkDetails>['details'][number];

export const cancelAnswer = z.looseObject({});

export const tokenAnswer = z.looseObject({
  access_token: z.string().regex(/^[\x21-\x7e]+$/),
  expires_in: z.coerce.number().positive(),
});

/** A callback. The status is any word here: one that we do not know is still a reason to read the request. */
export const statusEvent = z.looseObject({
  id: z.string().regex(/^[\w.-]{1,64}$/),
  status: z.string().catch(''),
  endToEndId: z
    .string()
    .regex(/^[\x21-\x7e]{1,64}$/)
    .nullish()
    .catch(undefined),
});
