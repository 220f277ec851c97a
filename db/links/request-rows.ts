/** The rows of a payment request and its revisions, guarded by rank (protocol.md F4): a status only ever moves on. */
import type pg from 'pg';
import type { Charge, LinkKind } from '../../domain/money/charge.ts';
import { nextCheckInSeconds, type RequestStatus } from '../../domain/money/check-schedule.ts';
import type { Currency } from '../../domain/money.ts';
import { chargeSql, chargeValues } from './charge-columns.ts';
import { present } from '../../domain/present.ts';

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

interface Row {
  payment_request_id: string;
  payment_link_id: string;
  kind: LinkKind;
  status: RequestStatus;
  revision: number;
  currency: Currency;
  amount_minor: string;
  reference: string;
  expires_at: Date | null;
  provider_created_at: Date | null;
  unknown_write: boolean;
  cancel_asked: boolean;
  checks: number;
  age_seconds: number;
}

export async function readRequest(
  client: pg.ClientBase,
  requestId: string,
  lock: 'lock' | 'look' = 'look',
): Promise<RequestRow | undefined> {
  const { rows } = await client.query<Row>(
    `select ${COLUMNS} from payment_request r join payment_link l using (merchant_id, payment_link_id)
      where r.payment_request_id = $1 ${lock === 'lock' ? 'for update of r' : ''}`,
    [requestId],
  );
  return rows[0] === undefined ? undefined : requestOf(rows[0]);
}

function requestOf(row: Row): RequestRow {
  return {
    requestId: row.payment_request_id,
    paymentLinkId: row.payment_link_id,
    kind: row.kind,
    status: row.status,
    revision: row.revision,
    currency: row.currency,
    amountMinor: row.amount_minor,
    reference: row.reference,
    unknownWrite: row.unknown_write,
    cancelAsked: row.cancel_asked,
    checks: row.checks,
    ageSeconds: row.age_seconds,
    ...present({ expiresAt: row.expires_at, providerCreatedAt: row.provider_created_at }),
  };
}

export async function readRevisions(client: pg.ClientBase, requestId: string): Promise<readonly RevisionRow[]> {
  const { rows } = await client.query<{
    number: number;
    state: RevisionRow['state'];
    charge: Charge;
    command_id: string | null;
    provider_revision: number | null;
    etag: string | null;
  }>(
    `select number, state, charge, command_id, provider_revision, etag from request_revision
      where payment_request_id = $1 order by number`,
    [requestId],
  );
  return rows.map((row) => ({
    number: row.number,
    state: row.state,
    charge: row.charge,
    ...present({ commandId: row.command_id, providerRevision: row.provider_revision, etag: row.etag }),
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

/** Seconds since the creation at the provider, or, before that, in our database, by the database's clock. */
export async function requestAgeSeconds(client: pg.ClientBase, requestId: string): Promise<number> {
  const { rows } = await client.query<{ seconds: number }>(
    `select extract(epoch from now() - coalesce(provider_created_at, created_at))::float8 as seconds
       from payment_request where payment_request_id = $1`,
    [requestId],
  );
  return rows[0]?.seconds ?? 0;
}
