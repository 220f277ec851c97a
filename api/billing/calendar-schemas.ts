/** Bodies and answers about the calendar of business days. */
import { z } from 'zod';

const MOST_HOLIDAYS = 1_000;

export const calendar = z.strictObject({
  weekend: z
    .array(z.literal([0, 1, 2, 3, 4, 5, 6]))
    .max(7)
    .describe('Days of every week; 0 is Sunday.'),
  holidays: z.array(z.iso.date()).max(MOST_HOLIDAYS),
});
