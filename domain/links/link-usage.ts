/**
 * Usage on a link: that something its bill is made of was stored, and when the link takes it up. However many messages come while a
 * rating is under way, one is pending: the rating reads everything that is stored.
 */
import { move, type DecisionOrder, type LinkState } from './link-state.ts';
import type { Reading } from '../billing/reading.ts';
import { present } from '../present.ts';

/** Readings that came with messages and wait for the rating which stores them, as JSON of some 15 KB at the most. */
export const READINGS_LIMIT = 100;

/** Undefined: more readings wait than the state may carry. */
export function withUsage(state: LinkState, readings: readonly Reading[]): LinkState | undefined {
  const waiting = [...(state.usage?.readings ?? []), ...readings];
  if (waiting.length > READINGS_LIMIT) return undefined;
  return { ...state, metered: true, usage: waiting.length === 0 ? {} : { readings: waiting } };
}

/** What ended on the code may change the next bill; on a link that nobody is billed on, nothing. */
export function rateAgain(state: LinkState): LinkState {
  if (state.metered !== true) return state;
  const { waits: _, ...usage } = state.usage ?? {};
  return { ...state, usage };
}

/** A payment is under way: what it leaves is rated once it has ended. */
export function rateLater(state: LinkState): LinkState {
  return { ...state, usage: { ...state.usage, waits: true } };
}

/** At rest, and nothing else to do. Undefined: nothing is to be rated, or not now. A retired link only stores what came along. */
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
