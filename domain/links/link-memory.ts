/**
 * The state of a run from what Postgres has: all of it for a run without carried state (F6), the link alone for a run
 * that lost the fence (F4).
 */
import { present } from '../present.ts';
import type { EffectResult, StoredLink } from './link-events.ts';
import { release, start, type Step } from './link-steps.ts';
import { move, type LinkState, type Motion } from './link-state.ts';

/**
 * The state of a run without carried state (F6). A run that is only corrected (F4) keeps its own queue, because what it
 * queued a moment ago may not be stored yet. The seq never decreases.
 */
export function restore(stored: StoredLink, carried?: LinkState): LinkState {
  const metered = stored.metered ?? carried?.metered;
  const usage = carried?.usage ?? (stored.usageWanted && {});
  const base: LinkState = {
    version: 1,
    merchantId: stored.merchantId,
    paymentLinkId: stored.paymentLinkId,
    kind: stored.kind,
    label: stored.label,
    seq: Math.max(stored.seq, carried?.seq ?? 0),
    phase: { is: 'free' },
    newest: Math.max(stored.newest, carried?.newest ?? 0),
    waiting: carried?.waiting ?? [],
    queue: carried?.queue ?? stored.queue,
    reads: carried?.reads ?? [],
    strays: carried?.strays ?? [],
    records: carried?.records ?? [],
    answered: carried?.answered ?? [],
    ...(metered && { metered: true as const }),
    ...present({ usage }),
  };
  switch (stored.status) {
    case 'retired':
      return { ...base, phase: { is: 'retired' } };
    case 'opening':
      return move(base, { is: 'opening', commandIds: [] });
    case 'free':
    case 'linking':
    case 'linked':
      return takeUpCurrent(base, stored.current) ?? base;
    case 'attention':
      return (
        takeUpCurrent(base, stored.current) ?? {
          ...base,
          phase: { is: 'attention', because: stored.because ?? 'unknown' },
        }
      );
  }
}

/** Undefined: no request can be alive. */
function takeUpCurrent(base: LinkState, current: StoredLink['current']): LinkState | undefined {
  if (current === undefined) return undefined;
  if (current.order !== undefined) return move(base, { is: 'linking', order: current.order });
  return move(base, { is: 'settling', sale: saleOf(current), why: 'waking' });
}

function saleOf(current: NonNullable<StoredLink['current']>) {
  const { requestId, revision, amount, expiresAt } = current;
  return { requestId, revision, amount, ...present({ expiresAt }) };
}

/**
 * The effect will not report, so everybody who waits for it is answered now; a repeat of a command is answered from its
 * row.
 */
export function resume(
  state: LinkState,
  phase: Motion,
  result: Extract<EffectResult, { readonly is: 'fenced' | 'answered' }>,
): Step {
  const step = release(start(state), phase, result.is === 'answered' ? result.answer : { is: 'pending' });
  return { ...step, state: restore(result.stored, step.state) };
}
