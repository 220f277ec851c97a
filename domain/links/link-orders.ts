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
  switch (order.is) {
    case 'link':
      return refusalOfLink(state, order, now);
    case 'updateCharge':
      return refusalOfUpdate(state, order, now);
    case 'open':
    case 'unlink':
    case 'retire':
    case 'resolve':
    case 'reconcileNow':
    case 'annotate':
    case 'approve':
    case 'correct':
    case 'reread':
      return undefined;
  }
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
  const waiting = state.waiting.filter(({ is }) => CHANGES_THE_CODE[is]);
  return Math.max(state.newest, ...[...moving, ...waiting].map((order) => order?.number ?? 0));
}

/** The orders that count for "a newer command was applied first". */
const CHANGES_THE_CODE: { readonly [is in Order['is']]: boolean } = {
  link: true,
  unlink: true,
  retire: true,
  open: false,
  updateCharge: false,
  resolve: false,
  reconcileNow: false,
  annotate: false,
  approve: false,
  correct: false,
  reread: false,
};

function refusalOfUpdate(state: LinkState, order: UpdateOrder, now: number): OrderRefusal | undefined {
  if (order.notAfter !== undefined && now > order.notAfter) return { is: 'refused', because: 'timed-out' };
  const { phase } = state;
  switch (phase.is) {
    case 'free':
    case 'retired':
      return { is: 'refused', because: 'not-current' };
    case 'linked': {
      const { requestId, revision } = phase.sale;
      if (requestId !== order.requestId) return { is: 'refused', because: 'not-current' };
      const stale = order.expectedRevision !== undefined && order.expectedRevision !== revision;
      return stale ? { is: 'refused', because: 'stale-revision', requestId } : undefined;
    }
    case 'opening':
    case 'linking':
    case 'updating':
    case 'settling':
    case 'unlinking':
    case 'rating':
    case 'checking':
    case 'attention':
      return undefined;
  }
}
