/** Bodies, queries and answers about the accounts of a utility, their meters, and its logo. */
import { z } from 'zod';
import { languages } from '../../../domain/billing/account.ts';
import { BILL_STATUSES } from '../../../domain/billing/bill.ts';
import { amount, limit, pageSchema } from '../../http/schema-parts.ts';
import { standingTerms } from '../../links/terms-schemas.ts';

/** Wider than the domain's limits, so that the domain refuses it and names the rule. */
const written = (most: number) => z.string().max(most);
const decimalText = (example: string) =>
  z
    .string()
    .max(30)
    .meta({ examples: [example] });
const whole = (least: number, most: number) => z.number().int().min(least).max(most);
const offsetTime = z.string().max(40).describe('RFC 3339 with its offset.');

const rules = {
  dueInDays: whole(0, 365).optional().describe('From the reading that ends a bill to its due date. 10 when left out.'),
  graceDays: whole(0, 999).optional().describe('Days after the due date on which it can be paid. 30 when left out.'),
  terms: standingTerms.optional(),
  limits: z
    .strictObject({
      timesTheNorm: decimalText('3').optional(),
      periods: whole(1, 60).optional(),
      estimatesInARow: whole(1, 60).optional(),
    })
    .optional()
    .describe(
      'What is held for a person: above so many times the median of so many periods, at so many estimates in a row.',
    ),
};

export const accountBody = z.strictObject({
  holder: written(200),
  taxId: written(20).optional().describe('CPF or CNPJ; its check digits are tested.'),
  address: z.array(written(200)).describe('1 to 6 lines, as they stand on the bill.'),
  language: z.enum(languages),
  tariffId: written(50),
  ...rules,
});

const register = z.strictObject({ value: z.string(), at: z.string() });
const newRegister = z.strictObject({
  value: written(20).describe('As the register shows it: "00120".'),
  at: offsetTime,
});

export const meter = z.strictObject({
  id: z.string(),
  accountId: z.string(),
  digits: z.number().int(),
  decimals: z.number().int(),
  multiplier: z.string(),
  installed: register,
  removed: register.nullable(),
});

export const meterBody = z.strictObject({
  accountId: written(40),
  digits: z.number().describe('Before the point: five roll over from 99999 to 0.'),
  decimals: z.number().optional().describe('0 when left out.'),
  multiplier: decimalText('1').optional().describe('Units used for each unit shown. 1 when left out.'),
  installed: newRegister,
  removed: newRegister.optional().describe('Ends its time at this account.'),
});

const newestBill = z
  .strictObject({
    id: z.string(),
    number: z.number().int(),
    revision: z.number().int(),
    status: z.enum(BILL_STATUSES),
    total: amount.describe('May be below zero.'),
  })
  .describe('The newest; null before the first.');

export const account = z.strictObject({
  id: z.string(),
  holder: z.string(),
  taxId: z.string().nullable().describe('Masked.'),
  address: z.array(z.string()),
  language: z.enum(languages),
  tariffId: z.string(),
  dueInDays: z.number().int(),
  graceDays: z.number().int(),
  terms: standingTerms.optional(),
  limits: z.strictObject({ timesTheNorm: z.string(), periods: z.number().int(), estimatesInARow: z.number().int() }),
  paymentLinkId: z.string().nullable(),
  shortCode: z.string().nullable(),
  meters: z.array(meter),
  bill: newestBill.nullable(),
});

export const accountInRound = z
  .strictObject({
    id: z.string(),
    holder: z.string(),
    address: z.array(z.string()),
    shortCode: z.string().nullable(),
    printedCode: z.string().nullable().describe('The text of its QR code.'),
    paymentLinkId: z.string().nullable(),
    meters: z.array(z.strictObject({ id: z.string(), digits: z.number().int(), decimals: z.number().int() })),
  })
  .describe('What a meter reader takes along; the meters are those in service.');

export const accountPage = pageSchema(accountInRound);

export const accountQuery = z.strictObject({
  batchId: z
    .string()
    .regex(/^[0-9a-f]{32}$/)
    .optional()
    .describe('Those of a batch of bills, in the order of its lines.'),
  shortCode: z.string().max(40).optional().describe('As a person types it.'),
  limit,
  after: z
    .string()
    .regex(/^[A-Za-z0-9][A-Za-z0-9._-]{0,39}$/, 'must be the `next` of a page')
    .optional()
    .describe('The `next` of the page before.'),
});

export const logo = z.strictObject({ sha256: z.string(), bytes: z.number().int() });
