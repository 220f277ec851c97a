/** A merchant to play with, and a key for it: for a laptop, tests and benchmarks. Safe to repeat. */
import { createApiKey, createMerchant, isKnownKey, type NewMerchant } from '../db/merchants.ts';
import { createPool, tenantTransaction } from '../db/pool.ts';

export const DEMO_MERCHANT: NewMerchant = {
  merchantId: 'padaria-aurora',
  name: 'Padaria Aurora',
  city: 'Sao Paulo',
  timeZone: 'America/Sao_Paulo',
  currency: 'BRL',
};

/**
 * Answers `kept` when the database still knows that key, and a new key otherwise. The URL's user must own the schema.
 */
export async function ensureMerchant(databaseUrl: string, merchant: NewMerchant, kept?: string): Promise<string> {
  const owner = createPool({ url: databaseUrl, applicationName: 'relink-merchant', max: 1 });
  const { merchantId } = merchant;
  try {
    await createMerchant(owner, merchant);
    if (kept !== undefined && (await isKnown(kept))) return kept;
    const { key } = await createApiKey(owner, merchantId, { label: 'npm start' });
    return key;
  } finally {
    await owner.end();
  }

  async function isKnown(key: string): Promise<boolean> {
    return tenantTransaction(owner, merchantId, async (client) => isKnownKey(client, key));
  }
}
