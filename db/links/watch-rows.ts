/** The due work of a `watch` round, and its schedules. No status is written here: reads only report (F5). */
import type pg from 'pg';
import { z } from 'zod';
import { type LinkKind, LINK_KINDS } from '../../domain/money/charge.ts';
import {
  isAlive,
  nextCheckInSeconds,
  type RequestStatus,
  REQUEST_STATUSES,
} from '../../domain/money/check-schedule.ts';
import type { NoticeStatus } from '../../domain/links/notice-signals.ts';
import { present } from '../../domain/present.ts';
import { storedJson, readRows, storedWord } from '../rows.ts';

export interface DueRequest {
  readonly requestId: string;
  readonly paymentLinkId: string;
  readonly kind: LinkKind;
  readonly label: string;
  readonly status: RequestStatus;
  readonly checks: number;
  readonly unknownWrite: boolean;
  readonly ageSeconds: number;
  /** When the provider created it; its place in the provider's search. */
  readonly createdAt: Date;
  /** The link row says that the code serves it. */
  readonly served: boolean;
  /** The payments of this request that are booked. */
  readonly booked: readonly string[];
  /** Of each return that is known here, the provider's id and how it stands: "id:completed". */
  readonly returns: readonly string[];
}

const dueRequestShape = z.object({
  paymentRequestId: z.string(),
  paymentLinkId: z.string(),
  kind: z.enum(LINK_KINDS),
  label: z.string(),
  status: z.enum(REQUEST_STATUSES),
  checks: z.number(),
  unknownWrite: z.boolean(),
  ageSeconds: z.number(),
  created: z.date(),
  served: z.boolean(),
  booked: z.array(z.string()).nullable(),
  returns: z.array(z.string()).nullable(),
});

export async function dueRequests(client: pg.ClientBase, most: number): Promise<readonly DueRequest[]> {
  const rows = await readRows(
    client,
    dueRequestShape,
    `select r.payment_request_id, r.payment_link_id, l.kind, l.label, r.status, r.checks, r.unknown_write,
            extract(epoch from now() - coalesce(r.ended_at, r.provider_created_at,
            r.created_at))::float8 as age_seconds, coalesce(r.provider_created_at, r.created_at) as created,
            l.status = 'linked' and l.current_request_id is not distinct from r.payment_request_id as served,
            (select array_agg(end_to_end_id) from ledger_transaction t where t.payment_request_id = r.payment_request_id
              and t.settles) as booked,
            (select array_agg(provider_return_id || ':' || status) from money_return m
              where m.payment_request_id = r.payment_request_id and m.provider_return_id is not null) as returns
       from payment_request r join payment_link l using (merchant_id, payment_link_id)
      where r.next_check_at <= now()
      order by r.status in ('linking', 'active', 'processing') desc, coalesce(r.provider_created_at, r.created_at)
      limit $1`,
    [most],
  );
  return rows.map((row) => ({
    requestId: row.paymentRequestId,
    paymentLinkId: row.paymentLinkId,
    kind: row.kind,
    label: row.label,
    status: row.status,
    checks: row.checks,
    unknownWrite: row.unknownWrite,
    ageSeconds: row.ageSeconds,
    createdAt: row.created,
    served: row.served,
    booked: row.booked ?? [],
    returns: row.returns ?? [],
  }));
}

/** Sets the next check of each; a request at the end of its schedule is not looked at any more. */
export async function scheduleChecks(
  client: pg.ClientBase,
  requests: readonly DueRequest[],
  lateMoneyDays: number,
): Promise<void> {
  if (requests.length === 0) return;
  const seconds = requests.map((request) => {
    const checks = isAlive(request.status) ? request.checks : request.checks + 1;
    return nextCheckInSeconds({ ...request, checks, lateMoneyDays }) ?? null;
  });
  await client.query(
    `update payment_request r
        set next_check_at = now() + make_interval(secs => n.seconds), checks = r.checks + 1
       from unnest($1::text[], $2::text[], $3::float8[]) as n (id, status, seconds)
      where r.payment_request_id = n.id and r.status = n.status`,
    [requests.map((request) => request.requestId), requests.map((request) => request.status), seconds],
  );
}

interface LostCommand {
  readonly name: string;
  readonly paymentLinkId: string;
  readonly kind: LinkKind;
  readonly label: string;
  readonly message: object;
}

const lostCommandsShape = z.object({
  name: z.string(),
  paymentLinkId: z.string(),
  kind: z.enum(LINK_KINDS),
  label: z.string(),
  payload: storedJson<object>(),
  commandId: z.string(),
  number: z.string(),
  notAfter: z.date().nullable(),
});

/** Commands without an outcome whose turn has come, with back-off: 10 s, 30 s, then every minute (F1). */
export async function takeLostCommands(client: pg.ClientBase, most: number): Promise<readonly LostCommand[]> {
  const rows = await readRows(
    client,
    lostCommandsShape,
    `with lost as (
       select command_id from command where outcome is null and next_send_at <= now() order by number limit $1
     )
     update command c
        set sends = c.sends + 1,
            next_send_at = now() + case c.sends when 0 then interval '10 s' when 1 then interval '30 s'
              else interval '60 s' end
       from lost left join command q on q.command_id = lost.command_id
       left join payment_link l on l.payment_link_id = q.payment_link_id
      where c.command_id = lost.command_id
     returning c.kind as name, c.payment_link_id, coalesce(l.kind, 'till') as kind, coalesce(l.label, '') as label,
               c.payload, c.command_id, c.number, c.not_after`,
    [most],
  );
  return rows.map((row) => ({
    name: row.name,
    paymentLinkId: row.paymentLinkId,
    kind: row.kind,
    label: row.label,
    message: {
      ...row.payload,
      commandId: row.commandId,
      number: Number(row.number),
      ...present({ notAfter: row.notAfter?.toISOString() }),
    },
  }));
}

interface LostNotice {
  readonly inboxId: string;
  readonly paymentLinkId: string;
  readonly kind: LinkKind;
  readonly label: string;
  readonly requestId: string;
  readonly status: NoticeStatus;
  /** How the request stands here. */
  readonly requestStatus: RequestStatus;
}

const noticesShape = z.object({
  inboxId: z.string(),
  paymentLinkId: z.string(),
  kind: z.enum(LINK_KINDS),
  label: z.string(),
  paymentRequestId: z.string(),
  status: storedWord<NoticeStatus>(),
  requestStatus: z.enum(REQUEST_STATUSES),
});

/**
 * Notices that were stored but neither signalled nor applied, because the process died in between; and notices of
 * payments that no read has shown yet: a read shows one payment of two, so it is repeated for some days.
 */
export async function lostNotices(client: pg.ClientBase, most: number): Promise<readonly LostNotice[]> {
  const rows = await readRows(
    client,
    noticesShape,
    `select i.inbox_id, i.payment_link_id, l.kind, l.label, i.payment_request_id, i.status, r.status as request_status
       from inbox i
       join payment_link l using (merchant_id, payment_link_id)
       join payment_request r on r.payment_request_id = i.payment_request_id
      where i.applied_at is null
        and ((i.signalled_at is null and i.received_at < now() - interval '5 s')
             or (i.status = 'settled' and i.end_to_end_id is not null and i.signalled_at < now() - interval '10 min'
                 and i.received_at > now() - interval '3 days'))
      order by i.received_at limit $1`,
    [most],
  );
  return rows.map((row) => ({
    inboxId: row.inboxId,
    paymentLinkId: row.paymentLinkId,
    kind: row.kind,
    label: row.label,
    requestId: row.paymentRequestId,
    status: row.status,
    requestStatus: row.requestStatus,
  }));
}

export async function markSignalled(client: pg.ClientBase, inboxIds: readonly string[]): Promise<void> {
  await client.query('update inbox set signalled_at = now() where inbox_id = any ($1::bigint[])', [inboxIds]);
}

interface DueLink {
  readonly paymentLinkId: string;
  readonly kind: LinkKind;
  readonly label: string;
}

const dueLinksShape = z.object({
  paymentLinkId: z.string(),
  kind: z.enum(LINK_KINDS),
  label: z.string(),
});

/** Links that are opening, in attention, or could not be read back: checked again, with back-off up to ten minutes. */
export async function takeDueLinks(client: pg.ClientBase, most: number): Promise<readonly DueLink[]> {
  const rows = await readRows(
    client,
    dueLinksShape,
    `with due as (select payment_link_id from payment_link where next_check_at <= now() order by next_check_at limit $1)
     update payment_link l
        set checks = l.checks + 1, next_check_at = now() + least(interval '10 min',
          interval '15 s' * power(2, least(l.checks, 6)))
       from due where l.payment_link_id = due.payment_link_id
     returning l.payment_link_id, l.kind, l.label`,
    [most],
  );
  return rows.map((row) => ({ paymentLinkId: row.paymentLinkId, kind: row.kind, label: row.label }));
}

/**
 * Links whose accounts have unrated usage, because the Signal was lost or never sent. An account that is being rated
 * now is skipped, so that its lock does not delay the round.
 */
export async function takeDueAccounts(client: pg.ClientBase, most: number): Promise<readonly DueLink[]> {
  const rows = await readRows(
    client,
    dueLinksShape,
    `with due as (
       select account_id from service_account
        where next_usage_at <= now() and payment_link_id is not null and usage_wanted > usage_rated
        order by next_usage_at limit $1 for update skip locked
     )
     update service_account a
        set next_usage_at = now() + interval '30 s'
       from due, payment_link l
      where a.account_id = due.account_id and l.payment_link_id = a.payment_link_id
     returning l.payment_link_id, l.kind, l.label`,
    [most],
  );
  return rows.map((row) => ({ paymentLinkId: row.paymentLinkId, kind: row.kind, label: row.label }));
}
