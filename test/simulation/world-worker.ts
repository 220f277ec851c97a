/**
 * The worker of a world: runs real activities, attempt after attempt, as Temporal would. By luck an attempt dies at one
 * of its named steps, before or after it has written, and the next one finds what it left.
 */
import { ApplicationFailure, Context } from '@temporalio/activity';
import { MockActivityEnvironment } from '@temporalio/testing';
import { DefaultLogger } from '@temporalio/worker';
import type { LinkActivities } from '../../activities/links/link-activities.ts';
import type { WatchActivities } from '../../activities/watch/watch-activities.ts';
import type { SeededRandom } from '../support/chance.ts';
import type { WorldClock } from './world-clock.ts';

export type Activities = LinkActivities & WatchActivities;

interface AttemptLimits {
  readonly scheduleToCloseMs?: number;
  readonly attempts?: number;
  /** A terminated run's activities end with the attempt that runs. */
  readonly wanted?: () => boolean;
}

export type AttemptResult<T> =
  { readonly is: 'done'; readonly result: T } | { readonly is: 'gave up'; readonly because: string };

/** The process was killed in the middle of an attempt. */
class ProcessDeath extends Error {}

const QUIET = new DefaultLogger('ERROR', () => undefined);
const STEPS_AT_MOST = 4;

interface WorldWorkerOptions {
  readonly clock: WorldClock;
  readonly chance: SeededRandom;
  readonly tell: (what: string) => void;
  /** The share of attempts that die. */
  readonly deaths: number;
}

export class WorldWorker {
  deaths: number;
  readonly #options: WorldWorkerOptions;
  readonly #stepsLeft = new Map<string, number>();
  #attempts = 0;

  constructor(options: WorldWorkerOptions) {
    this.#options = options;
    this.deaths = options.deaths;
  }

  /** For `Dependencies`. */
  readonly crash = (step: string): void => {
    const { activityId } = Context.current().info;
    const left = this.#stepsLeft.get(activityId);
    if (left === undefined) return;
    this.#stepsLeft.set(activityId, left - 1);
    if (left === 0) throw new ProcessDeath(`died at ${step}`);
  };

  async run<T>(name: string, activity: () => Promise<T>, limits: AttemptLimits = {}): Promise<AttemptResult<T>> {
    const { clock, tell } = this.#options;
    const { scheduleToCloseMs = Infinity, attempts = Infinity, wanted = () => true } = limits;
    const deadline = clock.now + scheduleToCloseMs;
    for (let attempt = 1; ; attempt += 1) {
      tell(`${name}, attempt ${attempt}`);
      const ran = await this.#attempt(activity, attempt);
      tell(`${name} ${ran.is === 'done' ? JSON.stringify(ran.result ?? null) : ran.because}`);
      if (ran.is === 'done') return ran;
      if (attempt >= attempts || clock.now + ran.againInMs > deadline || !wanted()) {
        return { is: 'gave up', because: ran.because };
      }
      await clock.sleep(ran.againInMs);
      if (!wanted()) return { is: 'gave up', because: 'its run was terminated' };
    }
  }

  async #attempt<T>(activity: () => Promise<T>, attempt: number) {
    const { chance } = this.#options;
    this.#attempts += 1;
    const activityId = String(this.#attempts);
    if (chance.happens(this.deaths)) this.#stepsLeft.set(activityId, chance.between(0, STEPS_AT_MOST));
    const environment = new MockActivityEnvironment({ attempt, activityId }, { logger: QUIET });
    const backOffMs = Math.min(5_000, 200 * 2 ** (attempt - 1));
    try {
      return { is: 'done', result: (await environment.run(activity)) as T } as const;
    } catch (error) {
      // A dead worker is missed at startToClose; one that is replaced at once takes up what it held sooner.
      if (error instanceof ProcessDeath) {
        return { is: 'failed', because: error.message, againInMs: chance.pick([backOffMs, 5_000]) } as const;
      }
      // Anything else is no trouble of operation but a bug, and ends the world.
      if (!(error instanceof ApplicationFailure)) throw error;
      const delay: unknown = error.nextRetryDelay;
      return {
        is: 'failed',
        because: error.message,
        againInMs: typeof delay === 'number' ? delay : backOffMs,
      } as const;
    }
  }
}
