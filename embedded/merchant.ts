/** A merchant to play with, and a key for it: for a laptop, tests and benchmarks. Safe to repeat. */
import { createHash, randomBytes } from 'node:crypto';
import pg from 'pg';

export interface Merchant {
  readonly merchantId: string;
  readonly name: string;
  readonly city: string;
  readonly timeZone: string;
  readonly currency: string;
}

export const DEMO_MERCHANT: Merchant = {
  merchantId: 'padaria-aurora',
  name: 'Padaria Aurora',
  city: 'Sao Paulo',
  timeZone: 'America/Sao_Paulo',
  currency: 'BRL',
};

export function newApiKey(): string {
  return `relink_${randomBytes(6).toString('hex')}_${randomBytes(32).toString('base64url')}`;
}

/** Only the key's hash is stored, so the caller keeps the key or makes another. */
export async function ensureMerchant(databaseUrl: string, merchant: Merchant, apiKey: string): Promise<void> {
  const { merchantId, name, city, timeZone, currency } = merchant;
  const client = new pg.Client({ connectionString: databaseUrl });
  client.on('error', () => undefined);
  await client.connect();
  try {
    await client.query('begin');
    await client.query("select set_config('relink.merchant_id', $1, true)", [merchantId]);
    await client.query(
      `insert into merchant (merchant_id, name, city, time_zone, currency) values ($1, $2, $3, $4, $5) on conflict do nothing`,
      [merchantId, name, city, timeZone, currency],
    );
    await client.query('insert into merchant_head (merchant_id) values ($1) on conflict do nothing', [merchantId]);
    await client.query(
      `insert into api_key (key_id, merchant_id, hash, label) values ($1, $2, $3, 'npm start') on conflict do nothing`,
      [apiKey.split('_')[1], merchantId, createHash('sha256').update(apiKey).digest()],
    );
    await client.query('commit');
  } finally {
    await client.end();
  }
}
