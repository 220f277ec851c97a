/**
 * Reads a request at the provider and stores the result; the only way by which money gets into the ledger outside a
 * command. Idempotent: an end-to-end id is booked once. When a notice is ahead of the provider's own read, the read is
 * repeated.
 */
import { readLink } from '../../db/links/link-rows.ts';
import { checkAgainIn, readRequest } from '../../db/links/request-rows.ts';
import type { EffectResult } from '../../domain/links/link-events.ts';
import type { ReadReason } from '../../domain/links/link-state.ts';
import { writeFacts } from '../../db/facts.ts';
import { present } from '../../domain/present.ts';
import type { ProviderRequest } from '../../providers/provider.ts';
import { readOrRetry, retryable, startAttempt } from '../attempt.ts';
import { inTransaction, type Dependencies } from '../dependencies.ts';
import type { LinkActivities } from './link-activities.ts';
import type { RequestContext } from './request-context.ts';
import { bookSettled, writeAlive, writeEnd } from './settle.ts';

/** The bank's read may lag behind its own callback. */
const READ_AGAIN_AFTER_MS = [200, 1_000] as const;
const ONCE_MORE_AFTER_MS = 5_000;

export function createSettleRequest(deps: Dependencies): LinkActivities['settleRequest'] {
  return async ({ link, seq, requestId, why }) => {
    const attempt = startAttempt();
    deps.crash('settle.before-read');
    const known = await inTransaction(deps, link, attempt, async (client) => {
      const row = await readLink(client, link.paymentLinkId);
      const request = await readRequest(client, requestId);
      return row === undefined || request?.paymentLinkId !== link.paymentLinkId ? undefined : { row };
    });
    if (known === undefined) return ignoreUnknown(deps, link, requestId, why, attempt);
    const context: RequestContext = { link, row: known.row, requestId, attempt, ...present({ seq }) };
    const view = await readUntil(deps, context, why);
    deps.crash('settle.read');
    if (view === undefined) return lookAgain(deps, context, 'the provider does not know the request');
    return settleBy(deps, context, view, why);
  };
}

async function settleBy(
  deps: Dependencies,
  context: RequestContext,
  view: ProviderRequest,
  why: ReadReason,
): Promise<EffectResult> {
  const { status } = view;
  switch (status) {
    case 'settled':
      return (
        (await bookSettled(deps, context, view)) ?? lookAgain(deps, context, 'settled, but the payment has no id yet')
      );
    case 'expired':
    case 'cancelled':
      return writeEnd(deps, context, { ...view, status });
    case 'active':
    case 'processing': {
      const forged =
        why === 'paid' ? `a notice said paid, and the provider says ${status}: nothing was booked` : undefined;
      return writeAlive(deps, context, { ...view, status }, forged);
    }
  }
}

/** When a notice says paid and the read does not show it yet, the read is repeated after 0.2 s, 1 s and 5 s. */
async function readUntil(deps: Dependencies, { requestId, attempt }: RequestContext, why: ReadReason) {
  const read = async (): Promise<ProviderRequest | undefined> =>
    readOrRetry(async () => deps.provider.getRequest(requestId, attempt.read()));
  let view = await read();
  for (const afterMs of READ_AGAIN_AFTER_MS) {
    if (!isAhead(view, why)) return view;
    await deps.pause(afterMs);
    view = await read();
  }
  if (isAhead(view, why) && attempt.number === 1) {
    throw retryable('the provider does not show the payment yet', ONCE_MORE_AFTER_MS);
  }
  return view;
}

function isAhead(view: ProviderRequest | undefined, why: ReadReason): boolean {
  if (view?.status === 'settled') return view.settlement?.endToEndId === undefined;
  return why === 'paid' && (view === undefined || view.status === 'active');
}

async function lookAgain(
  deps: Dependencies,
  { link, requestId, attempt }: RequestContext,
  because: string,
): Promise<EffectResult> {
  await inTransaction(deps, link, attempt, async (client) => checkAgainIn(client, requestId, 15));
  return { is: 'nothing', because };
}

/** A notice that names no request of this link is recorded in the timeline, as a trace of possible forgery. */
async function ignoreUnknown(
  deps: Dependencies,
  link: RequestContext['link'],
  requestId: string,
  why: ReadReason,
  attempt: RequestContext['attempt'],
): Promise<EffectResult> {
  const because = `a notice (${why}) named ${requestId}, which is no request of this link`;
  await inTransaction(deps, link, attempt, async (client) =>
    writeFacts(client, link.merchantId, {
      timeline: [{ paymentLinkId: link.paymentLinkId, what: 'notice-ignored', sentence: because }],
    }),
  );
  return { is: 'nothing', because };
}
