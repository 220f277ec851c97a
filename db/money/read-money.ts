/** Exceptions, returns and policies as they are read over HTTP. */
import type pg from 'pg';
import {
  EXCEPTION_KINDS,
  usualTerms,
  type ExceptionKind,
  type ExceptionStatus,
  type Policy,
  type PolicyTerms,
} from '../../domain/money/exception.ts';
import { money, type Currency, type Money } from '../../domain/money.ts';
import { present } from '../../domain/present.ts';
import type { Resolution } from './exception-rows.ts';
import { pageOf, type Page, type PageRequest } from '../read-pages.ts';

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

interface Row {
  exception_id: string;
  kind: ExceptionKind;
  status: ExceptionStatus;
  sentence: string;
  currency: Currency | null;
  amount_minor: string | null;
  left_minor: string | null;
  payment_link_id: string | null;
  payment_request_id: string | null;
  bill_id: string | null;
  policy: Policy;
  owner: string;
  deadline_at: Date | null;
  escalated_at: Date | null;
  resolution: Resolution | null;
  resolved_at: Date | null;
  opened_at: Date;
  at: string;
}

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
  const { rows } = await client.query<Row>(`${SELECT} where x.exception_id = $1`, [exceptionId]);
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
  const { rows } = await client.query<Row>(
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
  return pageOf(rows, page.limit, (row) => ({ at: row.at, id: row.exception_id }), detailOf);
}

function detailOf(row: Row): ExceptionDetail {
  const { currency } = row;
  const amountOf = (minor: string | null) =>
    currency === null || minor === null ? undefined : money(BigInt(minor), currency);
  const amount = amountOf(row.amount_minor);
  const left = amountOf(row.left_minor);
  return {
    exceptionId: row.exception_id,
    kind: row.kind,
    status: row.status,
    sentence: row.sentence,
    policy: row.policy,
    owner: row.owner,
    escalated: row.escalated_at !== null,
    openedAt: row.opened_at,
    ...present({
      amount,
      left,
      paymentLinkId: row.payment_link_id,
      paymentRequestId: row.payment_request_id,
      billId: row.bill_id,
      deadlineAt: row.deadline_at,
      resolution: row.resolution,
      resolvedAt: row.resolved_at,
    }),
  };
}

/** For every kind, the merchant's newest policy or the default. */
export async function listPolicies(
  client: pg.ClientBase,
): Promise<readonly (PolicyTerms & { readonly kind: ExceptionKind })[]> {
  const { rows } = await client.query<{ kind: string; policy: Policy; deadline_seconds: number; owner: string }>(
    'select distinct on (kind) kind, policy, deadline_seconds, owner from exception_policy order by kind, policy_id desc',
  );
  return EXCEPTION_KINDS.map((kind) => {
    const said = rows.find((row) => row.kind === kind);
    if (said === undefined) return { kind, ...usualTerms(kind) };
    return { kind, policy: said.policy, deadlineSeconds: said.deadline_seconds, owner: said.owner };
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
