/** I8 and I6 at the provider: every printed code is there, and serves what we say that it serves. */
import type { Provider, ProviderLink } from '../providers/provider.ts';
import { retryRead } from './provider-pages.ts';
import { inFlight, type MerchantSnapshot } from './rules.ts';
import { merchantSnapshot } from './snapshot.ts';
import type { CheckContext } from './requests.ts';

const ROWS_A_PAGE = 500;
/** A provider lists at most a month at once. */
const MONTH_MS = 30 * 86_400_000;
/** Between our row and the provider's link; what was opened later than that is asked for by id. */
const OPENED_WITHIN_MS = 60_000;

interface Row {
  id: string;
  provider_link_id: string;
  status: string;
  current_request_id: string | null;
  created: Date;
  in_flight: boolean;
}

export async function checkProviderLinks(snapshot: MerchantSnapshot, context: CheckContext): Promise<void> {
  const { client, merchantId, graceSeconds, findings } = snapshot;
  await client.query(
    `declare our_links no scroll cursor for ${rowsOf(merchantId, graceSeconds)} order by l.created_at, l.payment_link_id`,
  );
  let compared = 0;
  for (;;) {
    const { rows } = await client.query<Row>(`fetch ${ROWS_A_PAGE} from our_links`);
    const listed = await listedFor(context.provider, rows);
    for (const row of rows) await compareOne(snapshot, context, row, listed.get(row.provider_link_id));
    compared += rows.length;
    if (rows.length < ROWS_A_PAGE) break;
  }
  findings.looked('I8', `${compared} links`);
}

/** A cursor takes no parameters; a merchant's id is a slug, which the snapshot has made sure of. */
function rowsOf(merchantId: string, graceSeconds: number): string {
  return `select l.payment_link_id as id, l.provider_link_id, l.status, l.current_request_id, l.created_at as created,
      ${inFlight('l').replaceAll('$2', String(graceSeconds))} as in_flight
    from payment_link l where l.merchant_id = '${merchantId}' and l.provider_link_id is not null`;
}

async function listedFor(provider: Provider, rows: readonly Row[]): Promise<ReadonlyMap<string, ProviderLink>> {
  const listed = new Map<string, ProviderLink>();
  const [first, last] = [rows[0], rows.at(-1)];
  if (first === undefined || last === undefined) return listed;
  const wanted = new Set(rows.map((row) => row.provider_link_id));
  const until = last.created.getTime() + OPENED_WITHIN_MS;
  for (let from = first.created.getTime() - OPENED_WITHIN_MS; from < until; from += MONTH_MS) {
    const range = { from: new Date(from), to: new Date(Math.min(until, from + MONTH_MS)) };
    const links = await retryRead(async (call) => {
      const all: ProviderLink[] = [];
      for await (const link of provider.listLinks(range, call)) if (wanted.has(link.providerLinkId)) all.push(link);
      return all;
    });
    for (const link of links) listed.set(link.providerLinkId, link);
  }
  return listed;
}

async function compareOne(
  snapshot: MerchantSnapshot,
  context: CheckContext,
  row: Row,
  listed: ProviderLink | undefined,
): Promise<void> {
  if (listed !== undefined && (await differenceOf(snapshot, context, row, listed)) === undefined) return;
  const { merchantId, graceSeconds, findings } = snapshot;
  const theirs = await retryRead(async (call) => context.provider.getLink(row.provider_link_id, call));
  const again = await merchantSnapshot(context.databaseUrl, merchantId, async (client) =>
    client.query<Row>(`${rowsOf(merchantId, graceSeconds)} and l.payment_link_id = $1`, [row.id]),
  );
  const now = again.rows[0] ?? row;
  const sentence = await differenceOf(snapshot, context, now, theirs);
  if (sentence === undefined || now.in_flight) return;
  findings.violated('I8', sentence);
}

/** A code that waits for attention is not judged: that it differs is what the attention is for. */
async function differenceOf(
  { client, merchantId }: MerchantSnapshot,
  { provider }: CheckContext,
  row: Row,
  theirs: ProviderLink | undefined,
): Promise<string | undefined> {
  const name = `link ${row.id} is ${row.status}`;
  if (theirs === undefined) return `${name}, and the provider does not know its code ${row.provider_link_id}`;
  const shown = theirs.currentRequestId;
  if (row.status === 'linked') {
    if (shown === row.current_request_id) return undefined;
    return `${name} to request ${row.current_request_id}, and its code serves ${shown ?? 'nothing'}`;
  }
  if ((row.status !== 'free' && row.status !== 'retired') || shown === undefined) return undefined;
  const known = await client.query(
    'select from payment_request where merchant_id = $1 and payment_request_id = $2 and ended_at is not null',
    [merchantId, shown],
  );
  // One of ours that has ended here: its own comparison says whether it has ended there too.
  if (known.rowCount !== 0) return undefined;
  const request = await retryRead(async (call) => provider.getRequest(shown, call));
  const alive = request?.status === 'active' || request?.status === 'processing';
  return alive ? `${name}, and its code serves ${shown}` : undefined;
}
