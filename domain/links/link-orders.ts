/**
 * Refusals at the arrival of an order, without an effect: in an Update's validator they cost no history. What cannot be
 * decided yet, because the link is in motion, is judged when the link is at rest.
 */
import {
  commandsOf,
  currentRequestId,
  inMotion,
  isRetiring,
  QUEUE_LIMIT,
  type Answer,
  type LinkOrder,
  type LinkState,
  type Order,
  type UpdateOrder,
} from './link-state.ts';

type OrderRefusal = Extract<Answer, { readonly is: 'refused' }>;

/**
 * Checked in this order for a link: retired, timed-out, busy, superseded (protocol.md §2). A twin of an order that was
 * accepted or answered is not judged again: it shares the outcome of the first.
 */
export function refusalOf(state: LinkState, order: Order, now: number): OrderRefusal | undefined {
  if (answerKnown(state, order.commandId) !== undefined || isUnderWay(state, order.commandId)) return undefined;
  if (order.is === 'link') return refusalOfLink(state, order, now);
  if (order.is === 'updateCharge') return refusalOfUpdate(state, order, now);
  return undefined;
}

function refusalOfLink(state: LinkState, order: LinkOrder, now: number): OrderRefusal | undefined {
  if (isRetiring(state)) return { is: 'refused', because: 'retired' };
  if (order.notAfter !== undefined && now > order.notAfter) return { is: 'refused', because: 'timed-out' };
  const holder = holderOf(state, order);
  if (holder !== undefined && order.onBusy === 'reject') return { is: 'refused', because: 'busy', requestId: holder };
  if (order.number !== undefined && order.number < newestSeen(state)) return { is: 'refused', because: 'superseded' };
  if (order.onBusy === 'queue' && state.queue.length >= QUEUE_LIMIT) return { is: 'refused', because: 'queue-full' };
  return undefined;
}

/** From the dedupe window, or from the outcomes not stored yet. Older commands are guarded by their row. */
export function answerKnown(state: LinkState, commandId: string): Answer | undefined {
  const unstored = state.records.find(({ order, answer }) => order.commandId === commandId && answer.is !== 'queued');
  return unstored?.answer ?? state.answered.find((entry) => entry.commandId === commandId)?.answer;
}

export function isUnderWay(state: LinkState, commandId: string): boolean {
  const { phase } = state;
  if (state.waiting.some((order) => order.commandId === commandId)) return true;
  if (state.queue.some((order) => order.commandId === commandId)) return true;
  return inMotion(phase) && commandsOf(phase).includes(commandId);
}

/**
 * The request that certainly holds the code, or will hold it, before this order could. A settling one is not certain:
 * it may be ending.
 */
function holderOf(state: LinkState, order: LinkOrder): string | undefined {
  const { phase } = state;
  const certain = phase.is === 'linking' || phase.is === 'linked' || phase.is === 'updating';
  const current = certain ? currentRequestId(phase) : undefined;
  const next = phase.is === 'unlinking' ? phase.then?.requestId : undefined;
  const ahead = state.waiting.find((waiting) => waiting.is === 'link');
  const holder = current ?? next ?? ahead?.requestId ?? state.queue[0]?.requestId;
  return holder === order.requestId ? undefined : holder;
}

/** The newest command that changed, or is about to change, what the code serves. */
function newestSeen(state: LinkState): number {
  const { phase } = state;
  const moving = phase.is === 'linking' ? [phase.order] : phase.is === 'unlinking' ? [...phase.orders, phase.then] : [];
  const waiting = state.waiting.filter(
    (order) => order.is === 'unlink' || order.is === 'retire' || order.is === 'link',
  );
  return Math.max(state.newest, ...[...moving, ...waiting].map((order) => order?.number ?? 0));
}

function refusalOfUpdate(state: LinkState, order: UpdateOrder, now: number): OrderRefusal | undefined {
  if (order.notAfter !== undefined && now > order.notAfter) return { is: 'refused', because: 'timed-out' };
  const { phase } = state;
  if (phase.is === 'free' || phase.is === 'retired') return { is: 'refused', because: 'not-current' };
  if (phase.is !== 'linked') return undefined;
  if (phase.sale.requestId !== order.requestId) return { is: 'refused', because: 'not-current' };
  const stale = order.expectedRevision !== undefined && order.expectedRevision !== phase.sale.revision;
  return stale ? { is: 'refused', because: 'stale-revision', requestId: phase.sale.requestId } : undefined;
}
