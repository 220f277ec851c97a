/** What a link does with the result of a rating, and which events make a metered link rate again. */
import type { EffectResult, RatingResult } from './link-events.ts';
import { answer, type Step } from './link-steps.ts';
import { move, type LinkState, type Motion, type Phase, type Refusal } from './link-state.ts';
import { rateAgain, rateLater } from './link-usage.ts';

type RatingMotion = Extract<Motion, { readonly is: 'rating' }>;

/** Command ids of the rating's own orders, derived from the bill and its revision. */
export function usageCommandId(billId: string, revision: number): string {
  return `usage:${billId}:${revision}`;
}

function isUsageCommand(commandId: string): boolean {
  return commandId.startsWith('usage:');
}

export function afterRating(
  step: Step,
  phase: RatingMotion,
  result: Extract<EffectResult, { readonly is: 'rated' }>,
): Step {
  const { order, sale } = phase;
  const { metered: _, ...before } = step.state;
  let after: Step = { ...step, state: result.metered ? { ...before, metered: true } : before };
  if (order !== undefined) after = answer(after, order.commandId, result.answer ?? { is: 'pending' });
  const home: Phase = sale === undefined ? { is: phase.retired ? 'retired' : 'free' } : { is: 'linked', sale };
  const state = { ...after.state, phase: home };
  return { ...after, state: stateAfterRating(state, phase, result.next) };
}

/** A result that no longer fits the current phase changes nothing. */
function stateAfterRating(state: LinkState, { sale, retired }: RatingMotion, next: RatingResult): LinkState {
  switch (next.do) {
    case 'link':
      return sale !== undefined || retired ? state : move(state, { is: 'linking', order: next.order });
    case 'update':
      return sale === undefined ? state : move(state, { is: 'updating', sale, order: next.order });
    case 'withdraw':
      return sale === undefined ? state : move(state, { is: 'unlinking', sale, orders: [] });
    case 'nothing':
      return next.waits ? rateLater(state) : state;
  }
}

/**
 * Refusals that no retry changes. The code would keep a wrong amount, so the request is cancelled and the bill is
 * issued as a new one.
 */
const FINAL_REFUSALS: readonly Refusal[] = ['too-many-changes', 'refused-by-provider', 'drift'];

/** After every report but a rating's own: a request that ended, or could not be changed, may change the next bill. */
export function followUp(step: Step, phase: Motion, result: EffectResult): Step {
  const { state } = step;
  if (state.metered !== true || phase.is === 'rating') return step;
  const again: Step = { ...step, state: rateAgain(state) };
  if (result.is === 'settled' || result.is === 'ended') return again;
  switch (phase.is) {
    case 'settling':
      return state.usage?.waits === true ? again : step;
    case 'linking':
      return result.is === 'refused' && isUsageCommand(phase.order.commandId) ? again : step;
    case 'updating':
      return result.is === 'refused' ? afterRefusal(step, phase, result.because) : step;
    case 'unlinking': {
      // Withdrawn by the rating itself, not by an order.
      const withdrawn = phase.orders.length === 0 && phase.stray === undefined && phase.then === undefined;
      if (!withdrawn) return state.usage?.waits === true ? again : step;
      return result.is === 'refused' ? { ...step, state: rateLater(state) } : again;
    }
    case 'opening':
    case 'checking':
      return step;
  }
}

function afterRefusal(step: Step, { sale, order }: Extract<Motion, { is: 'updating' }>, because: Refusal): Step {
  const { state } = step;
  if (!isUsageCommand(order.commandId)) return step;
  if (because === 'payment-in-flight') return { ...step, state: rateLater(state) };
  if (!FINAL_REFUSALS.includes(because) || state.phase.is !== 'linked') return step;
  return { ...step, state: move(state, { is: 'unlinking', sale, orders: [] }) };
}
