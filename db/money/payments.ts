/** Payments from the view of returns: what arrived, what has been or is being returned, and who owns the rest. */
import type pg from 'pg';
import { z } from 'zod';
import { money, type Currency, type Money, currencies } from '../../domain/money.ts';
import { readRows } from '../rows.ts';

export interface Payment {
  readonly provider: string;
  readonly endToEndId: string;
  readonly received: Money;
  /** What has neither gone back nor is on its way, and is not kept as the customer's credit. */
  readonly left: Money;
  /** What open exceptions hold of it, oldest first; the rest was collected. */
  readonly held: readonly { readonly exceptionId: string; readonly left: Money }[];
}

const rowShape = z.object({
  provider: z.string(),
  endToEndId: z.string(),
  currency: z.enum(currencies),
  received: z.string(),
  gone: z.string(),
  credited: z.string(),
});

/**
 * The payments of a request, those that cover it first, and those applied to it later. The caller holds the request's
 * lock.
 */
export async function readPayments(client: pg.ClientBase, requestId: string): Promise<readonly Payment[]> {
  return paymentsWhere(client, `(t.payment_request_id = $1 or (t.provider, t.end_to_end_id) in ${APPLIED})`, [
    requestId,
  ]);
}

const APPLIED = `(select provider, end_to_end_id from ledger_transaction where payment_request_id = $1 and kind = 'applied')`;

/** Also of a request that nobody here knows. */
export async function readPayment(
  client: pg.ClientBase,
  provider: string,
  endToEndId: string,
): Promise<Payment | undefined> {
  return (await paymentsWhere(client, 't.provider = $1 and t.end_to_end_id = $2', [provider, endToEndId]))[0];
}

async function paymentsWhere(
  client: pg.ClientBase,
  condition: string,
  values: readonly string[],
): Promise<readonly Payment[]> {
  const rows = await readRows(
    client,
    rowShape,
    `select t.provider, t.end_to_end_id, e.currency, e.amount_minor::text as received,
            coalesce((select sum(r.amount_minor) from money_return r
                       where r.provider = t.provider and r.end_to_end_id = t.end_to_end_id and r.status <> 'failed'),
                         0)::text as gone,
            coalesce((select -sum(c.amount_minor) from ledger_transaction b join ledger_entry c using (transaction_id)
                       where b.provider = t.provider and b.end_to_end_id = t.end_to_end_id and c.account = 'credit'),
                         0)::text as credited
       from ledger_transaction t join ledger_entry e on e.transaction_id = t.transaction_id and e.account = 'provider'
      where ${condition} and t.settles
      order by t.kind in ('exact', 'over') desc, t.booked_at, t.transaction_id`,
    [...values],
  );
  const payments: Payment[] = [];
  for (const row of rows) {
    const { provider, endToEndId, currency } = row;
    payments.push({
      provider,
      endToEndId,
      received: money(BigInt(row.received), currency),
      left: money(BigInt(row.received) - BigInt(row.gone) - BigInt(row.credited), currency),
      held: await readHeld(client, provider, endToEndId, currency),
    });
  }
  return payments;
}

const heldShape = z.object({
  exceptionId: z.string(),
  left: z.string(),
});

/** Locked in one order, so that no concurrent decision moves this money. */
async function readHeld(
  client: pg.ClientBase,
  provider: string,
  endToEndId: string,
  currency: Currency,
): Promise<Payment['held']> {
  await client.query(
    `select from exception where status = 'open' and exception_id in
       (select exception_id from ledger_transaction where provider = $1 and end_to_end_id = $2)
      order by exception_id for update`,
    [provider, endToEndId],
  );
  const rows = await readRows(
    client,
    heldShape,
    `select t.exception_id, (-sum(e.amount_minor))::text as left
       from ledger_transaction t join ledger_entry e using (transaction_id)
         join exception x on x.exception_id = t.exception_id
      where t.provider = $1 and t.end_to_end_id = $2 and e.account = 'unapplied' and x.status = 'open'
      group by t.exception_id having sum(e.amount_minor) < 0 order by min(t.booked_at), t.exception_id`,
    [provider, endToEndId],
  );
  return rows.map((row) => ({ exceptionId: row.exceptionId, left: money(BigInt(row.left), currency) }));
}
