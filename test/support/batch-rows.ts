/**
 * Accounts without a code and batches whose rows wait, as rows: for tests of what works on them and not of how they
 * come about.
 */
import type pg from 'pg';
import { writeAccounts } from '../../db/billing/accounts.ts';
import { insertBatch, insertRows } from '../../db/billing/bill-batches.ts';
import { tenantTransaction } from '../../db/pool.ts';
import { USUAL_RULES } from '../../domain/billing/billing-rules.ts';

const ACTOR = 'key test';
const LAYOUT = { kind: 'a4', level: 'Q', moduleMillimetres: 1.1, pagesPerFile: 500 } as const;

export async function insertAccounts(pool: pg.Pool, merchantId: string, ids: readonly string[]): Promise<void> {
  const known = { holder: 'Ana', address: ['Rua 1'], language: 'pt', tariffId: 'r' } as const;
  const accounts = ids.map((accountId) => ({ accountId, ...known }));
  await tenantTransaction(pool, merchantId, async (client) =>
    writeAccounts(client, { merchantId, actor: ACTOR }, accounts, { rules: USUAL_RULES, known: 'replace' }),
  );
}

interface WaitingBatch {
  readonly name: string;
  readonly accountIds: readonly string[];
}

/** Answers its id. */
export async function insertWaitingBatch(
  pool: pg.Pool,
  merchantId: string,
  { name, accountIds }: WaitingBatch,
): Promise<string> {
  const batchId = Buffer.from(name.padEnd(16, '.')).toString('hex').slice(0, 32);
  const batch = { batchId, name, layout: LAYOUT, digest: Buffer.from(name), idempotencyKey: name, bytes: 1 };
  const lines = accountIds.map((accountId, index) => ({ line: index + 2, accountId, errors: [] }));
  await tenantTransaction(pool, merchantId, async (client) => {
    await insertBatch(client, { merchantId, actor: ACTOR }, batch);
    await insertRows(client, merchantId, batchId, lines);
  });
  return batchId;
}
