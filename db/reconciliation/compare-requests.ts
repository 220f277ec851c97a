/**
 * Our side of a page of the provider's payment requests: requests, the payments booked for them, and their returns, in
 * one statement for the whole page. It compares nothing.
 */
import type pg from 'pg';
import { z } from 'zod';
import { type LinkKind, LINK_KINDS } from '../../domain/money/charge.ts';
import { REQUEST_STATUSES } from '../../domain/money/check-schedule.ts';
import type { AmountBasis } from '../../domain/money/settlement.ts';
import type { Currency } from '../../domain/money.ts';
import { present } from '../../domain/present.ts';
import type { OurPayment, OurRequest, OurReturn } from '../../domain/reconciliation/reconciliation.ts';
import { storedJson, readRows } from '../rows.ts';

interface RequestLookup {
  readonly requestId: string;
  readonly endToEndId?: string | undefined;
  readonly settledAt?: string | undefined;
}

export interface OurSide {
  /** Absent: this merchant has no such request. */
  readonly request?: OurRequest & { readonly kind: LinkKind; readonly label: string };
  /** The day of `settledAt` in the merchant's time zone. */
  readonly theirsOn?: string;
}

interface PaymentJson {
  readonly e2e: string;
  readonly request: string | null;
  readonly currency: Currency;
  readonly minor: string;
  readonly balanced: AmountBasis | null;
  readonly on: string | null;
}

const rowShape = z.object({
  paymentRequestId: z.string().nullable(),
  paymentLinkId: z.string().nullable(),
  kind: z.enum(LINK_KINDS).nullable(),
  label: z.string().nullable(),
  status: z.enum(REQUEST_STATUSES).nullable(),
  theirsOn: z.string().nullable(),
  shown: storedJson<PaymentJson>().nullable(),
  payments: storedJson<readonly PaymentJson[]>().nullable(),
  returns: storedJson<
    readonly {
      readonly id: string;
      readonly provider_id: string | null;
      readonly currency: Currency;
      readonly minor: string;
      readonly status: OurReturn['status'];
    }[]
  >().nullable(),
});
type Row = z.output<typeof rowShape>;

const PAYMENT = `jsonb_build_object('e2e', t.end_to_end_id, 'request', t.payment_request_id, 'currency', e.currency,
  'minor', e.amount_minor::text, 'balanced', t.balanced, 'on', (t.settled_at at time zone m.time_zone)::date::text)`;
const LEDGER = `ledger_transaction t join ledger_entry e on e.transaction_id = t.transaction_id and e.account = 'provider'`;

/** In the order of the requests asked for. */
export async function ourSides(
  client: pg.ClientBase,
  provider: string,
  asked: readonly RequestLookup[],
): Promise<readonly OurSide[]> {
  const rows = await readRows(client, rowShape, {
    // Prepared once for each connection: planning it costs more than a page of it.
    name: 'reconcile-page',
    text: `select r.payment_request_id, r.payment_link_id, l.kind, l.label, r.status, shown.payment as shown,
            own.payments, back.returns, (a.settled_at at time zone m.time_zone)::date::text as theirs_on
       from unnest($1::text[], $2::text[], $3::timestamptz[]) with ordinality as a (request_id, end_to_end_id,
         settled_at, place)
       join merchant m on m.merchant_id = current_merchant()
       left join payment_request r on r.payment_request_id = a.request_id and r.merchant_id = m.merchant_id
       left join payment_link l on l.merchant_id = r.merchant_id and l.payment_link_id = r.payment_link_id
       left join lateral (
         select ${PAYMENT} as payment from ${LEDGER}
          where t.merchant_id = m.merchant_id and t.provider = $4 and t.end_to_end_id = a.end_to_end_id and t.settles
       ) shown on true
       left join lateral (
         select jsonb_agg(${PAYMENT} order by t.booked_at, t.transaction_id) as payments from ${LEDGER}
          where t.payment_request_id = r.payment_request_id and t.settles
       ) own on true
       left join lateral (
         select jsonb_agg(jsonb_build_object('id', b.return_id, 'provider_id', b.provider_return_id,
                                             'currency', b.currency, 'minor', b.amount_minor::text,
                                               'status', b.status)) as returns
           from money_return b where b.payment_request_id = r.payment_request_id
       ) back on true
      order by a.place`,
    values: [
      asked.map(({ requestId }) => requestId),
      asked.map(({ endToEndId }) => endToEndId ?? null),
      asked.map(({ settledAt }) => settledAt ?? null),
      provider,
    ],
  });
  return rows.map(sideOf);
}

function sideOf(row: Row): OurSide {
  const theirsOn = row.theirsOn === null ? {} : { theirsOn: row.theirsOn };
  const { paymentRequestId: requestId, paymentLinkId, kind, label, status } = row;
  // They come by left joins, null together where this merchant has no such request.
  if (requestId === null || paymentLinkId === null || kind === null || label === null || status === null)
    return theirsOn;
  const request = {
    requestId,
    paymentLinkId,
    kind,
    label,
    status,
    payments: (row.payments ?? []).map(paymentOf),
    ...present({ shown: row.shown && paymentOf(row.shown) }),
    returns: (row.returns ?? []).map((one) => ({
      returnId: one.id,
      amount: { currency: one.currency, minorUnits: one.minor },
      status: one.status,
      ...present({ providerReturnId: one.provider_id }),
    })),
  };
  return { ...theirsOn, request };
}

function paymentOf({ e2e, request, currency, minor, balanced, on }: PaymentJson): OurPayment {
  return {
    endToEndId: e2e,
    received: { currency, minorUnits: minor },
    ...present({ requestId: request, balanced, on }),
  };
}

const absentRequestShape = z.object({
  paymentRequestId: z.string(),
  at: z.date(),
});

/** Ours that were created at the provider in [from, to) and are not among `except`, by their order of creation. */
export async function absentRequests(
  client: pg.ClientBase,
  span: { readonly from: Date; readonly to: Date; readonly except: readonly string[] },
  after: { readonly at: Date; readonly requestId: string } | undefined,
  most: number,
): Promise<readonly { readonly requestId: string; readonly at: Date }[]> {
  const rows = await readRows(
    client,
    absentRequestShape,
    `select payment_request_id, provider_created_at as at from payment_request
      where merchant_id = current_merchant() and provider_created_at >= $1 and provider_created_at < $2
        and payment_request_id <> all ($3) and (provider_created_at, payment_request_id) > ($4, $5)
      order by provider_created_at, payment_request_id limit $6`,
    [span.from, span.to, span.except, after?.at ?? '-infinity', after?.requestId ?? '', most],
  );
  return rows.map((row) => ({ requestId: row.paymentRequestId, at: row.at }));
}

const requestOwnerShape = z.object({
  paymentRequestId: z.string(),
  merchantId: z.string(),
});

/** As relink_router: the owners of these requests. Unknown ones are left out. */
export async function ownersOfRequests(
  router: pg.Pool,
  requestIds: readonly string[],
): Promise<ReadonlyMap<string, string>> {
  const rows = await readRows(
    router,
    requestOwnerShape,
    'select payment_request_id, merchant_id from payment_request where payment_request_id = any ($1)',
    [requestIds],
  );
  return new Map(rows.map((row) => [row.paymentRequestId, row.merchantId]));
}

interface LinkOwner {
  readonly merchantId: string;
  readonly paymentLinkId: string;
}

const linkOwnerShape = z.object({
  merchantId: z.string(),
  paymentLinkId: z.string(),
  providerLinkId: z.string(),
});

/** As relink_router: the owners of these links, by the provider's ids. Unknown ones are left out. */
export async function ownersOfLinks(
  router: pg.Pool,
  provider: string,
  providerLinkIds: readonly string[],
): Promise<ReadonlyMap<string, LinkOwner>> {
  const rows = await readRows(
    router,
    linkOwnerShape,
    `select merchant_id, payment_link_id, provider_link_id from payment_link
      where provider = $1 and provider_link_id = any ($2)`,
    [provider, providerLinkIds],
  );
  return new Map(
    rows.map((row) => [row.providerLinkId, { merchantId: row.merchantId, paymentLinkId: row.paymentLinkId }]),
  );
}

export interface UnseenNotice {
  readonly inboxId: string;
  readonly requestId: string;
  readonly paymentLinkId: string;
  readonly endToEndId: string;
}

const noticesShape = z.object({
  inboxId: z.string(),
  paymentRequestId: z.string(),
  paymentLinkId: z.string(),
  endToEndId: z.string(),
});

/** Notices of payments without a settlement, one per payment, old enough that the normal path has been tried. */
export async function unseenNotices(
  client: pg.ClientBase,
  since: Date,
  after: string,
  most: number,
): Promise<readonly UnseenNotice[]> {
  const rows = await readRows(
    client,
    noticesShape,
    `select i.inbox_id, i.payment_request_id, i.payment_link_id, i.end_to_end_id from inbox i
      where i.status = 'settled' and i.end_to_end_id is not null and i.payment_link_id is not null
        and i.received_at >= $1 and i.received_at < now() - interval '5 min' and i.inbox_id > $2
        and not exists (select from ledger_transaction t
                         where t.merchant_id = i.merchant_id and t.provider = i.provider
                           and t.end_to_end_id = i.end_to_end_id and t.settles)
        and not exists (select from inbox e
                         where e.merchant_id = i.merchant_id and e.end_to_end_id = i.end_to_end_id
                           and e.status = 'settled' and e.inbox_id < i.inbox_id)
      order by i.inbox_id limit $3`,
    [since, after, most],
  );
  return rows.map((row) => ({
    inboxId: row.inboxId,
    requestId: row.paymentRequestId,
    paymentLinkId: row.paymentLinkId,
    endToEndId: row.endToEndId,
  }));
}
