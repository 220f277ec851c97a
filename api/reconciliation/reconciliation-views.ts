/** Runs, findings and statements as they look over HTTP. */
import type { z } from 'zod';
import type { FindingView, SideView } from '../../db/reconciliation/read-reconciliations.ts';
import type { Run } from '../../db/reconciliation/reconciliations.ts';
import type { StatementRow } from '../../db/reconciliation/statements.ts';
import { money, toText } from '../../domain/money.ts';
import { present } from '../../domain/present.ts';
import { currenciesOf, explainedShare } from '../../domain/reconciliation/reconciliation-tally.ts';
import type * as s from './reconciliation-schemas.ts';

export function runJson(run: Run): z.output<typeof s.reconciliation> {
  const { tally, progress } = run;
  const sums = currenciesOf(tally).map((currency) => {
    const looked = tally.money[currency] ?? { seen: '0', explained: '0' };
    return {
      currency,
      seen: toText(money(BigInt(looked.seen), currency)),
      booked: toText(money(BigInt(looked.explained), currency)),
      explained: explainedShare(looked),
    };
  });
  const shares = sums.map(({ explained }) => explained).toSorted((left, right) => Number(left) - Number(right));
  return {
    id: run.runId,
    kind: run.kind,
    status: run.status,
    ...present({ because: run.because }),
    statementId: run.statementId ?? null,
    from: run.from?.toISOString() ?? null,
    to: run.to?.toISOString() ?? null,
    explained: shares[0] ?? (run.status === 'finished' ? '100.000' : null),
    money: sums,
    counts: tally.counts,
    progress: {
      part: progress.part ?? null,
      at: progress.cursor ?? null,
      partsDone: progress.done?.length ?? 0,
    },
    createdAt: run.createdAt.toISOString(),
    startedAt: run.startedAt?.toISOString() ?? null,
    finishedAt: run.finishedAt?.toISOString() ?? null,
  };
}

export function findingJson(finding: FindingView): z.output<typeof s.finding> {
  return {
    id: finding.id,
    kind: finding.kind,
    sentence: finding.sentence,
    paymentRequestId: finding.paymentRequestId ?? null,
    paymentLinkId: finding.paymentLinkId ?? null,
    providerLinkId: finding.providerLinkId ?? null,
    endToEndId: finding.endToEndId ?? null,
    line: finding.line ?? null,
    ours: sideJson(finding.ours),
    theirs: sideJson(finding.theirs),
    exceptionId: finding.exceptionId ?? null,
    healed: finding.healed,
    at: finding.at.toISOString(),
  };
}

function sideJson(side: SideView | undefined): z.output<typeof s.finding>['ours'] {
  if (side === undefined) return null;
  return { amount: side.amount === undefined ? null : toText(side.amount), on: side.on ?? null };
}

export function statementJson(statement: StatementRow, runId: string | undefined): z.output<typeof s.statement> {
  return {
    id: statement.statementId,
    format: statement.format,
    lines: statement.lines,
    from: statement.firstOn ?? null,
    to: statement.lastOn ?? null,
    bytes: statement.bytes,
    reconciliationId: runId ?? null,
    createdAt: statement.createdAt.toISOString(),
  };
}
