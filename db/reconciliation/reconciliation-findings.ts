/** Findings of reconciliation runs: facts, written once for each run, kind and subject. */
import type pg from 'pg';
import { z } from 'zod';
import type { Finding } from '../../domain/reconciliation/finding.ts';
import { readRows } from '../rows.ts';

export interface WrittenFinding extends Finding {
  readonly exceptionId?: string;
}

/** One statement for a page of them; a repeat writes nothing. */
export async function insertFindings(
  client: pg.ClientBase,
  merchantId: string,
  runId: string,
  findings: readonly WrittenFinding[],
): Promise<void> {
  if (findings.length === 0) return;
  const rows = findings.map((finding) => ({
    kind: finding.kind,
    subject: finding.subject,
    sentence: finding.sentence,
    payment_request_id: finding.requestId ?? null,
    payment_link_id: finding.paymentLinkId ?? null,
    provider_link_id: finding.providerLinkId ?? null,
    end_to_end_id: finding.endToEndId ?? null,
    statement_line: finding.line ?? null,
    ours_currency: finding.ours?.amount?.currency ?? null,
    ours_minor: finding.ours?.amount?.minorUnits ?? null,
    ours_on: finding.ours?.on ?? null,
    theirs_currency: finding.theirs?.amount?.currency ?? null,
    theirs_minor: finding.theirs?.amount?.minorUnits ?? null,
    theirs_on: finding.theirs?.on ?? null,
    exception_id: finding.exceptionId ?? null,
  }));
  await client.query(
    `insert into reconciliation_finding
       (merchant_id, reconciliation_id, kind, subject, sentence, payment_request_id, payment_link_id, provider_link_id,
        end_to_end_id, statement_line, ours_currency, ours_minor, ours_on, theirs_currency, theirs_minor, theirs_on,
          exception_id)
     select $1, $2, kind, subject, sentence, payment_request_id, payment_link_id, provider_link_id,
            end_to_end_id, statement_line, ours_currency, ours_minor, ours_on, theirs_currency, theirs_minor,
              theirs_on, exception_id
       from jsonb_to_recordset($3::jsonb) as f (
         kind text, subject text, sentence text, payment_request_id text, payment_link_id text, provider_link_id text,
         end_to_end_id text, statement_line int, ours_currency text, ours_minor bigint, ours_on date,
         theirs_currency text, theirs_minor bigint, theirs_on date, exception_id text)
     on conflict do nothing`,
    [merchantId, runId, JSON.stringify(rows)],
  );
}

const findingsShape = z.object({
  kind: z.string(),
  count: z.string(),
});

/** `finding.missing-here`: how many of each kind. */
export async function countFindings(client: pg.ClientBase, runId: string): Promise<Readonly<Record<string, number>>> {
  const rows = await readRows(
    client,
    findingsShape,
    'select kind, count(*) from reconciliation_finding where reconciliation_id = $1 group by kind order by kind',
    [runId],
  );
  return Object.fromEntries(rows.map(({ kind, count }) => [kind, Number(count)]));
}
