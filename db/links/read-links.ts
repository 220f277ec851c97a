/** Payment links as they are read over HTTP. */
import type pg from 'pg';
import { z } from 'zod';
import { type LinkKind, LINK_KINDS } from '../../domain/money/charge.ts';
import { type StoredLink, LINK_STATUSES } from '../../domain/links/link-events.ts';
import { type Currency, currencies } from '../../domain/money.ts';
import { present } from '../../domain/present.ts';
import { pageOf, type Page, type PageRequest } from '../read-pages.ts';
import { readRows } from '../rows.ts';

export interface LinkView {
  readonly paymentLinkId: string;
  readonly kind: LinkKind;
  readonly label: string;
  readonly reference?: string;
  readonly status: StoredLink['status'];
  readonly because?: string;
  readonly currentRequestId?: string;
  readonly url?: string;
  readonly printedCode?: { readonly text: string; readonly crc: string };
  readonly createdAt: Date;
  readonly updatedAt: Date;
  /** Of the merchant: what a sale is validated against, and what stands on the printed sheet. */
  readonly currency: Currency;
  readonly payee: string;
}

const rowShape = z.object({
  paymentLinkId: z.string(),
  kind: z.enum(LINK_KINDS),
  label: z.string(),
  reference: z.string().nullable(),
  status: z.enum(LINK_STATUSES),
  because: z.string().nullable(),
  currentRequestId: z.string().nullable(),
  url: z.string().nullable(),
  qrText: z.string().nullable(),
  qrCrc: z.string().nullable(),
  createdAt: z.date(),
  updatedAt: z.date(),
  currency: z.enum(currencies),
  name: z.string(),
  at: z.string(),
});
type Row = z.output<typeof rowShape>;

const SELECT = `select l.payment_link_id, l.kind, l.label, l.reference, l.status, l.because, l.current_request_id,
    l.url, l.qr_text, l.qr_crc, l.created_at, l.updated_at, m.currency, m.name, l.created_at::text as at
  from payment_link l join merchant m using (merchant_id)`;

export async function readLinkView(client: pg.ClientBase, paymentLinkId: string): Promise<LinkView | undefined> {
  const rows = await readRows(client, rowShape, `${SELECT} where l.payment_link_id = $1`, [paymentLinkId]);
  return rows[0] === undefined ? undefined : viewOf(rows[0]);
}

interface LinkFilter {
  readonly kind?: string;
  readonly status?: string;
  readonly reference?: string;
}

/** Newest first. */
export async function listLinkViews(
  client: pg.ClientBase,
  filter: LinkFilter,
  page: PageRequest,
): Promise<Page<LinkView>> {
  const rows = await readRows(
    client,
    rowShape,
    `${SELECT}
      where ($1::text is null or l.kind = $1) and ($2::text is null or l.status = $2)
        and ($3::text is null or l.reference = $3)
        and ($4::timestamptz is null or (l.created_at, l.payment_link_id) < ($4, $5))
      order by l.created_at desc, l.payment_link_id desc limit $6`,
    [
      filter.kind ?? null,
      filter.status ?? null,
      filter.reference ?? null,
      page.after?.at ?? null,
      page.after?.id ?? null,
      page.limit + 1,
    ],
  );
  return pageOf(rows, page.limit, (row) => ({ at: row.at, id: row.paymentLinkId }), viewOf);
}

function viewOf(row: Row): LinkView {
  return {
    paymentLinkId: row.paymentLinkId,
    kind: row.kind,
    label: row.label,
    status: row.status,
    createdAt: row.createdAt,
    updatedAt: row.updatedAt,
    currency: row.currency,
    payee: row.name,
    ...present({
      reference: row.reference,
      because: row.because,
      currentRequestId: row.currentRequestId,
      url: row.url,
    }),
    ...(row.qrText === null || row.qrCrc === null ? {} : { printedCode: { text: row.qrText, crc: row.qrCrc } }),
  };
}
