/**
 * Production's first step after the schema: a merchant and its first API key, which is printed once and stored as a
 * hash. DATABASE_URL names the schema's owner. Repeating it keeps the merchant and prints another key.
 */
import { parseArgs } from 'node:util';
import { createApiKey, createMerchant } from '../db/merchants.ts';
import { createPool } from '../db/pool.ts';
import { isCurrency } from '../domain/money.ts';

const USAGE =
  'node operations/create-merchant.ts --id padaria --name "Padaria Aurora" --city "Sao Paulo" --time-zone America/Sao_Paulo --currency BRL';

function demand(holds: boolean, sentence: string): asserts holds {
  if (holds) return;
  process.stderr.write(`${sentence}\n${USAGE}\n`);
  process.exit(1);
}

const text = { type: 'string' } as const;
const { values } = parseArgs({ options: { id: text, name: text, city: text, 'time-zone': text, currency: text } });
const { id: merchantId, name, city, 'time-zone': timeZone, currency } = values;
const url = process.env['DATABASE_URL'];
demand(url !== undefined, 'DATABASE_URL is not set: it names the database, with the user that owns the schema.');
demand(
  merchantId !== undefined && /^[a-z0-9][a-z0-9-]{0,62}$/.test(merchantId),
  '--id: lower-case letters, digits and hyphens.',
);
demand(name !== undefined && name !== '', '--name: as payers read it.');
demand(city !== undefined && city !== '', '--city: as it stands in the printed code.');
demand(
  timeZone !== undefined && Intl.supportedValuesOf('timeZone').includes(timeZone),
  '--time-zone: as in America/Sao_Paulo.',
);
demand(currency !== undefined && isCurrency(currency), '--currency: as in BRL.');

const owner = createPool({ url, applicationName: 'relink-create-merchant', max: 1 });
try {
  await createMerchant(owner, { merchantId, name, city, timeZone, currency });
  const { key } = await createApiKey(owner, merchantId, { label: 'first key', mode: 'live' });
  process.stdout.write(`${JSON.stringify({ merchantId, apiKey: key })}\n`);
} finally {
  await owner.end();
}
