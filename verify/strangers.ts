/** I1 for money that nobody here asked for: what the provider has and no merchant of this database knows. */
import type { Provider, ProviderRequest } from '../providers/provider.ts';
import { fromJson, toSentence } from '../domain/money.ts';
import { requestsAt, retryRead } from './provider-pages.ts';
import type { CreationSpan } from './requests.ts';
import { merchantSnapshot, routerSnapshot } from './snapshot.ts';
import type { VerdictCollector } from './verdict.ts';

const DAY_MS = 86_400_000;
/** The nightly reconciliation books what nobody knows: until it has come by, nothing is lost. */
const UNTIL_RECONCILED_MS = 26 * 3_600_000;
const LOOKED_UP_AT_ONCE = 99;

interface StrangerCheckInput {
  readonly databaseUrl: string;
  readonly provider: Provider;
  readonly merchants: readonly string[];
  readonly span: CreationSpan | undefined;
  readonly atRest: boolean;
}

export async function checkStrangers(findings: VerdictCollector, input: StrangerCheckInput): Promise<void> {
  const { provider, span } = input;
  if (span === undefined) return;
  let seen = 0;
  let page: ProviderRequest[] = [];
  const range = { from: span.from - DAY_MS, to: Math.max(span.to, Date.now()) + DAY_MS };
  for await (const request of requestsAt(provider, range)) {
    seen += 1;
    page.push(request);
    if (page.length < LOOKED_UP_AT_ONCE) continue;
    await lookUp(findings, input, page);
    page = [];
  }
  await lookUp(findings, input, page);
  findings.looked('I1', `${seen} requests at the provider`);
}

async function lookUp(
  findings: VerdictCollector,
  input: StrangerCheckInput,
  page: readonly ProviderRequest[],
): Promise<void> {
  const settled = page.filter(({ settlement }) => settlement !== undefined);
  if (settled.length === 0) return;
  const ids = settled.map(({ requestId }) => requestId);
  const known = await routerSnapshot(input.databaseUrl, 'relink_router', async (client) => {
    const { rows } = await client.query<{ id: string }>(
      'select payment_request_id as id from payment_request where payment_request_id = any ($1)',
      [ids],
    );
    return new Set(rows.map(({ id }) => id));
  });
  for (const request of settled) {
    if (known.has(request.requestId) || (await isBooked(input, request))) continue;
    // A list may lag behind; so may the booking.
    const again = await retryRead(async (call) => input.provider.getRequest(request.requestId, call));
    if (again?.settlement === undefined) continue;
    const sinceMs = Date.now() - Date.parse(again.settlement.settledAt ?? again.updatedAt);
    if (!input.atRest && Math.abs(sinceMs) < UNTIL_RECONCILED_MS) continue;
    const { endToEndId = 'without an id', amount } = again.settlement;
    findings.violated(
      'I1',
      `payment ${endToEndId} over ${toSentence(fromJson(amount))} is at the provider for request ${request.requestId}, which nobody here knows, and not in the ledger`,
    );
  }
}

async function isBooked(
  { databaseUrl, merchants }: StrangerCheckInput,
  { settlement }: ProviderRequest,
): Promise<boolean> {
  for (const merchantId of merchants) {
    const { rowCount } = await merchantSnapshot(databaseUrl, merchantId, async (client) =>
      client.query('select from ledger_transaction where merchant_id = $1 and settles and end_to_end_id = $2', [
        merchantId,
        settlement?.endToEndId ?? '',
      ]),
    );
    if (rowCount !== 0) return true;
  }
  return false;
}
