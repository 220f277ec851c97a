/**
 * Writes the next revision of a request: the pending revision row fixes its content and its baseline, then the provider
 * is written to, then everything in one transaction. Idempotent by command. It never cancels: a change that comes too
 * late leaves the request as it was.
 */
import { sameCharge } from '../../domain/money/charge.ts';
import type { EffectResult } from '../../domain/links/link-events.ts';
import type { Refusal, UpdateOrder } from '../../domain/links/link-state.ts';
import { fromJson, toSentence, toText } from '../../domain/money.ts';
import { answerCommand, storedAnswer } from '../../db/links/command-claims.ts';
import { openException } from '../../db/money/exceptions.ts';
import { writeFacts, type EventFact } from '../../db/facts.ts';
import type { LinkRow } from '../../db/links/link-rows.ts';
import { putInForce, readRequest } from '../../db/links/request-rows.ts';
import { present } from '../../domain/present.ts';
import { ProviderFailure, type ProviderRequest } from '../../providers/provider.ts';
import { DETAIL_AT_MOST, readOrRetry, retryable, startAttempt } from '../attempt.ts';
import { claimUpdate, type UpdateClaim } from './claim-update.ts';
import { inTransaction, requestCodeOf, notifyListeners, type Dependencies } from '../dependencies.ts';
import type { LinkActivities } from './link-activities.ts';
import type { RequestContext } from './request-context.ts';
import { answeredResult, bookSettled, writeEnd } from './settle.ts';
import { dropPendingRevision, keepEtag } from '../../db/links/revision-rows.ts';

interface UpdateContext extends RequestContext, Omit<UpdateClaim, 'is'> {
  readonly order: UpdateOrder;
  readonly row: LinkRow;
  readonly seq: number;
}

export function createUpdateRequest(deps: Dependencies): LinkActivities['updateRequest'] {
  return async ({ link, seq, order }) => {
    const attempt = startAttempt();
    deps.crash('update.before-claim');
    const claimed = await inTransaction(deps, link, attempt, async (client) => claimUpdate(client, link, order));
    if (claimed.is === 'answered') return answeredResult(deps, { link, attempt }, claimed.answer);
    if (claimed.is !== 'claimed') return claimed;
    deps.crash('update.claimed');
    const again = claimed.again || attempt.number > 1;
    const context: UpdateContext = { ...claimed, again, link, order, requestId: order.requestId, attempt, seq };
    const { etag } = claimed.inForce;
    // A request created in a bulk has no known ETag yet, and a write without one would overwrite any change.
    const untold = etag === undefined && deps.provider.bulk?.kind === claimed.row.kind;
    if (again || claimed.late || untold) {
      const found = await readOrRetry(async () => deps.provider.getRequest(order.requestId, attempt.read()));
      const decided = await afterRead(deps, context, found);
      if (decided !== undefined) return decided;
      if (claimed.late) return refuse(deps, context, 'timed-out');
      if (untold && found?.etag !== undefined) {
        // Stored before the first write, so that every attempt uses the same baseline (F2).
        await keepBaseline(deps, context, found.etag);
        return put(deps, context, found.etag);
      }
    }
    return put(deps, context, etag);
  };
}

/** F2: undefined means that the baseline still holds, so the write may go out (again). */
async function afterRead(
  deps: Dependencies,
  context: UpdateContext,
  view: ProviderRequest | undefined,
): Promise<EffectResult | undefined> {
  const { order, pending, requestId } = context;
  if (view === undefined) throw retryable('the provider does not know the request');
  const { status } = view;
  switch (status) {
    case 'settled':
      return afterPayment(deps, context, view);
    case 'expired':
    case 'cancelled': {
      const answer = { is: 'refused', because: 'not-active', requestId } as const;
      return writeEnd(deps, context, { ...view, status }, [{ commandId: order.commandId, answer }]);
    }
    case 'processing':
      // A payment in flight pays the new amount.
      if (sameCharge(view.charge, pending.charge)) return finish(deps, context, view);
      return refuse(deps, context, 'payment-in-flight');
    case 'active':
      if (sameCharge(view.charge, pending.charge)) return finish(deps, context, view);
      return afterOtherCharge(deps, context, view);
  }
}

async function afterPayment(deps: Dependencies, context: UpdateContext, view: ProviderRequest): Promise<EffectResult> {
  const booked = await bookSettled(deps, context, view);
  if (booked === undefined) throw retryable('settled, but the payment has no id yet');
  // The pending revision may be the one that was paid: then the change was made, and its command says so.
  const stored = await inTransaction(deps, context.link, context.attempt, async (client) =>
    storedAnswer(client, context.order.commandId),
  );
  return stored?.is === 'updated' ? answeredResult(deps, context, stored) : booked;
}

/** Alive, and not what this write asks for. */
async function afterOtherCharge(
  deps: Dependencies,
  context: UpdateContext,
  view: ProviderRequest,
): Promise<EffectResult | undefined> {
  const { inForce, revisions } = context;
  const untouched = view.etag === undefined ? view.revision === inForce.providerRevision : view.etag === inForce.etag;
  if (untouched || sameCharge(view.charge, inForce.charge)) return undefined;
  // A late write of ours overwrote it with an older revision: writing again, based on what was just read, repairs that.
  if (revisions.some((revision) => sameCharge(view.charge, revision.charge))) return put(deps, context, view.etag);
  return drift(deps, context, view);
}

async function put(deps: Dependencies, context: UpdateContext, baseline: string | undefined): Promise<EffectResult> {
  const { attempt, row, pending, requestId } = context;
  if (row.providerLinkId === undefined) throw new Error(`link ${row.paymentLinkId} is not open`);
  const write = { requestId, providerLinkId: row.providerLinkId, kind: row.kind, charge: pending.charge };
  try {
    const view = await deps.provider.putRequest({ ...write, ...present({ baseline }) }, attempt.write());
    deps.crash('update.put');
    return await finish(deps, context, view);
  } catch (error) {
    if (!(error instanceof ProviderFailure)) throw error;
    if (error.kind === 'retryable' || error.kind === 'unknown') throw retryable(error.message, error.retryAfterMs);
    const found = await readOrRetry(async () => deps.provider.getRequest(requestId, attempt.read()));
    const decided = await afterRead(deps, context, found);
    if (decided !== undefined) return decided;
    if (error.kind === 'stale') return rebase(deps, context, found);
    const worn = (context.inForce.providerRevision ?? 0) >= 100;
    return refuse(
      deps,
      context,
      worn ? 'too-many-changes' : 'refused-by-provider',
      (error.reasons.join('; ') || error.message).slice(0, DETAIL_AT_MOST),
    );
  }
}

/**
 * The content is still ours and only the ETag has changed (a payment was tried and failed). The next attempt writes on
 * the baseline read in this one, never this attempt itself, because a late write of ours may land in between (F2).
 */
async function rebase(deps: Dependencies, context: UpdateContext, view: ProviderRequest | undefined): Promise<never> {
  await keepBaseline(deps, context, view?.etag);
  throw retryable('the ETag had moved on while the content had not');
}

async function keepBaseline(
  deps: Dependencies,
  { link, attempt, requestId, inForce }: UpdateContext,
  etag: string | undefined,
): Promise<void> {
  await inTransaction(deps, link, attempt, async (client) =>
    keepEtag(client, { requestId, number: inForce.number }, etag),
  );
}

async function finish(deps: Dependencies, context: UpdateContext, view: ProviderRequest): Promise<EffectResult> {
  const { link, row, order, pending, requestId, attempt } = context;
  const { charge, number: revision } = pending;
  const position = await inTransaction(deps, link, attempt, async (client) => {
    await readRequest(client, requestId, 'lock');
    const expires = view.expiresAt === undefined ? {} : { expiresAt: view.expiresAt };
    await putInForce(client, requestId, {
      number: revision,
      charge,
      providerRevision: view.revision,
      requestCode: requestCodeOf(row, charge),
      ...expires,
      ...present({ etag: view.etag }),
    });
    await answerCommand(client, order.commandId, { is: 'updated', requestId, revision });
    const base = { paymentLinkId: link.paymentLinkId, paymentRequestId: requestId };
    const amount = fromJson(charge.amount);
    const payload = {
      ...base,
      reference: charge.reference,
      status: view.status,
      revision,
      amount: toText(amount),
      ...expires,
    };
    const sentence = `charge changed to ${toSentence(amount)}, revision ${revision}`;
    const who = order.actor === undefined ? {} : { actor: order.actor };
    return writeFacts(client, link.merchantId, {
      events: [{ ...base, name: 'payment_request.updated', cause: `${requestId}:${revision}`, payload }],
      timeline: [{ ...base, ...who, what: 'updated', sentence, commandId: order.commandId, evidence: view.evidence }],
    });
  });
  await notifyListeners(deps, link.merchantId, position);
  deps.crash('update.stored');
  const expiresAt = view.expiresAt === undefined ? {} : { expiresAt: Date.parse(view.expiresAt) };
  return { is: 'updated', revision, number: context.number, ...expiresAt };
}

async function refuse(
  deps: Dependencies,
  { link, order, pending, requestId, attempt }: UpdateContext,
  because: Refusal,
  detail?: string,
  more: readonly EventFact[] = [],
): Promise<EffectResult> {
  const refused = { is: 'refused', because, requestId, ...present({ detail }) } as const;
  const position = await inTransaction(deps, link, attempt, async (client) => {
    await dropPendingRevision(client, requestId, pending.number);
    await answerCommand(client, order.commandId, refused);
    const base = { paymentLinkId: link.paymentLinkId, paymentRequestId: requestId };
    const sentence = `charge update refused: ${because}${detail === undefined ? '' : ` (${detail})`}`;
    return writeFacts(client, link.merchantId, {
      events: more,
      timeline: [{ ...base, what: 'refused', sentence, commandId: order.commandId }],
    });
  });
  await notifyListeners(deps, link.merchantId, position);
  return refused;
}

/**
 * The request was changed at the provider by somebody else: our update is refused, the foreign content stays, and an
 * exception is opened.
 */
async function drift(deps: Dependencies, context: UpdateContext, view: ProviderRequest): Promise<EffectResult> {
  const { link, requestId, attempt } = context;
  const opened = await inTransaction(deps, link, attempt, async (client) =>
    openException(client, link.merchantId, {
      kind: 'drift',
      cause: `${requestId}:${view.revision}`,
      paymentLinkId: link.paymentLinkId,
      paymentRequestId: requestId,
      sentence: 'the request at the provider has content that Relink never wrote',
      detail: { providerRevision: view.revision, evidence: view.evidence },
    }),
  );
  return refuse(deps, context, 'drift', 'the request was changed at the provider by somebody else', opened);
}
