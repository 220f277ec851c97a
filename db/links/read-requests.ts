/**
 * Payment requests as they are read over HTTP: the row, what was booked for it, and the exceptions that own the rest.
 */
import type pg from 'pg';
import { z } from 'zod';
import { type Charge, type LinkKind, LINK_KINDS } from '../../domain/money/charge.ts';
import { type RequestStatus, REQUEST_STATUSES } from '../../domain/money/check-schedule.ts';
import type { ExceptionKind, ExceptionStatus } from '../../domain/money/exception.ts';
import type { SettlementKind } from '../../domain/money/settlement.ts';
import { money, type Currency, type Money, currencies } from '../../domain/money.ts';
import { present } from '../../domain/present.ts';
import { pageOf, type Page, type PageRequest } from '../read-pages.ts';
import { readReturnsOfAll, type ReturnRow } from '../money/returns.ts';
import { storedJson, readRows } from '../rows.ts';

/** A payment that is shown with a request is never of kind `unknown-request`. */
type PaymentKind = Exclude<SettlementKind, 'unknown-request'>;

export interface PaymentView {
  readonly endToEndId: string;
  readonly kind: PaymentKind;
  readonly revision: number;
  readonly amount: Money;
  readonly settledAt?: Date;
  readonly bookedAt: Date;
}

export interface ExceptionView {
  readonly exceptionId: string;
  readonly kind: ExceptionKind;
  readonly status: ExceptionStatus;
  readonly sentence: string;
  readonly amount?: Money;
  readonly openedAt: Date;
}

export interface RequestView {
  readonly requestId: string;
  readonly paymentLinkId: string;
  readonly kind: LinkKind;
  readonly status: RequestStatus;
  readonly because?: string;
  readonly payable: boolean;
  readonly revision: number;
  readonly amount: Money;
  readonly charge: Charge;
  readonly expiresAt?: Date;
  readonly requestCode?: string;
  readonly payments: readonly PaymentView[];
  readonly exceptions: readonly ExceptionView[];
  readonly returns: readonly ReturnRow[];
  readonly createdAt: Date;
  readonly updatedAt: Date;
}

const rowShape = z.object({
  paymentRequestId: z.string(),
  paymentLinkId: z.string(),
  kind: z.enum(LINK_KINDS),
  status: z.enum(REQUEST_STATUSES),
  because: z.string().nullable(),
  payable: z.boolean(),
  revision: z.number(),
  currency: z.enum(currencies),
  amountMinor: z.string(),
  charge: storedJson<Charge>(),
  expiresAt: z.date().nullable(),
  requestCode: z.string().nullable(),
  payments: storedJson<PaymentRow[]>().nullable(),
  exceptions: storedJson<ExceptionRow[]>().nullable(),
  createdAt: z.date(),
  updatedAt: z.date(),
  at: z.string(),
});
type Row = z.output<typeof rowShape>;

interface PaymentRow {
  id: string;
  kind: PaymentKind;
  revision: number;
  currency: Currency;
  minor: string;
  settled: string | null;
  booked: string;
}

interface ExceptionRow {
  id: string;
  kind: ExceptionKind;
  status: ExceptionStatus;
  sentence: string;
  currency: Currency | null;
  minor: string | null;
  opened: string;
}

/**
 * A request code belongs to the revision in force of a request that can be paid; an older one would mislead a payer.
 */
const SELECT = `select r.payment_request_id, r.payment_link_id, l.kind, r.status, r.because,
    r.status = 'active' and coalesce(r.expires_at > now(), true) as payable,
    r.revision, r.currency, r.amount_minor, v.charge, r.expires_at,
    case when v.state = 'in-force' and r.status in ('active', 'processing') then v.request_code end as request_code,
    (select jsonb_agg(jsonb_build_object('id', t.end_to_end_id, 'kind', t.kind, 'revision', t.revision,
              'currency', e.currency, 'minor', e.amount_minor::text, 'settled', t.settled_at, 'booked', t.booked_at)
                order by t.booked_at, t.end_to_end_id)
       from ledger_transaction t join ledger_entry e on e.transaction_id = t.transaction_id and e.account = 'provider'
      where t.payment_request_id = r.payment_request_id and t.settles) as payments,
    (select jsonb_agg(jsonb_build_object('id', x.exception_id, 'kind', x.kind, 'status', x.status,
              'sentence', x.sentence, 'currency', x.currency, 'minor', x.amount_minor::text, 'opened', x.opened_at)
                order by x.opened_at, x.exception_id)
       from exception x where x.payment_request_id = r.payment_request_id) as exceptions,
    r.created_at, r.updated_at, r.created_at::text as at
  from payment_request r
  join payment_link l using (merchant_id, payment_link_id)
  join request_revision v on v.payment_request_id = r.payment_request_id and v.number = r.revision`;

export async function readRequestView(client: pg.ClientBase, requestId: string): Promise<RequestView | undefined> {
  const rows = await readRows(client, rowShape, `${SELECT} where r.payment_request_id = $1`, [requestId]);
  return (await viewsOf(client, rows))[0];
}

interface RequestFilter {
  readonly status?: string;
  readonly reference?: string;
  readonly paymentLinkId?: string;
}

/** Newest first. */
export async function listRequestViews(
  client: pg.ClientBase,
  filter: RequestFilter,
  page: PageRequest,
): Promise<Page<RequestView>> {
  const rows = await readRows(
    client,
    rowShape,
    `${SELECT}
      where ($1::text is null or r.status = $1) and ($2::text is null or r.reference = $2)
        and ($3::text is null or r.payment_link_id = $3)
        and ($4::timestamptz is null or (r.created_at, r.payment_request_id) < ($4, $5))
      order by r.created_at desc, r.payment_request_id desc limit $6`,
    [
      filter.status ?? null,
      filter.reference ?? null,
      filter.paymentLinkId ?? null,
      page.after?.at ?? null,
      page.after?.id ?? null,
      page.limit + 1,
    ],
  );
  const paged = pageOf(
    rows,
    page.limit,
    (row) => ({ at: row.at, id: row.paymentRequestId }),
    (row) => row,
  );
  return { ...paged, items: await viewsOf(client, paged.items) };
}

/** Returns are rare, so they are read by one separate statement for all rows. */
async function viewsOf(client: pg.ClientBase, rows: readonly Row[]): Promise<readonly RequestView[]> {
  const paid = rows.filter(({ payments }) => payments !== null).map((row) => row.paymentRequestId);
  const returns = paid.length === 0 ? [] : await readReturnsOfAll(client, paid);
  return rows.map((row) =>
    viewOf(
      row,
      returns.filter((one) => one.paymentRequestId === row.paymentRequestId),
    ),
  );
}

function viewOf(row: Row, returns: readonly ReturnRow[]): RequestView {
  return {
    requestId: row.paymentRequestId,
    paymentLinkId: row.paymentLinkId,
    kind: row.kind,
    status: row.status,
    payable: row.payable,
    revision: row.revision,
    amount: money(BigInt(row.amountMinor), row.currency),
    charge: row.charge,
    payments: (row.payments ?? []).map(paymentOf),
    exceptions: (row.exceptions ?? []).map(exceptionOf),
    returns,
    createdAt: row.createdAt,
    updatedAt: row.updatedAt,
    ...present({ because: row.because, expiresAt: row.expiresAt, requestCode: row.requestCode }),
  };
}

function paymentOf(row: PaymentRow): PaymentView {
  return {
    endToEndId: row.id,
    kind: row.kind,
    revision: row.revision,
    amount: money(BigInt(row.minor), row.currency),
    bookedAt: new Date(row.booked),
    ...(row.settled === null ? {} : { settledAt: new Date(row.settled) }),
  };
}

function exceptionOf(row: ExceptionRow): ExceptionView {
  return {
    exceptionId: row.id,
    kind: row.kind,
    status: row.status,
    sentence: row.sentence,
    openedAt: new Date(row.opened),
    ...(row.currency === null || row.minor === null ? {} : { amount: money(BigInt(row.minor), row.currency) }),
  };
}
