/**
 * The terms of a bill in bodies and answers. What two members say together is judged by the domain, which names the
 * wrong one.
 */
import { z } from 'zod';
import { DAY_COUNTS } from '../../domain/calendar.ts';
import { RATE_PERIODS } from '../../domain/money/bill-terms.ts';
import { amount } from '../http/schema-parts.ts';

const percentage = z
  .string()
  .max(5)
  .describe('From 0.01 to 99.99, a decimal string.')
  .meta({ examples: ['2.00'] });
const days = z
  .enum(DAY_COUNTS)
  .optional()
  .describe(
    'Which days are counted. calendar when left out; a rate is for 30 of them a month, 360 a year, or 21 and 252.',
  );
const fixedOrShare = { amount: amount.optional(), percentage: percentage.optional() };

const interest = z
  .strictObject({
    amountPerDay: amount.optional(),
    percentage: percentage.optional(),
    per: z.enum(RATE_PERIODS).optional().describe('Of a percentage.'),
    days,
  })
  .describe('For each day after the due date: amountPerDay, or percentage and per.');
const penalty = z.strictObject(fixedOrShare).describe('Once, for paying late: amount or percentage.');
const discount = z
  .strictObject({
    until: z
      .array(z.strictObject({ date: z.iso.date(), ...fixedOrShare }))
      .min(1)
      .max(3)
      .optional()
      .describe(
        'Up to and with each day, the earliest first, none after the due date; all amounts or all percentages.',
      ),
    amountPerDay: amount.optional().describe('For each day before the due date.'),
    percentagePerDay: percentage.optional().describe('For each day before the due date.'),
    days,
  })
  .describe('For paying early: until, amountPerDay or percentagePerDay.');
const reduction = z.strictObject(fixedOrShare).describe('Whenever it is paid: amount or percentage.');

const graceDays = z
  .number()
  .int()
  .min(0)
  .max(999)
  .optional()
  .describe('Days after the due date on which it can be paid.');

export const terms = z
  .strictObject({
    graceDays,
    interest: interest.optional(),
    penalty: penalty.optional(),
    discount: discount.optional(),
    reduction: reduction.optional(),
  })
  .describe(
    'Bill only. Percentages are of the amount less its reduction; a due date on a day off counts as the next business day.',
  );

/** Terms of an account, for all its bills: due dates differ, so discounts until fixed dates are not allowed. */
export const standingTerms = z
  .strictObject({
    interest: interest.optional(),
    penalty: penalty.optional(),
    discount: discount.omit({ until: true }).optional().describe('For paying early: amountPerDay or percentagePerDay.'),
    reduction: reduction.optional(),
  })
  .describe('Percentages are of the amount less its reduction.');

export const termsChange = z
  .strictObject({
    graceDays: graceDays.describe('Together with dueDate.'),
    interest: interest.nullable().optional(),
    penalty: penalty.nullable().optional(),
    discount: discount.nullable().optional(),
    reduction: reduction.nullable().optional(),
  })
  .describe('Bill only. A term that is left out stays as it is; null takes it away.');
