/** What the schemas of this API are made of. */
import { z } from 'zod';
import { currencies } from '../../domain/money.ts';

export const text = (most: number) => z.string().min(1, { abort: true }).max(most).regex(/\S/, 'must say something');
export const time = z.iso.datetime().describe('RFC 3339, UTC');
export const wholeParameter = (least: number, most: number) =>
  z
    .string()
    .regex(/^\d{1,15}$/, 'must be a whole number')
    .transform(Number)
    .pipe(z.number().int().min(least).max(most));

export const amount = z
  .strictObject({
    currency: z.enum(currencies as [string, ...string[]]).meta({ examples: ['BRL'] }),
    value: z
      .string()
      .max(20)
      .meta({ examples: ['24.90'] }),
  })
  .describe("A decimal string with exactly the currency's digits, never a number.");

export const requestId = z.string().regex(/^[0-9a-f]{32}$/);

export const pageSchema = <T extends z.ZodType>(item: T) =>
  z.strictObject({ data: z.array(item), next: z.string().nullable() });

export const limit = wholeParameter(1, 100).optional().describe('At most so many. 25 when left out.');
export const paging = { limit, after: z.string().max(200).optional().describe('The `next` of the page before.') };
