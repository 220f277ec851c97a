/**
 * Stores answers that no other activity stores: refusals of Signals, of queued and of waiting sales, notes, and queued
 * orders that came without the API. Once per command, all of them in one transaction; retried without limit.
 */
import type pg from 'pg';
import type { OrderOutcome } from '../../domain/links/link-state.ts';
import { answerCommand, markQueued, storeCommand, storeRequest, wasClaimed } from '../../db/links/command-claims.ts';
import { writeFacts, type EventFact, type TimelineFact } from '../../db/facts.ts';
import { readRequest, writeStatus } from '../../db/links/request-rows.ts';
import { present } from '../../domain/present.ts';
import { startAttempt } from '../attempt.ts';
import { inTransaction, notifyListeners, type Dependencies } from '../dependencies.ts';
import type { LinkActivities, LinkRef } from './link-activities.ts';

export function createRecordOutcomes(deps: Dependencies): LinkActivities['recordOutcomes'] {
  return async ({ link, outcomes }) => {
    const position = await inTransaction(deps, link, startAttempt(), async (client) => {
      const events: EventFact[] = [];
      const timeline: TimelineFact[] = [];
      for (const outcome of outcomes) await record(deps, client, link, outcome, { events, timeline });
      return writeFacts(client, link.merchantId, { events, timeline });
    });
    await notifyListeners(deps, link.merchantId, position);
  };
}

interface FactDraft {
  readonly events: EventFact[];
  readonly timeline: TimelineFact[];
}

async function record(
  deps: Dependencies,
  client: pg.ClientBase,
  link: LinkRef,
  { order, answer }: OrderOutcome,
  { events, timeline }: FactDraft,
): Promise<void> {
  await storeCommand(client, link, order);
  const own = order.is === 'link' && (await storeRequest(client, link, order));
  if (answer.is === 'queued') {
    if (!(await markQueued(client, order.commandId))) return;
    const { actor } = order;
    const where = { paymentLinkId: link.paymentLinkId, paymentRequestId: answer.requestId };
    const who = actor === undefined ? {} : { actor };
    timeline.push({
      ...where,
      ...who,
      what: 'queued',
      sentence: 'waits until the code is free',
      commandId: order.commandId,
    });
    return;
  }
  if (!(await answerCommand(client, order.commandId, answer))) return;
  const requestId = 'requestId' in order ? order.requestId : undefined;
  const base = {
    paymentLinkId: link.paymentLinkId,
    ...present({ paymentRequestId: requestId }),
  };
  const because = answer.is === 'refused' ? answer.because : undefined;
  const said =
    order.is !== 'link' && order.is !== 'updateCharge' && order.reason !== undefined ? `: ${order.reason}` : '';
  timeline.push({
    ...base,
    what: order.is === 'annotate' ? 'note' : because === undefined ? answer.is : 'refused',
    sentence: because === undefined ? `${order.is}${said}` : `${order.is} refused: ${because}`,
    commandId: order.commandId,
    ...present({ actor: order.actor }),
  });
  if (!own || because === undefined || requestId === undefined) return;
  const request = await readRequest(client, requestId, 'lock');
  if (request === undefined) return;
  const { lateMoneyDays } = deps.provider;
  // A claimed order has been sent to the provider: an earlier write of it may still take effect.
  const neverSent = !(await wasClaimed(client, order.commandId));
  if (!(await writeStatus(client, request, { status: 'refused', because, lateMoneyDays, neverSent }))) return;
  const payload = { ...base, reference: request.reference, status: 'refused', because };
  events.push({ ...base, name: 'payment_request.refused', cause: requestId, payload });
}
