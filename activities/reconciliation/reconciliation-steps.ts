/**
 * One step of a run: findings are acted on, stored and counted, and then the cursor moves, in this order. A crash in
 * between repeats the step safely: Signals are hints, bookings and exceptions have keys of their own, and the counts
 * are stored with the cursor.
 */
import { Context } from '@temporalio/activity';
import type pg from 'pg';
import { exceptionIdOf, openException, type ExceptionFact } from '../../db/money/exceptions.ts';
import { writeFacts, type EventFact } from '../../db/facts.ts';
import { tenantTransaction } from '../../db/pool.ts';
import { insertFindings, type WrittenFinding } from '../../db/reconciliation/reconciliation-findings.ts';
import { readRun, saveStep, type Run } from '../../db/reconciliation/reconciliations.ts';
import { bookUnknownMoney, type UnknownMoney } from '../../db/money/unknown-money.ts';
import type { Finding, MoneyCheck } from '../../domain/reconciliation/finding.ts';
import { addCounts, addMoney } from '../../domain/reconciliation/reconciliation-tally.ts';
import type { CallLimits } from '../../providers/provider.ts';
import { atOnce } from '../../domain/at-once.ts';
import { present } from '../../domain/present.ts';
import { retryable } from '../attempt.ts';
import { notifyListeners, wakeOwners, type AddressedLink, type Dependencies } from '../dependencies.ts';
import type { RunRef } from './reconciliation-activities.ts';

export interface ReconcileDependencies extends Dependencies {
  /** Reads across merchants, because several may share one account at the provider. */
  readonly router: pg.Pool;
}

const CALL_MS = 5_000;
const SENDS_AT_ONCE = 20;

/** The part of a run that is under way: the run as this attempt read it, and the cursor in the part. */
export interface RunPartContext {
  readonly merchantId: string;
  readonly part: string;
  run: Run;
  cursor: string | undefined;
}

/** Undefined when the part is done. A new attempt continues at the stored cursor. */
export async function enterPart(
  { pool }: Dependencies,
  { merchantId, runId }: RunRef,
  part: string,
): Promise<RunPartContext | undefined> {
  const run = await tenantTransaction(pool, merchantId, async (client) => readRun(client, runId));
  if (run?.status !== 'running') throw new Error(`reconciliation ${runId} is ${run?.status ?? 'not there'}`);
  if (run.progress.done?.includes(part) === true) return undefined;
  return { merchantId, part, run, cursor: run.progress.part === part ? run.progress.cursor : undefined };
}

export interface FindingAction {
  readonly finding: Finding;
  /** The target of a `check`. */
  readonly link?: AddressedLink;
  /** The money that `book` books. */
  readonly unknown?: UnknownMoney;
}

interface StepResult {
  readonly found: readonly FindingAction[];
  readonly money?: readonly MoneyCheck[];
  readonly counts?: Readonly<Record<string, number>>;
  /** Where the next step begins; absent: the part is done. */
  readonly cursor?: string;
}

export async function saveStepResult(
  deps: ReconcileDependencies,
  context: RunPartContext,
  step: StepResult,
): Promise<void> {
  const { merchantId, run, part } = context;
  const checks = await sendChecks(deps, step.found);
  await bookAll(deps, step.found);
  const counted = addCounts(run.tally, { ...step.counts, ...(checks === 0 ? {} : { checksSent: checks }) });
  const tally = addMoney(counted, step.money ?? []);
  const done = run.progress.done ?? [];
  const progress =
    step.cursor === undefined ? { part, done: [...done, part] } : { part, cursor: step.cursor, done: [...done] };
  const { saved, position, events } = await tenantTransaction(deps.pool, merchantId, async (client) => {
    const { written, events: opened } = await withExceptions(client, merchantId, step.found);
    await insertFindings(client, merchantId, run.runId, written);
    const after = await saveStep(client, run, { progress, tally });
    if (after === undefined) throw retryable(`another attempt has gone on with ${part}`);
    const told = await writeFacts(client, merchantId, { events: opened });
    return { saved: after, position: told, events: opened };
  });
  await notifyListeners(deps, merchantId, position);
  wakeOwners(deps, merchantId, { events });
  context.run = saved;
  context.cursor = step.cursor;
}

async function sendChecks({ messages }: ReconcileDependencies, found: readonly FindingAction[]): Promise<number> {
  const checks = found.flatMap(({ finding, link }) =>
    finding.remedy === 'check' && link !== undefined ? [{ link, requestId: finding.requestId }] : [],
  );
  await atOnce(checks, SENDS_AT_ONCE, async ({ link, requestId }) =>
    messages.signal('check', link, { requestId, because: 'reconciliation' }),
  );
  return checks.length;
}

/** Each in its own transaction: the chain of the ledger takes one row at a time. */
async function bookAll(deps: ReconcileDependencies, found: readonly FindingAction[]): Promise<void> {
  for (const { finding, unknown } of found) {
    if (finding.remedy !== 'book' || unknown === undefined) continue;
    const { position, events } = await tenantTransaction(deps.pool, unknown.merchantId, async (client) =>
      bookUnknownMoney(client, unknown),
    );
    await notifyListeners(deps, unknown.merchantId, position);
    wakeOwners(deps, unknown.merchantId, { events });
  }
}

async function withExceptions(
  client: pg.ClientBase,
  merchantId: string,
  found: readonly FindingAction[],
): Promise<{ readonly written: readonly WrittenFinding[]; readonly events: readonly EventFact[] }> {
  const written: WrittenFinding[] = [];
  const events: EventFact[] = [];
  for (const { finding } of found) {
    const fact = exceptionOf(finding);
    if (fact !== undefined) events.push(...(await openException(client, merchantId, fact)));
    const owner =
      fact ?? (finding.remedy === 'book' ? { kind: 'unknown-request' as const, cause: finding.endToEndId } : undefined);
    const exceptionId =
      owner?.cause === undefined ? {} : { exceptionId: exceptionIdOf(merchantId, owner.kind, owner.cause) };
    written.push({ ...finding, ...exceptionId });
  }
  return { written, events };
}

/** The payment is the cause of the exception, so finding it again the next night opens no second one. */
function exceptionOf(finding: Finding): ExceptionFact | undefined {
  const { remedy, endToEndId, paymentLinkId, requestId, sentence, ours, theirs, kind } = finding;
  if (remedy === 'check' || remedy === 'book' || remedy === 'none') return undefined;
  if (endToEndId === undefined || paymentLinkId === undefined) return undefined;
  const amount = theirs?.amount ?? ours?.amount;
  return {
    kind: remedy,
    cause: endToEndId,
    paymentLinkId,
    sentence,
    detail: {
      endToEndId,
      finding: kind,
      ...present({ ours, theirs }),
    },
    ...present({ paymentRequestId: requestId, amount }),
  };
}

/** A read's share of a long activity: it ends with the activity, and by itself. */
export function readLimits(): CallLimits {
  return { signal: Context.current().cancellationSignal, timeoutMs: CALL_MS };
}
