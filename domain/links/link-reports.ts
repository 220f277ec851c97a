/** What becomes of a link in motion when its effect reports: one function per motion, each total over the reports. */
import { present } from '../present.ts';
import type { EffectResult } from './link-events.ts';
import { answer, isSuperseded, record, release, type Step } from './link-steps.ts';
import { afterRating, followUp } from './link-rating.ts';
import { move, type Answer, type LinkOrder, type Motion, type Phase, type Sale } from './link-state.ts';

export function afterReport(step: Step, phase: Motion, result: EffectResult): Step {
  return followUp(afterMotion(step, phase, result), phase, result);
}

function afterMotion(step: Step, phase: Motion, result: EffectResult): Step {
  switch (phase.is) {
    case 'opening':
      return opening(step, phase, result);
    case 'linking':
      return linking(step, phase, result);
    case 'updating':
      return updating(step, phase, result);
    case 'settling':
      return settling(step, phase, result);
    case 'unlinking':
      return unlinking(step, phase, result);
    case 'rating':
      return result.is === 'rated' ? afterRating(step, phase, result) : unexpectedReport(step, phase, result);
    case 'checking':
      return checking(step, phase, result);
  }
}

function withPhase(step: Step, phase: Phase): Step {
  return { ...step, state: { ...step.state, phase } };
}

function withNewest(step: Step, number: number | undefined): Step {
  return { ...step, state: { ...step.state, newest: Math.max(step.state.newest, number ?? 0) } };
}

/** A report that this motion cannot give is a bug in an activity: the link goes into `attention` instead of a guess. */
function unexpectedReport(step: Step, phase: Motion, result: EffectResult): Step {
  const because = `${phase.is} reported ${result.is}, which it never does`;
  return loseTrack(release(step, phase, { is: 'pending' }), phase, because);
}

/** A retired link stays retired: there is no sale that it could take. */
function loseTrack(step: Step, phase: Motion, because: string): Step {
  return (phase.is === 'unlinking' || phase.is === 'rating') && phase.retired
    ? withPhase(step, { is: 'retired' })
    : needAttention(step, because);
}

/** Waiting link orders are refused: a code whose content is unknown takes no sale. */
function needAttention(step: Step, because: string): Step {
  const links = step.state.waiting.filter((order) => order.is === 'link');
  const waiting = step.state.waiting.filter((order) => order.is !== 'link');
  let after = withPhase({ ...step, state: { ...step.state, waiting } }, { is: 'attention', because });
  for (const order of links) {
    after = record(after, order, { is: 'refused', because: 'payment-link-attention', detail: because });
  }
  return after;
}

function opening(step: Step, phase: Extract<Motion, { is: 'opening' }>, result: EffectResult): Step {
  if (result.is !== 'opened') return unexpectedReport(step, phase, result);
  return phase.commandIds.reduce(
    (at, commandId) => answer(at, commandId, { is: 'opened' }),
    withPhase(step, { is: 'free' }),
  );
}

function linking(step: Step, phase: Extract<Motion, { is: 'linking' }>, result: EffectResult): Step {
  const { order } = phase;
  const { requestId } = order;
  switch (result.is) {
    case 'linked': {
      const sale = saleOf(order, result.revision, result.expiresAt);
      const linked = withNewest(withPhase(step, { is: 'linked', sale }), result.number);
      return answer(linked, order.commandId, { is: 'linked', requestId, revision: result.revision });
    }
    case 'settled': // Paid before we knew that it was linked: the sale is reported, and the code is free again.
      return answer(withNewest(afterEnd(step, result.code), order.number), order.commandId, {
        is: 'linked',
        requestId,
        revision: 0,
      });
    case 'ended':
      return answer(afterEnd(step, result.code), order.commandId, { is: 'refused', because: 'not-active', requestId });
    case 'refused': {
      const refused: Answer = result;
      const code = result.because === 'payment-link-attention' ? 'stranger' : 'nothing';
      return answer(afterEnd(step, code, result.detail), order.commandId, refused);
    }
    case 'blocked':
      return { ...step, state: move(step.state, { is: 'unlinking', stray: result.by, orders: [], then: order }) };
    case 'opened':
    case 'updated':
    case 'unlinked':
    case 'alive':
    case 'nothing':
    case 'checked':
    case 'rated':
    case 'answered':
    case 'fenced':
      return unexpectedReport(step, phase, result);
  }
}

function saleOf(order: LinkOrder, revision: number, expiresAt: number | undefined): Sale {
  const { requestId, amount } = order;
  return { requestId, revision, amount, ...present({ expiresAt }) };
}

/** The request has ended; what the code shows decides whether the link is free. */
function afterEnd(step: Step, code: Extract<EffectResult, { is: 'settled' }>['code'], detail?: string): Step {
  switch (code) {
    case 'stranger':
      return needAttention(step, detail ?? 'the code holds a payment request that Relink did not put there');
    case 'nothing':
    case 'current':
    case 'stray':
    case 'unknown':
      return withPhase(step, { is: 'free' });
  }
}

function updating(step: Step, phase: Extract<Motion, { is: 'updating' }>, result: EffectResult): Step {
  const { sale, order } = phase;
  const { requestId } = sale;
  switch (result.is) {
    case 'updated': {
      const { expiresAt: before, asked: _, ...same } = sale;
      const expiresAt = result.expiresAt ?? before;
      const changed = {
        ...same,
        revision: result.revision,
        amount: order.amount ?? sale.amount,
        ...present({ expiresAt }),
      };
      return answer(withPhase(step, { is: 'linked', sale: changed }), order.commandId, {
        is: 'updated',
        requestId,
        revision: result.revision,
      });
    }
    case 'settled':
      return answer(afterEnd(step, result.code), order.commandId, {
        is: 'refused',
        because: 'already-paid',
        requestId,
      });
    case 'ended':
      return answer(afterEnd(step, result.code), order.commandId, { is: 'refused', because: 'not-active', requestId });
    case 'refused':
      return answer(withPhase(step, { is: 'linked', sale }), order.commandId, result);
    case 'opened':
    case 'linked':
    case 'unlinked':
    case 'alive':
    case 'nothing':
    case 'blocked':
    case 'checked':
    case 'rated':
    case 'answered':
    case 'fenced':
      return unexpectedReport(step, phase, result);
  }
}

function settling(step: Step, phase: Extract<Motion, { is: 'settling' }>, result: EffectResult): Step {
  const { sale } = phase;
  switch (result.is) {
    case 'settled':
    case 'ended':
      return afterEnd(step, result.code);
    case 'alive': {
      const { expiresAt: before, asked, ...same } = sale;
      const expiresAt = result.expiresAt ?? before;
      const read = {
        ...same,
        revision: result.revision,
        ...present({ expiresAt }),
        // A changed deadline is asked about again.
        ...(asked === true && expiresAt === before ? { asked } : {}),
      };
      return withPhase(step, { is: 'linked', sale: read });
    }
    case 'nothing':
      return withPhase(step, { is: 'linked', sale });
    case 'refused':
      return needAttention(step, result.detail ?? 'the provider does not know the request that the code was linked to');
    case 'opened':
    case 'linked':
    case 'updated':
    case 'unlinked':
    case 'blocked':
    case 'checked':
    case 'rated':
    case 'answered':
    case 'fenced':
      return unexpectedReport(step, phase, result);
  }
}

type UnlinkingMotion = Extract<Motion, { is: 'unlinking' }>;

function unlinking(step: Step, phase: UnlinkingMotion, result: EffectResult): Step {
  if (result.is === 'unlinked') return unlinked(step, phase, result);
  if (result.is === 'refused') {
    const refused = phase.orders.reduce((at, order) => answer(at, order.commandId, result), inFlight(step, phase));
    return phase.then === undefined ? refused : record(refused, phase.then, result);
  }
  if (result.is !== 'checked') return unexpectedReport(step, phase, result);
  if (result.code === 'stray' && result.by !== undefined) {
    // Behind the request that was cancelled the code shows another one of ours: it is cancelled too, for the same
    // orders.
    const { sale: _, ...same } = phase;
    return { ...step, state: move(step.state, { ...same, stray: result.by }) };
  }
  const detail = result.because;
  const refused = phase.orders.reduce(
    (at, order) => answer(at, order.commandId, { is: 'refused', because: 'payment-link-attention', detail }),
    needAttention(step, detail),
  );
  return phase.then === undefined
    ? refused
    : record(refused, phase.then, { is: 'refused', because: 'payment-link-attention', detail });
}

/**
 * A payment is in flight: its outcome decides, and no other request is linked over it. A code that was unclear stays so
 * until then, because an immediate read would find the same request and loop.
 */
function inFlight(step: Step, phase: UnlinkingMotion): Step {
  if (phase.sale !== undefined) return withPhase(step, { is: 'linked', sale: phase.sale });
  if (phase.unclear === undefined || phase.retired) return restAfterUnlink(step, phase);
  return needAttention(step, `payment request ${phase.stray ?? ''} has ended here and is being paid`);
}

/** The phase after an unlink. If the content of the code was unclear before, it is read. */
function restAfterUnlink(step: Step, phase: UnlinkingMotion): Step {
  if (phase.retired) return withPhase(step, { is: 'retired' });
  if (phase.stray !== undefined && phase.sale !== undefined) return withPhase(step, { is: 'linked', sale: phase.sale });
  if (phase.unclear === undefined) return withPhase(step, { is: 'free' });
  return { ...step, state: move(step.state, { is: 'checking', because: phase.unclear }) };
}

function unlinked(step: Step, phase: UnlinkingMotion, result: Extract<EffectResult, { is: 'unlinked' }>): Step {
  const retire = phase.orders.some((order) => order.is === 'retire');
  let after = withNewest(retire ? withPhase(step, { is: 'retired' }) : restAfterUnlink(step, phase), result.number);
  const requestId = phase.stray ?? phase.sale?.requestId;
  for (const order of phase.orders) {
    const receipt: Answer = { is: 'unlinked', found: result.found, ...present({ requestId }) };
    after = answer(
      after,
      order.commandId,
      order.is === 'retire' ? { is: 'retired' } : order.is === 'resolve' ? { is: 'done' } : receipt,
    );
  }
  return linkNext(after, phase);
}

/** The order that the unlink made room for is linked at once, before any other order. */
function linkNext(step: Step, phase: UnlinkingMotion): Step {
  if (phase.then === undefined || step.state.phase.is !== 'free') return step;
  if (phase.stray === undefined && isSuperseded(step.state, phase.then)) {
    return record(step, phase.then, { is: 'refused', because: 'superseded' });
  }
  return { ...step, state: move(step.state, { is: 'linking', order: phase.then }) };
}

function checking(step: Step, phase: Extract<Motion, { is: 'checking' }>, result: EffectResult): Step {
  if (result.is !== 'checked') return unexpectedReport(step, phase, result);
  if (result.code === 'nothing' || result.code === 'current') return withPhase(step, { is: 'free' });
  if (result.code !== 'stray' || result.by === undefined) return needAttention(step, result.because);
  const { because: unclear } = phase;
  return { ...step, state: move(step.state, { is: 'unlinking', stray: result.by, orders: [], unclear }) };
}
