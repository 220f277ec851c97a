/** Bills as they are read over HTTP: the newest content of each, and how its payment request stands. */
import type pg from 'pg';
import { z } from 'zod';
import { type BillContent, type BillStatus, BILL_STATUSES } from '../../domain/billing/bill.ts';
import { type RequestStatus, REQUEST_STATUSES } from '../../domain/money/check-schedule.ts';
import { present } from '../../domain/present.ts';
import { pageOf, type Page, type PageRequest } from '../read-pages.ts';
import { storedJson, readRows } from '../rows.ts';

export interface BillView {
  readonly billId: string;
  readonly accountId: string;
  readonly paymentLinkId: string;
  readonly number: number;
  readonly revision: number;
  readonly status: BillStatus;
  readonly request?: RequestStatus;
  readonly because?: string;
  readonly exceptionId?: string;
  readonly content: BillContent;
  readonly createdAt: Date;
  readonly updatedAt: Date;
}

const rowShape = z.object({
  billId: z.string(),
  accountId: z.string(),
  paymentLinkId: z.string(),
  number: z.number(),
  revision: z.number(),
  status: z.enum(BILL_STATUSES),
  request: z.enum(REQUEST_STATUSES).nullable(),
  heldBecause: z.string().nullable(),
  exceptionId: z.string().nullable(),
  content: storedJson<BillContent>(),
  createdAt: z.date(),
  updatedAt: z.date(),
  at: z.string(),
});
type Row = z.output<typeof rowShape>;

const SELECT = `select b.bill_id, b.account_id, b.payment_link_id, b.number, b.revision, b.status, r.status as request,
    b.held_because, b.exception_id, b.content, b.created_at, b.updated_at, b.created_at::text as at
  from bill b left join payment_request r on r.payment_request_id = b.bill_id`;

export async function readBill(client: pg.ClientBase, billId: string): Promise<BillView | undefined> {
  const rows = await readRows(client, rowShape, `${SELECT} where b.bill_id = $1`, [billId]);
  return rows[0] === undefined ? undefined : viewOf(rows[0]);
}

interface BillFilter {
  readonly accountId?: string | undefined;
  readonly status?: string | undefined;
}

/** Newest first. */
export async function listBills(client: pg.ClientBase, filter: BillFilter, page: PageRequest): Promise<Page<BillView>> {
  const rows = await readRows(
    client,
    rowShape,
    `${SELECT}
      where ($1::text is null or b.account_id = $1) and ($2::text is null or b.status = $2)
        and ($3::timestamptz is null or (b.created_at, b.bill_id) < ($3, $4))
      order by b.created_at desc, b.bill_id desc limit $5`,
    [filter.accountId ?? null, filter.status ?? null, page.after?.at ?? null, page.after?.id ?? null, page.limit + 1],
  );
  return pageOf(rows, page.limit, (row) => ({ at: row.at, id: row.billId }), viewOf);
}

function viewOf(row: Row): BillView {
  return {
    billId: row.billId,
    accountId: row.accountId,
    paymentLinkId: row.paymentLinkId,
    number: row.number,
    revision: row.revision,
    status: row.status,
    content: row.content,
    createdAt: row.createdAt,
    updatedAt: row.updatedAt,
    ...present({ request: row.request, because: row.heldBecause, exceptionId: row.exceptionId }),
  };
}
