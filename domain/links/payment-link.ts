/**
 * The life of one Payment Link as a pure, total function: `transition(state, event, now)` answers `moved` or
 * `ignored because …` for every pair, because messages repeat, arrive late and arrive together. It decides everything
 * and does nothing; `link-effects.ts` says which effect a state asks for.
 */
import { answerKnown, isUnderWay, refusalOf } from './link-orders.ts';
import type { EffectResult, LinkEvent, OrderAnswer, StoredLink } from './link-events.ts';
import { deadlinesOf } from './link-effects.ts';
import { restore, resume } from './link-memory.ts';
import { afterReport } from './link-reports.ts';
import { advance, answerAll, record, start, type Step } from './link-steps.ts';
import { rateAgain, withUsage } from './link-usage.ts';
import type { Reading } from '../billing/reading.ts';
import {
  commandsOf,
  currentRequestId,
  inMotion,
  move,
  parkedOf,
  type LinkState,
  type Order,
  type PendingRead,
  type ReadReason,
  READS_LIMIT,
  WAITING_LIMIT,
} from './link-state.ts';

export type Transition =
  | { readonly kind: 'moved'; readonly to: LinkState; readonly answers: readonly OrderAnswer[] }
  | { readonly kind: 'ignored'; readonly because: string; readonly answers: readonly OrderAnswer[] };

export function transition(state: LinkState, event: LinkEvent, now: number): Transition {
  switch (event.is) {
    case 'ordered':
      return ordered(state, event.order, now);
    case 'noticed':
      return noticed(state, event, now);
    case 'measured':
      return measured(state, event.readings, now);
    case 'ticked':
      return ticked(state, now);
    case 'parked':
      return parked(state, event.seq, event.because, now);
    case 'reported':
      return report(state, event.seq, event.result, now);
    case 'read':
      return read(state, event.requestId, event.result, now);
    case 'recorded':
      return moved(recorded(start(state), event.commandIds), now);
  }
}

/**
 * The first transition of a run without carried state: restores what Postgres has and takes up what follows from it.
 */
export function wake(stored: StoredLink, now: number): Transition {
  return moved(start(restore(stored)), now);
}

function moved(step: Step, now: number): Transition {
  const after = advance(step, now);
  return { kind: 'moved', to: after.state, answers: after.answers };
}

function ignored(because: string, answers: readonly OrderAnswer[] = []): Transition {
  return { kind: 'ignored', because, answers };
}

/** The order in which twins, repeats and refusals are recognised is the order of protocol.md §2, Link. */
function ordered(state: LinkState, order: Order, now: number): Transition {
  const known = answerKnown(state, order.commandId);
  if (known !== undefined) {
    return ignored('this command was answered before', [{ commandId: order.commandId, answer: known }]);
  }
  if (isUnderWay(state, order.commandId)) return joined(state, order.commandId, now);
  const refusal = refusalOf(state, order, now);
  if (refusal !== undefined) return moved(record(start(state), order, refusal), now);
  if (state.waiting.length >= WAITING_LIMIT) {
    return moved(record(start(state), order, { is: 'refused', because: 'queue-full' }), now);
  }
  if (order.is === 'open' && state.phase.is === 'opening') {
    // A second `open` joins the one under way, or restarts it when it is parked.
    const { phase } = state;
    return moved(
      unpark(start({ ...state, phase: { ...phase, commandIds: [...phase.commandIds, order.commandId] } })),
      now,
    );
  }
  if (order.is === 'annotate') return moved(record(start(state), order, { is: 'done' }), now);
  const waiting = start({ ...state, waiting: [...state.waiting, order] });
  return moved(state.phase.is === 'attention' ? recheck(waiting) : unpark(waiting), now);
}

/** A twin waits for the outcome of the first. The twin of a queued order is answered `queued` at once. */
function joined(state: LinkState, commandId: string, now: number): Transition {
  const queued = state.queue.find((order) => order.commandId === commandId);
  const answers: readonly OrderAnswer[] =
    queued === undefined ? [] : [{ commandId, answer: { is: 'queued', requestId: queued.requestId } }];
  if (parkedOf(state.phase) === undefined) return ignored('its twin is under way', answers);
  return moved({ ...unpark(start(state)), answers }, now);
}

/** In `attention` the content of the code is unknown, so any order or notice triggers a read. */
function recheck(step: Step): Step {
  const { state } = step;
  if (state.phase.is !== 'attention') return step;
  return { ...step, state: move(state, { is: 'checking', because: state.phase.because }) };
}

/** A parked motion starts again with a new seq, so that the effect that gave up cannot write any more. */
function unpark(step: Step): Step {
  const { phase } = step.state;
  if (!inMotion(phase) || phase.parked === undefined) return step;
  const { parked: _, ...again } = phase;
  return { ...step, state: move(step.state, again) };
}

/** A notice only triggers a read; the result of the read decides (F5, F7). */
type NoticeEvent = Extract<LinkEvent, { readonly is: 'noticed' }>;

function noticed(state: LinkState, { requestId, why, again: reread }: NoticeEvent, now: number): Transition {
  const { phase } = state;
  const current = currentRequestId(phase);
  const target = requestId ?? current;
  const stray = phase.is === 'unlinking' ? phase.stray : undefined;
  const again =
    parkedOf(phase) !== undefined && (target === undefined || target === current || target === stray)
      ? unpark(start(state))
      : undefined;
  // A restarted effect reads its own request, so no further read is needed, except for a stray: that effect does not
  // read the linked sale.
  const covered = stray === undefined || requestId === undefined || requestId === stray;
  if (again !== undefined && covered) return moved(again, now);
  if (target === undefined) return noticedAtRest(state, why, now);
  if (state.queue.some((order) => order.requestId === target)) return ignored('the request is still queued');
  const pending = state.reads.find((known) => known.requestId === target);
  // Only a read triggered by a notice of money waits until the provider shows it, so a pending read is repeated or
  // upgraded.
  const once = pending !== undefined && reread === true && pending.again === undefined;
  if (pending !== undefined && !once && (why !== 'paid' || pending.why === 'paid')) {
    return again === undefined ? ignored('a read of this request is pending') : moved(again, now);
  }
  if (pending === undefined && state.reads.length >= READS_LIMIT) {
    return ignored('too many reads are pending: watch looks after this request');
  }
  const step = again ?? start(state);
  const wanted: PendingRead = { requestId: target, why, ...(once ? { again: true } : {}) };
  const reads = [...state.reads.filter((known) => known !== pending), wanted];
  return moved({ ...step, state: { ...step.state, reads } }, now);
}

/** Nothing is linked and no request is named: the code itself may be looked at. */
function noticedAtRest(state: LinkState, why: ReadReason, now: number): Transition {
  if (state.phase.is === 'attention') return moved(recheck(start(state)), now);
  if (state.phase.is !== 'free' || why !== 'check') {
    return ignored(`nothing is linked, so there is nothing to read (${why})`);
  }
  return moved(start(move(state, { is: 'checking', because: 'asked to' })), now);
}

/** However many messages arrive, one rating is pending, because it reads all that is stored. */
function measured(state: LinkState, readings: readonly Reading[], now: number): Transition {
  if (state.phase.is === 'retired' && readings.length === 0) return ignored('a retired link bills nobody');
  const wanting = withUsage(state, readings);
  if (wanting === undefined) return ignored('too many readings wait here: send them to the API');
  return moved(state.phase.is === 'attention' ? recheck(start(wanting)) : unpark(start(wanting)), now);
}

/** A deadline only triggers a read: our own clock never decides that a request has expired. */
function ticked(state: LinkState, now: number): Transition {
  const due = deadlinesOf(state).filter((deadline) => deadline.at <= now);
  if (due.length === 0) return ignored('no deadline has passed');
  let step = start(state);
  for (const deadline of due) {
    if (deadline.what === 'expiry' && step.state.phase.is === 'linked') {
      const sale = { ...step.state.phase.sale, asked: true as const };
      step = { ...step, state: move(step.state, { is: 'settling', sale, why: 'deadline' }) };
    }
    if (deadline.what === 'queued') {
      const late = step.state.queue.find((order) => order.commandId === deadline.commandId);
      if (late === undefined) continue;
      const queue = step.state.queue.filter((order) => order !== late);
      step = record({ ...step, state: { ...step.state, queue } }, late, { is: 'refused', because: 'timed-out' });
    }
  }
  return moved(step, now);
}

/** Parking answers everybody who waits with `pending`, so no handler waits for an effect that is not running. */
function parked(state: LinkState, seq: number, because: string, now: number): Transition {
  const { phase } = state;
  if (!inMotion(phase) || seq !== state.seq) return ignored('an older effect gave up');
  const waiting = [...state.waiting.map((order) => order.commandId), ...commandsOf(phase)];
  const step = start({ ...state, phase: { ...phase, parked: { because, since: now } } });
  const { state: to, answers } = answerAll(step, waiting, { is: 'pending' });
  return { kind: 'moved', to, answers };
}

function report(state: LinkState, seq: number, result: EffectResult, now: number): Transition {
  if (!inMotion(state.phase) || seq !== state.seq) return ignored('an older effect reported');
  if (result.is === 'fenced' || result.is === 'answered') {
    return moved(resume(state, state.phase, result), now);
  }
  return moved(afterReport(start(state), state.phase, result), now);
}

/** F5: a read only reports; its result is judged against the current state. */
function read(state: LinkState, requestId: string, result: EffectResult | undefined, now: number): Transition {
  // The request was linked while a side read of it was under way. That read must not free the code: it is repeated with
  // the link's own seq.
  if (currentRequestId(state.phase) === requestId && result?.is !== 'alive') return moved(start(state), now);
  const reads = state.reads.flatMap((pending) => {
    if (pending.requestId !== requestId) return [pending];
    return pending.again === true ? [{ requestId, why: pending.why }] : [];
  });
  const after = { ...state, reads };
  const stray = result?.is === 'alive' && result.stored === 'ended';
  const mine =
    currentRequestId(state.phase) === requestId || state.queue.some((order) => order.requestId === requestId);
  // The request that ended may be the one that made the code unclear.
  if (result?.is === 'settled' || result?.is === 'ended') return moved(recheck(start(rateAgain(after))), now);
  if (!stray || mine || state.strays.includes(requestId)) return moved(start(after), now);
  return moved(start({ ...after, strays: [...state.strays, requestId] }), now);
}

/**
 * Removes one record per id: a queued sale may have got a second record, its refusal, while the first was being
 * written.
 */
function recorded(step: Step, commandIds: readonly string[]): Step {
  const { state } = step;
  const written = [...commandIds];
  const records = state.records.filter(({ order }) => {
    const at = written.indexOf(order.commandId);
    if (at >= 0) written.splice(at, 1);
    return at < 0;
  });
  const queue = state.queue.map((order) => {
    if (!commandIds.includes(order.commandId)) return order;
    // Ten queued orders have to fit into the carried state; the charge and the actor are in the row.
    const { charge: _, actor: __, ...stored } = order;
    return stored;
  });
  return { ...step, state: { ...state, records, queue } };
}
