/**
 * Pays money back through the provider and reads what became of it. The provider forgets an idempotency key after some
 * hours, so a lost answer is looked for by reading; once the key may be forgotten, nothing is sent any more.
 */
import { openException } from '../../db/money/exceptions.ts';
import { writeFacts } from '../../db/facts.ts';
import { moneyPlaceOf, type ReturnReport } from '../../db/money/return-booking.ts';
import { markSent, readReturn, scheduleReturn, type ReturnRow } from '../../db/money/returns.ts';
import { toJson, toSentence } from '../../domain/money.ts';
import { nextReturnCheckSeconds } from '../../domain/money/returnable.ts';
import { ProviderFailure, type ProviderReturn } from '../../providers/provider.ts';
import { readOrRetry, retryable, startAttempt, type Attempt } from '../attempt.ts';
import { advanceReturn } from './book-returns.ts';
import { inTransaction, notifyListeners, wakeOwners, type Dependencies } from '../dependencies.ts';
import type { MoneyActivities, ReturnProgress, ReturnRef } from './money-activities.ts';

interface ReturnContext {
  readonly money: ReturnRef;
  readonly row: ReturnRow;
  readonly attempt: Attempt;
}

/** The last hour of a key is not used, because our clock measures its age and the provider's clock drops it. */
const SAFETY_HOURS = 1;

export function createSendReturn(deps: Dependencies): MoneyActivities['sendReturn'] {
  return async (money) => {
    const attempt = startAttempt();
    const row = await inTransaction(deps, money, attempt, async (client) => {
      const before = await readReturn(client, money.returnId);
      if (before?.status === 'sending') await markSent(client, money.returnId);
      return before;
    });
    if (row === undefined) throw new Error(`no return ${money.returnId}`);
    if (row.status !== 'sending') return progressOf(row);
    deps.crash('return.marked');
    const context = { money, row, attempt };
    // It was sent before, and the answer was lost.
    if (row.sentHoursAgo !== undefined) {
      const found = await findShown(deps, context);
      if (found !== undefined) return advanceAndPlan(deps, context, found);
      if (row.sentHoursAgo > deps.provider.returnKeyHours - SAFETY_HOURS) return giveUp(deps, context);
    }
    const seen = await send(deps, context);
    deps.crash('return.sent');
    return advanceAndPlan(deps, context, seen);
  };
}

async function send(deps: Dependencies, context: ReturnContext): Promise<ReturnReport> {
  const { returnId, endToEndId, amount, whole, reason } = context.row;
  try {
    const order = { returnId, endToEndId, amount: toJson(amount), whole, reason };
    return await deps.provider.returnMoney(order, context.attempt.write());
  } catch (error) {
    if (!(error instanceof ProviderFailure)) throw error;
    if (error.kind !== 'refused') throw retryable(error.message, error.retryAfterMs);
    // A refusal counts only once a read agrees with it: an earlier attempt may have succeeded.
    const found = await findShown(deps, context);
    return found ?? { reference: returnId, status: 'failed', because: error.message };
  }
}

/** The request shows its returns: ours with our reference. */
async function findShown(deps: Dependencies, { row, attempt }: ReturnContext): Promise<ProviderReturn | undefined> {
  const { paymentRequestId, returnId, providerReturnId } = row;
  if (paymentRequestId === undefined) return undefined;
  const view = await readOrRetry(async () => deps.provider.getRequest(paymentRequestId, attempt.read()));
  return view?.returns.find(({ id, reference }) => reference === returnId || id === providerReturnId);
}

async function advanceAndPlan(
  deps: Dependencies,
  { money, attempt }: ReturnContext,
  seen: ReturnReport,
): Promise<ReturnProgress> {
  const row = await advanceReturn(deps, money, attempt, seen);
  if (row === undefined) throw new Error(`return ${money.returnId} is gone`);
  await planNext(deps, money, attempt, row);
  return progressOf(row);
}

/**
 * Whether the money left is unknown, and a repeat might pay twice: an exception asks a person to clear it up with the
 * bank. Reads continue.
 */
async function giveUp(deps: Dependencies, { money, row, attempt }: ReturnContext): Promise<ReturnProgress> {
  const { merchantId, returnId } = money;
  const because = 'its answer was lost, and the provider does not remember the key any more';
  const written = await inTransaction(deps, money, attempt, async (client) => {
    const events = await openException(client, merchantId, {
      kind: 'return-unknown',
      cause: returnId,
      ...moneyPlaceOf(row),
      amount: toJson(row.amount),
      sentence: `whether the return of ${toSentence(row.amount)} left is not known: ${because}`,
      detail: { returnId, endToEndId: row.endToEndId },
    });
    await scheduleReturn(client, returnId, nextReturnCheckSeconds(row.checks));
    return { events, position: await writeFacts(client, merchantId, { events }) };
  });
  await notifyListeners(deps, merchantId, written.position);
  wakeOwners(deps, merchantId, written);
  return { status: 'unknown', because };
}

export function createCheckReturn(deps: Dependencies): MoneyActivities['checkReturn'] {
  return async (money) => {
    const attempt = startAttempt();
    const row = await inTransaction(deps, money, attempt, async (client) => readReturn(client, money.returnId));
    if (row === undefined) throw new Error(`no return ${money.returnId}`);
    const context = { money, row, attempt };
    const seen = await readProviderReturn(deps, context);
    if (seen !== undefined) return advanceAndPlan(deps, context, seen);
    await planNext(deps, money, attempt, row);
    return progressOf(row);
  };
}

/** Returns that the provider began by itself are shown by the request alone. */
async function readProviderReturn(deps: Dependencies, context: ReturnContext): Promise<ProviderReturn | undefined> {
  const { providerReturnId, origin } = context.row;
  if (providerReturnId !== undefined && origin !== 'provider') {
    return readOrRetry(async () => deps.provider.getReturn(providerReturnId, context.attempt.read()));
  }
  return findShown(deps, context);
}

/** A return that has ended is read again only by the nightly reconciliation: it may still come back. */
async function planNext(deps: Dependencies, money: ReturnRef, attempt: Attempt, row: ReturnRow): Promise<void> {
  const over = row.status === 'completed' || row.status === 'failed';
  const seconds = over ? null : nextReturnCheckSeconds(row.checks);
  await inTransaction(deps, money, attempt, async (client) => scheduleReturn(client, money.returnId, seconds));
}

function progressOf({ status, because }: ReturnRow): ReturnProgress {
  const said = because === undefined ? {} : { because };
  return { status: status === 'sending' ? 'unknown' : status, ...said };
}
