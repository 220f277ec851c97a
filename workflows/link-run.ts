/** One run of a link workflow: its state, what waits for it, and what runs beside its loop. It decides nothing. */
import {
  allHandlersFinished,
  log,
  setCurrentDetails,
  sleep,
  upsertSearchAttributes,
  workflowInfo,
} from '@temporalio/workflow';
import type { LinkKind } from '../domain/money/charge.ts';
import { effectOf, nextDeadline, sideReads } from '../domain/links/link-effects.ts';
import type { LinkEvent } from '../domain/links/link-events.ts';
import type { LinkState, PendingRead } from '../domain/links/link-state.ts';
import type { parseNotice } from '../domain/links/link-messages.ts';
import { describeLink } from '../domain/links/link-words.ts';
import { transition, wake, type Transition } from '../domain/links/payment-link.ts';
import { present } from '../domain/present.ts';
import { linkEffects } from './link-effects.ts';
import { searchAttributes, type PaymentLinkInput } from './messages.ts';

type TransitionAnswers = Transition['answers'];

export class LinkRun {
  readonly kind: LinkKind;
  /** Undefined while waking: then messages wait in order and are judged after `loadLink` (F6). */
  state: LinkState | undefined;
  onAnswers: (answers: TransitionAnswers) => void = () => undefined;
  readonly #input: PaymentLinkInput;
  readonly #workflowId = workflowInfo().workflowId;
  readonly #effects: ReturnType<typeof linkEffects>;
  readonly #backlog: LinkEvent[] = [];
  readonly #reading = new Set<string>();
  readonly #timers = new Set<number>();
  #recording = false;

  constructor(input: PaymentLinkInput) {
    const { merchantId, paymentLinkId } = input;
    this.kind = this.#workflowId.split(':')[2] === 'bill' ? 'bill' : 'till';
    this.#input = input;
    this.#effects = linkEffects({ merchantId, paymentLinkId, kind: this.kind });
  }

  /** Answers false when there is no such link, or this workflow id is not the link's. */
  async begin(): Promise<boolean> {
    const { carried } = this.#input;
    if (carried !== undefined) {
      this.#become(carried);
    } else {
      const stored = await this.#effects.load(this.#workflowId);
      if (stored === undefined) return false;
      this.#take(wake(stored, Date.now()));
    }
    this.#beside();
    for (const event of this.#backlog.splice(0)) this.apply(event);
    return true;
  }

  /** The pure change of state happens here, in the message's own handler; only effects wait for the loop. */
  apply(event: LinkEvent): void {
    if (this.state === undefined) this.#backlog.push(event);
    else this.#take(transition(this.state, event, Date.now()));
  }

  /** Whether a read of the request that this notice names is pending or under way. */
  isReading(notice: ReturnType<typeof parseNotice>): boolean {
    if (!notice.ok || this.state === undefined) return false;
    return this.state.reads.some((read) => read.requestId === notice.value.requestId);
  }

  hasEffect(): boolean {
    return this.state !== undefined && effectOf(this.state) !== undefined;
  }

  async performEffect(): Promise<void> {
    const effect = this.state === undefined ? undefined : effectOf(this.state);
    if (effect !== undefined) this.apply(await this.#effects.perform(effect, this.kind));
  }

  isIdle(): boolean {
    return this.#reading.size === 0 && !this.#recording && allHandlersFinished();
  }

  /** A retired link with nothing pending ends its workflow; late money starts it again (docs/decisions/0002). */
  isOver(): boolean {
    const { state } = this;
    return state?.phase.is === 'retired' && state.reads.length === 0 && state.strays.length === 0;
  }

  wantsRenewal(): boolean {
    // A frozen copy: asked afresh each time.
    const { continueAsNewSuggested, historyLength } = workflowInfo();
    return continueAsNewSuggested || historyLength > (this.#input.continueAsNewAfter ?? Number.POSITIVE_INFINITY);
  }

  /** The input of the next run: the state whole. */
  renewed(): PaymentLinkInput {
    if (this.state === undefined) throw new Error('a run that never woke cannot be carried on');
    return { ...this.#input, carried: this.state };
  }

  #take(outcome: Transition): void {
    if (outcome.kind === 'ignored') log.info('ignored', { because: outcome.because });
    else this.#become(outcome.to);
    this.onAnswers(outcome.answers);
    this.#beside();
  }

  #become(next: LinkState): void {
    const before = this.state?.phase.is === 'attention';
    const after = next.phase.is === 'attention';
    this.state = next;
    // Only on entering and leaving: an upsert per sale would cost an event and an Action.
    if (before !== after) upsertSearchAttributes([{ key: searchAttributes.status, value: after ? 'attention' : 'ok' }]);
    setCurrentDetails(describeLink(next));
  }

  /** Starts what runs beside the loop: reads of requests that are not current, records, and the lazy timer. */
  #beside(): void {
    const { state } = this;
    if (state === undefined) return;
    for (const read of sideReads(state)) if (!this.#reading.has(read.requestId)) void this.#readAside(read);
    if (!this.#recording && state.records.length > 0) void this.#record(state);
    const deadline = nextDeadline(state);
    // No new timer while one fires no later than the deadline: it checks the deadlines again when it fires.
    if (deadline !== undefined && ![...this.#timers].some((armed) => armed <= deadline)) void this.#lookAt(deadline);
  }

  async #readAside({ requestId, why }: PendingRead): Promise<void> {
    this.#reading.add(requestId);
    const result = await this.#effects.readAside(requestId, why);
    this.#reading.delete(requestId);
    this.apply({ is: 'read', requestId, ...present({ result }) });
  }

  async #record(state: LinkState): Promise<void> {
    this.#recording = true;
    const outcomes = state.records;
    await this.#effects.record(outcomes);
    this.#recording = false;
    this.apply({ is: 'recorded', commandIds: outcomes.map((outcome) => outcome.order.commandId) });
  }

  async #lookAt(deadline: number): Promise<void> {
    this.#timers.add(deadline);
    await sleep(Math.max(1, deadline - Date.now()), { summary: 'look at the clock' });
    this.#timers.delete(deadline);
    this.apply({ is: 'ticked' });
    this.#beside();
  }
}
