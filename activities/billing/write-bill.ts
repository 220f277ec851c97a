/**
 * Stores an account's next bill: the bill and its revision, the outcome of its readings, and the exception of a held
 * bill. Answers the change of the code that the link's workflow has to make.
 */
import type pg from 'pg';
import { billIdOf, isRefused, writeBill, writeReadingOutcomes, type BillRef } from '../../db/billing/bills.ts';
import { openHeldBills, markResolved, type Resolution } from '../../db/money/exception-rows.ts';
import { openException } from '../../db/money/exceptions.ts';
import type { EventFact, Facts, TimelineFact } from '../../db/facts.ts';
import { resolvedEvent } from '../../db/money/return-booking.ts';
import type { AccountSnapshot } from '../../db/billing/rating.ts';
import { chargeOfBill, sameContent, standingOf, type BillStatus, type StoredBill } from '../../domain/billing/bill.ts';
import { openBillOf, type NextBill } from '../../domain/billing/billing.ts';
import { sameCharge } from '../../domain/money/charge.ts';
import type { RatingResult } from '../../domain/links/link-events.ts';
import { usageCommandId } from '../../domain/links/link-rating.ts';
import { fromJson, toSentence } from '../../domain/money.ts';
import { present } from '../../domain/present.ts';

interface NextBillWrite {
  readonly merchantId: string;
  readonly account: AccountSnapshot;
  readonly next: NextBill;
  /** What the code serves now. */
  readonly requestId: string | undefined;
  /** The decision that this rating carries out. */
  readonly by: Resolution | undefined;
}

interface BillWriteResult {
  readonly next: RatingResult;
  readonly facts: Facts;
}

type BillProposal = Exclude<NextBill, { readonly is: 'nothing' }>;

const STATUS_OF: { readonly [is in BillProposal['is']]: BillStatus } = {
  bill: 'billed',
  hold: 'held',
  'nothing-due': 'nothing-due',
};

export async function writeNextBill(client: pg.ClientBase, write: NextBillWrite): Promise<BillWriteResult> {
  const { account, next } = write;
  await restoreClosedBills(client, write);
  if (next.is === 'nothing') {
    await writeReadingOutcomes(client, next.usage, undefined);
    return { next: { do: 'nothing', because: next.because }, facts: {} };
  }
  const { before, ref } = positionOf(write, next);
  const billId = billIdOf(ref);
  const status = STATUS_OF[next.is];
  const fresh = await isNew(client, before, next, status);
  const revision = before === undefined ? 0 : before.revision + (fresh ? 1 : 0);
  const held = await holdFacts(client, write, { ref, next, revision, fresh });
  if (fresh) {
    const because = next.is === 'hold' ? { because: next.because } : {};
    const exception = held.exceptionId === undefined ? {} : { exceptionId: held.exceptionId };
    await writeBill(client, ref, { status, content: next.content, revision, ...because, ...exception });
  }
  await writeReadingOutcomes(client, next.usage, { billId, status });
  const line: TimelineFact = { paymentLinkId: account.paymentLinkId, what: status, sentence: sentenceOf(next) };
  return {
    next: codeChangeOf(write, next, { before, billId, revision }),
    facts: { events: held.events, timeline: fresh ? [line] : [] },
  };
}

/**
 * A revision that came too late never reached the code: a closed bill is set back to the content that it ended with.
 */
async function restoreClosedBills(client: pg.ClientBase, { merchantId, account }: NextBillWrite): Promise<void> {
  for (const bill of account.bills) {
    const { applied, newest, number, revision } = bill;
    if (standingOf(bill) !== 'closed' || applied === undefined || sameContent(applied.content, newest)) continue;
    const { accountId, paymentLinkId } = account;
    const ref = { merchantId, accountId, paymentLinkId, number };
    await writeBill(client, ref, { status: 'billed', content: applied.content, revision: revision + 1 });
  }
}

/** A held or zero bill never replaces a bill whose request a payer may have seen: it becomes the next one. */
function positionOf({ merchantId, account }: NextBillWrite, next: BillProposal) {
  const open = openBillOf(account.bills);
  const before = open !== undefined && (next.is === 'bill' || open.request === undefined) ? open : undefined;
  const number = before?.number ?? (account.bills.at(-1)?.number ?? 0) + 1;
  const { accountId, paymentLinkId } = account;
  const ref: BillRef = { merchantId, accountId, paymentLinkId, number };
  return { before, ref };
}

async function isNew(
  client: pg.ClientBase,
  before: StoredBill | undefined,
  next: BillProposal,
  status: StoredBill['status'],
): Promise<boolean> {
  if (before === undefined || before.status !== status || !sameContent(before.newest, next.content)) return true;
  if (next.is === 'hold') return before.because !== next.because;
  // The same content gets a new revision when its first order was refused because of a payment in flight that then
  // failed.
  return before.request === 'active' && (await isRefused(client, usageCommandId(before.billId, before.revision)));
}

interface HoldContext {
  readonly ref: BillRef;
  readonly next: BillProposal;
  readonly revision: number;
  readonly fresh: boolean;
}

/** Opens one exception for a bill that a person has to decide, and closes any other about this account's bills. */
async function holdFacts(
  client: pg.ClientBase,
  { merchantId, account, by }: NextBillWrite,
  { ref, next, revision, fresh }: HoldContext,
): Promise<{ readonly events: readonly EventFact[]; readonly exceptionId?: string }> {
  const { paymentLinkId } = account;
  const asks = next.is === 'hold' && !next.waits;
  if (asks && !fresh) return { events: [] };
  const billId = billIdOf(ref);
  const events: EventFact[] = [];
  for (const exceptionId of await openHeldBills(client, paymentLinkId)) {
    const resolution: Resolution = by ?? {
      decision: 'remeasured',
      by: 'readings',
      reason: 'another reading has changed the bill',
      commandId: usageCommandId(billId, revision),
    };
    if (await markResolved(client, exceptionId, resolution)) {
      events.push(resolvedEvent({ paymentLinkId }, exceptionId, resolution));
    }
  }
  if (!asks) return { events };
  const opened = await openException(client, merchantId, {
    kind: 'held-bill',
    cause: `${billId}:${revision}`,
    paymentLinkId,
    sentence: `Bill of account ${account.accountId} is held: ${next.sentence}`,
    detail: { billId, accountId: account.accountId, because: next.because, usage: next.content.usage },
  });
  const exceptionId = opened[0]?.cause;
  return { events: [...events, ...opened], ...present({ exceptionId }) };
}

function sentenceOf(next: BillProposal): string {
  const { usage, unit, total, tariff } = next.content;
  if (next.is === 'hold') return `bill held: ${next.sentence}`;
  const amount = toSentence(fromJson(total));
  return `${usage} ${unit} come to ${amount} by tariff ${tariff.id}, version ${tariff.version}`;
}

interface BillPosition {
  readonly before: StoredBill | undefined;
  readonly billId: string;
  readonly revision: number;
}

function codeChangeOf(
  { account, requestId }: NextBillWrite,
  next: BillProposal,
  { before, billId, revision }: BillPosition,
): RatingResult {
  const nothing = (because: string, waits = false): RatingResult => ({
    do: 'nothing',
    because,
    ...(waits && { waits }),
  });
  if (next.is !== 'bill') {
    const because = next.is === 'hold' ? next.sentence : 'there is nothing to pay';
    const ours = account.bills.some((bill) => bill.billId === requestId);
    return ours ? { do: 'withdraw', because } : nothing(because);
  }
  const charge = chargeOfBill(next.content, account);
  const { amount: face, ...rest } = charge;
  const amount = toSentence(fromJson(face));
  const order = { commandId: usageCommandId(billId, revision), requestId: billId, amount, actor: 'usage' };
  if (requestId === undefined) {
    if (before?.request === 'active' || before?.request === 'processing') return nothing('its request is on the code');
    return { do: 'link', order: { ...order, is: 'link', charge, onBusy: 'reject' } };
  }
  if (requestId !== billId) return nothing('something else is on the code: the bill follows it', true);
  // A reading between two others changes the stored content and not the charge, so the code stays.
  const applied = before?.applied && chargeOfBill(before.applied.content, account);
  if (applied !== undefined && sameCharge(applied, charge)) return nothing('it is on the code');
  if (before?.request === 'processing') return nothing('it is being paid', true);
  return { do: 'update', order: { ...order, is: 'updateCharge', change: { ...rest, amount: face } } };
}
