/** One row per return with its state at the provider. The amounts are in the ledger. */
import { createHash } from 'node:crypto';
import type pg from 'pg';
import { z } from 'zod';
import { money, type Money, currencies } from '../../domain/money.ts';
import { present } from '../../domain/present.ts';
import { readRows } from '../rows.ts';

export const RETURN_STATUSES = ['sending', 'pending', 'completed', 'failed'] as const;
type ReturnStatus = (typeof RETURN_STATUSES)[number];

export const RETURN_ORIGINS = ['merchant', 'operator', 'policy', 'provider'] as const;
export type ReturnOrigin = (typeof RETURN_ORIGINS)[number];

export interface ReturnRow {
  readonly returnId: string;
  readonly provider: string;
  readonly paymentLinkId?: string;
  readonly paymentRequestId?: string;
  readonly endToEndId: string;
  readonly amount: Money;
  readonly whole: boolean;
  readonly origin: ReturnOrigin;
  readonly reason: string;
  readonly actor: string;
  readonly exceptionId?: string;
  readonly status: ReturnStatus;
  readonly because?: string;
  readonly providerReturnId?: string;
  /** Hours since the provider was asked for the first time, by the database's clock; absent: it never was. */
  readonly sentHoursAgo?: number;
  readonly checks: number;
  readonly createdAt: Date;
  readonly completedAt?: Date;
}

const rowShape = z.object({
  returnId: z.string(),
  provider: z.string(),
  paymentLinkId: z.string().nullable(),
  paymentRequestId: z.string().nullable(),
  endToEndId: z.string(),
  currency: z.enum(currencies),
  amountMinor: z.string(),
  whole: z.boolean(),
  origin: z.enum(RETURN_ORIGINS),
  reason: z.string(),
  actor: z.string(),
  exceptionId: z.string().nullable(),
  status: z.enum(RETURN_STATUSES),
  because: z.string().nullable(),
  providerReturnId: z.string().nullable(),
  sentHours: z.number().nullable(),
  checks: z.number(),
  createdAt: z.date(),
  completedAt: z.date().nullable(),
});
type Row = z.output<typeof rowShape>;

const SELECT = `select r.return_id, r.provider, r.payment_link_id, r.payment_request_id, r.end_to_end_id, r.currency,
  r.amount_minor, r.whole, r.origin, r.reason, r.actor, r.exception_id, r.status, r.because, r.provider_return_id,
  r.checks, r.created_at, r.completed_at, extract(epoch from now() - r.sent_at)::float8 / 3600 as sent_hours
  from money_return r`;

/** A return that the provider began by itself has no id of ours: it gets one made of the provider's. */
export function outsideReturnId(provider: string, providerReturnId: string): string {
  return createHash('sha256').update(`${provider}|return|${providerReturnId}`).digest('hex').slice(0, 32);
}

export async function readReturn(
  client: pg.ClientBase,
  returnId: string,
  lock: 'lock' | 'look' = 'look',
): Promise<ReturnRow | undefined> {
  const rows = await readRows(
    client,
    rowShape,
    `${SELECT} where r.return_id = $1 ${lock === 'lock' ? 'for update of r' : ''}`,
    [returnId],
  );
  return rows[0] === undefined ? undefined : returnOf(rows[0]);
}

export async function readReturnsOf(client: pg.ClientBase, requestId: string): Promise<readonly ReturnRow[]> {
  return readReturnsOfAll(client, [requestId]);
}

export async function readReturnsOfAll(
  client: pg.ClientBase,
  requestIds: readonly string[],
): Promise<readonly ReturnRow[]> {
  const rows = await readRows(
    client,
    rowShape,
    `${SELECT} where r.payment_request_id = any ($1) order by r.created_at, r.return_id`,
    [requestIds],
  );
  return rows.map(returnOf);
}

function returnOf(row: Row): ReturnRow {
  return {
    returnId: row.returnId,
    provider: row.provider,
    endToEndId: row.endToEndId,
    amount: money(BigInt(row.amountMinor), row.currency),
    whole: row.whole,
    origin: row.origin,
    reason: row.reason,
    actor: row.actor,
    status: row.status,
    checks: row.checks,
    createdAt: row.createdAt,
    ...present({
      paymentLinkId: row.paymentLinkId,
      paymentRequestId: row.paymentRequestId,
      exceptionId: row.exceptionId,
      because: row.because,
      providerReturnId: row.providerReturnId,
      sentHoursAgo: row.sentHours,
      completedAt: row.completedAt,
    }),
  };
}

interface NewReturn {
  readonly returnId: string;
  readonly merchantId: string;
  readonly provider: string;
  readonly paymentLinkId?: string | undefined;
  readonly paymentRequestId?: string | undefined;
  readonly endToEndId: string;
  readonly amount: Money;
  readonly whole: boolean;
  readonly origin: ReturnOrigin;
  readonly reason: string;
  readonly actor: string;
  readonly commandId?: string | undefined;
  readonly exceptionId?: string | undefined;
  readonly status: ReturnStatus;
  readonly providerReturnId?: string | undefined;
}

export async function insertReturn(client: pg.ClientBase, row: NewReturn): Promise<void> {
  await client.query(
    `insert into money_return (return_id, merchant_id, provider, payment_link_id, payment_request_id,
                               end_to_end_id, currency, amount_minor, whole, origin, reason, actor, command_id,
                               exception_id, status, provider_return_id, completed_at)
     values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16,
             case when $15 = 'completed' then now() end)`,
    [
      row.returnId,
      row.merchantId,
      row.provider,
      row.paymentLinkId ?? null,
      row.paymentRequestId ?? null,
      row.endToEndId,
      row.amount.currency,
      row.amount.minorUnits.toString(),
      row.whole,
      row.origin,
      row.reason,
      row.actor,
      row.commandId ?? null,
      row.exceptionId ?? null,
      row.status,
      row.providerReturnId ?? null,
    ],
  );
}

/** Set before the first call: from here on a lost answer may mean that the money has left (F2). */
export async function markSent(client: pg.ClientBase, returnId: string): Promise<void> {
  await client.query('update money_return set sent_at = coalesce(sent_at, now()) where return_id = $1', [returnId]);
}

interface ReturnWrite {
  readonly status: ReturnStatus;
  readonly because?: string | undefined;
  readonly providerReturnId?: string | undefined;
  readonly evidence?: string | undefined;
}

export async function writeReturn(client: pg.ClientBase, returnId: string, write: ReturnWrite): Promise<void> {
  await client.query(
    `update money_return
        set status = $2, because = $3, provider_return_id = coalesce($4, provider_return_id),
            evidence = coalesce($5, evidence),
            completed_at = case when $2 = 'completed' then coalesce(completed_at, now()) else completed_at end,
            failed_at = case when $2 = 'failed' then coalesce(failed_at, now()) else failed_at end, updated_at = now()
      where return_id = $1`,
    [returnId, write.status, write.because ?? null, write.providerReturnId ?? null, write.evidence ?? null],
  );
}

/** Null ends the scheduled reads. */
export async function scheduleReturn(client: pg.ClientBase, returnId: string, seconds: number | null): Promise<void> {
  await client.query(
    `update money_return set checks = checks + 1, next_check_at = now() + make_interval(secs => $2) where return_id = $1`,
    [returnId, seconds],
  );
}

const dueReturnsShape = z.object({
  returnId: z.string(),
});

/** Returns whose workflow is not known to run, or that have to be looked at. */
export async function takeDueReturns(client: pg.ClientBase, most: number): Promise<readonly string[]> {
  const rows = await readRows(
    client,
    dueReturnsShape,
    `with due as (select return_id from money_return where next_check_at <= now() order by next_check_at limit $1)
     update money_return r set next_check_at = now() + interval '1 min'
       from due where r.return_id = due.return_id returning r.return_id`,
    [most],
  );
  return rows.map((row) => row.returnId);
}
