/** Derives from a state what is to run: the effect of its motion, the side reads, and the next deadline. */
import {
  currentRequestId,
  inMotion,
  type DecisionOrder,
  type LinkOrder,
  type LinkState,
  type Motion,
  type OperatorOrder,
  type PendingRead,
  type ReadReason,
  type UnlinkOrder,
  type UpdateOrder,
} from './link-state.ts';
import type { Reading } from '../billing/reading.ts';

export type Effect =
  | { readonly run: 'openLink'; readonly seq: number }
  | { readonly run: 'linkRequest'; readonly seq: number; readonly order: LinkOrder }
  | { readonly run: 'updateRequest'; readonly seq: number; readonly order: UpdateOrder }
  | {
      readonly run: 'cancelRequest';
      readonly seq: number;
      readonly requestId?: string;
      /** The request is not the one that the code serves: the link row is left unchanged. */
      readonly stray: boolean;
      readonly orders: readonly (UnlinkOrder | OperatorOrder)[];
      /** A replace: the request gives way to this one. */
      readonly replacedBy?: string;
    }
  | { readonly run: 'settleRequest'; readonly seq: number; readonly requestId: string; readonly why: ReadReason }
  | {
      readonly run: 'rateUsage';
      readonly seq: number;
      readonly readings: readonly Reading[];
      /** What the code serves now. */
      readonly requestId?: string;
      readonly order?: DecisionOrder;
      readonly retired?: true;
    }
  | { readonly run: 'checkLink'; readonly seq: number };

/** The effect of the link's motion; none at rest, and none while it is parked. */
export function effectOf(state: LinkState): Effect | undefined {
  const { phase } = state;
  return inMotion(phase) && phase.parked === undefined ? effectOfMotion(phase, state.seq) : undefined;
}

function effectOfMotion(phase: Motion, seq: number): Effect {
  switch (phase.is) {
    case 'opening':
      return { run: 'openLink', seq };
    case 'linking':
      return { run: 'linkRequest', seq, order: phase.order };
    case 'updating':
      return { run: 'updateRequest', seq, order: phase.order };
    case 'settling':
      return { run: 'settleRequest', seq, requestId: phase.sale.requestId, why: phase.why };
    case 'rating': {
      const { readings, sale, order, retired } = phase;
      const named = sale === undefined ? {} : { requestId: sale.requestId };
      const decided = order === undefined ? {} : { order };
      return { run: 'rateUsage', seq, readings, ...named, ...decided, ...(retired && { retired }) };
    }
    case 'checking':
      return { run: 'checkLink', seq };
    case 'unlinking': {
      const requestId = phase.stray ?? phase.sale?.requestId;
      const named = requestId === undefined ? {} : { requestId };
      const replacedBy = phase.then === undefined ? {} : { replacedBy: phase.then.requestId };
      return {
        run: 'cancelRequest',
        seq,
        stray: phase.stray !== undefined,
        orders: phase.orders,
        ...named,
        ...replacedBy,
      };
    }
  }
}

/** Reads of requests that are not current: beside the loop, so that they never delay the next sale (F7). */
export function sideReads(state: LinkState): readonly PendingRead[] {
  const current = currentRequestId(state.phase);
  return state.reads.filter((read) => read.requestId !== current);
}

type Deadline =
  | { readonly what: 'expiry'; readonly at: number }
  | { readonly what: 'queued'; readonly at: number; readonly commandId: string };

/** Expiry is decided by the provider's clock, so the read comes a little after the deadline. */
const AFTER_EXPIRY_MS = 2_000;

export function deadlinesOf(state: LinkState): readonly Deadline[] {
  const queued = state.queue.flatMap(({ notAfter, commandId }) =>
    notAfter === undefined ? [] : [{ what: 'queued' as const, at: notAfter, commandId }],
  );
  const { phase } = state;
  if (phase.is !== 'linked' || phase.sale.expiresAt === undefined || phase.sale.asked) return queued;
  return [...queued, { what: 'expiry', at: phase.sale.expiresAt + AFTER_EXPIRY_MS }];
}

export function nextDeadline(state: LinkState): number | undefined {
  const all = deadlinesOf(state).map((deadline) => deadline.at);
  return all.length === 0 ? undefined : Math.min(...all);
}
