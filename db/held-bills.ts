/** Exceptions of held bills, found by the link whose account they are about. */
import type pg from 'pg';

export async function heldBillExceptions(client: pg.ClientBase, paymentLinkId: string): Promise<readonly string[]> {
  const { rows } = await client.query<{ exception_id: string }>(
    `select exception_id from exception where payment_link_id = $1 and kind = 'held-bill' and status = 'open'`,
    [paymentLinkId],
  );
  return rows.map((row) => row.exception_id);
}
