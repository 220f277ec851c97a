/**
 * What a code served at an instant, from append-only facts: when a revision came into force, when its request ended by
 * the timeline, when the link was opened and retired. The current status is of no use here.
 */
import type pg from 'pg';
import { z } from 'zod';
import { money, type Money, currencies } from '../../domain/money.ts';
import { present } from '../../domain/present.ts';
import { readRows } from '../rows.ts';

export interface ServedView {
  readonly requestId: string;
  readonly revision: number;
  readonly amount: Money;
  readonly reference: string;
  /** When this revision came on the code. */
  readonly from: Date;
  /** When the next one did, or its request ended. */
  readonly until?: Date;
  readonly expiresAt?: Date;
}

/**
 * Entries that end a request. A refused one was never on the code; later money may add `paid` again, so the first entry
 * counts.
 */
const ENDS = `('paid', 'underpaid', 'expired', 'cancelled')`;

const servedAtShape = z.object({
  paymentRequestId: z.string(),
  number: z.number(),
  currency: z.enum(currencies),
  amountMinor: z.string(),
  reference: z.string(),
  from: z.date(),
  until: z.date().nullable(),
  expiresAt: z.date().nullable(),
});

/** To the millisecond, in which callers ask and are answered. */
export async function readServedAt(
  client: pg.ClientBase,
  paymentLinkId: string,
  at: Date,
): Promise<ServedView | undefined> {
  const rows = await readRows(
    client,
    servedAtShape,
    `with served as (
       select v.payment_request_id, v.number, v.currency, v.amount_minor, v.charge->>'reference' as reference,
              v.expires_at, date_trunc('milliseconds', v.in_force_at) as "from",
              date_trunc('milliseconds', least(
                lead(v.in_force_at) over (partition by v.payment_request_id order by v.in_force_at, v.number),
                (select min(h.at) from timeline h
                  where h.payment_link_id = $1 and h.payment_request_id = v.payment_request_id
                    and h.what in ${ENDS}))) as until
         from request_revision v join payment_request r using (merchant_id, payment_request_id)
        where r.payment_link_id = $1 and v.in_force_at is not null)
     select * from served where "from" <= $2 and coalesce(until, 'infinity') > $2 order by "from" desc limit 1`,
    [paymentLinkId, at],
  );
  const row = rows[0];
  if (row === undefined) return undefined;
  return {
    requestId: row.paymentRequestId,
    revision: row.number,
    amount: money(BigInt(row.amountMinor), row.currency),
    reference: row.reference,
    from: row.from,
    ...present({ until: row.until, expiresAt: row.expiresAt }),
  };
}

const codeAtShape = z.object({
  what: z.string(),
});

/** The newest entry about the code itself up to that instant, which explains why it served nothing. */
export async function readCodeAt(
  client: pg.ClientBase,
  paymentLinkId: string,
  at: Date,
): Promise<'unopened' | 'free' | 'retired' | 'attention'> {
  const rows = await readRows(
    client,
    codeAtShape,
    `select what from timeline where payment_link_id = $1 and at <= $2
      and what in ('opened', 'retire', 'attention', 'resolve', 'linked')
      order by what = 'retire' desc, timeline_id desc limit 1`,
    [paymentLinkId, at],
  );
  switch (rows[0]?.what) {
    case undefined:
      return 'unopened';
    case 'retire':
      return 'retired';
    case 'attention':
      return 'attention';
    default:
      return 'free';
  }
}
