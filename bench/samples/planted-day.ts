/**
 * A day of sales, made in bulk: our side by SQL, the bank's side by arithmetic at the provider port, and differences
 * planted in it by their number. For the tests of reconciliation and for its benchmark.
 */
import type pg from 'pg';
import type { Provider, ProviderLink, ProviderRequest } from '../../providers/provider.ts';

export type PlantedFault =
  | 'missing-here'
  | 'missing-there'
  | 'cancelled-there'
  | 'doubled'
  | 'one-cent'
  | 'other-currency'
  | 'next-day'
  | 'unknown-request'
  | 'became-payable'
  | 'became-paid'
  | 'second-payment'
  /** Left out by the search, and found by its id: no difference. */
  | 'left-out-by-search';

export interface PlantedDay {
  readonly merchantId: string;
  readonly count: number;
  readonly plants: ReadonlyMap<number, PlantedFault>;
  /** The first sale; the others follow evenly until the next midnight in São Paulo. */
  readonly start: Date;
  readonly strays?: readonly string[];
}

const LINKS = 500;
const HALF_A_DAY_MS = 12 * 3_600_000;
const NOT_BOOKED: readonly PlantedFault[] = [
  'missing-here',
  'doubled',
  'unknown-request',
  'became-payable',
  'became-paid',
];

/** Nine in the morning in São Paulo, so that the whole day is one day there. */
export const MORNING = new Date('2026-11-24T12:00:00.000Z');

export const requestIdOf = (n: number): string => n.toString(16).padStart(32, '0');
export const sampleEndToEndId = (n: number): string => `E${n.toString().padStart(31, '0')}`;
export const amountOf = (n: number): number => 100 + (n % 10_007);
const createdAt = ({ start, count }: PlantedDay, n: number): number =>
  start.getTime() + Math.floor((n * HALF_A_DAY_MS) / count / 1_000) * 1_000;

/** With the owner's connection, without triggers and foreign keys: a hundred thousand sales in seconds. */
export async function plantLedger(owner: pg.Pool, day: PlantedDay): Promise<void> {
  const { merchantId, count, start, plants } = day;
  const of = (...wanted: readonly PlantedFault[]) =>
    [...plants].filter(([, plant]) => wanted.includes(plant)).map(([n]) => n);
  const client = await owner.connect();
  try {
    await client.query('set session_replication_role = replica');
    await client.query(
      `insert into payment_link (merchant_id, payment_link_id, kind, label, status, provider, provider_link_id,
       next_check_at)
       select $1, 'till-' || n, 'till', 'Till ' || n, 'free', 'jpmorgan', 'bank-' || n, null
         from generate_series(0, $2 - 1) n`,
      [merchantId, LINKS],
    );
    await client.query(
      `insert into payment_request (merchant_id, payment_request_id, payment_link_id, status, currency, amount_minor,
       reference, provider_created_at, ended_at)
       select $1, lpad(to_hex(n), 32, '0'), 'till-' || n % $3,
              case when n = any ($6) then 'active' when n = any ($7) then 'cancelled' when n = any ($8) then 'expired'
                else 'paid' end,
              'BRL', 100 + n % 10007, 'sale ' || n,
                $4::timestamptz + make_interval(secs => floor(n * 43200.0 / $2)::int), now()
         from generate_series(0, $2 - 1) n where n <> all ($5)`,
      [
        merchantId,
        count,
        LINKS,
        start,
        of('unknown-request'),
        of('missing-here', 'doubled'),
        of('became-payable'),
        of('became-paid'),
      ],
    );
    const values = [merchantId, count, of(...NOT_BOOKED), LINKS, start];
    await client.query(
      `insert into ledger_transaction (transaction_id, merchant_id, provider, end_to_end_id, payment_link_id,
       payment_request_id, kind, revision, settled_at, evidence)
       select 'jpmorgan:E' || lpad(n::text, 31, '0'), $1, 'jpmorgan', 'E' || lpad(n::text, 31, '0'), 'till-' || n % $4,
              lpad(to_hex(n), 32, '0'),
              'exact', 0, $5::timestamptz + make_interval(secs => floor(n * 43200.0 / $2)::int + 30), ''
         from generate_series(0, $2 - 1) n where n <> all ($3)`,
      values,
    );
    await client.query(
      `insert into ledger_entry (merchant_id, transaction_id, line, account, currency, amount_minor)
       select $1, 'jpmorgan:E' || lpad(n::text, 31, '0'), e.line, e.account, 'BRL', e.sign * (100 + n % 10007)
         from generate_series(0, $2 - 1) n, (values (1, 'provider', 1), (2, 'collected', -1)) as e (line, account, sign)
        where n <> all ($3)`,
      values.slice(0, 3),
    );
    await client.query('reset session_replication_role');
    // As the server's own statistics would after such a day.
    await client.query(
      'analyze payment_link; analyze payment_request; analyze ledger_transaction; analyze ledger_entry',
    );
  } finally {
    client.release();
  }
}

interface CountingProvider extends Provider {
  readonly calls: { searches: number; reads: number };
}

/** The bank's side, made when it is asked for: it holds nothing. */
export function plantedProvider(day: PlantedDay): CountingProvider {
  const calls = { searches: 0, reads: 0 };
  const refuse = (): never => {
    throw new Error('reconciliation writes nothing to the provider');
  };
  const numberAt = (at: number): number =>
    Math.max(0, Math.floor(((at - day.start.getTime()) * day.count) / HALF_A_DAY_MS) - 2);
  return {
    calls,
    name: 'jpmorgan',
    lateMoneyDays: 90,
    async searchRequests({ from, to }) {
      calls.searches += 1;
      const requests: ProviderRequest[] = [];
      for (let n = numberAt(from.getTime()); n < day.count && requests.length < 99; n += 1) {
        const at = createdAt(day, n);
        if (at < from.getTime()) continue;
        if (at > to.getTime()) break;
        const view = day.plants.get(n) === 'left-out-by-search' ? undefined : viewOf(day, n);
        if (view !== undefined) requests.push(view);
      }
      return Promise.resolve({ requests, truncated: requests.length === 99 });
    },
    async getRequest(requestId) {
      calls.reads += 1;
      const n = Number.parseInt(requestId, 16);
      return Promise.resolve(n < day.count ? viewOf(day, n) : undefined);
    },
    async *listLinks({ from, to }) {
      const made = day.start.getTime() - 3_600_000;
      if (made < from.getTime() || made > to.getTime()) return;
      for (let n = 0; n < LINKS; n += 1) yield linkOf(`bank-${n}`, made);
      for (const stray of day.strays ?? []) yield linkOf(stray, made);
      await Promise.resolve();
    },
    openLink: refuse,
    getLink: refuse,
    putRequest: refuse,
    putMany: refuse,
    updateMany: refuse,
    readBulk: refuse,
    cancelRequest: refuse,
    freeLink: refuse,
    returnKeyHours: 1,
    returnMoney: refuse,
    getReturn: refuse,
    authenticateCallback: refuse,
    parseCallback: refuse,
    close: async () => Promise.resolve(),
  };
}

function linkOf(providerLinkId: string, at: number): ProviderLink {
  return {
    providerLinkId,
    kind: 'till',
    url: `https://bank.example/${providerLinkId}`,
    createdAt: new Date(at).toISOString(),
  };
}

function viewOf(day: PlantedDay, n: number): ProviderRequest | undefined {
  const plant = day.plants.get(n);
  if (plant === 'missing-there') return undefined;
  const at = createdAt(day, n);
  const settledAt = at + 30_000 + (plant === 'next-day' ? 86_400_000 : 0);
  const currency = plant === 'other-currency' ? 'USD' : 'BRL';
  const minorUnits = String(amountOf(n) + (plant === 'one-cent' ? 1 : 0));
  const amount = { minorUnits, currency } as const;
  const endToEndId =
    plant === 'doubled'
      ? sampleEndToEndId(n - 1)
      : plant === 'second-payment'
        ? `${sampleEndToEndId(n)}again`
        : sampleEndToEndId(n);
  const created = new Date(at).toISOString();
  const base = {
    requestId: plant === 'unknown-request' ? strangerIdOf(n) : requestIdOf(n),
    revision: 0,
    providerLinkId: `bank-${n % LINKS}`,
    charge: {
      amount: { minorUnits: String(amountOf(n)), currency: 'BRL' as const },
      reference: `sale ${n}`,
      expiry: { is: 'within' as const, seconds: 900 },
    },
    createdAt: created,
    updatedAt: created,
    returns: [],
    evidence: 'the bank',
  };
  if (plant === 'became-payable') return { ...base, status: 'active' };
  if (plant === 'cancelled-there') return { ...base, status: 'cancelled' };
  const settlement = { endToEndId, amount, parts: {}, settledAt: new Date(settledAt).toISOString() };
  return { ...base, status: 'settled', settlement };
}

export const strangerIdOf = (n: number): string => `f${requestIdOf(n).slice(1)}`;
