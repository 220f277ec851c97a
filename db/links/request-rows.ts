/** The rows of a payment request and its revisions, guarded by rank (protocol.md F4): a status only ever moves on. */
import type pg from 'pg';
import { z } from 'zod';
import { type Charge, type LinkKind, LINK_KINDS } from '../../domain/money/charge.ts';
import { nextCheckInSeconds, type RequestStatus, REQUEST_STATUSES } from '../../domain/money/check-schedule.ts';
import { type Currency, currencies } from '../../domain/money.ts';
import { chargeSql, chargeValues } from './charge-columns.ts';
import { present } from '../../domain/present.ts';
import { storedJson, readRows } from '../rows.ts';

export interface RequestRow {
  readonly requestId: string;
  readonly paymentLinkId: string;
  readonly kind: LinkKind;
  readonly status: RequestStatus;
  readonly revision: number;
  readonly currency: Currency;
  readonly amountMinor: string;
  readonly reference: string;
  readonly expiresAt?: Date;
  readonly providerCreatedAt?: Date;
  readonly unknownWrite: boolean;
  readonly cancelAsked: boolean;
  readonly checks: number;
  readonly ageSeconds: number;
}

export const REVISION_STATES = ['pending', 'in-force', 'replaced', 'dropped'] as const;

export interface RevisionRow {
  readonly number: number;
  readonly state: (typeof REVISION_STATES)[number];
  readonly charge: Charge;
  readonly commandId?: string;
  readonly providerRevision?: number;
  readonly etag?: string;
}

const COLUMNS = `r.payment_request_id, r.payment_link_id, l.kind, r.status, r.revision, r.currency,
  r.amount_minor, r.reference, r.expires_at, r.provider_created_at, r.unknown_write,
    r.cancel_asked_at is not null as cancel_asked, r.checks,
  extract(epoch from now() - coalesce(r.ended_at, r.provider_created_at, r.created_at))::float8 as age_seconds`;

const rowShape = z.object({
  paymentRequestId: z.string(),
  paymentLinkId: z.string(),
  kind: z.enum(LINK_KINDS),
  status: z.enum(REQUEST_STATUSES),
  revision: z.number(),
  currency: z.enum(currencies),
  amountMinor: z.string(),
  reference: z.string(),
  expiresAt: z.date().nullable(),
  providerCreatedAt: z.date().nullable(),
  unknownWrite: z.boolean(),
  cancelAsked: z.boolean(),
  checks: z.number(),
  ageSeconds: z.number(),
});
type Row = z.output<typeof rowShape>;

export async function readRequest(
  client: pg.ClientBase,
  requestId: string,
  lock: 'lock' | 'look' = 'look',
): Promise<RequestRow | undefined> {
  const rows = await readRows(
    client,
    rowShape,
    `select ${COLUMNS} from payment_request r join payment_link l using (merchant_id, payment_link_id)
      where r.payment_request_id = $1 ${lock === 'lock' ? 'for update of r' : ''}`,
    [requestId],
  );
  return rows[0] === undefined ? undefined : requestOf(rows[0]);
}

function requestOf(row: Row): RequestRow {
  return {
    requestId: row.paymentRequestId,
    paymentLinkId: row.paymentLinkId,
    kind: row.kind,
    status: row.status,
    revision: row.revision,
    currency: row.currency,
    amountMinor: row.amountMinor,
    reference: row.reference,
    unknownWrite: row.unknownWrite,
    cancelAsked: row.cancelAsked,
    checks: row.checks,
    ageSeconds: row.ageSeconds,
    ...present({ expiresAt: row.expiresAt, providerCreatedAt: row.providerCreatedAt }),
  };
}

const revisionsShape = z.object({
  number: z.number(),
  state: z.enum(REVISION_STATES),
  charge: storedJson<Charge>(),
  commandId: z.string().nullable(),
  providerRevision: z.number().nullable(),
  etag: z.string().nullable(),
});

export async function readRevisions(client: pg.ClientBase, requestId: string): Promise<readonly RevisionRow[]> {
  const rows = await readRows(
    client,
    revisionsShape,
    `select number, state, charge, command_id, provider_revision, etag from request_revision
      where payment_request_id = $1 order by number`,
    [requestId],
  );
  return rows.map((row) => ({
    number: row.number,
    state: row.state,
    charge: row.charge,
    ...present({ commandId: row.commandId, providerRevision: row.providerRevision, etag: row.etag }),
  }));
}

interface RevisionInForce {
  readonly number: number;
  readonly charge: Charge;
  readonly providerRevision: number;
  readonly etag?: string;
  readonly requestCode: string;
  readonly expiresAt?: string;
}

/** The revision that the provider has: the ones before it are replaced, the request carries its amount and words. */
export async function putInForce(client: pg.ClientBase, requestId: string, revision: RevisionInForce): Promise<void> {
  await client.query(
    `update request_revision set state = 'replaced'
      where payment_request_id = $1 and state = 'in-force' and number <> $2`,
    [requestId, revision.number],
  );
  await client.query(
    `update request_revision
        set state = 'in-force', provider_revision = $3, etag = $4, request_code = $5, expires_at = $6,
            in_force_at = coalesce(in_force_at, now())
      where payment_request_id = $1 and number = $2`,
    [
      requestId,
      revision.number,
      revision.providerRevision,
      revision.etag ?? null,
      revision.requestCode,
      revision.expiresAt ?? null,
    ],
  );
  await client.query(
    `update payment_request set revision = $2, expires_at = $3, ${chargeSql(4).set}, updated_at = now()
      where payment_request_id = $1`,
    [requestId, revision.number, revision.expiresAt ?? null, ...chargeValues(revision.charge)],
  );
}

const RANK: { readonly [status in RequestStatus]: number } = {
  linking: 0,
  active: 1,
  processing: 1,
  refused: 2,
  cancelled: 2,
  expired: 2,
  underpaid: 3,
  paid: 4,
};

/** True when the row may go from one status to the other: up in rank, or between the two live ones. */
function mayBecome(from: RequestStatus, to: RequestStatus): boolean {
  return RANK[to] > RANK[from] || (RANK[to] === 1 && RANK[from] === 1 && to !== from);
}

interface StatusWrite {
  readonly status: RequestStatus;
  readonly because?: string;
  readonly expiresAt?: string;
  readonly providerCreatedAt?: string;
  readonly lateMoneyDays: number;
  /** The provider never heard of it: there is nothing to look after. */
  readonly neverSent?: boolean;
}

/** Answers false when the guard refused: what is stored stands higher. The caller holds the row's lock. */
export async function writeStatus(client: pg.ClientBase, request: RequestRow, write: StatusWrite): Promise<boolean> {
  if (!mayBecome(request.status, write.status)) return false;
  const ended = RANK[write.status] >= 2;
  const seconds = nextCheckInSeconds({
    ...request,
    status: write.status,
    checks: 0,
    ageSeconds: 0,
    lateMoneyDays: write.lateMoneyDays,
  });
  await client.query(
    `update payment_request
        set status = $2, because = $3, updated_at = now(), checks = 0,
            expires_at = coalesce($4, expires_at), provider_created_at = coalesce($5, provider_created_at),
            ended_at = case when $6 then coalesce(ended_at, now()) else null end,
            next_check_at = now() + make_interval(secs => $7)
      where payment_request_id = $1`,
    [
      request.requestId,
      write.status,
      write.because ?? null,
      write.expiresAt ?? null,
      write.providerCreatedAt ?? null,
      ended,
      write.neverSent === true ? null : (seconds ?? null),
    ],
  );
  return true;
}

export async function markUnknownWrite(client: pg.ClientBase, requestId: string): Promise<void> {
  await client.query('update payment_request set unknown_write = true where payment_request_id = $1', [requestId]);
}

export async function markCancelAsked(client: pg.ClientBase, requestId: string): Promise<void> {
  await client.query(
    'update payment_request set cancel_asked_at = coalesce(cancel_asked_at, now()) where payment_request_id = $1',
    [requestId],
  );
}

/** From the claim on the request is checked, even if no further write reaches Postgres (F5). */
export async function checkAgainIn(client: pg.ClientBase, requestId: string, seconds: number): Promise<void> {
  await client.query(
    'update payment_request set next_check_at = now() + make_interval(secs => $2) where payment_request_id = $1',
    [requestId, seconds],
  );
}

/**
 * Closes the notices of this request that the stored read covers. A notice of a payment that is not booked stays open
 * until the payment is found, because a read may show one payment of two (provider-contract.md §A.4).
 */
export async function markNoticesApplied(client: pg.ClientBase, requestId: string): Promise<void> {
  await client.query(
    `update inbox i set applied_at = now()
      where i.payment_request_id = $1 and i.applied_at is null
        and (i.end_to_end_id is null
             or exists (select from ledger_transaction t where t.end_to_end_id = i.end_to_end_id
               and t.provider = i.provider and t.settles))`,
    [requestId],
  );
}

const ageSecondsShape = z.object({
  seconds: z.number(),
});

/** Seconds since the creation at the provider, or, before that, in our database, by the database's clock. */
export async function requestAgeSeconds(client: pg.ClientBase, requestId: string): Promise<number> {
  const rows = await readRows(
    client,
    ageSecondsShape,
    `select extract(epoch from now() - coalesce(provider_created_at, created_at))::float8 as seconds
       from payment_request where payment_request_id = $1`,
    [requestId],
  );
  return rows[0]?.seconds ?? 0;
}
