/** The envelope of a bulk. What stands in a row is judged with the row, so that one bad row spoils no other. */
import { z } from 'zod';

const requestId = z.string().regex(/^[A-Za-z0-9]{26,35}$/, 'Invalid resource identifier format.');
const description = z.string().max(140).optional();
const MOST_ROWS = 25;

export const bulkCreationSchema = z.strictObject({
  description,
  requests: z
    .array(z.looseObject({ id: requestId.optional() }))
    .min(1)
    .max(MOST_ROWS),
});

/** An update may leave the country out, as the update of one request may. */
export const bulkUpdateSchema = z.strictObject({
  description,
  requests: z
    .array(z.looseObject({ id: requestId }).transform((row) => ({ country: 'BR', ...row })))
    .min(1)
    .max(MOST_ROWS),
});
