/**
 * I1, I2 and I8: every request of a merchant, page by page, against the provider's own list, and by id where that is
 * silent.
 */
import type { Currency } from '../domain/money.ts';
import type { ExceptionKind } from '../domain/money/exception.ts';
import { present } from '../domain/present.ts';
import type { Provider, ProviderRequest } from '../providers/provider.ts';
import { type CheckedRequest, differences } from './payments.ts';
import { requestsAt, retryRead } from './provider-pages.ts';
import { ARRIVAL_KINDS, inFlight, type MerchantSnapshot } from './rules.ts';
import { merchantSnapshot } from './snapshot.ts';

const ROWS_A_PAGE = 500;
/** Of one page of ours; where the account holds much that is not ours, reads by id are cheaper. */
const MOST_SEARCHES = 20;

export interface CheckContext {
  readonly databaseUrl: string;
  readonly provider: Provider;
}

/** When the provider made the oldest and the newest of this merchant's requests. */
export interface CreationSpan {
  readonly from: number;
  readonly to: number;
}

interface ListedRequest extends CheckedRequest {
  /** Milliseconds, by the provider's clock; absent: it never said that it has it. */
  readonly createdAt?: number;
}

export async function checkRequests(
  snapshot: MerchantSnapshot,
  context: CheckContext,
): Promise<CreationSpan | undefined> {
  let span: CreationSpan | undefined;
  let compared = 0;
  let payments = 0;
  for await (const page of pagesOf(snapshot)) {
    const theirs = await theirPage(context.provider, page);
    for (const ours of page) {
      const listed = theirs.get(ours.requestId);
      if (listed === undefined && !(await mayBeAtProvider(snapshot, ours))) continue;
      await compareOne(snapshot, context, ours, listed);
      compared += 1;
      payments += ours.payments.length;
    }
    span = widened(span, page);
  }
  snapshot.findings.looked('I1', `${payments} payments`);
  snapshot.findings.looked('I8', `${compared} requests`);
  return span;
}

/** What the list says only saves reads by id: before anything is called different, both sides are read again. */
async function compareOne(
  snapshot: MerchantSnapshot,
  { databaseUrl, provider }: CheckContext,
  ours: ListedRequest,
  listed: ProviderRequest | undefined,
): Promise<void> {
  if (listed !== undefined && differences(ours, listed).length === 0) return;
  const theirs = await retryRead(async (call) => provider.getRequest(ours.requestId, call));
  if (differences(ours, theirs).length === 0) return;
  const now = await readAgain(databaseUrl, snapshot, ours.requestId);
  if (now === undefined) return;
  const { graceSeconds, findings } = snapshot;
  const sinceMs = theirs === undefined ? Infinity : Math.abs(Date.now() - Date.parse(theirs.updatedAt));
  if (graceSeconds > 0 && (now.inFlight || sinceMs < graceSeconds * 1_000)) return;
  for (const { invariant, sentence } of differences(now, theirs)) findings.violated(invariant, sentence);
}

async function theirPage(
  provider: Provider,
  page: readonly ListedRequest[],
): Promise<ReadonlyMap<string, ProviderRequest>> {
  const made = page.flatMap(({ createdAt }) => (createdAt === undefined ? [] : [createdAt]));
  const theirs = new Map<string, ProviderRequest>();
  const [from, to] = [made[0], made.at(-1)];
  if (from === undefined || to === undefined) return theirs;
  const wanted = new Set(page.map(({ requestId }) => requestId));
  for await (const request of requestsAt(provider, { from, to: to + 1, mostPages: MOST_SEARCHES })) {
    if (wanted.has(request.requestId)) theirs.set(request.requestId, request);
  }
  return theirs;
}

/** One that was refused before anybody sent it is not asked for: a busy day has many. */
async function mayBeAtProvider(
  { client, merchantId }: MerchantSnapshot,
  { createdAt, status, requestId }: ListedRequest,
): Promise<boolean> {
  if (createdAt !== undefined || status !== 'refused') return true;
  const { rowCount } = await client.query(
    `select from command where merchant_id = $1 and payment_request_id = $2 and kind = 'link' and claimed_at is not null`,
    [merchantId, requestId],
  );
  return rowCount !== 0;
}

function widened(span: CreationSpan | undefined, page: readonly ListedRequest[]): CreationSpan | undefined {
  const made = page.flatMap(({ createdAt }) => (createdAt === undefined ? [] : [createdAt]));
  const [first, last] = [made[0], made.at(-1)];
  if (first === undefined || last === undefined) return span;
  return { from: Math.min(span?.from ?? first, first), to: Math.max(span?.to ?? last, last) };
}

interface Row {
  id: string;
  status: string;
  because: string | null;
  currency: Currency;
  amount_minor: string;
  created: Date | null;
  at: string;
  queued: boolean;
  explained: boolean;
  in_flight: boolean;
  payments: { e2e: string; currency: Currency | null; minor: string | null }[] | null;
}

/** By the provider's time, so that one search covers one page; what it never made stands last. A cursor sorts once. */
async function* pagesOf({
  client,
  merchantId,
  graceSeconds,
}: MerchantSnapshot): AsyncGenerator<readonly ListedRequest[]> {
  await client.query(
    `declare our_requests no scroll cursor for
      ${rowsOf(merchantId, graceSeconds)} order by r.provider_created_at nulls last, r.payment_request_id`,
  );
  for (;;) {
    const { rows } = await client.query<Row>(`fetch ${ROWS_A_PAGE} from our_requests`);
    if (rows.length > 0) yield rows.map(listedOf);
    if (rows.length < ROWS_A_PAGE) return;
  }
}

async function readAgain(databaseUrl: string, { merchantId, graceSeconds }: MerchantSnapshot, requestId: string) {
  return merchantSnapshot(databaseUrl, merchantId, async (client) => {
    const { rows } = await client.query<Row>(`${rowsOf(merchantId, graceSeconds)} and r.payment_request_id = $1`, [
      requestId,
    ]);
    return rows.map(listedOf)[0];
  });
}

/** What may differ between here and the provider while an exception of this kind is open. */
const EXPLAINS: { readonly [kind in ExceptionKind]: 'nothing' | 'state' | 'state and money' } = {
  late: 'nothing',
  second: 'nothing',
  partial: 'nothing',
  over: 'nothing',
  'wrong-currency': 'nothing',
  'unknown-request': 'nothing',
  'return-failed': 'nothing',
  drift: 'state',
  stranger: 'nothing',
  'cancelled-outside': 'state',
  'return-unknown': 'nothing',
  'unseen-payment': 'state and money',
  'missing-at-provider': 'state and money',
  'differs-at-provider': 'state and money',
  'held-bill': 'nothing',
};

function explaining(...what: readonly string[]): string {
  const kinds = Object.entries(EXPLAINS).filter(([, explains]) => what.includes(explains));
  return `(${kinds.map(([kind]) => `'${kind}'`).join(', ')})`;
}

/** A cursor takes no parameters; a merchant's id is a slug, which the snapshot has made sure of. */
function rowsOf(merchantId: string, graceSeconds: number): string {
  const open = (kinds: string): string =>
    `exists (select from exception x where x.payment_request_id = r.payment_request_id and x.status = 'open' and x.kind in ${kinds})`;
  return `select r.payment_request_id as id, r.status, r.because, r.currency, r.amount_minor,
      r.provider_created_at as created, ${inFlight('r').replaceAll('$2', String(graceSeconds))} as in_flight,
      exists (select from command c where c.payment_request_id = r.payment_request_id and c.kind = 'link'
                and c.outcome is null and c.queued_at is not null and c.claimed_at is null) as queued,
      exists (select from ledger_transaction t where t.merchant_id = '${merchantId}'
                and t.payment_request_id = r.payment_request_id
                and t.kind in ('applied', 'accepted', 'written-off')) as decided,
      ${open(explaining('state', 'state and money'))} as explained_state, ${open(explaining('state and money'))} as explained_money,
      (select jsonb_agg(jsonb_build_object('e2e', t.end_to_end_id, 'currency', e.currency,
         'minor', e.amount_minor::text))
         from ledger_transaction t left join ledger_entry e on e.transaction_id = t.transaction_id
           and e.account = 'provider'
        where t.merchant_id = '${merchantId}' and t.payment_request_id = r.payment_request_id
          and t.kind in ${ARRIVAL_KINDS}) as payments
    from payment_request r where r.merchant_id = '${merchantId}'`;
}

interface Row {
  id: string;
  status: string;
  because: string | null;
  currency: Currency;
  amount_minor: string;
  created: Date | null;
  queued: boolean;
  decided: boolean;
  explained_state: boolean;
  explained_money: boolean;
  in_flight: boolean;
  payments: { e2e: string; currency: Currency | null; minor: string | null }[] | null;
}

function listedOf(row: Row): ListedRequest {
  return {
    requestId: row.id,
    status: row.status,
    because: row.because,
    amount: { minorUnits: row.amount_minor, currency: row.currency },
    queued: row.queued,
    explained: { state: row.explained_state, money: row.explained_money },
    decided: row.decided,
    inFlight: row.in_flight,
    payments: (row.payments ?? []).map(({ e2e, currency, minor }) => ({
      endToEndId: e2e,
      received: currency === null || minor === null ? null : { minorUnits: minor, currency },
    })),
    ...present({ createdAt: row.created?.getTime() }),
  };
}
