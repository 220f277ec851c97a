/**
 * Pending usage of a link: whether something that its bill depends on was stored, and when the link rates it. However
 * many messages arrive during a rating, one further rating is pending, because it reads everything stored.
 */
import { move, type DecisionOrder, type LinkState } from './link-state.ts';
import type { Reading } from '../billing/reading.ts';
import { present } from '../present.ts';

/** The most readings that wait in the state for the rating that stores them: about 15 KB of JSON. */
export const READINGS_LIMIT = 100;

/** Undefined: more readings wait than the state may carry. */
export function withUsage(state: LinkState, readings: readonly Reading[]): LinkState | undefined {
  const waiting = [...(state.usage?.readings ?? []), ...readings];
  if (waiting.length > READINGS_LIMIT) return undefined;
  return { ...state, metered: true, usage: waiting.length === 0 ? {} : { readings: waiting } };
}

/** A request that ended may change the next bill of a metered link; on other links this does nothing. */
export function rateAgain(state: LinkState): LinkState {
  if (state.metered !== true) return state;
  const { waits: _, ...usage } = state.usage ?? {};
  return { ...state, usage };
}

/** A payment is in flight: the rating waits until it has ended. */
export function rateLater(state: LinkState): LinkState {
  return { ...state, usage: { ...state.usage, waits: true } };
}

/**
 * For a link at rest with nothing else to do. Undefined when there is nothing to rate now. A retired link rates only to
 * store readings that came in messages.
 */
export function takePendingUsage(state: LinkState): LinkState | undefined {
  const { phase, usage } = state;
  if (usage === undefined || usage.waits === true) return undefined;
  const asked =
    phase.is === 'free' || phase.is === 'linked' || (phase.is === 'retired' && usage.readings !== undefined);
  return asked ? startRating(state) : undefined;
}

/** An order is answered by the same rating. */
export function startRating(state: LinkState, order?: DecisionOrder): LinkState {
  const { usage, ...rest } = state;
  const { phase } = state;
  return move(rest, {
    is: 'rating',
    readings: usage?.readings ?? [],
    ...(phase.is === 'linked' && { sale: phase.sale }),
    ...(phase.is === 'retired' && { retired: true as const }),
    ...present({ order }),
  });
}
