/**
 * What the checker compares: the bank's records, our rows, and the answers that a client kept. Read only, nothing
 * decided.
 */
import pg from 'pg';
import { z } from 'zod';

const bankSchema = z.object({
  paymentRequests: z.array(
    z.object({
      id: z.string(),
      status: z.enum(['ACTIVE', 'PROCESSING', 'SETTLED', 'EXPIRED', 'CANCELLED']),
      paymentLinkId: z.string().optional(),
      amount: z.object({ currency: z.string(), value: z.string() }),
      payments: z.array(
        z.object({ endToEndId: z.string(), amount: z.object({ currency: z.string(), value: z.string() }) }),
      ),
      returns: z.array(
        z.object({
          id: z.string(),
          endToEndId: z.string().optional(),
          status: z.enum(['PENDING', 'COMPLETED', 'FAILED']),
          amount: z.object({ currency: z.string(), value: z.string() }),
        }),
      ),
    }),
  ),
  paymentLinks: z.array(z.object({ id: z.string(), paymentRequestId: z.string().optional() })),
});
export type BankRecords = z.infer<typeof bankSchema>;
export type BankRequest = BankRecords['paymentRequests'][number];

/** An answer that a client has read: a promise, when it was 2xx. */
export interface KeptAnswer {
  readonly call: string;
  readonly key: string | undefined;
  readonly status: number;
  /** The API says that it has seen this key before. */
  readonly replayed: boolean;
  readonly body: Readonly<Record<string, unknown>>;
}

export interface StoredRows {
  readonly requests: readonly {
    readonly id: string;
    readonly link: string;
    readonly status: string;
    readonly because: string | null;
    readonly amount: string;
  }[];
  readonly links: readonly {
    readonly id: string;
    readonly status: string;
    readonly because: string | null;
    readonly current: string | null;
    readonly at_provider: string | null;
  }[];
  readonly transactions: readonly {
    readonly id: string;
    readonly end_to_end_id: string;
    readonly request: string;
    readonly received: string | null;
    /** Money that arrived; the others say what became of it. */
    readonly settles: boolean;
    readonly sums: readonly string[];
  }[];
  readonly returns: readonly {
    readonly id: string;
    readonly at_provider: string | null;
    readonly status: string;
    readonly amount: string;
    /** What left the provider's account for it, in minor units. */
    readonly left: string;
  }[];
  readonly exceptions: readonly { readonly id: string }[];
  readonly chain: readonly {
    readonly row: string;
    readonly transaction: string;
    readonly digest: string;
    readonly hash: string;
  }[];
  readonly head: { readonly position: string; readonly rows: string; readonly hash: string } | undefined;
  readonly commands: readonly {
    readonly id: string;
    readonly kind: string;
    readonly key: string | null;
    readonly outcome: { readonly is: string; readonly because?: string } | null;
    readonly queued: boolean;
    readonly request: string | null;
  }[];
  readonly events: readonly { readonly position: string; readonly name: string; readonly request: string | null }[];
  readonly notices: readonly { readonly id: string; readonly request: string; readonly status: string }[];
}

export async function bankRecords(simulatorUrl: string): Promise<BankRecords> {
  const answer = await fetch(`${simulatorUrl}/control/payment-requests`);
  return bankSchema.parse(await answer.json());
}

/** As a superuser, who passes every policy, in one snapshot, and unable to write. */
export async function readRows(databaseUrl: string, merchantId: string): Promise<StoredRows> {
  const client = new pg.Client({ connectionString: databaseUrl, connectionTimeoutMillis: 10_000 });
  client.on('error', () => undefined);
  await client.connect();
  const ask = async <T extends pg.QueryResultRow>(sql: string): Promise<T[]> =>
    (await client.query<T>(sql, [merchantId])).rows;
  try {
    await client.query('begin isolation level repeatable read read only');
    return {
      requests: await ask(REQUESTS),
      links: await ask(LINKS),
      transactions: await ask(TRANSACTIONS),
      returns: await ask(RETURNS),
      exceptions: await ask('select exception_id as id from exception where merchant_id = $1'),
      chain: await ask(CHAIN),
      head: (await ask<NonNullable<StoredRows['head']>>(HEAD))[0],
      commands: await ask(COMMANDS),
      events: await ask(EVENTS),
      notices: await ask(NOTICES),
    };
  } finally {
    await client.end();
  }
}

const REQUESTS = `select payment_request_id as id, payment_link_id as link, status, because, amount_minor as amount
  from payment_request where merchant_id = $1`;
const LINKS = `select payment_link_id as id, status, because, current_request_id as current,
  provider_link_id as at_provider
  from payment_link where merchant_id = $1`;
const TRANSACTIONS = `select t.transaction_id as id, t.end_to_end_id, t.payment_request_id as request, t.settles,
    (select amount_minor::text from ledger_entry e where e.transaction_id = t.transaction_id
      and account = 'provider') as received,
    array(select sum(amount_minor)::text from ledger_entry e where e.transaction_id = t.transaction_id
      group by currency) as sums
  from ledger_transaction t where merchant_id = $1`;
const RETURNS = `select r.return_id as id, r.provider_return_id as at_provider, r.status,
    r.amount_minor::text as amount,
    (select coalesce(-sum(e.amount_minor), 0)::text from ledger_transaction t join ledger_entry e using (transaction_id)
      where t.return_id = r.return_id and e.account = 'provider') as left
  from money_return r where merchant_id = $1`;
const CHAIN = `select row, transaction_id as transaction, encode(digest, 'hex') as digest, encode(hash, 'hex') as hash
  from ledger_chain where merchant_id = $1 order by row`;
const HEAD = `select position, rows, encode(hash, 'hex') as hash from merchant_head where merchant_id = $1`;
const COMMANDS = `select command_id as id, kind, idempotency_key as key, outcome, queued_at is not null as queued,
    payment_request_id as request from command where merchant_id = $1`;
const EVENTS = `select position, name, payment_request_id as request from event where merchant_id = $1 order by position`;
const NOTICES = `select inbox_id as id, payment_request_id as request, status from inbox
  where merchant_id = $1 and status = 'settled' and applied_at is null`;
