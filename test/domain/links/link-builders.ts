/**
 * A link to play with: its state, the answers it gave, and a clock. Every step checks what must hold after any step.
 */
import { effectOf } from '../../../domain/links/link-effects.ts';
import type {
  EffectResult,
  LinkEvent,
  OrderAnswer,
  RatingResult,
  StoredLink,
} from '../../../domain/links/link-events.ts';
import {
  parkedOf,
  type Answer,
  type DecisionOrder,
  type LinkOrder,
  type LinkState,
  type OperatorOrder,
  type Order,
  type ReadReason,
  type Sale,
  type UnlinkOrder,
  type UpdateOrder,
} from '../../../domain/links/link-state.ts';
import { transition, wake, type Transition } from '../../../domain/links/payment-link.ts';
import type { Reading } from '../../../domain/billing/reading.ts';
import { present } from '../../../domain/present.ts';

export const NOW = Date.parse('2026-07-28T12:00:00Z');

/** "R1" as the 32 characters that a request id has. */
export function requestId(name: string): string {
  return Buffer.from(name).toString('hex').padStart(32, '0');
}

export function link(name: string, more: Partial<LinkOrder> = {}): LinkOrder {
  const charge = {
    amount: { minorUnits: '2490', currency: 'BRL' as const },
    reference: `cart ${name}`,
    expiry: { is: 'within' as const, seconds: 900 },
  };
  const base = {
    is: 'link' as const,
    commandId: `link-${name}`,
    requestId: requestId(name),
    onBusy: 'reject' as const,
  };
  return { ...base, charge, amount: 'BRL 24.90', ...more };
}

export function update(name: string, more: Partial<UpdateOrder> = {}): UpdateOrder {
  const change = { amount: { minorUnits: '3000', currency: 'BRL' as const } };
  return {
    is: 'updateCharge',
    commandId: `update-${name}`,
    requestId: requestId(name),
    change,
    amount: 'BRL 30.00',
    ...more,
  };
}

/** Without a name: whatever is linked. */
export function unlink(name?: string, more: Partial<UnlinkOrder> = {}): UnlinkOrder {
  const named = name === undefined ? {} : { requestId: requestId(name) };
  return { is: 'unlink', commandId: `unlink-${name ?? 'whatever'}`, ...named, ...more };
}

export function operator(is: OperatorOrder['is'], more: Partial<OperatorOrder> = {}): OperatorOrder {
  return { is, commandId: is, ...more };
}

export function decision(is: DecisionOrder['is'], more: Partial<DecisionOrder> = {}): DecisionOrder {
  return { is, commandId: is, billId: requestId('B1'), reason: 'looked at it', actor: 'ana', ...more };
}

/** What a rating asks for; the bill's name is that of its request. */
export const rated = (
  next: RatingResult,
  more: { readonly answer?: Answer; readonly metered?: boolean } = {},
): EffectResult => ({
  is: 'rated',
  metered: true,
  next,
  ...more,
});
export const billed = (name: string, revision = 0): RatingResult => ({
  do: 'link',
  order: link(name, { commandId: `usage:${requestId(name)}:${revision}` }),
});
export const rebilled = (name: string, revision = 1): RatingResult => ({
  do: 'update',
  order: update(name, { commandId: `usage:${requestId(name)}:${revision}` }),
});
export const nothingDue: RatingResult = { do: 'nothing', because: 'no register was read' };

export function stored(more: Partial<StoredLink> = {}): StoredLink {
  const names = { merchantId: 'padaria', paymentLinkId: 'b7e1', kind: 'till' as const, label: 'Caixa 3' };
  return { ...names, seq: 0, status: 'free', newest: 0, queue: [], ...more };
}

export const linked = (more: object = {}): EffectResult => ({ is: 'linked', revision: 0, number: 0, ...more });
export const unlinked = (
  found: 'nothing' | 'cancelled' | 'paid' | 'expired' = 'cancelled',
  number = 0,
): EffectResult => ({
  is: 'unlinked',
  found,
  number,
});
export const settled: EffectResult = { is: 'settled', status: 'paid', code: 'nothing' };
export const expired: EffectResult = { is: 'ended', status: 'expired', code: 'nothing' };
export const alive: EffectResult = { is: 'alive', stored: 'alive', revision: 0 };
/** It ended here, and the provider shows it alive. */
export const undead: EffectResult = { is: 'alive', stored: 'ended', revision: 0 };
export const inFlight: EffectResult = { is: 'refused', because: 'payment-in-flight' };
export const stranger: EffectResult = { is: 'checked', code: 'stranger', by: 'f'.repeat(32), because: 'a stranger' };
export const clear: EffectResult = { is: 'checked', code: 'nothing', because: 'the code shows nothing' };

export const busy = (name: string): Answer => ({ is: 'refused', because: 'busy', requestId: requestId(name) });
export const isLinked = (name: string, revision = 0): Answer => ({
  is: 'linked',
  requestId: requestId(name),
  revision,
});

const FIELDS = Object.keys(stateOf(wake(stored(), NOW)));
/** Of a metered link only. */
const MORE_FIELDS = ['metered', 'usage'];

function stateOf(outcome: Transition): LinkState {
  if (outcome.kind === 'ignored') throw new Error(outcome.because);
  return outcome.to;
}

/** `transition`, and what must hold after any step: it throws otherwise. */
export function stepOf(state: LinkState, event: LinkEvent, now: number): Transition {
  // Frozen, so that a transition that changes its own input throws.
  if (!freezePlain(state)) throw new Error(`the state before is not plain JSON: ${JSON.stringify(state)}`);
  const outcome = transition(state, event, now);
  const broken = brokenBy(state, outcome);
  if (broken !== undefined)
    throw new Error(`${broken}: ${[state, event, outcome].map((part) => JSON.stringify(part)).join(' ')}`);
  return outcome;
}

/**
 * True for what comes back from JSON as it went in. What is frozen was looked at before: states share most of their
 * parts.
 */
function freezePlain(value: unknown): boolean {
  if (typeof value === 'number') return Number.isFinite(value) && !Object.is(value, -0);
  if (typeof value !== 'object') return typeof value === 'string' || typeof value === 'boolean';
  if (value === null || Object.isFrozen(value)) return true;
  const prototype: unknown = Object.getPrototypeOf(value);
  if (prototype !== Object.prototype && prototype !== Array.prototype) return false;
  for (const part of Object.values(value)) if (!freezePlain(part)) return false;
  Object.freeze(value);
  return true;
}

function brokenBy(before: LinkState, outcome: Transition): string | undefined {
  if (outcome.kind === 'ignored') return outcome.because.length > 5 ? undefined : 'ignored without a reason';
  const { to } = outcome;
  if (!freezePlain(to)) return 'the state is not plain JSON';
  const plain = Object.keys(to).filter((field) => !MORE_FIELDS.includes(field));
  if (plain.length !== FIELDS.length || !FIELDS.every((field) => Object.hasOwn(to, field))) return 'a field was lost';
  if (to.seq < before.seq) return 'seq fell';
  const sameMotion = to.phase.is === before.phase.is && parkedOf(before.phase) === undefined;
  const newEffect = effectOf(to) !== undefined && !sameMotion;
  if (newEffect && to.seq === before.seq) return 'a new effect has an old seq';
  if (before.phase.is === 'retired' && !isRetired(to)) return 'a retired link came back';
  return undefined;
}

function isRetired({ phase }: LinkState): boolean {
  return phase.is === 'retired' || ((phase.is === 'unlinking' || phase.is === 'rating') && phase.retired === true);
}

export class LinkUnderTest {
  state: LinkState;
  now = NOW;
  /** Of the last step. */
  answers: readonly OrderAnswer[] = [];
  ignoredBecause: string | undefined;
  readonly #all: OrderAnswer[] = [];

  constructor(from: StoredLink | LinkState = stored()) {
    if ('version' in from) {
      this.state = from;
      return;
    }
    const outcome = wake(from, this.now);
    this.state = stateOf(outcome);
    this.#heard(outcome);
  }

  get phase() {
    return this.state.phase;
  }

  get effect() {
    return effectOf(this.state);
  }

  apply(event: LinkEvent): this {
    const outcome = stepOf(this.state, event, this.now);
    this.ignoredBecause = outcome.kind === 'ignored' ? outcome.because : undefined;
    if (outcome.kind === 'moved') this.state = outcome.to;
    this.#heard(outcome);
    return this;
  }

  #heard(outcome: Transition): void {
    this.answers = outcome.answers;
    this.#all.push(...outcome.answers);
  }

  order(...orders: readonly Order[]): this {
    for (const order of orders) this.apply({ is: 'ordered', order });
    return this;
  }

  notice(name?: string, why: ReadReason = 'paid'): this {
    return this.apply({ is: 'noticed', why, ...(name === undefined ? {} : { requestId: requestId(name) }) });
  }

  /** Money is told of while a read of its request may be under way. */
  paidMeanwhile(name: string): this {
    return this.apply({ is: 'noticed', why: 'paid', requestId: requestId(name), again: true });
  }

  /** The running effect reports. */
  report(result: EffectResult): this {
    if (this.effect === undefined) throw new Error(`nothing runs in ${this.phase.is}`);
    return this.apply({ is: 'reported', seq: this.state.seq, result });
  }

  park(because = 'the provider is silent'): this {
    if (this.effect === undefined) throw new Error(`nothing runs in ${this.phase.is}`);
    return this.apply({ is: 'parked', seq: this.state.seq, because });
  }

  read(name: string, result?: EffectResult): this {
    return this.apply({ is: 'read', requestId: requestId(name), ...present({ result }) });
  }

  measured(...readings: readonly Reading[]): this {
    return this.apply({ is: 'measured', readings });
  }

  tick(afterMs: number): this {
    this.now += afterMs;
    return this.apply({ is: 'ticked' });
  }

  recorded(): this {
    return this.apply({ is: 'recorded', commandIds: this.state.records.map(({ order }) => order.commandId) });
  }

  /** All answers that a command was given, in order. */
  answersTo(order: Order): readonly Answer[] {
    return this.#all.filter(({ commandId }) => commandId === order.commandId).map(({ answer }) => answer);
  }
}

/** A link that serves the named sale. */
export function linkedTo(name: string, more: Partial<Sale> & { readonly number?: number } = {}): LinkUnderTest {
  const { number = 0, ...sale } = more;
  return new LinkUnderTest().order(link(name)).report(linked({ ...sale, number }));
}

/** A link in attention: a stranger is on its code. */
export function inAttention(): LinkUnderTest {
  return new LinkUnderTest(stored({ status: 'attention', because: 'a stranger' }));
}
