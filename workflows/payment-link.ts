/**
 * One Payment Link, for years. The shell: it feeds messages and results into `transition`, runs the effect that the state
 * asks for, and answers those who wait. It decides nothing and does no I/O.
 */
import {
  allHandlersFinished,
  CancellationScope,
  condition,
  continueAsNew,
  log,
  setCurrentDetails,
  sleep,
  upsertSearchAttributes,
  workflowInfo,
} from '@temporalio/workflow';
import type { LinkEvent } from '../domain/link-events.ts';
import { effectOf, nextDeadline, sideReads, unrecorded } from '../domain/link-effects.ts';
import { describeLink } from '../domain/link-words.ts';
import type { LinkState } from '../domain/link-state.ts';
import { transition, wake, type Transition } from '../domain/payment-link.ts';
import { linkEffects } from './link-effects.ts';
import { handleMessages } from './link-messages.ts';
import { searchAttributes, type PaymentLinkInput } from './messages.ts';

export async function paymentLink(input: PaymentLinkInput): Promise<void> {
  // An operator's cancel is not an order (that is `retire`): stopping in the middle of a sale would leave it to nobody.
  await CancellationScope.nonCancellable(async () => linkRun(input));
}

async function linkRun(input: PaymentLinkInput): Promise<void> {
  const run = createRun(input);
  // All handlers are registered before the first await: messages come before the run's first step.
  const waiting = handleMessages(run);
  run.onAnswers((answers) => {
    for (const { commandId, answer } of answers) waiting.answer(commandId, answer);
  });
  if (!(await run.begin())) {
    waiting.refuseAll({ is: 'refused', because: 'not-found' });
    await condition(allHandlersFinished);
    return;
  }
  for (;;) {
    await condition(() => run.hasEffect() || (run.isIdle() && (run.isOver() || run.wantsRenewal())));
    if (run.hasEffect()) await run.performEffect();
    else if (run.isOver()) return;
    else await continueAsNew<typeof paymentLink>({ ...input, carried: run.snapshot() });
  }
}

export interface LinkRun {
  readonly kind: LinkState['kind'];
  /** Undefined while waking: then messages wait in order and are judged after `loadLink` (F6). */
  state(): LinkState | undefined;
  apply(event: LinkEvent): void;
}

type Answers = Transition['answers'];

function createRun(input: PaymentLinkInput) {
  const { workflowId } = workflowInfo();
  const kind: LinkState['kind'] = workflowId.split(':')[2] === 'bill' ? 'bill' : 'till';
  const link = { merchantId: input.merchantId, paymentLinkId: input.paymentLinkId, kind };
  const effects = linkEffects(link);
  const backlog: LinkEvent[] = [];
  const reading = new Set<string>();
  const timers = new Set<number>();
  let recording = false;
  let state: LinkState | undefined;
  let listener: (answers: Answers) => void = () => undefined;

  function take(outcome: Transition): void {
    if (outcome.kind === 'ignored') log.info('ignored', { because: outcome.because });
    else become(outcome.to);
    listener(outcome.answers);
    beside();
  }

  function become(next: LinkState): void {
    const before = state?.phase.is === 'attention';
    const after = next.phase.is === 'attention';
    state = next;
    // Only on entering and leaving: an upsert per sale would cost an event and an Action.
    if (before !== after) upsertSearchAttributes([{ key: searchAttributes.status, value: after ? 'attention' : 'ok' }]);
    setCurrentDetails(describeLink(next));
  }

  function apply(event: LinkEvent): void {
    if (state === undefined) backlog.push(event);
    else take(transition(state, event, Date.now()));
  }

  /** Starts what runs beside the loop: reads of requests that are not current, records, and the lazy timer. */
  function beside(): void {
    if (state === undefined) return;
    for (const read of sideReads(state)) if (!reading.has(read.requestId)) void readAside(read.requestId, read.why);
    if (!recording && unrecorded(state).length > 0) void writeRecords();
    const deadline = nextDeadline(state);
    // Lazy: a timer that runs already and fires no later will do; it looks at the clock again when it fires.
    if (deadline !== undefined && ![...timers].some((armed) => armed <= deadline)) void lookAt(deadline);
  }

  async function readAside(
    requestId: string,
    why: 'paid' | 'expired' | 'check' | 'deadline' | 'waking',
  ): Promise<void> {
    reading.add(requestId);
    const result = await effects.readAside(requestId, why);
    reading.delete(requestId);
    apply({ is: 'read', requestId, ...(result === undefined ? {} : { result }) });
  }

  async function writeRecords(): Promise<void> {
    recording = true;
    const outcomes = state === undefined ? [] : unrecorded(state);
    await effects.record(outcomes);
    recording = false;
    apply({ is: 'recorded', commandIds: outcomes.map((outcome) => outcome.order.commandId) });
  }

  async function lookAt(deadline: number): Promise<void> {
    timers.add(deadline);
    await sleep(Math.max(1, deadline - Date.now()), { summary: 'look at the clock' });
    timers.delete(deadline);
    apply({ is: 'ticked' });
    beside();
  }

  return {
    kind,
    state: () => state,
    apply,
    onAnswers(heard: (answers: Answers) => void) {
      listener = heard;
    },
    /** Answers false when there is no such link, or this workflow id is not the link's. */
    async begin(): Promise<boolean> {
      if (input.carried !== undefined) {
        become(input.carried);
      } else {
        const stored = await effects.load(workflowId);
        if (stored === undefined) return false;
        take(wake(stored, Date.now()));
      }
      beside();
      for (const event of backlog.splice(0)) apply(event);
      return true;
    },
    hasEffect: () => state !== undefined && effectOf(state) !== undefined,
    async performEffect() {
      const effect = state === undefined ? undefined : effectOf(state);
      if (effect === undefined) return;
      apply(await effects.perform(effect, state?.kind ?? kind));
    },
    isIdle: () => reading.size === 0 && !recording && allHandlersFinished(),
    isOver: () => state?.phase.is === 'retired' && state.reads.length === 0 && state.strays.length === 0,
    wantsRenewal() {
      // A frozen copy: asked afresh each time.
      const info = workflowInfo();
      return info.continueAsNewSuggested || info.historyLength > (input.continueAsNewAfter ?? Number.POSITIVE_INFINITY);
    },
    snapshot(): LinkState {
      if (state === undefined) throw new Error('a run that never woke cannot be carried on');
      return state;
    },
  };
}
