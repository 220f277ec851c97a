/**
 * The workflow of a world's one link: the shell of workflows/link-run.ts with the same core. Messages change the state
 * as they come, one effect runs at a time, reads and records run beside it. It may be terminated, and comes back.
 */
import type { LinkActivities, LinkRef } from '../../activities/links/link-activities.ts';
import { effectOf, nextDeadline, sideReads, type Effect } from '../../domain/links/link-effects.ts';
import type { EffectResult, LinkEvent } from '../../domain/links/link-events.ts';
import type { Answer, LinkState, PendingRead } from '../../domain/links/link-state.ts';
import { transition, wake, type Transition } from '../../domain/links/payment-link.ts';
import type { SeededRandom } from '../support/chance.ts';
import type { WorldClock } from './world-clock.ts';
import type { AttemptResult, WorldWorker } from './world-worker.ts';

interface WorldLinkOptions {
  readonly ref: LinkRef;
  readonly clock: WorldClock;
  readonly chance: SeededRandom;
  readonly worker: WorldWorker;
  readonly activities: LinkActivities;
  readonly tell: (what: string) => void;
}

/** What belongs to one run of the workflow and is lost with it. */
interface WorkflowRun {
  readonly number: number;
  readonly reading: Set<string>;
  readonly timers: Set<number>;
  readonly backlog: LinkEvent[];
  recording: boolean;
  performing: boolean;
}

export class WorldLink {
  state: LinkState | undefined;
  /** Every final answer that a command was given. */
  readonly heard = new Map<string, Answer[]>();
  readonly #options: WorldLinkOptions;
  #run: WorkflowRun;

  constructor(options: WorldLinkOptions) {
    this.#options = options;
    this.#run = this.#begin(1);
  }

  /** Nothing is under way, and no effect waits to start. */
  get rests(): boolean {
    const { state } = this;
    const { performing, recording, reading } = this.#run;
    if (state === undefined || performing || recording || reading.size > 0) return false;
    return effectOf(state) === undefined && state.records.length === 0;
  }

  apply(event: LinkEvent): void {
    const { clock, tell } = this.#options;
    if (this.state === undefined) {
      this.#run.backlog.push(event);
      return;
    }
    const outcome = transition(this.state, event, clock.now);
    const said = outcome.kind === 'ignored' ? `ignored: ${outcome.because}` : outcome.to.phase.is;
    tell(`${event.is} ${detailOf(event)}: ${this.state.phase.is} -> ${said}`);
    this.#take(outcome);
  }

  /** Whoever comes next finds a workflow that knows nothing but what Postgres tells it (F6). */
  terminate(): void {
    this.#options.tell('terminated');
    this.#run = this.#begin(this.#run.number + 1);
  }

  #begin(number: number): WorkflowRun {
    const run: WorkflowRun = {
      number,
      reading: new Set(),
      timers: new Set(),
      backlog: [],
      recording: false,
      performing: false,
    };
    const { clock, chance, worker, activities, ref } = this.#options;
    this.state = undefined;
    clock.start(chance.between(1, 20), async () => {
      const runId = `${ref.paymentLinkId}-${number}`;
      const woken = await worker.run('loadLink', async () => activities.loadLink({ link: ref, runId }));
      if (run !== this.#run) return;
      if (woken.is !== 'done' || woken.result === null) throw new Error('the link is gone');
      this.#take(wake(woken.result, clock.now));
      for (const event of run.backlog.splice(0)) this.apply(event);
    });
    return run;
  }

  #take(outcome: Transition): void {
    if (outcome.kind === 'moved') this.state = outcome.to;
    for (const { commandId, answer } of outcome.answers) {
      if (answer.is === 'pending' || answer.is === 'queued') continue;
      this.heard.set(commandId, [...(this.heard.get(commandId) ?? []), answer]);
    }
    this.#goOn();
  }

  #goOn(): void {
    const { state } = this;
    const run = this.#run;
    if (state === undefined) return;
    for (const read of sideReads(state)) if (!run.reading.has(read.requestId)) this.#readAside(run, read);
    if (!run.recording && state.records.length > 0) this.#record(run, state);
    const deadline = nextDeadline(state);
    if (deadline !== undefined && ![...run.timers].some((armed) => armed <= deadline)) this.#lookAt(run, deadline);
    if (!run.performing && effectOf(state) !== undefined) this.#perform(run);
  }

  #perform(run: WorkflowRun): void {
    const { clock, chance } = this.#options;
    run.performing = true;
    clock.start(chance.between(0, 15), async () => {
      const effect = this.state === undefined || run !== this.#run ? undefined : effectOf(this.state);
      if (effect === undefined) {
        run.performing = false;
        return;
      }
      const ran = await this.#execute(effect, () => run === this.#run);
      await clock.sleep(chance.between(1, 25));
      run.performing = false;
      if (run !== this.#run) return;
      if (ran.is === 'done') this.apply({ is: 'reported', seq: effect.seq, result: ran.result });
      else this.apply({ is: 'parked', seq: effect.seq, because: ran.because });
    });
  }

  /** The limits of workflows/link-effects.ts. */
  async #execute(effect: Effect, wanted: () => boolean): Promise<AttemptResult<EffectResult>> {
    const { worker, activities, ref: link } = this.#options;
    const within = (scheduleToCloseMs: number) => ({ scheduleToCloseMs, wanted });
    switch (effect.run) {
      case 'openLink':
        throw new Error('the link of a world is open');
      case 'linkRequest':
        return worker.run(effect.run, async () => activities.linkRequest({ link, ...effect }), within(60_000));
      case 'updateRequest':
        return worker.run(effect.run, async () => activities.updateRequest({ link, ...effect }), within(30_000));
      case 'cancelRequest':
        return worker.run(effect.run, async () => activities.cancelRequest({ link, ...effect }), within(30_000));
      case 'settleRequest':
        return worker.run(effect.run, async () => activities.settleRequest({ link, ...effect }), within(60_000));
      case 'rateUsage':
        return worker.run(effect.run, async () => activities.rateUsage({ link, ...effect }), within(30_000));
      case 'checkLink':
        return worker.run(effect.run, async () => activities.checkLink({ link, ...effect }), within(30_000));
    }
  }

  #readAside(run: WorkflowRun, { requestId, why }: PendingRead): void {
    const { clock, chance, worker, activities, ref: link } = this.#options;
    run.reading.add(requestId);
    clock.start(chance.between(0, 15), async () => {
      const wanted = () => run === this.#run;
      const ran = await worker.run(
        'settleRequest beside',
        async () => activities.settleRequest({ link, requestId, why }),
        {
          attempts: 3,
          wanted,
        },
      );
      await clock.sleep(chance.between(1, 25));
      run.reading.delete(requestId);
      if (run === this.#run)
        this.apply({ is: 'read', requestId, ...(ran.is === 'done' ? { result: ran.result } : {}) });
    });
  }

  #record(run: WorkflowRun, { records: outcomes }: LinkState): void {
    const { clock, chance, worker, activities, ref: link } = this.#options;
    run.recording = true;
    clock.start(chance.between(0, 15), async () => {
      const wanted = () => run === this.#run;
      await worker.run('recordOutcomes', async () => activities.recordOutcomes({ link, outcomes }), { wanted });
      run.recording = false;
      if (run === this.#run) this.apply({ is: 'recorded', commandIds: outcomes.map(({ order }) => order.commandId) });
    });
  }

  #lookAt(run: WorkflowRun, deadline: number): void {
    const { clock } = this.#options;
    run.timers.add(deadline);
    clock.at(Math.max(clock.now + 1, deadline), () => {
      run.timers.delete(deadline);
      if (run !== this.#run) return;
      this.apply({ is: 'ticked' });
      this.#goOn();
    });
  }
}

function detailOf(event: LinkEvent): string {
  switch (event.is) {
    case 'ordered':
      return `${event.order.is}${'requestId' in event.order ? ` ${event.order.requestId}` : ''}`;
    case 'noticed':
      return `${event.why} ${event.requestId ?? ''}`;
    case 'reported':
    case 'read':
      return event.result?.is ?? 'nothing';
    case 'parked':
      return event.because;
    case 'measured':
      return `${event.readings.length} readings`;
    case 'ticked':
    case 'recorded':
      return '';
  }
}
