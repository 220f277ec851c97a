/** What is taken and given about reconciliation and statements. */
import { z } from 'zod';
import { RUN_KINDS, RUN_STATUSES } from '../../db/reconciliation/reconciliations.ts';
import { STATEMENT_FORMATS } from '../../db/reconciliation/statements.ts';
import { currencies } from '../../domain/money.ts';
import { DATE_FORMATS, DECIMAL_MARKS } from '../../domain/reconciliation/statement.ts';
import { amount, limit, pageSchema, paging, text, time, wholeParameter } from '../http/schema-parts.ts';

const runId = z.string().regex(/^[0-9a-f]{32}$/);
const kind = z.enum(RUN_KINDS);
const status = z.enum(RUN_STATUSES);

export const newReconciliation = z.strictObject({
  from: time
    .optional()
    .describe('Payment requests created from here on. As far back as money can still move when left out.'),
  to: time.optional().describe('… up to here. Now, when left out.'),
  statementId: runId.optional().describe('Matches this statement anew instead.'),
});

const side = z.strictObject({ amount: amount.nullable(), on: z.iso.date().nullable() });
export const finding = z.strictObject({
  id: z.number().int(),
  kind: z.string().meta({ examples: ['missing-here', 'amount-differs', 'became-payable', 'stray-link'] }),
  sentence: z.string(),
  paymentRequestId: z.string().nullable(),
  paymentLinkId: z.string().nullable(),
  providerLinkId: z.string().nullable(),
  endToEndId: z.string().nullable(),
  line: z.number().int().nullable().describe('Of the statement.'),
  ours: side.nullable(),
  theirs: side.nullable(),
  exceptionId: z.string().nullable().describe('The exception that owns it.'),
  healed: z.boolean().describe('It was not booked when it was found, and is booked now.'),
  at: time,
});

export const reconciliation = z.strictObject({
  id: runId,
  kind,
  status,
  because: z.string().optional().describe('Why it failed.'),
  statementId: runId.nullable(),
  from: time.nullable(),
  to: time.nullable(),
  explained: z
    .string()
    .nullable()
    .describe(
      'Null until money was looked at. Of the money that was looked at, the share that is booked under its id to the cent, in percent; of several currencies the least. Only all of it is 100.000.',
    )
    .meta({ examples: ['100.000'] }),
  money: z.array(
    z.strictObject({
      currency: z.string(),
      seen: amount,
      booked: amount,
      explained: z.string().meta({ examples: ['100.000'] }),
    }),
  ),
  counts: z.record(z.string(), z.number().int()),
  progress: z.strictObject({ part: z.string().nullable(), at: z.string().nullable(), partsDone: z.number().int() }),
  createdAt: time,
  startedAt: time.nullable(),
  finishedAt: time.nullable(),
});
export const reconciliationWithFindings = reconciliation.extend({
  findings: z.array(finding).describe('The first of them; the others stand at /findings.'),
});
export const reconciliationPage = pageSchema(reconciliation);
export const findingPage = pageSchema(finding);
export const reconciliationQuery = z.strictObject({ kind: kind.optional(), status: status.optional(), ...paging });
export const findingQuery = z.strictObject({
  kind: text(40).optional(),
  limit,
  after: wholeParameter(0, Number.MAX_SAFE_INTEGER).optional().describe('The `next` of the page before.'),
});

const column = text(100).optional();
export const statementQuery = z.strictObject({
  endToEndId: column.describe(
    "CSV: the column of the payment's end-to-end id: its name in the header, or its number from 1.",
  ),
  amount: column.describe('CSV: the column of the amount. Needed.'),
  date: column.describe('CSV: the column of the day of booking. Needed.'),
  currency: column.describe('CSV: the column of the currency. Yours when left out.'),
  description: column.describe('CSV: the column of the text.'),
  direction: column.describe('CSV: the column that says debit or credit, where amounts carry no sign.'),
  debit: text(20).optional().describe('CSV: the word of `direction` for money that went. D when left out.'),
  sign: z
    .enum(['credit-positive', 'debit-positive'])
    .optional()
    .describe('CSV: what a positive amount is, without `direction`. credit-positive, money that came, when left out.'),
  dateFormat: z.enum(DATE_FORMATS).optional().describe('CSV: yyyy-mm-dd when left out.'),
  decimal: z.enum(DECIMAL_MARKS).optional().describe('CSV: the decimal separator. A point when left out.'),
  delimiter: z.enum([',', ';', '\t', '|']).optional().describe('CSV: a comma when left out.'),
  header: z
    .enum(['true', 'false'])
    .optional()
    .describe('CSV: whether the first line names the columns. true when left out.'),
  allIn: z
    .enum(currencies as [string, ...string[]])
    .optional()
    .describe('CSV without a column of currencies: the currency of every line.'),
});

export const statement = z.strictObject({
  id: runId,
  format: z.enum(STATEMENT_FORMATS),
  lines: z.number().int(),
  from: z.iso.date().nullable(),
  to: z.iso.date().nullable(),
  bytes: z.number().int(),
  reconciliationId: runId.nullable().describe('The run that matches it.'),
  createdAt: time,
});
