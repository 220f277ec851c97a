/**
 * A small world for the link's state machine: a provider, and the rows of Postgres. It decides what every effect
 * reports, and breaks its own rules loudly: two live requests on a link, or a booking without money.
 */
import type { Effect } from '../../../domain/links/link-effects.ts';
import type { EffectResult, StoredLink } from '../../../domain/links/link-events.ts';
import type { Answer, LinkOrder, Order, OrderOutcome } from '../../../domain/links/link-state.ts';
import { ModelBank, FOUND, isAlive, type OwnStatus, type ModelRequest } from './link-bank.ts';
import { stored } from './link-builders.ts';

interface ModelCommand {
  readonly order: Order;
  outcome?: Answer;
  claimed?: true;
  queued?: true;
  /** A newer link, unlink or retire had been applied when it was first sent. */
  superseded?: boolean;
}

type CancelEffect = Extract<Effect, { run: 'cancelRequest' }>;

export class LinkModel extends ModelBank {
  readonly commands = new Map<string, ModelCommand>();
  readonly booked = new Set<string>();
  now = 1_000_000;
  newest = 0;
  row: { status: StoredLink['status']; seq: number };

  constructor(status: StoredLink['status']) {
    super();
    this.row = { status, seq: 0 };
  }

  store(order: Order): ModelCommand {
    const command = this.commands.get(order.commandId) ?? { order };
    this.commands.set(order.commandId, command);
    if (order.is === 'link') this.request(order.requestId);
    return command;
  }

  remember(): StoredLink {
    const open = [...this.commands.values()].filter(({ outcome }) => outcome === undefined);
    const linkOf = (id: string) =>
      open.find((command) => command.claimed && command.order.is === 'link' && command.order.requestId === id)?.order;
    const requests = [...this.requests.values()];
    const current =
      requests.find(({ here }) => here === 'active') ??
      requests.find(({ id, here }) => here === 'linking' && linkOf(id) !== undefined);
    const order = current?.here === 'linking' ? linkOf(current.id) : undefined;
    const sale = current && { requestId: current.id, revision: current.revision, amount: 'BRL 1.00' };
    return stored({
      ...this.row,
      newest: this.newest,
      queue: open.flatMap(({ order: queued, queued: is, claimed }) =>
        is && !claimed && queued.is === 'link' ? [queued] : [],
      ),
      ...(sale === undefined ? {} : { current: order?.is === 'link' ? { ...sale, order } : sale }),
    });
  }

  record(outcomes: readonly OrderOutcome[]): void {
    for (const { order, answer } of outcomes) {
      const command = this.store(order);
      if (answer.is === 'queued') command.queued = true;
      else if (this.#answer(order.commandId, answer) && order.is === 'link' && answer.is === 'refused') {
        this.#end(this.request(order.requestId), 'refused');
      }
    }
  }

  perform(effect: Effect): EffectResult {
    switch (effect.run) {
      case 'openLink':
        if (this.row.status === 'opening') this.#write(effect.seq, 'free');
        for (const { order } of this.commands.values()) {
          if (order.is === 'open') this.#answer(order.commandId, { is: 'opened' });
        }
        return { is: 'opened' };
      case 'linkRequest':
        return this.#link(effect.order, effect.seq);
      case 'updateRequest':
        return this.#update(effect);
      case 'cancelRequest':
        return this.#cancel(effect);
      case 'settleRequest':
        return this.read(effect.requestId, effect.seq);
      case 'rateUsage':
        return { is: 'rated', metered: false, next: { do: 'nothing', because: 'nobody is billed in this model' } };
      case 'checkLink':
        return this.#check(effect.seq);
    }
  }

  /** With seq: the request is what the link serves, and the link row is freed under it. */
  read(id: string, seq?: number): EffectResult {
    const request = this.requests.get(id);
    if (request === undefined || request.there === 'absent') return { is: 'nothing', because: 'no such request' };
    if (isAlive(request)) {
      const here = request.here === 'active' || request.here === 'linking' ? 'alive' : 'ended';
      return { is: 'alive', stored: here, revision: request.revision };
    }
    this.#end(request, request.there === 'settled' ? 'paid' : request.there === 'expired' ? 'expired' : 'cancelled');
    if (seq !== undefined && !this.#write(seq, 'free')) return { is: 'fenced', stored: this.remember() };
    if (seq !== undefined && this.stranger) this.row.status = 'attention';
    const code = seq === undefined ? 'unknown' : this.code();
    if (request.there === 'settled') return { is: 'settled', status: 'paid', code };
    return { is: 'ended', status: request.there === 'expired' ? 'expired' : 'cancelled', code };
  }

  #answer(commandId: string, answer: Answer): boolean {
    const command = this.commands.get(commandId);
    if (command === undefined) throw new Error(`${commandId} was never stored`);
    if (command.outcome !== undefined) return false;
    command.outcome = answer;
    const applies = answer.is === 'linked' || answer.is === 'retired';
    if (applies) this.newest = Math.max(this.newest, command.order.number ?? 0);
    return true;
  }

  #write(seq: number, status: StoredLink['status']): boolean {
    if (this.row.seq >= seq) return false;
    this.row = { seq, status };
    return true;
  }

  #end(request: ModelRequest, here: OwnStatus): void {
    if (here === 'paid') {
      if (request.there !== 'settled') throw new Error(`${request.id} was booked without money`);
      this.booked.add(request.id);
    } else if (request.here !== 'linking' && request.here !== 'active') return;
    request.here = here;
  }

  #link(order: LinkOrder, seq: number): EffectResult {
    const { requestId, commandId, notAfter } = order;
    const command = this.store(order);
    if (command.outcome !== undefined) return { is: 'answered', answer: command.outcome, stored: this.remember() };
    command.claimed = true;
    const request = this.request(requestId);
    const late = notAfter !== undefined && this.now > notAfter;
    if (late && request.there === 'active') request.there = 'cancelled';
    if (late && request.there !== 'settled' && request.there !== 'processing')
      return this.#refuse(order, seq, 'timed-out');
    if (!this.put(requestId)) {
      const shown = this.shows();
      if (shown !== undefined && shown !== 'stranger') return { is: 'blocked', by: shown.id };
      return this.#refuse(order, seq, 'payment-link-attention');
    }
    if (!isAlive(request)) {
      const settled = request.there === 'settled';
      this.#answer(commandId, settled ? linkedAs(requestId) : { is: 'refused', because: 'not-active', requestId });
      return this.read(requestId, seq);
    }
    const other = [...this.requests.values()].find(({ id, here }) => here === 'active' && id !== requestId);
    if (other !== undefined) throw new Error(`${requestId} is linked while ${other.id} is`);
    request.here = 'active';
    this.#answer(commandId, linkedAs(requestId));
    if (!this.#write(seq, 'linked')) return { is: 'fenced', stored: this.remember() };
    return { is: 'linked', revision: request.revision, number: order.number ?? 0 };
  }

  #refuse(order: LinkOrder, seq: number, because: 'timed-out' | 'payment-link-attention'): EffectResult {
    const { requestId } = order;
    this.#answer(order.commandId, { is: 'refused', because, requestId });
    this.#end(this.request(requestId), 'refused');
    this.#write(seq, because === 'timed-out' ? 'free' : 'attention');
    return { is: 'refused', because, requestId };
  }

  #update({ order, seq }: Extract<Effect, { run: 'updateRequest' }>): EffectResult {
    const { requestId, commandId } = order;
    const command = this.store(order);
    if (command.outcome !== undefined) return { is: 'answered', answer: command.outcome, stored: this.remember() };
    command.claimed = true;
    const request = this.request(requestId);
    if (!isAlive(request)) {
      const because = request.there === 'settled' ? 'already-paid' : 'not-active';
      this.#answer(commandId, { is: 'refused', because, requestId });
      return this.read(requestId, seq);
    }
    if (request.there === 'processing') {
      this.#answer(commandId, { is: 'refused', because: 'payment-in-flight', requestId });
      return { is: 'refused', because: 'payment-in-flight', requestId };
    }
    request.revision += 1;
    this.#answer(commandId, { is: 'updated', requestId, revision: request.revision });
    return { is: 'updated', revision: request.revision, number: order.number ?? 0 };
  }

  #cancel(effect: CancelEffect): EffectResult {
    for (const order of effect.orders) {
      const command = this.store(order);
      if (command.outcome !== undefined) return { is: 'answered', answer: command.outcome, stored: this.remember() };
      command.claimed = true;
    }
    const request = effect.requestId === undefined ? undefined : this.requests.get(effect.requestId);
    if (request?.there === 'active') request.there = 'cancelled';
    if (request?.there === 'processing') return this.#inFlight(effect, request);
    const found = request === undefined ? 'nothing' : FOUND[request.there];
    if (request !== undefined) this.#end(request, found === 'paid' || found === 'expired' ? found : 'cancelled');
    const [order] = effect.orders;
    if (order?.is === 'resolve' && this.stranger) return this.#strange(effect);
    const under = this.shows();
    if (order?.is === 'resolve' && under !== undefined && under !== 'stranger' && under !== request) {
      return { is: 'checked', code: 'stray', by: under.id, because: 'ours, and over' };
    }
    for (const { commandId, is, number } of effect.orders) {
      const named = effect.requestId === undefined ? {} : { requestId: effect.requestId };
      const receipt: Answer = { is: 'unlinked', found, ...named };
      this.#answer(commandId, is === 'retire' ? { is: 'retired' } : is === 'resolve' ? { is: 'done' } : receipt);
      this.newest = Math.max(this.newest, number ?? 0);
    }
    const held = effect.stray || this.#write(effect.seq, order?.is === 'retire' ? 'retired' : 'free');
    // A retire writes its row whatever it took off, as the activity does.
    if (!held) return { is: 'fenced', stored: this.remember() };
    return { is: 'unlinked', found, number: order?.number ?? 0 };
  }

  #inFlight(effect: CancelEffect, { id }: ModelRequest): EffectResult {
    const refused = { is: 'refused', because: 'payment-in-flight', requestId: id } as const;
    for (const { commandId } of effect.orders) this.#answer(commandId, refused);
    if (!effect.stray) this.#write(effect.seq, 'linked');
    return refused;
  }

  #strange(effect: CancelEffect): EffectResult {
    const refused = { is: 'refused', because: 'payment-link-attention', detail: 'a stranger' } as const;
    for (const { commandId } of effect.orders) this.#answer(commandId, refused);
    this.#write(effect.seq, 'attention');
    return { is: 'checked', code: 'stranger', because: 'a stranger' };
  }

  #check(seq: number): EffectResult {
    const shown = this.shows();
    if (shown === 'stranger') {
      this.#write(seq, 'attention');
      return { is: 'checked', code: 'stranger', because: 'a stranger' };
    }
    if (shown !== undefined) return { is: 'checked', code: 'stray', by: shown.id, because: 'ours, and over' };
    this.#write(seq, 'free');
    return { is: 'checked', code: 'nothing', because: 'the code shows nothing' };
  }
}

function linkedAs(requestId: string): Answer {
  return { is: 'linked', requestId, revision: 0 };
}
