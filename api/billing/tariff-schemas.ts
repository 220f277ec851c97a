/** Bodies and answers about tariffs. Whether the numbers fit together is checked by `tariffFaults`. */
import { z } from 'zod';
import { ROUNDED_AT, TAX_BASES, TIER_MODES } from '../../domain/billing/tariff.ts';
import { ROUNDINGS } from '../../domain/decimal.ts';
import { currencies } from '../../domain/money.ts';
import { amount, pageSchema, paging, text } from '../http/schema-parts.ts';

const MOST_TIERS = 100;
const MOST_TAXES = 20;

const number = z
  .string()
  .max(20)
  .meta({ examples: ['0.61'] })
  .describe('A decimal string; a price may have more digits than the currency.');

export const newTariff = z.strictObject({
  effectiveFrom: z
    .string()
    .regex(/^[12]\d{3}-\d{2}-\d{2}$/, 'must be a day: 2026-11-26')
    .describe("The first day on which it holds, in the merchant's time zone.")
    .meta({
      examples: ['2026-11-26'],
    }),
  unit: text(20).meta({ examples: ['kWh'] }),
  currency: z.enum(currencies as [string, ...string[]]).describe("The merchant's."),
  fixed: amount.optional().describe('Charged with each bill.'),
  tiers: z.strictObject({
    mode: z
      .enum(TIER_MODES)
      .describe('inclusive: the tier of the whole usage prices all of it. step: each part has the price of its tier.'),
    list: z
      .array(
        z.strictObject({
          upTo: number.optional().describe('Still in this tier. None in the last one.'),
          price: number,
        }),
      )
      .max(MOST_TIERS),
  }),
  taxes: z
    .array(
      z.strictObject({
        name: text(60),
        rate: number.describe('In per cent: "18".'),
        base: z
          .enum(TAX_BASES)
          .describe('energy: what the tiers cost. all: with the fixed charge and the minimum; never another tax.'),
      }),
    )
    .max(MOST_TAXES),
  minimum: amount.optional().describe('The least that is charged before taxes.'),
  rounding: z.strictObject({
    when: z.enum(ROUNDED_AT),
    rule: z.enum(ROUNDINGS),
  }),
});

export const tariff = newTariff.extend({ id: z.string(), version: z.number().int() });
export const tariffPage = pageSchema(tariff);
export const tariffVersions = z.strictObject({ data: z.array(tariff), next: z.null() });
export const tariffQuery = z.strictObject(paging);
