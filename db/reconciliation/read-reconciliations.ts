/** Runs and findings as they are read over HTTP. */
import type pg from 'pg';
import { z } from 'zod';
import { isCurrency, type Money } from '../../domain/money.ts';
import { present } from '../../domain/present.ts';
import { pageOf, type Page, type PageRequest } from '../read-pages.ts';
import { HEALED, RUN_COLUMNS, runOf, type Run, runRowShape } from './reconciliations.ts';
import { readRows } from '../rows.ts';

const runsShape = runRowShape.extend({ at: z.string() });

/** Newest first. */
export async function listRuns(
  client: pg.ClientBase,
  filter: { readonly kind?: string; readonly status?: string },
  page: PageRequest,
): Promise<Page<Run>> {
  const rows = await readRows(
    client,
    runsShape,
    `select ${RUN_COLUMNS}, r.created_at::text as at from reconciliation r
      where ($1::text is null or r.kind = $1) and ($2::text is null or r.status = $2)
        and ($3::timestamptz is null or (r.created_at, r.reconciliation_id) < ($3, $4))
      order by r.created_at desc, r.reconciliation_id desc limit $5`,
    [filter.kind ?? null, filter.status ?? null, page.after?.at ?? null, page.after?.id ?? null, page.limit + 1],
  );
  return pageOf(rows, page.limit, (row) => ({ at: row.at, id: row.reconciliationId }), runOf);
}

/** The newest run that matched this statement. */
export async function newestRunOf(client: pg.ClientBase, statementId: string): Promise<Run | undefined> {
  const rows = await readRows(
    client,
    runRowShape,
    `select ${RUN_COLUMNS} from reconciliation r where r.statement_id = $1 order by r.created_at desc limit 1`,
    [statementId],
  );
  return rows[0] === undefined ? undefined : runOf(rows[0]);
}

export interface SideView {
  readonly amount?: Money;
  readonly on?: string;
}

export interface FindingView {
  readonly id: number;
  readonly kind: string;
  readonly sentence: string;
  readonly paymentRequestId?: string;
  readonly paymentLinkId?: string;
  readonly providerLinkId?: string;
  readonly endToEndId?: string;
  readonly line?: number;
  readonly ours?: SideView;
  readonly theirs?: SideView;
  readonly exceptionId?: string;
  readonly healed: boolean;
  readonly at: Date;
}

const findingRowShape = z.object({
  findingId: z.string(),
  kind: z.string(),
  sentence: z.string(),
  paymentRequestId: z.string().nullable(),
  paymentLinkId: z.string().nullable(),
  providerLinkId: z.string().nullable(),
  endToEndId: z.string().nullable(),
  statementLine: z.number().nullable(),
  oursCurrency: z.string().nullable(),
  oursMinor: z.string().nullable(),
  oursOn: z.string().nullable(),
  theirsCurrency: z.string().nullable(),
  theirsMinor: z.string().nullable(),
  theirsOn: z.string().nullable(),
  exceptionId: z.string().nullable(),
  healed: z.boolean(),
  at: z.date(),
});
type FindingRow = z.output<typeof findingRowShape>;

/** In the order in which they were found. */
export async function readFindings(
  client: pg.ClientBase,
  runId: string,
  page: { readonly kind?: string | undefined; readonly after: number; readonly limit: number },
): Promise<readonly FindingView[]> {
  const rows = await readRows(
    client,
    findingRowShape,
    `select f.finding_id, f.kind, f.sentence, f.payment_request_id, f.payment_link_id, f.provider_link_id,
            f.end_to_end_id, f.statement_line, f.ours_currency, f.ours_minor, f.ours_on::text, f.theirs_currency,
            f.theirs_minor, f.theirs_on::text, f.exception_id, f.at, ${HEALED} as healed
       from reconciliation_finding f
      where f.reconciliation_id = $1 and f.finding_id > $2 and ($3::text is null or f.kind = $3)
      order by f.finding_id limit $4`,
    [runId, page.after, page.kind ?? null, page.limit],
  );
  return rows.map(viewOf);
}

function viewOf(row: FindingRow): FindingView {
  const ours = sideOf(row.oursCurrency, row.oursMinor, row.oursOn);
  const theirs = sideOf(row.theirsCurrency, row.theirsMinor, row.theirsOn);
  return {
    id: Number(row.findingId),
    kind: row.kind,
    sentence: row.sentence,
    healed: row.healed,
    at: row.at,
    ...present({
      paymentRequestId: row.paymentRequestId,
      paymentLinkId: row.paymentLinkId,
      providerLinkId: row.providerLinkId,
      endToEndId: row.endToEndId,
      line: row.statementLine,
      exceptionId: row.exceptionId,
      ours,
      theirs,
    }),
  };
}

function sideOf(currency: string | null, minor: string | null, on: string | null): SideView | undefined {
  const amount =
    currency === null || minor === null || !isCurrency(currency)
      ? {}
      : { amount: { currency, minorUnits: BigInt(minor) } };
  const side = { ...amount, ...present({ on }) };
  return Object.keys(side).length === 0 ? undefined : side;
}
