/** Begins a reconciliation run, waits for its healing, and ends it. */
import { setTimeout as pause } from 'node:timers/promises';
import { Context } from '@temporalio/activity';
import { tenantTransaction } from '../../db/pool.ts';
import { countFindings } from '../../db/reconciliation/reconciliation-findings.ts';
import {
  askRun,
  beginRun,
  endRun,
  healedMoney,
  scheduleOpenReturns,
  readRun,
  strandedRuns,
  unhealed,
  type Run,
} from '../../db/reconciliation/reconciliations.ts';
import { addCounts, explain } from '../../domain/reconciliation/reconciliation-tally.ts';
import type { ReconciliationActivities, RunPart, RunPlan } from './reconciliation-activities.ts';
import type { ReconcileDependencies } from './reconciliation-steps.ts';

const DAY_MS = 86_400_000;
const WINDOW_DAYS = 30;
/** The provider lists at most a month at a time, and February is one. */
const MONTH_DAYS = 28;
/** The provider lists at most a year back; a day of it is left for the run itself. */
const YEAR_DAYS = 364;
/** A link younger than this may not be in our own table yet. */
const LINK_SETTLES_MS = 10 * 60_000;
const HEALING_MS = 20_000;
const LOOK_EVERY_MS = 300;
const STRANDED_AT_ONCE = 20;

type RunActivities = Pick<
  ReconciliationActivities,
  'startReconciliation' | 'awaitHealing' | 'finishReconciliation' | 'failReconciliation' | 'strandedReconciliations'
>;

export function createReconciliationRuns(deps: ReconcileDependencies): RunActivities {
  const { pool, provider } = deps;
  return {
    async startReconciliation({ merchantId, runId, kind }) {
      return tenantTransaction(pool, merchantId, async (client) => {
        if (kind !== undefined) await askRun(client, merchantId, { runId, kind, askedBy: 'schedule' });
        const before = await readRun(client, runId);
        if (before === undefined) throw new Error(`no reconciliation ${runId}`);
        if (before.status === 'finished') return { ended: true, kind: before.kind, windows: [], months: [] };
        const run = await beginRun(client, runId, provider.lateMoneyDays);
        if (run.kind !== 'statement') await scheduleOpenReturns(client, provider.lateMoneyDays);
        return planOf(run, run.from, run.to);
      });
    },

    async awaitHealing({ merchantId, runId }) {
      const deadline = Date.now() + HEALING_MS;
      while (Date.now() < deadline) {
        Context.current().heartbeat();
        const left = await tenantTransaction(pool, merchantId, async (client) => unhealed(client, runId));
        if (left === 0) return;
        await pause(LOOK_EVERY_MS, undefined, { signal: Context.current().cancellationSignal });
      }
    },

    async finishReconciliation({ merchantId, runId }) {
      await tenantTransaction(pool, merchantId, async (client) => {
        const run = await readRun(client, runId);
        if (run?.status !== 'running') return;
        const healed = await healedMoney(client, runId);
        const found = await countFindings(client, runId);
        const findings = Object.values(found).reduce((sum, count) => sum + count, 0);
        const named = Object.fromEntries(Object.entries(found).map(([kind, count]) => [`finding.${kind}`, count]));
        const counted = addCounts(run.tally, { findings, healed: healed.length, ...named });
        await endRun(client, runId, { status: 'finished', tally: explain(counted, healed) });
      });
    },

    async failReconciliation({ merchantId, runId, because }) {
      await tenantTransaction(pool, merchantId, async (client) => endRun(client, runId, { status: 'failed', because }));
    },

    async strandedReconciliations({ merchantId }) {
      return tenantTransaction(pool, merchantId, async (client) => strandedRuns(client, STRANDED_AT_ONCE));
    },
  };
}

function planOf({ kind }: Run, from: Date, to: Date): RunPlan {
  switch (kind) {
    case 'statement':
      return { ended: false, kind, windows: [], months: [] };
    case 'nightly':
    case 'asked': {
      const linksTo = new Date(to.getTime() - LINK_SETTLES_MS);
      const linksFrom = new Date(to.getTime() - YEAR_DAYS * DAY_MS);
      return {
        ended: false,
        kind,
        windows: partsOf('requests', from, to, WINDOW_DAYS),
        months: partsOf('links', linksFrom, linksTo, MONTH_DAYS),
      };
    }
  }
}

/** Each begins a millisecond after the one before it, so that nothing is counted twice. */
function partsOf(name: string, from: Date, to: Date, days: number): readonly RunPart[] {
  const parts: RunPart[] = [];
  for (let at = from.getTime(); at <= to.getTime(); at += days * DAY_MS + 1) {
    const end = Math.min(at + days * DAY_MS, to.getTime());
    const part = `${name} ${new Date(at).toISOString()}`;
    parts.push({ part, from: new Date(at).toISOString(), to: new Date(end).toISOString() });
  }
  return parts;
}
