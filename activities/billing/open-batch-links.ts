/**
 * Opens links for the next accounts of a batch. Effect: a link at the provider for each account that has none, and its
 * rows, about twenty per transaction. Idempotent by row: each is decided once, under the account's lock. A crash
 * between the provider's answer and the transaction leaves a stray link without a request, and the row is taken again.
 * Fails retryable when the provider does not answer; the next attempt continues at the first waiting row.
 */
import { Context } from '@temporalio/activity';
import type pg from 'pg';
import { readPayee, waitingRows, type WaitingRow } from '../../db/billing/batch-links.ts';
import { readBatch, type Batch } from '../../db/billing/bill-batches.ts';
import { tenantTransaction } from '../../db/pool.ts';
import { ProviderFailure, type CallLimits } from '../../providers/provider.ts';
import { atOnce } from '../../domain/at-once.ts';
import { DETAIL_AT_MOST, retryable } from '../attempt.ts';
import type { BatchRef, BillBatchActivities } from './bill-batch-activities.ts';
import { notifyListeners, type Dependencies } from '../dependencies.ts';
import { storePortion, type RowAnswer, type BatchPortion } from './store-batch-portion.ts';

/** After these the activity returns, so that the workflow can show the progress. */
const ROWS_AN_ACTIVITY = 2_000;
const CALLS_AT_ONCE = 16;
const ROWS_A_PORTION = 20;
/** Up to half of it may pass waiting for the rate budget, where batches come last. */
const CALL_MS = 6_000;
const TRIES = 5;
const PAUSE_MS = { first: 250, most: 3_000 };
const HEARTBEAT_MS = 2_000;

export function createOpenBatchLinks(deps: Dependencies): BillBatchActivities['openBatchLinks'] {
  return async (ref) => {
    const context = Context.current();
    const beat = setInterval(() => context.heartbeat(), HEARTBEAT_MS);
    try {
      await openNext(deps, ref);
      const { rows, seconds } = await tenantTransaction(deps.pool, ref.merchantId, async (client) =>
        demandBatch(client, ref),
      );
      return { rows, seconds };
    } finally {
      clearInterval(beat);
    }
  };
}

async function openNext(deps: Dependencies, ref: BatchRef): Promise<void> {
  const { cancellationSignal: signal } = Context.current();
  const { waiting, ...portion } = await tenantTransaction(deps.pool, ref.merchantId, async (client) => ({
    merchantId: ref.merchantId,
    provider: deps.provider.name,
    batch: await demandBatch(client, ref),
    payee: await readPayee(client),
    waiting: await waitingRows(client, ref.batchId, ROWS_AN_ACTIVITY),
  }));
  const answered: RowAnswer[] = [];
  let failure: Error | undefined;
  const guarded = async (work: () => Promise<void>): Promise<void> => {
    // After a failure no further call starts; links that were opened meanwhile are still written.
    if (failure !== undefined) return;
    try {
      signal.throwIfAborted();
      await work();
    } catch (error) {
      failure ??= error instanceof Error ? error : new Error(String(error));
    }
  };
  let writing = Promise.resolve();
  // One after the other: a batch takes one connection, and the tills have the others. While one is written and the next
  // is full nobody asks for more, so that a crash leaves some fifty strays and not hundreds.
  const putNext = async (least: number): Promise<void> => {
    const mine = writing.then(async () => {
      // A concurrent call of `putNext` has written these rows while this one waited.
      if (answered.length < least) return;
      await put(deps, { ...portion, answered: answered.splice(0, ROWS_A_PORTION) });
    });
    writing = mine.catch(() => undefined);
    await mine;
  };
  await atOnce(waiting, CALLS_AT_ONCE, async (row) =>
    guarded(async () => {
      answered.push(await openRowLink(deps, row, signal));
      if (answered.length >= ROWS_A_PORTION) await putNext(ROWS_A_PORTION);
    }),
  );
  while (answered.length > 0) await putNext(1);
  if (failure !== undefined) throw failure;
}

async function openRowLink(deps: Dependencies, row: WaitingRow, signal: AbortSignal): Promise<RowAnswer> {
  const { line, accountId } = row;
  if (row.hasLink) return { line, accountId, is: 'known' };
  for (let attempt = 1; ; attempt += 1) {
    try {
      // A signal per call: sixteen listeners on one signal trigger Node's leak warning.
      const call: CallLimits = { signal: AbortSignal.any([signal]), timeoutMs: CALL_MS };
      const there = await deps.provider.openLink('bill', call, 'batch');
      deps.crash('batch.opened');
      return { line, accountId, is: 'opened', there };
    } catch (error) {
      if (!(error instanceof ProviderFailure)) throw error;
      if (error.kind === 'refused') return { line, accountId, is: 'refused', because: reasonOf(error) };
      signal.throwIfAborted();
      const pauseMs = Math.min(error.retryAfterMs ?? PAUSE_MS.first * 2 ** attempt, PAUSE_MS.most);
      if (attempt === TRIES) throw retryable(error.message, error.retryAfterMs);
      await deps.pause(pauseMs);
    }
  }
}

function reasonOf({ message, reasons }: ProviderFailure): string {
  return [message, ...reasons].join('; ').slice(0, DETAIL_AT_MOST);
}

async function put(deps: Dependencies, portion: BatchPortion): Promise<void> {
  const { merchantId } = portion;
  const { position, links } = await tenantTransaction(deps.pool, merchantId, async (client) =>
    storePortion(client, portion),
  );
  deps.crash('batch.stored');
  await notifyListeners(deps, merchantId, position);
  // Not awaited: `watch` repeats a lost signal.
  void atOnce(links, CALLS_AT_ONCE, async (link) =>
    deps.messages.signal('usage', { merchantId, ...link }, {}).catch(() => undefined),
  );
}

async function demandBatch(client: pg.ClientBase, { batchId }: BatchRef): Promise<Batch> {
  const batch = await readBatch(client, batchId);
  if (batch === undefined) throw new Error(`no batch of bills ${batchId}`);
  return batch;
}
