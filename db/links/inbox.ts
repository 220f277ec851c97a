/**
 * Callbacks as they arrive: stored before they are answered, routed to the merchant whose request they name, signalled
 * afterwards. A row is a hint and never evidence. Written as relink_router, because no merchant is known yet.
 */
import type pg from 'pg';
import { z } from 'zod';
import { type LinkKind, LINK_KINDS } from '../../domain/money/charge.ts';
import { type RequestStatus, REQUEST_STATUSES } from '../../domain/money/check-schedule.ts';
import { readRows } from '../rows.ts';

export interface NewNotice {
  readonly requestId: string;
  readonly status: string;
  readonly endToEndId?: string;
  readonly provider: string;
  readonly digest: Buffer;
  readonly body: string;
}

export interface RoutedNotice {
  readonly inboxId: string;
  readonly merchantId: string;
  readonly paymentLinkId: string;
  readonly requestId: string;
  readonly status: string;
}

/** The owner of notices that name no request of ours: they are kept and answered alike, and never routed. */
const NOBODY = '-';
/** An index takes no more than so many bytes of a stranger's id. */
const MOST_ID = 200;
const REQUEST_ID = /^[0-9a-f]{32}$/;

const noticesShape = z.object({
  inboxId: z.string(),
});

/** Answers the new rows that have an owner: a duplicate sends nothing (F7). */
export async function storeNotices(
  client: pg.ClientBase,
  notices: readonly NewNotice[],
): Promise<readonly RoutedNotice[]> {
  const owners = await ownersOf(
    client,
    notices.map((notice) => notice.requestId),
  );
  const stored: RoutedNotice[] = [];
  for (const notice of notices) {
    const owner = owners.get(notice.requestId);
    const rows = await readRows(
      client,
      noticesShape,
      `insert into inbox (merchant_id, provider, digest, payment_link_id, payment_request_id, status,
       end_to_end_id, body)
       values ($1, $2, $3, $4, $5, $6, $7, $8)
       on conflict (merchant_id, provider, digest) do nothing returning inbox_id`,
      [
        owner?.merchantId ?? NOBODY,
        notice.provider,
        notice.digest,
        owner?.paymentLinkId ?? null,
        storable(notice.requestId, MOST_ID),
        notice.status,
        notice.endToEndId === undefined ? null : storable(notice.endToEndId, MOST_ID),
        notice.body,
      ],
    );
    const inboxId = rows[0]?.inboxId;
    if (inboxId === undefined || owner === undefined) continue;
    const { merchantId, paymentLinkId } = owner;
    stored.push({ inboxId, merchantId, paymentLinkId, requestId: notice.requestId, status: notice.status });
  }
  return stored;
}

/** Postgres keeps no NUL and no half of a character pair; a stranger's callback may hold both. */
export function storable(text: string, most = 65_536): string {
  return Buffer.from(text.slice(0, most)).toString().replaceAll('\0', '\uFFFD');
}

interface RequestOwner {
  merchantId: string;
  paymentLinkId: string;
}

const requestOwnerShape = z.object({
  merchantId: z.string(),
  paymentLinkId: z.string(),
  paymentRequestId: z.string(),
});

async function ownersOf(
  client: pg.ClientBase,
  requestIds: readonly string[],
): Promise<ReadonlyMap<string, RequestOwner>> {
  const rows = await readRows(
    client,
    requestOwnerShape,
    'select payment_request_id, merchant_id, payment_link_id from payment_request where payment_request_id = any ($1)',
    [requestIds.filter((requestId) => REQUEST_ID.test(requestId))],
  );
  return new Map(rows.map((row) => [row.paymentRequestId, row]));
}

interface NoticeTarget {
  readonly kind: LinkKind;
  readonly label: string;
  readonly requestStatus: RequestStatus;
}

const targetOfShape = z.object({
  kind: z.enum(LINK_KINDS),
  label: z.string(),
  status: z.enum(REQUEST_STATUSES),
});

/** As the merchant, after the answer: where the Signal goes, and how the request stands here. */
export async function noticeTargetOf(client: pg.ClientBase, requestId: string): Promise<NoticeTarget | undefined> {
  const rows = await readRows(
    client,
    targetOfShape,
    `select l.kind, l.label, r.status from payment_request r join payment_link l using (merchant_id, payment_link_id)
      where r.payment_request_id = $1`,
    [requestId],
  );
  const row = rows[0];
  return row === undefined ? undefined : { kind: row.kind, label: row.label, requestStatus: row.status };
}

export async function markNoticeSignalled(client: pg.ClientBase, inboxId: string): Promise<void> {
  await client.query('update inbox set signalled_at = now() where inbox_id = $1', [inboxId]);
}

/** A notice that sends nothing is dealt with by having been stored. */
export async function markNoticeDone(client: pg.ClientBase, inboxId: string): Promise<void> {
  await client.query('update inbox set applied_at = now() where inbox_id = $1', [inboxId]);
}

/** A payment is in flight: the request is checked soon, whatever its schedule says. */
export async function expectSettlement(client: pg.ClientBase, requestId: string): Promise<void> {
  await client.query(
    `update payment_request set next_check_at = least(next_check_at, now() + interval '15 s') where payment_request_id = $1`,
    [requestId],
  );
}
