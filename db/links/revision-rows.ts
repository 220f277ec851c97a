/** What happens to a revision of a request between its claim and the provider's answer (protocol.md F2). */
import type pg from 'pg';
import type { Charge } from '../../domain/money/charge.ts';

interface PendingRevision {
  readonly requestId: string;
  readonly number: number;
  readonly charge: Charge;
  readonly commandId: string;
}

/** The content that every attempt writes. */
export async function insertPendingRevision(
  client: pg.ClientBase,
  merchantId: string,
  { requestId, number, charge, commandId }: PendingRevision,
): Promise<void> {
  await client.query(
    `insert into request_revision (merchant_id, payment_request_id, number, state, charge, amount_minor,
     currency, command_id)
     values ($1, $2, $3, 'pending', $4, $5, $6, $7)`,
    [
      merchantId,
      requestId,
      number,
      JSON.stringify(charge),
      charge.amount.minorUnits,
      charge.amount.currency,
      commandId,
    ],
  );
}

/** The baseline that the next attempt writes on. */
export async function keepEtag(
  client: pg.ClientBase,
  { requestId, number }: { readonly requestId: string; readonly number: number },
  etag: string | undefined,
): Promise<void> {
  await client.query('update request_revision set etag = $3 where payment_request_id = $1 and number = $2', [
    requestId,
    number,
    etag ?? null,
  ]);
}

/** Only a pending revision: one that is in force stays. */
export async function dropPendingRevision(client: pg.ClientBase, requestId: string, number: number): Promise<void> {
  await client.query(
    `update request_revision set state = 'dropped' where payment_request_id = $1 and number = $2 and state = 'pending'`,
    [requestId, number],
  );
}
