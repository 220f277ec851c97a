/**
 * Connections to Postgres and the one way to work for a merchant. Every connection starts with its role and its limits,
 * so that no statement ever runs without them; nothing here knows a table.
 */
import pg from 'pg';
import { present } from '../domain/present.ts';

interface PoolOptions {
  readonly url: string;
  /** The role whose rights the connections have; absent only for migrations and tests. */
  readonly role?: 'relink_app' | 'relink_router';
  readonly max?: number;
  /** Seen in pg_stat_activity. */
  readonly applicationName: string;
  readonly statementTimeoutMs?: number;
  /** Hears of idle connections that broke; the pool replaces them by itself. */
  readonly onIdleError?: (error: Error) => void;
}

export function createPool(options: PoolOptions): pg.Pool {
  const settings = {
    ...present({ role: options.role }),
    idle_in_transaction_session_timeout: 5_000,
    lock_timeout: 2_000,
    statement_timeout: options.statementTimeoutMs ?? 10_000,
    timezone: 'UTC',
  };
  const pool = new pg.Pool({
    connectionString: options.url,
    max: options.max ?? 10,
    application_name: options.applicationName,
    connectionTimeoutMillis: 5_000,
    keepAlive: true,
    options: Object.entries(settings)
      .map(([name, value]) => `-c ${name}=${value}`)
      .join(' '),
  });
  // Without a listener, a Postgres that restarts would take the process down with it.
  pool.on('error', (error) => {
    // pg attaches the whole client to the error, connection string and sockets included, which must not be logged.
    Reflect.deleteProperty(error, 'client');
    options.onIdleError?.(error);
  });
  // The pool does not listen to a lent connection, and a dying server's error can arrive together with its readiness,
  // before the borrower listens. The statement that runs, or the next one, fails; that is enough.
  pool.on('connect', (client) => client.on('error', () => undefined));
  return pool;
}

const MERCHANT_ID = /^[a-z0-9][a-z0-9-]{0,62}$/;

interface TransactionOptions {
  /** Aborted: the connection is cut, so that nothing of a late attempt can still commit unnoticed. */
  readonly signal?: AbortSignal;
}

/**
 * Runs `work` in one transaction that sees this merchant's rows and no others. The merchant reaches row-level security
 * with `begin`, in one round trip, which is why its id must be a slug that can stand in the text.
 */
export async function tenantTransaction<T>(
  pool: pg.Pool,
  merchantId: string,
  work: (client: pg.PoolClient) => Promise<T>,
  options: TransactionOptions = {},
): Promise<T> {
  if (!MERCHANT_ID.test(merchantId)) throw new Error(`not a merchant id: ${JSON.stringify(merchantId)}`);
  return transaction(pool, `begin; select set_config('relink.merchant_id', '${merchantId}', true)`, work, options);
}

/** A transaction of no merchant: for roles whose policies do not ask for one. */
export async function plainTransaction<T>(
  pool: pg.Pool,
  work: (client: pg.PoolClient) => Promise<T>,
  options: TransactionOptions = {},
): Promise<T> {
  return transaction(pool, 'begin', work, options);
}

async function transaction<T>(
  pool: pg.Pool,
  begin: string,
  work: (client: pg.PoolClient) => Promise<T>,
  { signal }: TransactionOptions,
): Promise<T> {
  signal?.throwIfAborted();
  const client = await pool.connect();
  let released = false;
  const release = (destroy: boolean): void => {
    if (!released) client.release(destroy);
    released = true;
  };
  const cut = (): void => release(true);
  signal?.addEventListener('abort', cut, { once: true });
  try {
    signal?.throwIfAborted();
    await client.query(begin);
    const result = await work(client);
    signal?.throwIfAborted();
    await client.query('commit');
    return result;
  } catch (error) {
    if (signal?.aborted === true) throw signal.reason;
    // A connection whose rollback fails is in an unknown state and is never lent again.
    await client.query('rollback').catch(cut);
    throw error;
  } finally {
    signal?.removeEventListener('abort', cut);
    release(signal?.aborted === true);
  }
}
