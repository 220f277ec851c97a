/**
 * Links a request: claim the command, put the request at the provider under our id, write everything in one
 * transaction. Idempotent by request id. Gives up only by its schedule; then the link stays `linking` and nothing is
 * promised.
 */
import { sameCharge } from '../../domain/money/charge.ts';
import type { EffectResult } from '../../domain/links/link-events.ts';
import type { LinkOrder } from '../../domain/links/link-state.ts';
import { answerCommand } from '../../db/links/command-claims.ts';
import { openException } from '../../db/money/exceptions.ts';
import { writeFacts } from '../../db/facts.ts';
import { writeLink } from '../../db/links/link-rows.ts';
import {
  markCancelAsked,
  markUnknownWrite,
  putInForce,
  readRequest,
  writeStatus,
} from '../../db/links/request-rows.ts';
import { fromJson, toText } from '../../domain/money.ts';
import { present } from '../../domain/present.ts';
import { ProviderFailure, type ProviderRequest } from '../../providers/provider.ts';
import { readOrRetry, DETAIL_AT_MOST, retryable, startAttempt, type Attempt } from '../attempt.ts';
import { checkCode } from './check-code.ts';
import { claimLink, type LinkClaim } from './claim-link.ts';
import { inTransaction, requestCodeOf, notifyListeners, type Dependencies } from '../dependencies.ts';
import type { LinkActivities, LinkRef } from './link-activities.ts';
import { refuseLink } from './refuse-link.ts';
import { answeredResult, bookSettled, fencedResult, STRANGER, writeEnd, writeStranger } from './settle.ts';

interface LinkContext extends LinkClaim {
  readonly link: LinkRef;
  readonly order: LinkOrder;
  readonly requestId: string;
  readonly attempt: Attempt;
  readonly seq: number;
}

export function createLinkRequest(deps: Dependencies): LinkActivities['linkRequest'] {
  return async ({ link, seq, order }) => {
    const attempt = startAttempt();
    deps.crash('link.before-claim');
    const claimed = await claimLink(deps, link, seq, order, attempt);
    if (claimed.is === 'answered') return answeredResult(deps, { link, attempt }, claimed.answer);
    if (claimed.is !== 'claimed') return claimed;
    deps.crash('link.claimed');
    const context: LinkContext = { ...claimed, link, order, requestId: order.requestId, attempt, seq };
    if (context.again || context.late) {
      const found = await readOrRetry(async () => deps.provider.getRequest(order.requestId, attempt.read()));
      const decided = found === undefined ? undefined : await afterRead(deps, context, found);
      if (decided !== undefined) return decided;
      if (context.late)
        return refuseLink(deps, context, {
          because: 'timed-out',
          unknownWrite: context.again,
          neverSent: !context.again,
        });
    }
    return put(deps, context);
  };
}

/**
 * F2, F3: the decision after a read before the write, or after an unknown write. Undefined: nothing is decided, so
 * write.
 */
async function afterRead(
  deps: Dependencies,
  context: LinkContext,
  view: ProviderRequest,
): Promise<EffectResult | undefined> {
  const { order, charge, row } = context;
  const { status } = view;
  switch (status) {
    case 'settled': {
      const booked = await bookSettled(deps, context, view);
      if (booked === undefined) throw retryable('settled, but the payment has no id yet');
      return booked;
    }
    case 'expired':
    case 'cancelled': {
      const { commandId, requestId } = order;
      const answer = { is: 'refused', because: 'not-active', requestId } as const;
      return writeEnd(deps, context, { ...view, status }, [{ commandId, answer }]);
    }
    case 'active':
    case 'processing': {
      const ours = view.providerLinkId === undefined || view.providerLinkId === row.providerLinkId;
      const same = ours && sameCharge(view.charge, charge);
      if (same && (!context.late || status === 'processing')) return finish(deps, context, { ...view, status });
      return withdraw(deps, context, context.late ? 'timed-out' : 'drift');
    }
  }
}

/** Cancels a request that came too late or has other content than ours. Only a read confirms that it is gone. */
async function withdraw(
  deps: Dependencies,
  context: LinkContext,
  because: 'timed-out' | 'drift',
): Promise<EffectResult> {
  const { attempt, requestId, link } = context;
  await inTransaction(deps, link, attempt, async (client) => markCancelAsked(client, requestId));
  try {
    await deps.provider.cancelRequest(requestId, because, attempt.write());
  } catch (error) {
    if (!(error instanceof ProviderFailure)) throw error;
    if (error.kind !== 'refused') throw retryable(error.message, error.retryAfterMs);
  }
  const view = await readOrRetry(async () => deps.provider.getRequest(requestId, attempt.read()));
  switch (view?.status) {
    case 'settled':
    case 'expired':
      return (await afterRead(deps, context, view)) ?? refuseLink(deps, context, { because, unknownWrite: true });
    case 'processing':
      return finish(deps, context, view);
    case 'active':
      throw retryable('the cancellation is not visible yet');
    case 'cancelled':
    case undefined:
      return refuseLink(deps, context, { because, unknownWrite: true });
  }
}

async function put(deps: Dependencies, context: LinkContext): Promise<EffectResult> {
  const { attempt, row, charge, requestId, link } = context;
  if (row.providerLinkId === undefined) throw new Error(`link ${row.paymentLinkId} is not open`);
  const write = { requestId, providerLinkId: row.providerLinkId, kind: row.kind, charge, creates: true } as const;
  try {
    const view = await deps.provider.putRequest(write, attempt.write());
    deps.crash('link.put');
    if (view.providerLinkId !== undefined && view.providerLinkId !== row.providerLinkId) {
      return await withdraw(deps, context, 'drift');
    }
    return await finish(deps, context, view);
  } catch (error) {
    if (!(error instanceof ProviderFailure)) throw error;
    switch (error.kind) {
      case 'refused':
      case 'stale':
        return refusedByProvider(deps, context, error);
      case 'unknown':
        await inTransaction(deps, link, attempt, async (client) => markUnknownWrite(client, requestId));
        break;
      case 'retryable':
        break;
    }
    throw retryable(error.message, error.retryAfterMs);
  }
}

/** The provider refused. A read shows whether it has the request nevertheless, and which request holds the link. */
async function refusedByProvider(
  deps: Dependencies,
  context: LinkContext,
  failure: ProviderFailure,
): Promise<EffectResult> {
  const { attempt, row, link, requestId } = context;
  const found = await readOrRetry(async () => deps.provider.getRequest(requestId, attempt.read()));
  const decided = found === undefined ? undefined : await afterRead(deps, context, found);
  if (decided !== undefined) return decided;
  const shown = await checkCode(deps, link, row, attempt);
  if (shown.code === 'stranger') {
    const refused = await refuseLink(deps, context, { because: 'payment-link-attention', detail: STRANGER });
    await writeStranger(deps, context, shown.by ?? 'unknown');
    return refused;
  }
  if ((shown.code === 'stray' || shown.code === 'current') && shown.by !== undefined && shown.by !== requestId) {
    return { is: 'blocked', by: shown.by };
  }
  if (shown.code === 'nothing' && shown.by !== undefined && row.providerLinkId !== undefined && attempt.number < 3) {
    await readOrRetry(async () => deps.provider.freeLink(row.providerLinkId ?? '', attempt.write()));
    throw retryable('a finished request still held the link');
  }
  const detail = (failure.reasons.join('; ') || failure.message).slice(0, DETAIL_AT_MOST);
  return refuseLink(deps, context, { because: 'refused-by-provider', detail });
}

/** The one transaction of a sale that is linked: request, revision, link, command, timeline, event. */
async function finish(deps: Dependencies, context: LinkContext, view: ProviderRequest): Promise<EffectResult> {
  const { link, row, order, requestId, attempt, seq, charge } = context;
  const linked = { is: 'linked', requestId, revision: 0 } as const;
  const outcome = await inTransaction(deps, link, attempt, async (client) => {
    const request = await readRequest(client, requestId, 'lock');
    if (request === undefined) throw new Error(`no request ${requestId}`);
    const revision = { number: 0, charge, providerRevision: view.revision, requestCode: requestCodeOf(row, charge) };
    const expires = view.expiresAt === undefined ? {} : { expiresAt: view.expiresAt };
    await putInForce(client, requestId, {
      ...revision,
      ...expires,
      ...present({ etag: view.etag }),
    });
    const { lateMoneyDays } = deps.provider;
    const status = view.status === 'processing' ? 'processing' : 'active';
    const write = { status, lateMoneyDays, providerCreatedAt: view.createdAt, ...expires } as const;
    if (!(await writeStatus(client, request, write)) && request.status !== status) {
      // The request ended here while this attempt was delayed: alive at the provider it is a stray, and this attempt
      // must not write the link row.
      return { held: false, position: undefined };
    }
    const held = await writeLink(client, link.paymentLinkId, { seq, status: 'linked', currentRequestId: requestId });
    await answerCommand(client, order.commandId, linked);
    const base = { paymentLinkId: link.paymentLinkId, paymentRequestId: requestId };
    const amount = toText(fromJson(charge.amount));
    const position = await writeFacts(client, link.merchantId, {
      events: [
        {
          ...base,
          name: 'payment_request.linked',
          cause: requestId,
          payload: { ...base, reference: charge.reference, status, revision: 0, amount, ...expires },
        },
      ],
      timeline: [
        {
          ...base,
          what: 'linked',
          sentence: `${order.amount} linked`,
          commandId: order.commandId,
          ...present({ actor: order.actor }),
          evidence: view.evidence,
        },
      ],
    });
    return { held, position };
  }).catch(async (error: unknown) => refuseSecondLive(error, deps, context));
  if ('is' in outcome) return outcome;
  await notifyListeners(deps, link.merchantId, outcome.position);
  deps.crash('link.stored');
  if (!outcome.held) return fencedResult(deps, context);
  const expiresAt = view.expiresAt === undefined ? {} : { expiresAt: Date.parse(view.expiresAt) };
  return { is: 'linked', revision: 0, number: context.number, ...expiresAt };
}

/**
 * 23505 on "one live request per link": another request of this link is alive in the rows. This one is cancelled, that
 * one is kept.
 */
async function refuseSecondLive(error: unknown, deps: Dependencies, context: LinkContext): Promise<EffectResult> {
  const code = error instanceof Error && 'code' in error ? error.code : undefined;
  if (code !== '23505') throw error;
  const { link, attempt, requestId } = context;
  await inTransaction(deps, link, attempt, async (client) => {
    const cause = `${requestId}:one-live`;
    const base = { paymentLinkId: link.paymentLinkId, paymentRequestId: requestId };
    const sentence = 'another request was alive on this link when this one was written';
    await openException(client, link.merchantId, { ...base, kind: 'drift', cause, sentence, detail: {} });
  });
  const refused = await withdraw(deps, context, 'drift');
  return refused.is === 'refused' ? fencedResult(deps, context) : refused;
}
