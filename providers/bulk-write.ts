/**
 * One bulk from its sending to the end of its last row. What it cannot decide is left to each caller's own time limit,
 * which ends as `unknown`. Each of its calls ends at the latest with the last caller that still waits; the sending is
 * never repeated, reads of the bulk are.
 */
import { setTimeout as later } from 'node:timers/promises';
import { isAliveThere } from '../domain/money/provider-status.ts';
import {
  ProviderFailure,
  type BulkRowResult,
  type CallLimits,
  type Provider,
  type ProviderRequest,
} from './provider.ts';
import { outcomeUnknown, type WaitingWrite } from './waiting-write.ts';

/** Reads of the bulk come at 0.1, 0.3, 0.7, 1.5 and 2.3 s: five in the three seconds of a call; most bulks need one. */
const FIRST_LOOK_AFTER_MS = 100;
const LONGEST_PAUSE_MS = 800;
/** A hanging read is cut off and repeated, so that it does not use up the time of every row. */
const LOOK_MS = 1_000;
/** The time that a caller needs after the last read: for a search and perhaps a read by id. */
const READ_BACK_MS = 400;
/** Our clock and the provider's may differ; `/readyz` tells of two seconds from the database's (protocol.md §6). */
const CLOCKS_APART_MS = 60_000;

interface Bulk {
  readonly id: string;
  readonly rows: readonly WaitingWrite[];
  readonly sentAt: number;
  readonly signal: AbortSignal;
}

/** A refused bulk has created nothing; after any other non-retryable failure all of it may exist. */
export async function sendBulk(provider: Provider, rows: readonly WaitingWrite[]): Promise<Bulk> {
  const gone = new AbortController();
  void Promise.all(rows.map(async ({ ended }) => ended)).then(() => gone.abort());
  const sentAt = Date.now();
  const writes = rows.map(({ write }) => write);
  for (const row of rows) row.mayBeThere(true);
  try {
    // Half of the time is kept for the reads. What was not sent by then is known to be unsent while its callers still
    // wait.
    const { bulkId: id } = await provider.putMany(writes, { signal: gone.signal, timeoutMs: longest(rows) / 2 });
    return { id, rows, sentAt, signal: gone.signal };
  } catch (error) {
    if (error instanceof ProviderFailure && error.kind !== 'unknown') for (const row of rows) row.mayBeThere(false);
    throw error;
  }
}

/** Follows the bulk until nobody waits for it. Answers how many rows were decided in time. */
export async function followBulk(provider: Provider, bulk: Bulk): Promise<number> {
  let told = 0;
  let open = unansweredRows(bulk.rows);
  for (let pauseMs = FIRST_LOOK_AFTER_MS; open.length > 0; pauseMs = Math.min(pauseMs * 2, LONGEST_PAUSE_MS)) {
    await pause(pauseMs, bulk);
    open = unansweredRows(open);
    const { ends, notBeforeMs } = await look(provider, bulk, open);
    const over = open.filter(({ write }) => ends.has(write.requestId));
    const nextMs = notBeforeMs + Math.min(pauseMs * 2, LONGEST_PAUSE_MS);
    // When the last row has ended, one search reads all of them back. Rows that cannot wait for the next read are read
    // back now.
    const now = over.length === open.length ? over : over.filter((row) => row.rest().timeoutMs < nextMs + READ_BACK_MS);
    await endEach(provider, bulk, now, ends);
    told += now.length;
    open = unansweredRows(open);
    if (notBeforeMs > 0) await pause(notBeforeMs, bulk);
  }
  return told;
}

/** A bulk that cannot be read, or is not known to the provider yet, decides no row. */
async function look(
  provider: Provider,
  { id, signal }: Bulk,
  open: readonly WaitingWrite[],
): Promise<{ readonly ends: ReadonlyMap<string, BulkRowResult>; readonly notBeforeMs: number }> {
  const ends = new Map<string, BulkRowResult>();
  if (open.length === 0) return { ends, notBeforeMs: 0 };
  const call = callFor(open, signal);
  try {
    const rows = await provider.readBulk(id, { ...call, timeoutMs: Math.min(LOOK_MS, call.timeoutMs) });
    for (const row of rows ?? []) if (row.is !== 'pending') ends.set(row.requestId, row);
    return { ends, notBeforeMs: 0 };
  } catch (error) {
    if (!(error instanceof ProviderFailure)) throw error;
    return { ends, notBeforeMs: error.retryAfterMs ?? 0 };
  }
}

/** Ends at once when nobody waits any more. */
async function pause(ms: number, { signal }: Bulk): Promise<void> {
  await later(ms, undefined, { signal }).catch(() => undefined);
}

async function endEach(
  provider: Provider,
  bulk: Bulk,
  rows: readonly WaitingWrite[],
  ends: ReadonlyMap<string, BulkRowResult>,
): Promise<void> {
  const done: WaitingWrite[] = [];
  for (const row of rows) {
    const end = ends.get(row.write.requestId);
    if (end?.is === 'failed') row.end(refusedAlone(end.reasons));
    else if (end?.is === 'done') done.push(row);
  }
  const found = await searchFor(provider, bulk, done);
  const read = async (row: WaitingWrite): Promise<ProviderRequest | ProviderFailure> => {
    // If the bank asks for a pause, the rows are not read one by one instead.
    if (found instanceof ProviderFailure) return outcomeUnknown('it is said to be done, and cannot be read now', found);
    const shown = found.get(row.write.requestId);
    return shown === undefined ? readById(provider, row) : asWriteOutcome(shown);
  };
  await Promise.all(done.map(async (row) => row.end(await read(row))));
}

function refusedAlone(reasons: readonly string[]): ProviderFailure {
  return new ProviderFailure('refused', 'put request: the bank refused this row of a bulk', { reasons });
}

/** Absence from a search proves nothing, and nor does a search that failed: what it does not show is read by id. */
async function searchFor(
  provider: Provider,
  { id: bulkId, sentAt, signal }: Bulk,
  done: readonly WaitingWrite[],
): Promise<ReadonlyMap<string, ProviderRequest> | ProviderFailure> {
  // A read by id costs the same for one, and tells more.
  if (done.length < 2) return new Map();
  const range = { from: new Date(sentAt - CLOCKS_APART_MS), to: new Date(Date.now() + CLOCKS_APART_MS), bulkId };
  const call = callFor(done, signal);
  try {
    const page = await provider.searchRequests(range, { ...call, timeoutMs: Math.min(LOOK_MS, call.timeoutMs) });
    return new Map(page.requests.map((request) => [request.requestId, request]));
  } catch (error) {
    if (!(error instanceof ProviderFailure)) throw error;
    return error.retryAfterMs === undefined ? new Map() : error;
  }
}

/**
 * The bulk has reported the row as created, so a failed read ends as `unknown`: the next attempt must read before it
 * writes.
 */
async function readById(provider: Provider, row: WaitingWrite): Promise<ProviderRequest | ProviderFailure> {
  try {
    const request = await provider.getRequest(row.write.requestId, row.rest());
    return request === undefined
      ? outcomeUnknown('it is said to be done, and is not shown yet')
      : asWriteOutcome(request);
  } catch (error) {
    if (!(error instanceof ProviderFailure)) throw error;
    return outcomeUnknown('it is said to be done, and cannot be read', error);
  }
}

/**
 * A write of one is answered while its request is alive. One that was paid or ended since is for the caller's own read.
 */
function asWriteOutcome(request: ProviderRequest): ProviderRequest | ProviderFailure {
  const alive = isAliveThere(request.status);
  return alive ? request : outcomeUnknown(`it is ${request.status} already`);
}

function unansweredRows(rows: readonly WaitingWrite[]): readonly WaitingWrite[] {
  return rows.filter((row) => !row.hasEnded());
}

function callFor(rows: readonly WaitingWrite[], signal: AbortSignal): CallLimits {
  return { signal, timeoutMs: longest(rows) };
}

function longest(rows: readonly WaitingWrite[]): number {
  return Math.max(1, ...rows.map((row) => row.rest().timeoutMs));
}
