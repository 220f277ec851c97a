/**
 * Bodies, queries and answers about meter readings. Each row of an upload is parsed by `parseReading` and refused
 * alone.
 */
import { z } from 'zod';
import { OUTCOMES, ROW_RESULTS } from '../../../db/billing/reading-uploads.ts';
import { READING_KINDS } from '../../../domain/billing/reading.ts';
import { limit, pageSchema, text, wholeParameter } from '../../http/schema-parts.ts';

export const MOST_READINGS = 10_000;

const readingKey = z.strictObject({ deviceId: text(64), sequence: z.number().int().min(1) });

export const newReading = readingKey.extend({
  meterId: text(40),
  value: z
    .string()
    .describe('What the register shows, as it is written there.')
    .meta({ examples: ['00120', '120.5'] }),
  readAt: z.iso.datetime({ offset: true }).describe('RFC 3339 with its offset, not in the future.'),
  kind: z.enum(READING_KINDS),
  photoSha256: z.string().optional().describe('64 hex digits.'),
  corrects: readingKey.optional().describe('The reading that this one replaces.'),
});

/** The rows are validated one by one later, so that a bad one does not refuse the others. */
export const readingList = z.strictObject({
  readings: z
    .array(z.unknown())
    .min(1, 'there is no reading in it')
    .max(MOST_READINGS, `at most ${MOST_READINGS} readings at once: nothing of it was stored`),
});

export const newReadings = z.strictObject({ readings: z.array(newReading).min(1).max(MOST_READINGS) });
export const readingsCsv = z
  .string()
  .describe(
    `A header line with deviceId, sequence, meterId, value, readAt, kind, and where needed photoSha256, correctsDeviceId, correctsSequence, in any order, with commas or semicolons; at most ${MOST_READINGS} rows.`,
  );

const line = z.number().int().describe('Of the file, where the header is line 1; in a JSON list the first one is 1.');
const result = z
  .enum(ROW_RESULTS)
  .describe('conflict: another reading claims its number; both are kept and neither is used.');
const errors = z.array(z.strictObject({ column: z.string(), detail: z.string() }));
const count = z.number().int();

export const readingUpload = z.strictObject({
  id: z.string().regex(/^[0-9a-f]{32}$/),
  rows: z.strictObject({ total: count, stored: count, repeat: count, conflict: count, refused: count }),
  results: z.array(z.strictObject({ line, result, errors: errors.optional() })),
  gaps: z
    .array(z.strictObject({ deviceId: z.string(), from: count, to: count }))
    .describe('Numbers of these devices that never arrived, now: at most a hundred gaps.'),
});

const outcome = z.enum(OUTCOMES);

export const readingRow = z.strictObject({
  line,
  result,
  errors: errors.nullable(),
  deviceId: z.string().nullable(),
  sequence: count.nullable(),
  meterId: z.string().nullable(),
  accountId: z.string().nullable(),
  outcome: outcome.describe('What has become of it. A row that was not stored is refused.'),
  because: z.string().nullable(),
  billId: z.string().nullable(),
  exceptionId: z.string().nullable().describe('Who decides about its bill, while that is held.'),
});
export const readingRowPage = pageSchema(readingRow);
export const readingRowQuery = z.strictObject({
  outcome: outcome.optional(),
  limit,
  after: wholeParameter(0, 2_147_483_647).optional().describe('The `next` of the page before.'),
});
