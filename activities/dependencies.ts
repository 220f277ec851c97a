/** What every activity is given. The composition root (worker/) makes it; tests make their own. */
import type pg from 'pg';
import { encodeBrCode } from '../domain/br-code.ts';
import type { Charge } from '../domain/charge.ts';
import { fromJson } from '../domain/money.ts';
import type { LinkRow } from '../db/link-rows.ts';
import { tenantTransaction } from '../db/pool.ts';
import type { Provider } from '../providers/provider.ts';
import type { Attempt } from './attempt.ts';
import type { LinkRef } from './link-activities.ts';

export interface Dependencies {
  readonly pool: pg.Pool;
  readonly provider: Provider;
  /** Test only: kills the process at the named step. Does nothing in any other environment. */
  readonly crash: (step: string) => void;
  /** Waits for a read to catch up. The tests that play many orders of events answer it in the time of their own world. */
  readonly pause: (ms: number) => Promise<void>;
}

/** One transaction of this merchant that ends with the attempt. */
export async function inTransaction<T>(
  { pool }: Dependencies,
  { merchantId }: Pick<LinkRef, 'merchantId'>,
  attempt: Attempt,
  work: (client: pg.PoolClient) => Promise<T>,
): Promise<T> {
  return tenantTransaction(pool, merchantId, work, { signal: attempt.signal });
}

/** Tells the listeners after the commit. Lost with a crash, it is made up for by their own reading. */
export async function tell({ pool }: Dependencies, merchantId: string, position: string | undefined): Promise<void> {
  if (position === undefined) return;
  await pool.query("select pg_notify('relink_event', $1)", [`${merchantId}:${position}`]).catch(() => undefined);
}

/** The code of one revision, for a screen: it carries the amount, so it is written anew with every revision. */
export function requestCodeOf(link: LinkRow, charge: Charge): string {
  if (link.url === undefined) throw new Error(`link ${link.paymentLinkId} has no URL yet`);
  return encodeBrCode({
    url: link.url,
    merchantName: link.merchantName,
    merchantCity: link.merchantCity,
    amount: fromJson(charge.amount),
    oneTime: true,
  });
}
