/**
 * Books what the provider reports about returns, both ours and those that it began by itself. Each step is booked once.
 */
import { readRequest } from '../../db/links/request-rows.ts';
import { writeFacts } from '../../db/facts.ts';
import { bookReturnSeen, type ReturnReport } from '../../db/money/return-booking.ts';
import { insertReturn, outsideReturnId, readReturn, readReturnsOf, type ReturnRow } from '../../db/money/returns.ts';
import { fromJson } from '../../domain/money.ts';
import type { ProviderRequest, ProviderReturn } from '../../providers/provider.ts';
import type { Attempt } from '../attempt.ts';
import { inTransaction, notifyListeners, wakeOwners, type Dependencies } from '../dependencies.ts';
import type { RequestContext } from '../links/request-context.ts';

/** Called with a read of a request that is settled and booked. */
export async function bookProviderReturns(
  deps: Dependencies,
  context: RequestContext,
  view: ProviderRequest,
): Promise<void> {
  if (view.returns.length === 0) return;
  const { link, requestId, attempt } = context;
  const known = await inTransaction(deps, link, attempt, async (client) => readReturnsOf(client, requestId));
  for (const seen of view.returns) {
    const row = known.find((one) => one.providerReturnId === seen.id || one.returnId === seen.reference);
    if (row?.status === seen.status) continue;
    if (row === undefined && !(await insertOutsideReturn(deps, context, view, seen))) continue;
    const returnId = row?.returnId ?? outsideReturnId(deps.provider.name, seen.id);
    await advanceReturn(deps, { merchantId: link.merchantId, returnId }, attempt, seen, view.evidence);
  }
}

/** False when the amount is missing: it cannot be booked until a later read names it. */
async function insertOutsideReturn(
  deps: Dependencies,
  { link, requestId, attempt }: RequestContext,
  { settlement }: ProviderRequest,
  seen: ProviderReturn,
): Promise<boolean> {
  const endToEndId = settlement?.endToEndId;
  const { amount } = seen;
  if (amount === undefined || endToEndId === undefined) return false;
  const returnId = outsideReturnId(deps.provider.name, seen.id);
  await inTransaction(deps, link, attempt, async (client) => {
    // The lock of the request keeps two reads from inserting one return twice.
    await readRequest(client, requestId, 'lock');
    if ((await readReturn(client, returnId)) !== undefined) return;
    await insertReturn(client, {
      returnId,
      merchantId: link.merchantId,
      provider: deps.provider.name,
      paymentLinkId: link.paymentLinkId,
      paymentRequestId: requestId,
      endToEndId,
      amount: fromJson(amount),
      whole: false,
      origin: 'provider',
      reason: 'the provider gave it back',
      actor: deps.provider.name,
      status: 'pending',
      providerReturnId: seen.id,
    });
  });
  return true;
}

/** Answers the row as it stands afterwards; undefined: there is no such return. */
export async function advanceReturn(
  deps: Dependencies,
  { merchantId, returnId }: { readonly merchantId: string; readonly returnId: string },
  attempt: Attempt,
  seen: ReturnReport,
  evidence = `the provider on return ${seen.id ?? returnId}: ${seen.status}`,
): Promise<ReturnRow | undefined> {
  const written = await inTransaction(deps, { merchantId }, attempt, async (client) => {
    const before = await readReturn(client, returnId);
    if (before?.paymentRequestId !== undefined) await readRequest(client, before.paymentRequestId, 'lock');
    const row = await readReturn(client, returnId, 'lock');
    if (row === undefined) return undefined;
    const facts = await bookReturnSeen(client, { merchantId, row, seen, evidence });
    const position = facts === undefined ? undefined : await writeFacts(client, merchantId, facts);
    return { row: await readReturn(client, returnId), position, facts };
  });
  await notifyListeners(deps, merchantId, written?.position);
  wakeOwners(deps, merchantId, written?.facts);
  return written?.row;
}
