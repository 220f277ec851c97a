/**
 * A merchant's database with a planted day, and runs over it without Temporal: the activities in the workflow's order.
 */
import { randomBytes } from 'node:crypto';
import { MockActivityEnvironment } from '@temporalio/testing';
import pg from 'pg';
import { createReconciliation } from '../../activities/reconciliation/create-reconciliation.ts';
import type { Messages } from '../../activities/dependencies.ts';
import type { RunPlan } from '../../activities/reconciliation/reconciliation-activities.ts';
import { createMerchant } from '../../db/merchants.ts';
import { createPool, tenantTransaction } from '../../db/pool.ts';
import { askRun, readRun, type Run } from '../../db/reconciliation/reconciliations.ts';
import { insertLines, insertStatement } from '../../db/reconciliation/statements.ts';
import type { StatementLine } from '../../domain/reconciliation/statement.ts';
import type { Provider } from '../../providers/provider.ts';
import { freshDatabase } from '../support/database.ts';
import {
  MORNING,
  plantedProvider,
  plantLedger,
  type PlantedFault,
  type PlantedDay,
} from '../../bench/samples/planted-day.ts';

export const MERCHANT = 'padaria';
const PLACE = { name: 'Padaria Aurora', city: 'Sao Paulo', timeZone: 'America/Sao_Paulo', currency: 'BRL' } as const;

const newId = (): string => randomBytes(16).toString('hex');

interface SentSignal {
  readonly paymentLinkId: string;
  readonly message: object;
}

export async function openDay(
  plants: ReadonlyMap<number, PlantedFault>,
  count: number,
  strays: readonly string[] = [],
) {
  const url = await freshDatabase();
  const owner = new pg.Pool({ connectionString: url, max: 2 });
  await createMerchant(owner, { merchantId: MERCHANT, ...PLACE });
  await createMerchant(owner, { merchantId: 'neighbour', ...PLACE });
  const day: PlantedDay = { merchantId: MERCHANT, count, plants, start: MORNING, strays };
  await plantLedger(owner, day);
  const pool = createPool({ url, role: 'relink_app', applicationName: 'test', max: 4 });
  const router = createPool({ url, role: 'relink_router', applicationName: 'test-router', max: 2 });
  const sent: SentSignal[] = [];

  function activities(provider: Provider) {
    const messages: Messages = {
      async signal(_name, { paymentLinkId }, message) {
        sent.push({ paymentLinkId, message });
        await Promise.resolve();
      },
      startBatch: async () => undefined,
      wake: async () => Promise.resolve(),
      unlink: async () => Promise.resolve(undefined),
    };
    const pause = async () => Promise.resolve();
    return createReconciliation({ pool, router, provider, messages, crash: () => undefined, pause });
  }

  async function within<T>(work: () => Promise<T>): Promise<T> {
    return new MockActivityEnvironment().run(work) as Promise<T>;
  }

  /** A run as the workflow makes it, without the wait for what nobody here heals. */
  async function run(provider: Provider = plantedProvider(day)): Promise<Run> {
    const runId = await ask();
    await go(runId, provider);
    return read(runId);
  }

  async function ask(): Promise<string> {
    const runId = newId();
    const span = { from: new Date(MORNING.getTime() - 3_600_000), to: new Date(MORNING.getTime() + 86_400_000) };
    await tenantTransaction(pool, MERCHANT, async (client) =>
      askRun(client, MERCHANT, { runId, kind: 'asked', askedBy: 'a test', ...span }),
    );
    return runId;
  }

  async function go(runId: string, provider: Provider): Promise<void> {
    const ref = { merchantId: MERCHANT, runId };
    const does = activities(provider);
    const plan: RunPlan = await within(async () => does.startReconciliation(ref));
    for (const window of plan.windows) await within(async () => does.reconcileWindow({ ...ref, ...window }));
    for (const month of plan.months) await within(async () => does.reconcileLinks({ ...ref, ...month }));
    await within(async () => does.reconcileInbox(ref));
    await within(async () => does.finishReconciliation(ref));
  }

  async function read(runId: string): Promise<Run> {
    const stored = await tenantTransaction(pool, MERCHANT, async (client) => readRun(client, runId));
    if (stored === undefined) throw new Error('no run');
    return stored;
  }

  /** A statement of these lines, and the run that matches it. */
  async function match(lines: readonly StatementLine[]): Promise<Run> {
    const [runId, statementId] = [newId(), newId()];
    await tenantTransaction(pool, MERCHANT, async (client) => {
      await insertLines(client, MERCHANT, statementId, lines);
      const about = { format: 'csv', mapping: {}, bytes: 0, lines: lines.length, actor: 'a test' } as const;
      const statement = { ...about, statementId, digest: randomBytes(32), idempotencyKey: statementId };
      await insertStatement(client, MERCHANT, statement);
      await askRun(client, MERCHANT, { runId, kind: 'statement', statementId, askedBy: 'a test' });
    });
    const does = activities(plantedProvider(day));
    const ref = { merchantId: MERCHANT, runId };
    await within(async () => does.startReconciliation(ref));
    await within(async () => does.matchStatement(ref));
    await within(async () => does.finishReconciliation(ref));
    return read(runId);
  }

  return {
    owner,
    day,
    match,
    sent,
    run,
    ask,
    go,
    read,
    async findings(runId: string) {
      const { rows } = await owner.query<{ kind: string; subject: string; sentence: string }>(
        'select kind, subject, sentence, exception_id from reconciliation_finding where reconciliation_id = $1 order by finding_id',
        [runId],
      );
      return rows;
    },
    async exceptions() {
      const { rows } = await owner.query<{ kind: string; cause: string }>(
        'select kind, cause from exception order by kind, cause',
      );
      return rows;
    },
    async close() {
      await Promise.all([pool.end(), router.end(), owner.end()]);
    },
  };
}

export type OpenDay = Awaited<ReturnType<typeof openDay>>;
