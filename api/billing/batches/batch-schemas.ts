/** Queries and answers about batches of bills. The file itself is described by its columns, and judged line by line. */
import { z } from 'zod';
import { BATCH_STATUSES } from '../../../db/billing/bill-batches.ts';
import { rowStatuses } from '../../../domain/billing/batch-progress.ts';
import { BILL_LEVELS, BILL_SHEETS } from '../../../domain/billing/bill-layout.ts';
import { limit, pageSchema, paging, time, wholeParameter } from '../../http/schema-parts.ts';

const batchId = z.string().regex(/^[0-9a-f]{32}$/);
const kind = z.enum(BILL_SHEETS);
const level = z.enum(BILL_LEVELS);

export const newBatchQuery = z.strictObject({
  name: z
    .string()
    .max(100)
    .regex(/^(?=.*\S)[^\p{Cc}\p{Cs}]+$/u, 'must say something')
    .describe('For people: "March 2027". A PDF reader shows it on top of its window.'),
  kind: kind.optional().describe('One bill on a page, or 24 stickers. a4 when left out.'),
  level: level.optional().describe('Error correction. Q when left out.'),
  moduleMillimetres: z
    .string()
    .regex(/^\d{1,2}(\.\d{1,3})?$/, 'must be a number')
    .transform(Number)
    .pipe(z.number())
    .optional()
    .describe('Side of one module of the code. 1.1 on a4 and 0.4 on stickers when left out.'),
  pagesPerFile: wholeParameter(0, 1_000_000).optional().describe('500 when left out.'),
  tariffId: z
    .string()
    .regex(/^[A-Za-z0-9_-]{1,50}$/)
    .optional()
    .describe('The tariff of lines that name none.'),
  dueInDays: wholeParameter(0, 365)
    .optional()
    .describe('Of every account in the file. As it was, or 10, when left out.'),
  graceDays: wholeParameter(0, 999)
    .optional()
    .describe('Of every account in the file. As it was, or 30, when left out.'),
});

const count = z.number().int();

export const billBatch = z.strictObject({
  id: batchId,
  name: z.string(),
  status: z.enum(BATCH_STATUSES),
  because: z.string().optional().describe('Why it failed. The same upload with the same key goes on.'),
  layout: z.strictObject({ kind, level, moduleMillimetres: z.number(), pagesPerFile: count }),
  rows: z
    .strictObject({ total: count, waiting: count, opened: count, reused: count, refused: count, failed: count })
    .describe(
      'opened: a code was made for it. reused: it has its code from before. refused: the line. failed: the provider.',
    ),
  secondsLeft: count.nullable().describe('At the pace so far; null while nothing is under way.'),
  files: z
    .array(z.strictObject({ number: count, bills: count, url: z.string() }))
    .describe('Once it has finished. An address is the same bytes on every call.'),
  createdAt: time,
  startedAt: time.nullable(),
  finishedAt: time.nullable(),
});

export const batchRow = z.strictObject({
  line: count.describe('Of the file; the header of a CSV is line 1.'),
  accountId: z.string().nullable(),
  status: z.enum(rowStatuses),
  errors: z.array(z.strictObject({ column: z.string(), detail: z.string() })),
  paymentLinkId: z.string().nullable(),
  shortCode: z.string().nullable(),
});

export const batchPage = pageSchema(billBatch);
export const batchRowPage = pageSchema(batchRow);
export const batchesQuery = z.strictObject(paging);
export const batchRowQuery = z.strictObject({
  status: z.enum(rowStatuses).optional(),
  limit,
  after: wholeParameter(0, 999_999_999).optional().describe('The `next` of the page before.'),
});
