/**
 * What every activity does with a read of a request: book money, write down an end, or note that it is alive. Used by
 * all of them, because money may be found at any moment (protocol.md §2).
 */
import type pg from 'pg';
import { isAlive } from '../../domain/money/check-schedule.ts';
import type { EffectResult, StoredLink } from '../../domain/links/link-events.ts';
import { answerCommand } from '../../db/links/command-claims.ts';
import { openException } from '../../db/money/exceptions.ts';
import { writeFacts, type EventFact } from '../../db/facts.ts';
import { correctLink, loadStoredLink, writeLink } from '../../db/links/link-rows.ts';
import { markNoticesApplied, readRequest, writeStatus } from '../../db/links/request-rows.ts';
import { bookSettlement } from '../../db/money/settlements.ts';
import type { ProviderRequest } from '../../providers/provider.ts';
import type { Answer } from '../../domain/links/link-state.ts';
import { present } from '../../domain/present.ts';
import { bookProviderReturns } from '../money/book-returns.ts';
import { checkCode } from './check-code.ts';
import type { RequestContext } from './request-context.ts';
import { inTransaction, requestCodeOf, notifyListeners, wakeOwners, type Dependencies } from '../dependencies.ts';

/** Undefined: settled, but without the id that makes it bookable once; read again. */
export async function bookSettled(
  deps: Dependencies,
  context: RequestContext,
  view: ProviderRequest,
): Promise<EffectResult | undefined> {
  const { settlement } = view;
  if (settlement?.endToEndId === undefined) return undefined;
  const { link, row, requestId, attempt, seq } = context;
  const bookable = { ...settlement, endToEndId: settlement.endToEndId };
  const booked = await inTransaction(deps, link, attempt, async (client) =>
    bookSettlement(client, {
      merchantId: link.merchantId,
      provider: deps.provider.name,
      lateMoneyDays: deps.provider.lateMoneyDays,
      requestId,
      view,
      settlement: bookable,
      requestCode: (charge) => requestCodeOf(row, charge),
      ...present({ seq }),
    }),
  );
  await notifyListeners(deps, link.merchantId, booked.position);
  deps.crash('settle.booked');
  wakeOwners(deps, link.merchantId, booked);
  await bookProviderReturns(deps, context, view);
  if (!booked.fenceHeld) return fencedResult(deps, context);
  return { is: 'settled', status: booked.status, code: await readBack(deps, context) };
}

/** Without money of its own. */
type EndedRequest = ProviderRequest & { readonly status: 'expired' | 'cancelled' };

/** Ends the request that expired or was cancelled at the provider, unless money was booked for it before. */
export async function writeEnd(
  deps: Dependencies,
  context: RequestContext,
  view: EndedRequest,
  answers: readonly { readonly commandId: string; readonly answer: Answer }[] = [],
): Promise<EffectResult> {
  const { link, requestId, attempt, seq } = context;
  const { status } = view;
  const written = await inTransaction(deps, link, attempt, async (client) => {
    const events = await endRequest(deps, client, context, view);
    for (const { commandId, answer } of answers) await answerCommand(client, commandId, answer);
    await markNoticesApplied(client, requestId);
    const held = seq === undefined || (await writeLink(client, link.paymentLinkId, { seq, status: 'free' }));
    const position = await writeFacts(client, link.merchantId, events);
    return { held, position };
  });
  await notifyListeners(deps, link.merchantId, written.position);
  if (!written.held) return fencedResult(deps, context);
  return { is: 'ended', status, code: await readBack(deps, context) };
}

async function endRequest(
  deps: Dependencies,
  client: pg.ClientBase,
  { link, requestId }: RequestContext,
  { status, evidence }: EndedRequest,
) {
  const request = await readRequest(client, requestId, 'lock');
  const write = { status, lateMoneyDays: deps.provider.lateMoneyDays };
  if (request === undefined || !(await writeStatus(client, request, write))) return {};
  const base = { paymentLinkId: link.paymentLinkId, paymentRequestId: requestId };
  const payload = { ...base, reference: request.reference, status };
  const events: EventFact[] = [{ ...base, name: `payment_request.${status}`, cause: requestId, payload }];
  const outside = status === 'cancelled' && !request.cancelAsked;
  if (outside) {
    const sentence = 'the provider says cancelled, and nobody here asked for it';
    const detail = { evidence };
    events.push(
      ...(await openException(client, link.merchantId, {
        ...base,
        kind: 'cancelled-outside',
        cause: requestId,
        sentence,
        detail,
      })),
    );
  }
  const timeline = [{ ...base, what: status, sentence: `the provider says ${status}`, evidence }];
  return { events, timeline };
}

type LiveRequest = ProviderRequest & { readonly status: 'active' | 'processing' };

/** Stores that a read found the request alive; what follows is decided by `transition` (F5). */
export async function writeAlive(
  deps: Dependencies,
  context: RequestContext,
  view: LiveRequest,
  note?: string,
): Promise<EffectResult> {
  const { link, requestId, attempt } = context;
  return inTransaction(deps, link, attempt, async (client) => {
    const request = await readRequest(client, requestId, 'lock');
    if (request === undefined) return { is: 'nothing', because: 'no such request' };
    const { status } = view;
    const alive = isAlive(request.status);
    if (alive && request.status !== 'linking') {
      const { lateMoneyDays } = deps.provider;
      const expires = view.expiresAt === undefined ? {} : { expiresAt: view.expiresAt };
      await writeStatus(client, request, { status, lateMoneyDays, ...expires });
    }
    if (note !== undefined) {
      const base = { paymentLinkId: link.paymentLinkId, paymentRequestId: requestId };
      await writeFacts(client, link.merchantId, {
        timeline: [{ ...base, what: 'notice-ignored', sentence: note, evidence: view.evidence }],
      });
    }
    const expiresAt = view.expiresAt === undefined ? {} : { expiresAt: Date.parse(view.expiresAt) };
    return { is: 'alive', stored: alive ? 'alive' : 'ended', revision: request.revision, ...expiresAt };
  });
}

type AttemptContext = Pick<RequestContext, 'link' | 'attempt'>;

/** The fence refused the write: a newer run has the link. This one continues from what Postgres holds. */
export async function fencedResult(deps: Dependencies, context: AttemptContext): Promise<EffectResult> {
  return { is: 'fenced', stored: await storedLinkOf(deps, context) };
}

/** The command was answered before, by an attempt that died after it had written everything, or by a lost run. */
export async function answeredResult(
  deps: Dependencies,
  context: AttemptContext,
  answer: Answer,
): Promise<EffectResult> {
  return { is: 'answered', answer, stored: await storedLinkOf(deps, context) };
}

async function storedLinkOf(deps: Dependencies, { link, attempt }: AttemptContext): Promise<StoredLink> {
  const stored = await inTransaction(deps, link, attempt, async (client) =>
    loadStoredLink(client, link.merchantId, link.paymentLinkId),
  );
  if (stored === undefined) throw new Error(`link ${link.paymentLinkId} is gone`);
  return stored;
}

/** Reads back a link just stored as free, and corrects the row if the provider shows otherwise. */
async function readBack(deps: Dependencies, context: RequestContext) {
  const { link, row, attempt, seq } = context;
  if (seq === undefined) return 'unknown';
  const shown = await checkCode(deps, link, row, attempt);
  if (shown.code === 'stranger') await writeStranger(deps, context, shown.by ?? 'unknown');
  // The read failed: the link stays free, and `watch` checks it soon.
  if (shown.code === 'unknown') {
    await inTransaction(deps, link, attempt, async (client) =>
      correctLink(client, link.paymentLinkId, { seq, status: 'free', checkInSeconds: 15 }),
    );
  }
  return shown.code;
}

export const STRANGER = 'the code holds a payment request that Relink did not put there';

/**
 * A stranger on the code: opens an exception and sets `attention`; no sale until a read shows that the code is free.
 */
export async function writeStranger(
  deps: Dependencies,
  { link, attempt, seq }: RequestContext,
  by: string,
): Promise<void> {
  const position = await inTransaction(deps, link, attempt, async (client) => {
    const base = { paymentLinkId: link.paymentLinkId };
    const opened = await openException(client, link.merchantId, {
      ...base,
      kind: 'stranger',
      cause: `${link.paymentLinkId}:${by}`,
      sentence: `${STRANGER} (${by})`,
      detail: { providerRequestId: by },
    });
    const write = { status: 'attention' as const, because: STRANGER, checkInSeconds: 60 };
    if (seq !== undefined) await correctLink(client, link.paymentLinkId, { seq, ...write });
    const payload = { ...base, because: STRANGER };
    return writeFacts(client, link.merchantId, {
      events: [...opened, { ...base, name: 'payment_link.attention', cause: `${link.paymentLinkId}:${by}`, payload }],
      timeline: [{ ...base, what: 'attention', sentence: `${STRANGER} (${by})` }],
    });
  });
  await notifyListeners(deps, link.merchantId, position);
}
