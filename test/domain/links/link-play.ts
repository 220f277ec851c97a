/** Plays a link in the world of `link-model.ts`: messages come in any order, effects report late, give up, or die. */
import { effectOf, nextDeadline, sideReads } from '../../../domain/links/link-effects.ts';
import type { EffectResult, LinkEvent, OrderAnswer, StoredLink } from '../../../domain/links/link-events.ts';
import { inMotion, parkedOf, type Answer, type LinkState, type Order } from '../../../domain/links/link-state.ts';
import { wake, type Transition } from '../../../domain/links/payment-link.ts';
import { present } from '../../../domain/present.ts';
import { link, operator, requestId, stepOf, unlink, update } from './link-builders.ts';
import { isAlive } from './link-bank.ts';
import { LinkModel } from './link-model.ts';

/** What the generator draws: what happens, to whom, and with what luck. */
export interface PlayStep {
  readonly is: 'send' | 'again' | 'notice' | 'effect' | 'beside' | 'bank' | 'clock' | 'restart';
  readonly who: number;
  readonly luck: number;
}

interface RunningEffect {
  readonly seq: number;
  readonly result: EffectResult | 'gave up';
}

export class LinkPlay {
  readonly world: LinkModel;
  state: LinkState;
  transitions = 0;
  /** What was met: "linking:blocked", "unlinking:parked", … */
  readonly met = new Set<string>();
  /** The last final answer that each command heard, since the link last woke. */
  readonly heard = new Map<string, Answer>();
  #number = 0;
  #running: RunningEffect | undefined;
  readonly #reading = new Map<string, EffectResult | undefined>();
  #recording: readonly string[] | undefined;

  constructor(status: StoredLink['status']) {
    this.world = new LinkModel(status);
    // The API stores the order to open together with the link.
    if (status === 'opening') this.world.store(FIRST);
    this.state = this.#woken();
  }

  act({ is, who, luck }: PlayStep): void {
    switch (is) {
      case 'send':
        return this.#send(this.#newOrder(who, luck));
      case 'again': {
        const old = pick([...this.world.commands.values()], who);
        // The answer to a repeat is the row's: only commands without an outcome are sent again.
        return old === undefined || old.outcome !== undefined ? undefined : this.#send(old.order);
      }
      case 'notice':
        return this.#notice(who, luck);
      case 'effect':
        return this.#running === undefined ? this.#start(luck) : this.#report();
      case 'beside':
        return luck % 2 === 0 ? this.#startBeside(luck) : this.#endBeside(who);
      case 'bank':
        return this.#bank(who, luck);
      case 'clock':
        this.world.now += luck * 40;
        return this.#apply({ is: 'ticked' });
      case 'restart':
        return luck % 3 === 0 ? this.#restart() : undefined;
    }
  }

  /**
   * Faults stop: watch sends again what has no outcome and asks after what differs, payers pay, until nothing is left.
   */
  drain(): void {
    this.world.stranger = false;
    for (const id of this.world.asleep.splice(0)) this.world.put(id);
    for (let round = 0; round < 60; round += 1) {
      const requests = [...this.world.requests.values()];
      for (const request of requests) if (request.there === 'processing') request.there = 'settled';
      this.#settleDown();
      const { state } = this;
      const rows = this.#rows();
      this.#watch();
      this.#settleDown();
      if (rows !== this.#rows() || !isSame(state, this.state)) continue;
      const live = requests.filter(isAlive);
      if (live.length === 0) return;
      for (const request of live) request.there = 'settled';
    }
    throw new Error(`it never comes to rest: ${JSON.stringify(this.state)}`);
  }

  /** As far as a round of watch can change them. */
  #rows(): string {
    const { requests, commands } = this.world;
    let rows = '';
    for (const { there, here, revision } of requests.values()) rows += `${there} ${here} ${revision},`;
    for (const { outcome, queued, claimed } of commands.values()) rows += `${outcome?.is} ${queued} ${claimed},`;
    return rows;
  }

  #newOrder(who: number, luck: number): Order {
    this.#number += 1;
    const name = `R${this.#number}`;
    const number = luck % 7 === 0 ? {} : { number: this.#number - (luck % 5 === 0 ? 2 : 0) };
    const base = { commandId: `c${this.#number}`, ...('number' in number && number.number > 0 ? number : {}) };
    // Mostly the newest ones: what concerns nobody teaches little.
    const earlier = `R${Math.max(1, this.#number - 1 - (luck % 4))}`;
    const onBusy = (['reject', 'replace', 'replace', 'queue', 'queue'] as const)[luck % 5] ?? 'reject';
    const notAfter = luck % 3 === 0 ? { notAfter: this.world.now + (luck % 11) * 50 } : {};
    switch (who % 20) {
      case 0:
        return operator(luck % 6 === 0 ? 'retire' : 'annotate', base);
      case 1:
        return operator('resolve', base);
      case 2:
        return this.state.phase.is === 'opening' ? FIRST : operator(luck % 2 === 0 ? 'reconcileNow' : 'open', base);
      case 3:
      case 4:
        return unlink(undefined, base);
      case 5:
        return unlink(earlier, base);
      case 6:
      case 7:
      case 8:
        return update(earlier, { ...base, ...notAfter });
      default:
        return link(name, { ...base, onBusy, ...notAfter });
    }
  }

  #send(order: Order): void {
    const first = !this.world.commands.has(order.commandId);
    const command = this.world.store(order);
    if (first) command.superseded = order.number !== undefined && order.number < this.world.newest;
    this.#apply({ is: 'ordered', order });
  }

  #notice(who: number, luck: number): void {
    const why = (['paid', 'expired', 'check'] as const)[luck % 3] ?? 'check';
    const request = luck % 6 === 0 ? undefined : pick([...this.world.requests.keys()], who);
    const named = luck % 17 === 0 ? requestId('nobody') : request;
    this.#apply({ is: 'noticed', why, ...present({ requestId: named }) });
  }

  /** An effect may give up before it does anything, or after; or die after its transaction and start again. */
  #start(luck: number): void {
    const effect = effectOf(this.state);
    if (effect === undefined) return;
    const { seq } = effect;
    if (luck % 13 === 0 && effect.run === 'linkRequest') this.world.asleep.push(effect.order.requestId);
    if (luck % 9 === 0) {
      this.#running = { seq, result: 'gave up' };
      return;
    }
    const result = this.world.perform(effect);
    this.#running = { seq, result: luck % 7 === 0 ? this.world.perform(effect) : result };
    if (luck % 11 === 0) this.#running = { seq, result: 'gave up' };
  }

  #report(): void {
    const { seq, result } = this.#running ?? { seq: -1, result: 'gave up' };
    this.#running = undefined;
    this.met.add(`${this.state.phase.is}:${result === 'gave up' ? 'parked' : result.is}`);
    if (result === 'gave up') this.#apply({ is: 'parked', seq, because: 'the provider is silent' });
    else this.#apply({ is: 'reported', seq, result });
  }

  #startBeside(luck: number): void {
    for (const { requestId: id } of sideReads(this.state)) {
      if (!this.#reading.has(id)) this.#reading.set(id, luck % 10 === 0 ? undefined : this.world.read(id));
    }
    if (this.#recording !== undefined || this.state.records.length === 0) return;
    this.world.record(this.state.records);
    this.#recording = this.state.records.map(({ order }) => order.commandId);
  }

  #endBeside(who: number): void {
    const id = pick([...this.#reading.keys()], who);
    if (id !== undefined) {
      const result = this.#reading.get(id);
      this.#reading.delete(id);
      this.#apply({ is: 'read', requestId: id, ...present({ result }) });
    }
    const commandIds = this.#recording;
    this.#recording = undefined;
    if (commandIds !== undefined) this.#apply({ is: 'recorded', commandIds });
  }

  #bank(who: number, luck: number): void {
    const request = pick([...this.world.requests.values()], who);
    const asleep = this.world.asleep.shift();
    if (asleep !== undefined) this.world.put(asleep);
    if (luck % 19 === 0 && this.world.shows() === undefined) this.world.stranger = true;
    else if (luck % 2 === 0) this.world.stranger = false;
    if (request === undefined) return;
    if (request.there === 'active') request.there = BANK[luck % BANK.length] ?? 'active';
    else if (request.there === 'processing') request.there = luck % 3 === 0 ? 'active' : 'settled';
    else if (request.there !== 'absent' && luck % 8 === 0) request.there = 'settled';
  }

  /** Terminated, and started again by the next message: nothing is carried, and nobody waits any more. */
  #restart(): void {
    this.#running = undefined;
    this.#reading.clear();
    this.#recording = undefined;
    this.world.row.seq += 1;
    // What was said and not yet written down is lost with the run.
    for (const id of this.heard.keys()) if (this.world.commands.get(id)?.outcome === undefined) this.heard.delete(id);
    this.state = this.#woken();
  }

  #woken(): LinkState {
    const outcome = wake(this.world.remember(), this.world.now);
    this.#hear(outcome.answers);
    return outcome.kind === 'moved' ? outcome.to : this.state;
  }

  #apply(event: LinkEvent): void {
    this.transitions += 1;
    const outcome: Transition = stepOf(this.state, event, this.world.now);
    if (outcome.kind === 'moved') this.state = outcome.to;
    this.#hear(outcome.answers);
  }

  #hear(answers: readonly OrderAnswer[]): void {
    for (const { commandId, answer } of answers) {
      if (answer.is === 'pending' || answer.is === 'queued') continue;
      const before = this.heard.get(commandId);
      if (before !== undefined && JSON.stringify(before) !== JSON.stringify(answer)) {
        throw new Error(`${commandId} heard ${JSON.stringify(before)} and then ${JSON.stringify(answer)}`);
      }
      this.heard.set(commandId, answer);
    }
  }

  #settleDown(): void {
    for (let step = 0; step < 400; step += 1) {
      const { now } = this.world;
      if (this.#running !== undefined) this.#report();
      else if (this.#reading.size > 0 || this.#recording !== undefined) this.#endBeside(0);
      else if (effectOf(this.state) !== undefined) this.#start(1);
      else if (sideReads(this.state).length > 0 || this.state.records.length > 0) this.#startBeside(1);
      else if ((nextDeadline(this.state) ?? Infinity) <= now) this.#apply({ is: 'ticked' });
      else return;
    }
    throw new Error(`it runs in circles: ${JSON.stringify(this.state)}`);
  }

  #watch(): void {
    this.world.now += 10_000;
    this.#apply({ is: 'ticked' });
    for (const { order, outcome } of this.world.commands.values()) if (outcome === undefined) this.#send(order);
    for (const { id, here, there } of this.world.requests.values()) {
      const alive = there === 'active' || there === 'processing';
      const unbooked = there === 'settled' && !this.world.booked.has(id);
      if (unbooked || here === 'linking' || alive !== (here === 'active')) {
        this.#apply({ is: 'noticed', requestId: id, why: 'check' });
      }
    }
    const { status } = this.world.row;
    if (status === 'opening' || status === 'attention') this.#apply({ is: 'noticed', why: 'check' });
    // Any later message starts a parked effect again; here it is this one.
    if (inMotion(this.state.phase) && parkedOf(this.state.phase)) this.#apply({ is: 'noticed', why: 'check' });
  }
}

const FIRST = operator('open', { commandId: 'first' });
const BANK = ['active', 'active', 'processing', 'settled', 'settled', 'expired', 'cancelled'] as const;

function pick<T>(items: readonly T[], who: number): T | undefined {
  return items[who % items.length];
}

/** Compared as text only where it is another value: a round that changes nothing mostly leaves the same one. */
function isSame(left: LinkState, right: LinkState): boolean {
  return left === right || JSON.stringify(left) === JSON.stringify(right);
}
