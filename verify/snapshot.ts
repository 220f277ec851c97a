/**
 * Postgres as it was at one instant, unable to write. What a check sees in one statement it still sees in the next one,
 * however long the provider takes in between.
 */
import pg from 'pg';

const SLUG = /^[a-z0-9][a-z0-9-]{0,62}$/;
/** One statement may walk a whole ledger. */
const STATEMENT_MS = 600_000;

async function connected<T>(databaseUrl: string, work: (client: pg.Client) => Promise<T>): Promise<T> {
  const client = new pg.Client({
    connectionString: databaseUrl,
    application_name: 'relink-verify',
    connectionTimeoutMillis: 5_000,
    keepAlive: true,
    options: `-c statement_timeout=${STATEMENT_MS} -c lock_timeout=2000 -c timezone=UTC -c default_transaction_read_only=on`,
  });
  // A connection that breaks reports in the statement that waits for it.
  client.on('error', () => undefined);
  await client.connect().catch((error: unknown) => {
    const { host, port } = client;
    const why = error instanceof Error ? error.message || error.name : String(error);
    throw new Error(`Postgres at ${host}:${port} cannot be asked (${why})`, { cause: error });
  });
  try {
    return await work(client);
  } finally {
    await client.end();
  }
}

/**
 * As the URL says who we are: the rights of relink_app are enough. Every statement names the merchant as well, because
 * a superuser passes the policies.
 */
export async function merchantSnapshot<T>(
  databaseUrl: string,
  merchantId: string,
  work: (client: pg.ClientBase) => Promise<T>,
): Promise<T> {
  if (!SLUG.test(merchantId)) throw new Error(`not a merchant id: ${JSON.stringify(merchantId)}`);
  return connected(databaseUrl, async (client) => {
    await client.query(
      `begin isolation level repeatable read read only; select set_config('relink.merchant_id', '${merchantId}', true)`,
    );
    return work(client);
  });
}

/** Of no merchant: the router's role sees every merchant's ids, and nothing else. */
export async function routerSnapshot<T>(
  databaseUrl: string,
  role: 'relink_router' | undefined,
  work: (client: pg.ClientBase) => Promise<T>,
): Promise<T> {
  return connected(databaseUrl, async (client) => {
    await client.query('begin isolation level repeatable read read only');
    if (role !== undefined) await client.query(`set local role ${role}`);
    return work(client);
  });
}

export async function merchantsIn(databaseUrl: string): Promise<readonly string[]> {
  return routerSnapshot(databaseUrl, 'relink_router', async (client) => {
    const { rows } = await client.query<{ merchant_id: string }>('select merchant_id from merchant order by 1');
    return rows.map((row) => row.merchant_id);
  });
}
