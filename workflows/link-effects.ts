/**
 * Runs effects as activities and turns what they report, or that they gave up, into events. Timeouts: protocol.md §3.
 */
import {
  ActivityFailure,
  ApplicationFailure,
  proxyActivities,
  TimeoutFailure,
  workflowInfo,
} from '@temporalio/workflow';
import type { ActivityOptions } from '@temporalio/workflow';
import type { LinkActivities, LinkRef } from '../activities/links/link-activities.ts';
import type { LinkKind } from '../domain/money/charge.ts';
import type { Effect } from '../domain/links/link-effects.ts';
import type { EffectResult, LinkEvent, StoredLink } from '../domain/links/link-events.ts';
import { summaryOf } from '../domain/links/link-words.ts';
import type { OrderOutcome, ReadReason } from '../domain/links/link-state.ts';
import { paymentLinkWorkflowId } from './messages.ts';

const RETRY: NonNullable<ActivityOptions['retry']> = {
  initialInterval: '200ms',
  backoffCoefficient: 2,
  maximumInterval: '5s',
};

const run = proxyActivities<LinkActivities>({ startToCloseTimeout: '5s', retry: RETRY });

/** F3's own calls (read, cancel, read back) after the caller's deadline has passed. */
const AFTER_DEADLINE_MS = 30_000;

export function linkEffects(link: LinkRef) {
  return {
    /** Undefined: no such link, or another link's workflow id. */
    async load(workflowId: string): Promise<StoredLink | undefined> {
      const summary = 'remember the link from Postgres';
      const stored = await run.loadLink.executeWithOptions({ summary }, [{ link, runId: workflowInfo().runId }]);
      const own = paymentLinkWorkflowId(link.merchantId, link.kind, link.paymentLinkId) === workflowId;
      return stored === null || !own ? undefined : stored;
    },

    async record(outcomes: readonly OrderOutcome[]): Promise<void> {
      const summary = `write down ${outcomes.map((outcome) => outcome.answer.is).join(', ')}`.slice(0, 200);
      await run.recordOutcomes.executeWithOptions({ summary }, [{ link, outcomes }]);
    },

    /** Three attempts, then `next_check_at` goes on (F7). */
    async readAside(requestId: string, why: ReadReason): Promise<EffectResult | undefined> {
      const summary = `ask the provider about earlier request ${requestId} (${why})`;
      const options = { summary, retry: { ...RETRY, maximumAttempts: 3 } };
      try {
        return await run.settleRequest.executeWithOptions(options, [{ link, requestId, why }]);
      } catch (error) {
        whyGivenUp(error);
        return undefined;
      }
    },

    async perform(effect: Effect, kind: LinkKind): Promise<LinkEvent> {
      try {
        return { is: 'reported', seq: effect.seq, result: await execute(link, effect, kind) };
      } catch (error) {
        return { is: 'parked', seq: effect.seq, because: whyGivenUp(error) };
      }
    },
  };
}

async function execute(link: LinkRef, effect: Effect, kind: LinkKind): Promise<EffectResult> {
  const summary = summaryOf(effect);
  switch (effect.run) {
    case 'openLink':
      return run.openLink.executeWithOptions({ summary, startToCloseTimeout: '10s', scheduleToCloseTimeout: '60s' }, [
        { link, seq: effect.seq },
      ]);
    case 'linkRequest': {
      const left = Math.max(0, (effect.order.notAfter ?? Date.now() + 30_000) - Date.now());
      const scheduleToCloseTimeout = kind === 'bill' ? 60_000 : left + AFTER_DEADLINE_MS;
      return run.linkRequest.executeWithOptions({ summary, scheduleToCloseTimeout }, [
        { link, seq: effect.seq, order: effect.order },
      ]);
    }
    case 'updateRequest':
      return run.updateRequest.executeWithOptions({ summary, scheduleToCloseTimeout: '30s' }, [
        { link, seq: effect.seq, order: effect.order },
      ]);
    case 'cancelRequest': {
      const { run: _, ...input } = effect;
      return run.cancelRequest.executeWithOptions({ summary, scheduleToCloseTimeout: '30s' }, [{ link, ...input }]);
    }
    case 'settleRequest':
      return run.settleRequest.executeWithOptions({ summary, scheduleToCloseTimeout: '60s' }, [
        { link, seq: effect.seq, requestId: effect.requestId, why: effect.why },
      ]);
    case 'rateUsage': {
      const { run: _, ...input } = effect;
      return run.rateUsage.executeWithOptions({ summary, scheduleToCloseTimeout: '30s' }, [{ link, ...input }]);
    }
    case 'checkLink':
      return run.checkLink.executeWithOptions({ summary, scheduleToCloseTimeout: '30s' }, [{ link, seq: effect.seq }]);
  }
}

/** An activity that gave up never ends the workflow; anything else is a bug and fails the task until it is fixed. */
function whyGivenUp(error: unknown): string {
  if (!(error instanceof ActivityFailure)) throw error;
  const { cause } = error;
  if (cause instanceof TimeoutFailure) {
    return cause.cause instanceof ApplicationFailure ? cause.cause.message : 'no answer in time';
  }
  return cause?.message ?? 'the activity failed';
}
