/**
 * Every list of words that stands twice: as a check in the schema, and as the `as const` list that the code's type
 * comes from. The one place where the two are put side by side.
 */
import type pg from 'pg';
import { COMMAND_KINDS } from '../../db/links/command-intake.ts';
import { REVISION_STATES } from '../../db/links/request-rows.ts';
import { TRANSACTION_KINDS } from '../../db/money/ledger.ts';
import { RETURN_ORIGINS, RETURN_STATUSES } from '../../db/money/returns.ts';
import { BATCH_STATUSES } from '../../db/billing/bill-batches.ts';
import { OUTCOMES, ROW_RESULTS, UPLOAD_FORMATS } from '../../db/billing/reading-uploads.ts';
import { RUN_KINDS, RUN_STATUSES } from '../../db/reconciliation/reconciliations.ts';
import { STATEMENT_FORMATS } from '../../db/reconciliation/statements.ts';
import { languages } from '../../domain/billing/account.ts';
import { rowStatuses } from '../../domain/billing/batch-progress.ts';
import { BILL_STATUSES } from '../../domain/billing/bill.ts';
import { READING_KINDS } from '../../domain/billing/reading.ts';
import { LINK_STATUSES } from '../../domain/links/link-events.ts';
import { LINK_KINDS } from '../../domain/money/charge.ts';
import { REQUEST_STATUSES } from '../../domain/money/check-schedule.ts';
import { BILL_DECISIONS, EXCEPTION_KINDS, EXCEPTION_STATUSES, POLICIES } from '../../domain/money/exception.ts';
import { BALANCED, SETTLEMENT_KINDS } from '../../domain/money/settlement.ts';

type Lists = Readonly<Record<string, readonly string[]>>;

/** By table and column; a generated column by its own name. */
export const UNION_LISTS: Lists = {
  'bill.status': BILL_STATUSES,
  'bill_batch.status': BATCH_STATUSES,
  'bill_batch_row.status': rowStatuses,
  'bill_decision.decision': BILL_DECISIONS,
  'command.kind': COMMAND_KINDS,
  'exception.kind': EXCEPTION_KINDS,
  'exception.policy': POLICIES,
  'exception.status': EXCEPTION_STATUSES,
  'exception_policy.policy': POLICIES,
  'ledger_transaction.balanced': BALANCED,
  'ledger_transaction.kind': TRANSACTION_KINDS,
  'ledger_transaction.settles': SETTLEMENT_KINDS,
  'meter_reading.kind': READING_KINDS,
  'meter_reading.outcome': OUTCOMES,
  'money_return.origin': RETURN_ORIGINS,
  'money_return.status': RETURN_STATUSES,
  'payment_link.kind': LINK_KINDS,
  'payment_link.status': LINK_STATUSES,
  'payment_request.status': REQUEST_STATUSES,
  'reading_upload.format': UPLOAD_FORMATS,
  'reading_upload_row.result': ROW_RESULTS,
  'reconciliation.kind': RUN_KINDS,
  'reconciliation.status': RUN_STATUSES,
  'request_revision.state': REVISION_STATES,
  'service_account.language': languages,
  'statement.format': STATEMENT_FORMATS,
};

interface WordCheck {
  /** "payment_link.kind"; of a domain or an enum, its name. */
  readonly at: string;
  readonly words: readonly string[];
}

/** `column in ('a', 'b')` as Postgres writes it down, and `column = 'a'`, which is a list of one. */
const IN_WORDS = /^\(+(?<column>\w+) = (?:ANY \(ARRAY\[(?<many>[^\]]+)\]\)|(?<one>'(?:[^']|'')*'::\w+))\)+$/;

/**
 * Undefined: an expression of another form. One that lists words and is not understood is an error, never passed over.
 */
export function wordsOf(
  expression: string,
): { readonly column: string; readonly words: readonly string[] } | undefined {
  const { column, many, one } = IN_WORDS.exec(expression)?.groups ?? {};
  const listed = [...(many ?? one ?? '').matchAll(/'((?:[^']|'')*)'::/g)].map(([, word = '']) => word);
  if (column !== undefined && listed.length > 0) return { column, words: listed };
  if (expression.includes("ARRAY['"))
    throw new Error(`a check of words in a form that this test cannot read: ${expression}`);
  return undefined;
}

/** All of a schema's: checks of tables and of domains, enums, and generated columns that are true for some words. */
export async function wordChecks(client: pg.ClientBase): Promise<readonly WordCheck[]> {
  const { rows } = await client.query<{ owner: string; generated: string | null; expression: string }>(
    `select coalesce(r.relname, t.typname) as owner, null as generated,
            regexp_replace(pg_get_constraintdef(c.oid), '^CHECK | NOT VALID$', '', 'g') as expression
       from pg_constraint c left join pg_class r on r.oid = c.conrelid left join pg_type t on t.oid = c.contypid
      where c.contype = 'c' and c.connamespace = 'public'::regnamespace
     union all
     select r.relname, a.attname, pg_get_expr(d.adbin, d.adrelid)
       from pg_attrdef d join pg_class r on r.oid = d.adrelid
            join pg_attribute a on a.attrelid = d.adrelid and a.attnum = d.adnum
      where a.attgenerated <> '' and r.relnamespace = 'public'::regnamespace`,
  );
  const enums = await client.query<{ at: string; words: readonly string[] }>(
    `select t.typname as at, array_agg(e.enumlabel::text order by e.enumsortorder) as words
       from pg_type t join pg_enum e on e.enumtypid = t.oid
      where t.typnamespace = 'public'::regnamespace group by t.typname`,
  );
  const found = rows.flatMap(({ owner, generated, expression }) => {
    const read = wordsOf(expression);
    if (read === undefined) return [];
    const place = generated ?? read.column;
    return [{ at: place === 'VALUE' ? owner : `${owner}.${place}`, words: read.words }];
  });
  return [...found, ...enums.rows].toSorted((a, b) => (a.at < b.at ? -1 : 1));
}

/** Where the schema and the lists differ, in sentences. The order of the words does not count. */
export function differences(checks: readonly WordCheck[], lists: Lists): readonly string[] {
  const checked = new Set(checks.map(({ at }) => at));
  return [
    ...checks.flatMap(({ at, words }) => {
      const list = Object.hasOwn(lists, at) ? lists[at] : undefined;
      if (list === undefined)
        return [`${at}: the schema checks it against ${words.join(', ')}, and no list is named for it`];
      return [
        ...list.filter((word) => !words.includes(word)).map((word) => `${at}: the schema refuses '${word}'`),
        ...words.filter((word) => !list.includes(word)).map((word) => `${at}: only the schema knows '${word}'`),
      ];
    }),
    ...Object.keys(lists)
      .filter((at) => !checked.has(at))
      .map((at) => `${at}: nothing in the schema checks it`),
  ];
}
