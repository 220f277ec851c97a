/**
 * Takes a request off the code, for unlink, cancel, replace, retire, resolve and strays. It cancels at the provider and
 * then reads; the read decides. A payment that came before the cancellation is booked. Idempotent: a cancelled request
 * stays cancelled.
 */
import type pg from 'pg';
import { answerCommand, claimCommand, storeCommand } from '../../db/links/command-claims.ts';
import { writeFacts, type EventFact, type TimelineFact } from '../../db/facts.ts';
import { readLink, writeLink, type LinkRow, type LinkWrite } from '../../db/links/link-rows.ts';
import { checkAgainIn, markCancelAsked, readRequest, writeStatus } from '../../db/links/request-rows.ts';
import type { EffectResult } from '../../domain/links/link-events.ts';
import type { Answer, FoundOnCode } from '../../domain/links/link-state.ts';
import { present } from '../../domain/present.ts';
import { ProviderFailure, type ProviderRequest } from '../../providers/provider.ts';
import { readOrRetry, retryable, startAttempt, type Attempt } from '../attempt.ts';
import { checkCode } from './check-code.ts';
import { inTransaction, notifyListeners, type Dependencies } from '../dependencies.ts';
import type { LinkActivities } from './link-activities.ts';
import type { RequestContext } from './request-context.ts';
import { answeredResult, bookSettled, fencedResult, STRANGER, writeEnd, writeStranger } from './settle.ts';

type CancelRequestInput = Parameters<LinkActivities['cancelRequest']>[0];

interface CancelContext extends RequestContext {
  readonly input: CancelRequestInput;
  readonly row: LinkRow;
  readonly number: number;
}

const READ_AGAIN_AFTER_MS = [200, 1_000] as const;

export function createCancelRequest(deps: Dependencies): LinkActivities['cancelRequest'] {
  return async (input) => {
    const attempt = startAttempt();
    deps.crash('cancel.before-claim');
    const claimed = await claim(deps, input, attempt);
    if (claimed.is === 'answered') return answeredResult(deps, { link: input.link, attempt }, claimed.answer);
    deps.crash('cancel.claimed');
    const { link, requestId = '', seq, stray } = input;
    const { row, number, again, known } = claimed;
    const context: CancelContext = { input, link, row, requestId, attempt, number, ...(stray ? {} : { seq }) };
    if (!known) return clear(deps, context, 'nothing');
    const before = again
      ? await readOrRetry(async () => deps.provider.getRequest(requestId, attempt.read()))
      : undefined;
    if (before === undefined || before.status === 'active') await cancelAtProvider(deps, context);
    deps.crash('cancel.cancelled');
    const view = await readBackCancelled(deps, context);
    deps.crash('cancel.read');
    return concludeCancel(deps, context, view);
  };
}

async function claim(deps: Dependencies, input: CancelRequestInput, attempt: Attempt) {
  const { link, orders, requestId } = input;
  return inTransaction(deps, link, attempt, async (client) => {
    const row = await readLink(client, link.paymentLinkId);
    if (row === undefined) throw new Error(`no link ${link.paymentLinkId}`);
    let number = 0;
    let again = attempt.number > 1;
    for (const order of orders) {
      await storeCommand(client, link, order);
      const claimed = await claimCommand(client, order.commandId);
      if (claimed.is === 'answered') return claimed;
      number = Math.max(number, claimed.number);
      again ||= claimed.again;
    }
    const request = requestId === undefined ? undefined : await readRequest(client, requestId);
    const known = request?.paymentLinkId === link.paymentLinkId;
    if (known) {
      await markCancelAsked(client, request.requestId);
      await checkAgainIn(client, request.requestId, 15);
    }
    return { is: 'claimed' as const, row, number, again, known };
  });
}

/** A refused cancellation is ignored here: the read that follows decides. */
async function cancelAtProvider(deps: Dependencies, { input, requestId, attempt }: CancelContext): Promise<void> {
  const [order] = input.orders;
  const why = input.replacedBy === undefined ? 'Client Request' : 'replaced by another sale';
  const reason = order?.is === 'unlink' ? (order.reason ?? why) : why;
  try {
    await deps.provider.cancelRequest(requestId, reason, attempt.write());
  } catch (error) {
    if (!(error instanceof ProviderFailure)) throw error;
    if (error.kind === 'retryable') throw retryable(error.message, error.retryAfterMs);
  }
}

async function readBackCancelled(deps: Dependencies, { requestId, attempt }: CancelContext) {
  const read = async (): Promise<ProviderRequest | undefined> =>
    readOrRetry(async () => deps.provider.getRequest(requestId, attempt.read()));
  let view = await read();
  for (const afterMs of READ_AGAIN_AFTER_MS) {
    const settledWithoutId = view?.status === 'settled' && view.settlement?.endToEndId === undefined;
    if (view?.status !== 'active' && !settledWithoutId) return view;
    await deps.pause(afterMs);
    view = await read();
  }
  return view;
}

async function concludeCancel(
  deps: Dependencies,
  context: CancelContext,
  view: ProviderRequest | undefined,
): Promise<EffectResult> {
  switch (view?.status) {
    case 'settled': {
      // The request is settled first and the receipt written after: a crash between them is repeated as a whole.
      const booked = await bookSettled(deps, { ...withoutSeq(context) }, view);
      if (booked === undefined) throw retryable('settled, but the payment has no id yet');
      return clear(deps, context, 'paid');
    }
    case 'processing':
      return refuseInFlight(deps, context, view.evidence);
    case 'active':
      throw retryable('the cancellation is not visible yet');
    case 'expired':
      await writeEnd(deps, withoutSeq(context), { ...view, status: 'expired' });
      return clear(deps, context, 'expired');
    case 'cancelled':
    case undefined:
      return clear(deps, context, 'cancelled', view?.evidence);
  }
}

function withoutSeq(context: CancelContext): RequestContext {
  const { link, row, requestId, attempt } = context;
  return { link, row, requestId, attempt };
}

const FOUND: { readonly [found in FoundOnCode]: string } = {
  nothing: 'nothing was on the code',
  cancelled: 'the request was taken off the code',
  paid: 'the request had been paid, and was booked',
  expired: 'the request had expired',
};

/** The code is free (or retired): request, link row, outcomes, timeline and events in one transaction. */
async function clear(
  deps: Dependencies,
  context: CancelContext,
  found: FoundOnCode,
  evidence?: string,
): Promise<EffectResult> {
  const { input, link, attempt } = context;
  const retire = input.orders.some((order) => order.is === 'retire');
  if (input.orders.some((order) => order.is === 'resolve') || retire) {
    const shown = await checkCode(deps, link, context.row, attempt);
    if (shown.code === 'stranger' && !retire) return refuseForStranger(deps, context, shown.by ?? 'unknown');
    if (shown.code === 'stray' && shown.by !== undefined && shown.by !== context.requestId && !retire) {
      return { is: 'checked', code: 'stray', by: shown.by, because: 'another request of ours is still on the code' };
    }
  }
  const written = await inTransaction(deps, link, attempt, async (client) => {
    const told = await endRequest(deps, client, context, found, evidence);
    told.push(await answerOrders(client, context, found, retire));
    const write: LinkWrite = { seq: input.seq, status: retire ? 'retired' : 'free' };
    const held = input.stray || (await writeLink(client, link.paymentLinkId, write));
    const position = await writeFacts(client, link.merchantId, {
      events: told.flatMap((part) => part.events),
      timeline: told.flatMap((part) => part.timeline),
    });
    return { held, position };
  });
  await notifyListeners(deps, link.merchantId, written.position);
  deps.crash('cancel.stored');
  if (!written.held) return fencedResult(deps, context);
  return { is: 'unlinked', found, number: context.number };
}

interface FactDraft {
  readonly events: EventFact[];
  readonly timeline: TimelineFact[];
}

async function endRequest(
  deps: Dependencies,
  client: pg.ClientBase,
  { input, link, requestId }: CancelContext,
  found: FoundOnCode,
  evidence?: string,
): Promise<FactDraft[]> {
  const request = found === 'cancelled' ? await readRequest(client, requestId, 'lock') : undefined;
  const because = input.replacedBy === undefined ? {} : { because: 'replaced' };
  const write = { status: 'cancelled' as const, lateMoneyDays: deps.provider.lateMoneyDays, ...because };
  if (request === undefined) return [];
  const base = { paymentLinkId: link.paymentLinkId, paymentRequestId: requestId };
  if (!(await writeStatus(client, request, write))) {
    if (!input.stray) return [];
    const again = 'it had ended here and was alive at the provider again: it was cancelled there';
    return [{ events: [], timeline: [{ ...base, what: 'cancelled', sentence: again, ...present({ evidence }) }] }];
  }
  const payload = { ...base, reference: request.reference, status: 'cancelled', ...because };
  const sentence = input.replacedBy === undefined ? 'cancelled' : `cancelled: ${input.replacedBy} takes its place`;
  return [
    {
      events: [{ ...base, name: 'payment_request.cancelled', cause: requestId, payload }],
      timeline: [{ ...base, what: 'cancelled', sentence, ...present({ evidence }) }],
    },
  ];
}

async function answerOrders(
  client: pg.ClientBase,
  { input, link, requestId }: CancelContext,
  found: FoundOnCode,
  retire: boolean,
): Promise<FactDraft> {
  const base = { paymentLinkId: link.paymentLinkId };
  const events: EventFact[] = retire
    ? [{ ...base, name: 'payment_link.retired', cause: link.paymentLinkId, payload: base }]
    : [];
  const timeline: TimelineFact[] = [];
  for (const order of input.orders) {
    const named = requestId === '' ? {} : { requestId };
    const receipt: Answer = { is: 'unlinked', found, ...named };
    const answer: Answer =
      order.is === 'retire' ? { is: 'retired' } : order.is === 'resolve' ? { is: 'done' } : receipt;
    if (!(await answerCommand(client, order.commandId, answer))) continue;
    const said = order.reason === undefined ? '' : ` (${order.reason})`;
    const who = order.actor === undefined ? {} : { actor: order.actor };
    const request = requestId === '' ? {} : { paymentRequestId: requestId };
    timeline.push({
      ...base,
      ...request,
      ...who,
      what: order.is,
      sentence: `${order.is}: ${FOUND[found]}${said}`,
      commandId: order.commandId,
    });
  }
  return { events, timeline };
}

/** A payment is in flight: the link stays linked until its outcome is known. */
async function refuseInFlight(deps: Dependencies, context: CancelContext, evidence: string): Promise<EffectResult> {
  const { input, link, requestId, attempt } = context;
  const refused = { is: 'refused', because: 'payment-in-flight', requestId } as const;
  await inTransaction(deps, link, attempt, async (client) => {
    const request = await readRequest(client, requestId, 'lock');
    const { lateMoneyDays } = deps.provider;
    if (request !== undefined) await writeStatus(client, request, { status: 'processing', lateMoneyDays });
    for (const order of input.orders) await answerCommand(client, order.commandId, refused);
    const base = { paymentLinkId: link.paymentLinkId, paymentRequestId: requestId };
    const [order] = input.orders;
    const who = present({ actor: order?.actor, commandId: order?.commandId });
    const sentence = 'not taken off the code: a payment is being processed';
    await writeFacts(client, link.merchantId, { timeline: [{ ...base, ...who, what: 'refused', sentence, evidence }] });
    if (!input.stray) {
      await writeLink(client, link.paymentLinkId, { seq: input.seq, status: 'linked', currentRequestId: requestId });
    }
  });
  return refused;
}

async function refuseForStranger(deps: Dependencies, context: CancelContext, by: string): Promise<EffectResult> {
  const { input, link, attempt } = context;
  const refused = { is: 'refused', because: 'payment-link-attention', detail: STRANGER } as const;
  await inTransaction(deps, link, attempt, async (client) => {
    for (const order of input.orders) await answerCommand(client, order.commandId, refused);
    const write = { seq: input.seq, status: 'attention' as const, because: STRANGER, checkInSeconds: 60 };
    await writeLink(client, link.paymentLinkId, write);
  });
  await writeStranger(deps, { ...withoutSeq(context), seq: input.seq }, by);
  return { is: 'checked', code: 'stranger', by, because: STRANGER };
}
