/** The steps of a transition: what a link at rest takes up next, and how orders are answered. */
import type { OrderAnswer } from './link-events.ts';
import {
  commandsOf,
  inMotion,
  move,
  QUEUE_LIMIT,
  remember,
  type Answer,
  type DecisionOrder,
  type LinkOrder,
  type LinkState,
  type Motion,
  type OperatorOrder,
  type Order,
  type UnlinkOrder,
  type UpdateOrder,
} from './link-state.ts';
import { startRating, takePendingUsage } from './link-usage.ts';

/** An intermediate state of one transition, with the answers given so far. */
export interface Step {
  readonly state: LinkState;
  readonly answers: readonly OrderAnswer[];
}

export function start(state: LinkState): Step {
  return { state, answers: [] };
}

export function answer(step: Step, commandId: string, given: Answer): Step {
  return { state: remember(step.state, commandId, given), answers: [...step.answers, { commandId, answer: given }] };
}

export function answerAll(step: Step, commandIds: readonly string[], given: Answer): Step {
  return commandIds.reduce((at, commandId) => answer(at, commandId, given), step);
}

/**
 * Ends a motion without its report: the orders that its effect carried are answered. The sale that it made room for was
 * never sent and is stored nowhere, so it waits again, in front of the others.
 */
export function release(step: Step, phase: Motion, given: Answer): Step {
  const then = phase.is === 'unlinking' ? phase.then : undefined;
  const carried = commandsOf(phase).filter((commandId) => commandId !== then?.commandId);
  const waiting = then === undefined ? step.state.waiting : [then, ...step.state.waiting];
  return answerAll({ ...step, state: { ...step.state, waiting } }, carried, given);
}

/** An answer that no effect writes down: `recordOutcomes` will. */
export function record(step: Step, order: Order, given: Answer): Step {
  const records = [...step.state.records, { order, answer: given }];
  return answer({ ...step, state: { ...step.state, records } }, order.commandId, given);
}

/** Takes up pending work, one item after another, until the link is in motion or nothing is left. */
export function advance(step: Step, now: number): Step {
  let at = step;
  for (;;) {
    const next = takeNext(at, now);
    if (next === undefined) return at;
    at = next;
  }
}

function takeNext(step: Step, now: number): Step | undefined {
  const { state } = step;
  if (inMotion(state.phase)) return undefined;
  if (state.phase.is === 'linked') {
    const { sale } = state.phase;
    const due = state.reads.find((read) => read.requestId === sale.requestId);
    if (due !== undefined) {
      const reads = state.reads.filter((read) => read !== due);
      return { ...step, state: move({ ...state, reads }, { is: 'settling', sale, why: due.why }) };
    }
  }
  const stray = state.strays[0];
  if (stray !== undefined) return cancelStray(step, stray);
  const [order, ...waiting] = state.waiting;
  if (order !== undefined) return judge({ ...step, state: { ...state, waiting } }, order, now);
  const rating = takePendingUsage(state);
  if (rating !== undefined) return { ...step, state: rating };
  const [head, ...queue] = state.queue;
  if (head === undefined) return undefined;
  if (state.phase.is === 'retired') {
    return record({ ...step, state: { ...state, queue } }, head, { is: 'refused', because: 'retired' });
  }
  if (state.phase.is !== 'free') return undefined;
  return link({ ...step, state: { ...state, queue } }, head, now);
}

function cancelStray(step: Step, stray: string): Step {
  const { state } = step;
  const strays = state.strays.filter((requestId) => requestId !== stray);
  return { ...step, state: move({ ...state, strays }, { is: 'unlinking', stray, orders: [], ...originOf(state) }) };
}

/** Decides an order on a link at rest. Whatever could be refused on arrival has been refused (link-orders.ts). */
function judge(step: Step, order: Order, now: number): Step {
  if (step.state.phase.is === 'retired') return judgeRetired(step, order);
  switch (order.is) {
    case 'link':
      return judgeLink(step, order, now);
    case 'updateCharge':
      return judgeUpdate(step, order, now);
    case 'unlink':
      return judgeUnlink(step, order);
    case 'retire':
    case 'resolve':
      return unlink(step, [order]);
    case 'open':
      return record(step, order, { is: 'opened' });
    case 'reconcileNow':
      return reconcile(step, order);
    case 'annotate':
      return record(step, order, { is: 'done' });
    case 'approve':
    case 'correct':
    case 'reread':
      return judgeDecision(step, order);
  }
}

function judgeDecision(step: Step, order: DecisionOrder): Step {
  const { phase } = step.state;
  if (phase.is !== 'attention') return { ...step, state: startRating(step.state, order) };
  return record(step, order, { is: 'refused', because: 'payment-link-attention', detail: phase.because });
}

/** A retired link only looks after late money. */
function judgeRetired(step: Step, order: Order): Step {
  switch (order.is) {
    case 'retire':
      return record(step, order, { is: 'retired' });
    case 'unlink':
      return record(step, order, { is: 'unlinked', found: 'nothing' });
    case 'reconcileNow':
    case 'annotate':
      return record(step, order, { is: 'done' });
    case 'open':
    case 'link':
    case 'updateCharge':
    case 'resolve':
    case 'approve':
    case 'correct':
    case 'reread':
      return record(step, order, { is: 'refused', because: 'retired' });
  }
}

function judgeLink(step: Step, order: LinkOrder, now: number): Step {
  const { phase } = step.state;
  if (phase.is === 'attention') {
    return record(step, order, { is: 'refused', because: 'payment-link-attention', detail: phase.because });
  }
  if (phase.is === 'linked' && phase.sale.requestId === order.requestId) {
    return record(step, order, { is: 'linked', requestId: order.requestId, revision: phase.sale.revision });
  }
  // Checked before another sale is cancelled for it: the customer of an expired order has left.
  if (isLate(order, now)) return record(step, order, { is: 'refused', because: 'timed-out' });
  if (isSuperseded(step.state, order)) return record(step, order, { is: 'refused', because: 'superseded' });
  const ahead = phase.is === 'linked' ? phase.sale.requestId : step.state.queue[0]?.requestId;
  if (ahead === undefined) return link(step, order, now);
  switch (order.onBusy) {
    case 'queue':
      return enqueue(step, order);
    case 'reject':
      return record(step, order, { is: 'refused', because: 'busy', requestId: ahead });
    case 'replace':
      return phase.is === 'linked' ? unlink(step, [], order) : link(step, order, now);
  }
}

/** Of two `replace` orders the later wins, so the earlier is not linked first. Only waiting orders are considered. */
export function isSuperseded(state: LinkState, { onBusy, number }: LinkOrder): boolean {
  if (onBusy !== 'replace' || number === undefined) return false;
  return state.waiting.some(
    (later) => later.is === 'link' && later.onBusy === 'replace' && (later.number ?? Number.MAX_SAFE_INTEGER) > number,
  );
}

function isLate(order: LinkOrder | UpdateOrder, now: number): boolean {
  return order.notAfter !== undefined && now > order.notAfter;
}

function link(step: Step, order: LinkOrder, now: number): Step {
  if (isLate(order, now)) return record(step, order, { is: 'refused', because: 'timed-out' });
  return { ...step, state: move(step.state, { is: 'linking', order }) };
}

/** A queued order is stored by `recordOutcomes`, and from then on its charge is in its row and no longer here. */
function enqueue(step: Step, order: LinkOrder): Step {
  const { state } = step;
  if (state.queue.length >= QUEUE_LIMIT) return record(step, order, { is: 'refused', because: 'queue-full' });
  const queued: Answer = { is: 'queued', requestId: order.requestId };
  return record({ ...step, state: { ...state, queue: [...state.queue, order] } }, order, queued);
}

function judgeUpdate(step: Step, order: UpdateOrder, now: number): Step {
  const { phase } = step.state;
  if (phase.is !== 'linked' || phase.sale.requestId !== order.requestId) {
    return record(step, order, { is: 'refused', because: 'not-current' });
  }
  if (isLate(order, now)) return record(step, order, { is: 'refused', because: 'timed-out' });
  const { sale } = phase;
  if (order.expectedRevision !== undefined && order.expectedRevision !== sale.revision) {
    return record(step, order, { is: 'refused', because: 'stale-revision', requestId: sale.requestId });
  }
  return { ...step, state: move(step.state, { is: 'updating', sale, order }) };
}

function judgeUnlink(step: Step, order: UnlinkOrder): Step {
  const { state } = step;
  if (state.phase.is === 'attention' && order.requestId === undefined) {
    // The code was read a moment ago, and its request is not ours to cancel.
    const detail = state.phase.because;
    return record(step, order, { is: 'refused', because: 'payment-link-attention', detail });
  }
  const queued = state.queue.find((waiting) => waiting.requestId === order.requestId);
  if (queued !== undefined) {
    const queue = state.queue.filter((waiting) => waiting !== queued);
    const refused = record({ ...step, state: { ...state, queue } }, queued, { is: 'refused', because: 'cancelled' });
    return record(refused, order, { is: 'unlinked', requestId: queued.requestId, found: 'cancelled' });
  }
  const current = state.phase.is === 'linked' ? state.phase.sale.requestId : undefined;
  if (order.requestId === undefined || order.requestId === current) return unlink(step, [order]);
  return {
    ...step,
    state: move(state, { is: 'unlinking', stray: order.requestId, orders: [order], ...originOf(state) }),
  };
}

function unlink(step: Step, orders: readonly (UnlinkOrder | OperatorOrder)[], then?: LinkOrder): Step {
  const next = then === undefined ? {} : { then };
  return { ...step, state: move(step.state, { is: 'unlinking', orders, ...originOf(step.state), ...next }) };
}

/**
 * What an unlink carries in order to restore it afterwards: the sale, the retired state, or why the code was unclear.
 */
function originOf({ phase }: LinkState): Partial<Extract<Motion, { readonly is: 'unlinking' }>> {
  if (phase.is === 'linked') return { sale: phase.sale };
  if (phase.is === 'retired') return { retired: true };
  return phase.is === 'attention' ? { unclear: phase.because } : {};
}

function reconcile(step: Step, order: OperatorOrder): Step {
  const done = record(step, order, { is: 'done' });
  const { state } = done;
  if (state.phase.is === 'linked') {
    return { ...done, state: move(state, { is: 'settling', sale: state.phase.sale, why: 'check' }) };
  }
  return { ...done, state: move(state, { is: 'checking', because: 'an operator asked' }) };
}
