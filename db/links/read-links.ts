/** Payment links as they are read over HTTP. */
import type pg from 'pg';
import type { LinkKind } from '../../domain/money/charge.ts';
import type { StoredLink } from '../../domain/links/link-events.ts';
import type { Currency } from '../../domain/money.ts';
import { present } from '../../domain/present.ts';
import { pageOf, type Page, type PageRequest } from '../read-pages.ts';

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

interface Row {
  payment_link_id: string;
  kind: LinkKind;
  label: string;
  reference: string | null;
  status: StoredLink['status'];
  because: string | null;
  current_request_id: string | null;
  url: string | null;
  qr_text: string | null;
  qr_crc: string | null;
  created_at: Date;
  updated_at: Date;
  currency: Currency;
  name: string;
  at: string;
}

const SELECT = `select l.payment_link_id, l.kind, l.label, l.reference, l.status, l.because, l.current_request_id,
    l.url, l.qr_text, l.qr_crc, l.created_at, l.updated_at, m.currency, m.name, l.created_at::text as at
  from payment_link l join merchant m using (merchant_id)`;

export async function readLinkView(client: pg.ClientBase, paymentLinkId: string): Promise<LinkView | undefined> {
  const { rows } = await client.query<Row>(`${SELECT} where l.payment_link_id = $1`, [paymentLinkId]);
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
  const { rows } = await client.query<Row>(
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
  return pageOf(rows, page.limit, (row) => ({ at: row.at, id: row.payment_link_id }), viewOf);
}

function viewOf(row: Row): LinkView {
  return {
    paymentLinkId: row.payment_link_id,
    kind: row.kind,
    label: row.label,
    status: row.status,
    createdAt: row.created_at,
    updatedAt: row.updated_at,
    currency: row.currency,
    payee: row.name,
    ...present({
      reference: row.reference,
      because: row.because,
      currentRequestId: row.current_request_id,
      url: row.url,
    }),
    ...(row.qr_text === null || row.qr_crc === null ? {} : { printedCode: { text: row.qr_text, crc: row.qr_crc } }),
  };
}
