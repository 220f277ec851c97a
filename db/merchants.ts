/**
 * Merchants and their API keys. Made with the owner's connection, because the processes may only read them. A key's
 * secret is shown once and never stored.
 */
import { createHash, randomBytes } from 'node:crypto';
import type pg from 'pg';
import { z } from 'zod';
import { type Currency, currencies } from '../domain/money.ts';
import { tenantTransaction } from './pool.ts';
import { bytes, readRows } from './rows.ts';

export interface NewMerchant {
  /** A readable slug, because it is part of workflow ids. */
  readonly merchantId: string;
  readonly name: string;
  readonly city: string;
  readonly timeZone: string;
  readonly currency: Currency;
}

/** Repeating it does no harm and changes nothing. */
export async function createMerchant(owner: pg.Pool, merchant: NewMerchant): Promise<void> {
  const { merchantId, name, city, timeZone, currency } = merchant;
  await tenantTransaction(owner, merchantId, async (client) => {
    await client.query(
      `insert into merchant (merchant_id, name, city, time_zone, currency) values ($1, $2, $3, $4, $5)
       on conflict do nothing`,
      [merchantId, name, city, timeZone, currency],
    );
    await client.query('insert into merchant_head (merchant_id) values ($1) on conflict do nothing', [merchantId]);
  });
}

interface ApiKey {
  readonly keyId: string;
  readonly merchantId: string;
}

/** Answers the key itself: the only time it can be seen. */
export async function createApiKey(
  owner: pg.Pool,
  merchantId: string,
  options: { readonly label: string; readonly mode?: 'test' | 'live' },
): Promise<ApiKey & { readonly key: string }> {
  const keyId = randomBytes(6).toString('hex');
  const key = `rk_${options.mode ?? 'test'}_${keyId}_${randomBytes(24).toString('hex')}`;
  await tenantTransaction(owner, merchantId, async (client) =>
    client.query('insert into api_key (key_id, merchant_id, hash, label) values ($1, $2, $3, $4)', [
      keyId,
      merchantId,
      hashOfKey(key),
      options.label,
    ]),
  );
  return { key, keyId, merchantId };
}

/** A key is long and random, so a plain hash keeps it; a slow one would only slow every call. */
export function hashOfKey(key: string): Buffer {
  return createHash('sha256').update(key).digest();
}

const apiKeyShape = z.object({
  keyId: z.string(),
  merchantId: z.string(),
  hash: bytes,
});

/** As relink_router: the key tells the merchant. The stored hash comes along, for a comparison in constant time. */
export async function findApiKey(
  router: pg.Pool,
  hash: Buffer,
): Promise<(ApiKey & { readonly hash: Buffer }) | undefined> {
  const rows = await readRows(
    router,
    apiKeyShape,
    'select key_id, merchant_id, hash from api_key where hash = $1 and revoked_at is null',
    [hash],
  );
  const row = rows[0];
  return row;
}

interface MerchantPlace {
  readonly currency: Currency;
  readonly timeZone: string;
}

const placeShape = z.object({
  currency: z.enum(currencies),
  timeZone: z.string(),
});

export async function readPlace(client: pg.ClientBase): Promise<MerchantPlace> {
  const rows = await readRows(
    client,
    placeShape,
    'select currency, time_zone from merchant where merchant_id = current_merchant()',
  );
  const row = rows[0];
  if (row === undefined) throw new Error('no such merchant');
  return row;
}

const merchantsShape = z.object({
  merchantId: z.string(),
  timeZone: z.string(),
});

/** As relink_router, which sees the ids of all merchants and no other data. */
export async function allMerchants(
  router: pg.Pool,
): Promise<readonly { readonly merchantId: string; readonly timeZone: string }[]> {
  const rows = await readRows(router, merchantsShape, 'select merchant_id, time_zone from merchant');
  return rows;
}

/** Whether this key is valid for this merchant: known and not revoked. */
export async function isKnownKey(client: pg.ClientBase, key: string): Promise<boolean> {
  const { rowCount } = await client.query('select from api_key where hash = $1 and revoked_at is null', [
    hashOfKey(key),
  ]);
  return rowCount === 1;
}
