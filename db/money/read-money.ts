/** Exceptions, returns and policies as they are read over HTTP. */
import type pg from 'pg';
import { z } from 'zod';
import {
  EXCEPTION_KINDS,
  usualTerms,
  type ExceptionKind,
  type ExceptionStatus,
  type Policy,
  type PolicyTerms,
  EXCEPTION_STATUSES,
  POLICIES,
} from '../../domain/money/exception.ts';
import { money, type Money, currencies } from '../../domain/money.ts';
import { present } from '../../domain/present.ts';
import type { Resolution } from './exception-rows.ts';
import { pageOf, type Page, type PageRequest } from '../read-pages.ts';
import { storedJson, readRows } from '../rows.ts';

export interface ExceptionDetail {
  readonly exceptionId: string;
  readonly kind: ExceptionKind;
  readonly status: ExceptionStatus;
  readonly sentence: string;
  readonly amount?: Money;
  readonly left?: Money;
  readonly paymentLinkId?: string;
  readonly paymentRequestId?: string;
  readonly billId?: string;
  readonly policy: Policy;
  readonly owner: string;
  readonly deadlineAt?: Date;
  readonly escalated: boolean;
  readonly resolution?: Resolution;
  readonly resolvedAt?: Date;
  readonly openedAt: Date;
}

const rowShape = z.object({
  exceptionId: z.string(),
  kind: z.enum(EXCEPTION_KINDS),
  status: z.enum(EXCEPTION_STATUSES),
  sentence: z.string(),
  currency: z.enum(currencies).nullable(),
  amountMinor: z.string().nullable(),
  leftMinor: z.string().nullable(),
  paymentLinkId: z.string().nullable(),
  paymentRequestId: z.string().nullable(),
  billId: z.string().nullable(),
  policy: z.enum(POLICIES),
  owner: z.string(),
  deadlineAt: z.date().nullable(),
  escalatedAt: z.date().nullable(),
  resolution: storedJson<Resolution>().nullable(),
  resolvedAt: z.date().nullable(),
  openedAt: z.date(),
  at: z.string(),
});
type Row = z.output<typeof rowShape>;

/** What is left is the sum of its entries: see db/money/exception-rows.ts. */
const SELECT = `select x.exception_id, x.kind, x.status, x.sentence, x.currency, x.amount_minor, x.payment_link_id,
    x.payment_request_id, x.detail->>'billId' as bill_id, x.policy, x.owner, x.deadline_at, x.escalated_at,
    x.resolution, x.resolved_at, x.opened_at, x.opened_at::text as at,
    (select (-sum(e.amount_minor))::text from ledger_transaction t join ledger_entry e using (transaction_id)
      where t.exception_id = x.exception_id and e.account = 'unapplied') as left_minor
  from exception x`;

export async function readExceptionDetail(
  client: pg.ClientBase,
  exceptionId: string,
): Promise<ExceptionDetail | undefined> {
  const rows = await readRows(client, rowShape, `${SELECT} where x.exception_id = $1`, [exceptionId]);
  return rows[0] === undefined ? undefined : detailOf(rows[0]);
}

interface ExceptionFilter {
  readonly status?: string | undefined;
  readonly kind?: string | undefined;
  readonly paymentLinkId?: string | undefined;
  readonly paymentRequestId?: string | undefined;
}

/** Newest first. */
export async function listExceptionDetails(
  client: pg.ClientBase,
  filter: ExceptionFilter,
  page: PageRequest,
): Promise<Page<ExceptionDetail>> {
  const rows = await readRows(
    client,
    rowShape,
    `${SELECT}
      where ($1::text is null or x.status = $1) and ($2::text is null or x.kind = $2)
        and ($3::text is null or x.payment_link_id = $3) and ($4::text is null or x.payment_request_id = $4)
        and ($5::timestamptz is null or (x.opened_at, x.exception_id) < ($5, $6))
      order by x.opened_at desc, x.exception_id desc limit $7`,
    [
      filter.status ?? null,
      filter.kind ?? null,
      filter.paymentLinkId ?? null,
      filter.paymentRequestId ?? null,
      page.after?.at ?? null,
      page.after?.id ?? null,
      page.limit + 1,
    ],
  );
  return pageOf(rows, page.limit, (row) => ({ at: row.at, id: row.exceptionId }), detailOf);
}

function detailOf(row: Row): ExceptionDetail {
  const { currency } = row;
  const amountOf = (minor: string | null) =>
    currency === null || minor === null ? undefined : money(BigInt(minor), currency);
  const amount = amountOf(row.amountMinor);
  const left = amountOf(row.leftMinor);
  return {
    exceptionId: row.exceptionId,
    kind: row.kind,
    status: row.status,
    sentence: row.sentence,
    policy: row.policy,
    owner: row.owner,
    escalated: row.escalatedAt !== null,
    openedAt: row.openedAt,
    ...present({
      amount,
      left,
      paymentLinkId: row.paymentLinkId,
      paymentRequestId: row.paymentRequestId,
      billId: row.billId,
      deadlineAt: row.deadlineAt,
      resolution: row.resolution,
      resolvedAt: row.resolvedAt,
    }),
  };
}

const policiesShape = z.object({
  kind: z.string(),
  policy: z.enum(POLICIES),
  deadlineSeconds: z.number(),
  owner: z.string(),
});

/** For every kind, the merchant's newest policy or the default. */
export async function listPolicies(
  client: pg.ClientBase,
): Promise<readonly (PolicyTerms & { readonly kind: ExceptionKind })[]> {
  const rows = await readRows(
    client,
    policiesShape,
    'select distinct on (kind) kind, policy, deadline_seconds, owner from exception_policy order by kind, policy_id desc',
  );
  return EXCEPTION_KINDS.map((kind) => {
    const said = rows.find((row) => row.kind === kind);
    if (said === undefined) return { kind, ...usualTerms(kind) };
    return { kind, policy: said.policy, deadlineSeconds: said.deadlineSeconds, owner: said.owner };
  });
}

interface NewPolicy extends PolicyTerms {
  readonly kind: ExceptionKind;
  readonly actor: string;
  readonly reason: string;
}

/** Applies to exceptions opened from now on; earlier policies stay readable. */
export async function insertPolicy(client: pg.ClientBase, merchantId: string, policy: NewPolicy): Promise<void> {
  const { kind, policy: name, deadlineSeconds, owner, actor, reason } = policy;
  await client.query(
    `insert into exception_policy (merchant_id, kind, policy, deadline_seconds, owner, actor, reason)
     values ($1, $2, $3, $4, $5, $6, $7)`,
    [merchantId, kind, name, deadlineSeconds, owner, actor, reason],
  );
}
