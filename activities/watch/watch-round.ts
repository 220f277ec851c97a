/**
 * One round of `watch`: reads what is due, signals only what differs, and sends again what was lost between two steps
 * (F1, F5). It never writes a status and never cancels. What a round leaves over, the next one takes up.
 */
import { Context } from '@temporalio/activity';
import { isAlive } from '../../domain/money/check-schedule.ts';
import { isAliveThere } from '../../domain/money/provider-status.ts';
import { signalOf } from '../../domain/links/notice-signals.ts';
import { unfinishedBatches } from '../../db/billing/bill-batches.ts';
import { takeDueExceptions } from '../../db/money/exception-rows.ts';
import { tenantTransaction } from '../../db/pool.ts';
import { takeDueReturns } from '../../db/money/returns.ts';
import {
  dueRequests,
  lostNotices,
  markSignalled,
  scheduleChecks,
  takeDueAccounts,
  takeDueLinks,
  takeLostCommands,
  type DueRequest,
} from '../../db/links/watch-rows.ts';
import { ProviderFailure, type CallLimits, type ProviderRequest } from '../../providers/provider.ts';
import { atOnce } from '../../domain/at-once.ts';
import type { Dependencies } from '../dependencies.ts';
import { readEach, readMany } from './provider-reads.ts';
import type { WatchActivities } from './watch-activities.ts';

const ROUND_MS = 9_000;
const CALL_MS = 3_000;
const REQUESTS_A_ROUND = 20_000;
/** Ended requests are read one by one, so they get a share of the provider's budget and no more. */
const ENDED_A_ROUND = 50;
const SENDS_A_ROUND = 500;
const SENDS_AT_ONCE = 20;
const ACCOUNTS_A_ROUND = 2_000;
/**
 * A new tariff may mark every account at once; the limit keeps the signals for them from using up the round before the
 * reads that look for money.
 */
const USAGE_MS = 2_500;

export function createWatchRound(deps: Dependencies): WatchActivities['watchRound'] {
  return async ({ merchantId }) => {
    const { cancellationSignal } = Context.current();
    const deadline = Date.now() + ROUND_MS;
    const call = (): CallLimits | undefined => {
      const left = deadline - Date.now();
      if (left < 500) return undefined;
      return { signal: cancellationSignal, timeoutMs: Math.min(CALL_MS, left) };
    };
    const commandsResent = await resendCommands(deps, merchantId);
    const noticesResent = await resendNotices(deps, merchantId);
    await wakeDue(deps, merchantId);
    await startBatches(deps, merchantId);
    const linksAsked = await sendChecks(deps, merchantId);
    const usageSent = await sendUsageSignals(deps, merchantId);
    const { requestsRead, checksSent } = await checkRequests(deps, merchantId, call);
    return { requestsRead, checksSent: checksSent + linksAsked, commandsResent, noticesResent, usageSent };
  };
}

async function resendCommands({ pool, messages }: Dependencies, merchantId: string): Promise<number> {
  const lost = await tenantTransaction(pool, merchantId, async (client) => takeLostCommands(client, SENDS_A_ROUND));
  return sendAll(lost, async ({ name, message, ...link }) => messages.signal(name, { merchantId, ...link }, message));
}

async function resendNotices({ pool, messages }: Dependencies, merchantId: string): Promise<number> {
  const lost = await tenantTransaction(pool, merchantId, async (client) => lostNotices(client, SENDS_A_ROUND));
  const sent: string[] = [];
  await sendAll(lost, async ({ inboxId, requestId, status, requestStatus, ...link }) => {
    const name = signalOf(status, requestStatus);
    const message = { requestId, because: `notice ${inboxId}, sent again by watch` };
    if (name !== undefined) await messages.signal(name, { merchantId, ...link }, message);
    sent.push(inboxId);
  });
  if (sent.length > 0) await tenantTransaction(pool, merchantId, async (client) => markSignalled(client, sent));
  return sent.length;
}

/** Exceptions and returns whose workflow may have been lost, or that are due. */
async function wakeDue({ pool, messages }: Dependencies, merchantId: string): Promise<void> {
  const due = await tenantTransaction(pool, merchantId, async (client) => ({
    exceptions: await takeDueExceptions(client, SENDS_A_ROUND),
    returns: await takeDueReturns(client, SENDS_A_ROUND),
  }));
  await sendAll(due.exceptions, async (id) => messages.wake('exception', merchantId, id));
  await sendAll(due.returns, async (id) => messages.wake('return', merchantId, id));
}

/** Batches of bills whose start was lost, or whose workflow was terminated. */
async function startBatches({ pool, messages }: Dependencies, merchantId: string): Promise<void> {
  const lost = await tenantTransaction(pool, merchantId, async (client) => unfinishedBatches(client, SENDS_A_ROUND));
  await sendAll(lost, async (batchId) => messages.startBatch(merchantId, batchId));
}

async function sendChecks({ pool, messages }: Dependencies, merchantId: string): Promise<number> {
  const due = await tenantTransaction(pool, merchantId, async (client) => takeDueLinks(client, SENDS_A_ROUND));
  return sendAll(due, async (link) => messages.signal('check', { merchantId, ...link }, { because: 'watch' }));
}

/** What this round has no time for is due again half a minute later. */
async function sendUsageSignals({ pool, messages }: Dependencies, merchantId: string): Promise<number> {
  const until = Date.now() + USAGE_MS;
  const due = await tenantTransaction(pool, merchantId, async (client) => takeDueAccounts(client, ACCOUNTS_A_ROUND));
  return sendAll(due, async (link) => {
    if (Date.now() >= until) throw new Error('no time is left in this round');
    await messages.signal('usage', { merchantId, ...link }, {});
  });
}

async function checkRequests(
  { pool, provider, messages }: Dependencies,
  merchantId: string,
  call: () => CallLimits | undefined,
): Promise<{ requestsRead: number; checksSent: number }> {
  const due = await tenantTransaction(pool, merchantId, async (client) => dueRequests(client, REQUESTS_A_ROUND));
  const byId = new Map(due.map((request) => [request.requestId, request]));
  const looked: DueRequest[] = [];
  const differ: DueRequest[] = [];
  const seen = (requestId: string, view: ProviderRequest | undefined): void => {
    const request = byId.get(requestId);
    if (request === undefined) return;
    looked.push(request);
    if (isOutOfDate(request, view)) differ.push(request);
  };
  // The effect of a `linking` one is under way or parked. One that has ended while the code still serves it was ended
  // by a run that is lost. In both cases the workflow asks by itself once it is nudged, and the provider need not be
  // read here.
  const nudged = due.filter(({ status, served }) => status === 'linking' || (served && !isAlive(status)));
  for (const request of nudged) {
    looked.push(request);
    differ.push(request);
  }
  try {
    const live = due.filter(({ status }) => status === 'active' || status === 'processing');
    await readMany(provider, live, call, seen);
    const ended = due.filter(({ status, served }) => !isAlive(status) && !served);
    await readEach(provider, ended.slice(0, ENDED_A_ROUND), call, seen);
  } catch (error) {
    // Requests that were read are signalled; the rest stays due.
    if (!(error instanceof ProviderFailure)) throw error;
  }
  const checksSent = await sendAll(differ, async ({ requestId, paymentLinkId, kind, label }) =>
    messages.signal('check', { merchantId, paymentLinkId, kind, label }, { requestId, because: 'watch' }),
  );
  await tenantTransaction(pool, merchantId, async (client) => scheduleChecks(client, looked, provider.lateMoneyDays));
  return { requestsRead: looked.length, checksSent };
}

/** Compares settlement ids and returns, not the status alone: a paid request may be paid again or returned. */
function isOutOfDate(request: DueRequest, view: ProviderRequest | undefined): boolean {
  if (view === undefined) return false;
  const id = view.settlement?.endToEndId;
  if (view.returns.some((seen) => !request.returns.includes(`${seen.id}:${seen.status}`))) return true;
  if (view.status === 'settled') return id === undefined || !request.booked.includes(id);
  const aliveThere = isAliveThere(view.status);
  // A payment in flight, or one that failed, changes what a payer can do, and may come without a callback.
  return aliveThere && isAlive(request.status)
    ? view.status !== request.status
    : aliveThere !== isAlive(request.status);
}

/** Answers how many went out. One that fails is left for the next round. */
async function sendAll<T>(items: readonly T[], send: (item: T) => Promise<void>): Promise<number> {
  let sent = 0;
  await atOnce(items, SENDS_AT_ONCE, async (item) => {
    const done = await send(item).then(
      () => true,
      () => false,
    );
    if (done) sent += 1;
  });
  return sent;
}
