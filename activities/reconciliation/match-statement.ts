/** Compares a bank statement with the ledger and the returns, in both directions, one page in memory at a time. */
import { Context } from '@temporalio/activity';
import {
  matchLines,
  paymentsNotOnStatement,
  returnsNotOnStatement,
  type OwnPayment,
} from '../../db/reconciliation/compare-statement.ts';
import { tenantTransaction } from '../../db/pool.ts';
import { present } from '../../domain/present.ts';
import type { Comparison } from '../../domain/reconciliation/finding.ts';
import { compareLine, notOnStatement } from '../../domain/reconciliation/statement.ts';
import type { ReconciliationActivities } from './reconciliation-activities.ts';
import { enterPart, saveStepResult, type ReconcileDependencies, type RunPartContext } from './reconciliation-steps.ts';

const LINES_AT_ONCE = 1_000;

/**
 * Effect: findings, exceptions and the run's counts. Idempotent by the run's cursor and the keys of the findings. Uses
 * only Postgres, and fails only when Postgres does.
 */
export function createMatchStatement(deps: ReconcileDependencies): ReconciliationActivities['matchStatement'] {
  return async ({ merchantId, runId }) => {
    const { pool, provider } = deps;
    const ref = { merchantId, runId };
    const lines = await enterPart(deps, ref, 'lines');
    const statementId = lines?.run.statementId;
    if (lines !== undefined && statementId !== undefined) await compareLines(deps, lines, statementId);
    await compareUnlisted(deps, await enterPart(deps, ref, 'payments'), 'missing-there', async (statement, after) =>
      tenantTransaction(pool, merchantId, async (client) =>
        paymentsNotOnStatement(client, statement, provider.name, after, LINES_AT_ONCE),
      ),
    );
    await compareUnlisted(
      deps,
      await enterPart(deps, ref, 'returns'),
      'return-missing-there',
      async (statement, after) =>
        tenantTransaction(pool, merchantId, async (client) =>
          returnsNotOnStatement(client, statement, after, LINES_AT_ONCE),
        ),
    );
  };
}

async function compareLines(deps: ReconcileDependencies, context: RunPartContext, statementId: string): Promise<void> {
  const { pool, provider } = deps;
  for (;;) {
    Context.current().heartbeat();
    const after = Number(context.cursor ?? 0);
    const page = await tenantTransaction(pool, context.merchantId, async (client) =>
      matchLines(client, statementId, provider.name, after, LINES_AT_ONCE),
    );
    const compared = page.map(({ line, match }) => compareLine(line, match));
    const last = page.length < LINES_AT_ONCE ? undefined : page.at(-1)?.line.line;
    const cursor = last?.toString();
    await record(deps, context, compared, { lines: page.length }, cursor);
    if (last === undefined) return;
  }
}

async function compareUnlisted(
  deps: ReconcileDependencies,
  context: RunPartContext | undefined,
  kind: 'missing-there' | 'return-missing-there',
  read: (statementId: string, after: string) => Promise<readonly (OwnPayment & { readonly id: string })[]>,
): Promise<void> {
  const statementId = context?.run.statementId;
  if (context === undefined || statementId === undefined) return;
  for (;;) {
    Context.current().heartbeat();
    const page = await read(statementId, context.cursor ?? '');
    const last = page.length < LINES_AT_ONCE ? undefined : page.at(-1)?.id;
    const compared = page.map((own) => notOnStatement(kind, own));
    await record(deps, context, compared, {}, last);
    if (last === undefined) return;
  }
}

async function record(
  deps: ReconcileDependencies,
  context: RunPartContext,
  compared: readonly Comparison[],
  counts: Readonly<Record<string, number>>,
  cursor: string | undefined,
): Promise<void> {
  const matched = compared.filter(({ findings }) => findings.length === 0).length;
  await saveStepResult(deps, context, {
    found: compared.flatMap(({ findings }) => findings.map((finding) => ({ finding }))),
    money: compared.flatMap(({ money }) => money),
    counts: { ...counts, ...(matched === 0 ? {} : { matched }) },
    ...present({ cursor }),
  });
}
