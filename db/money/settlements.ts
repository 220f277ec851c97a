/**
 * Books what the provider says settled: ledger, status, link, exception, answered commands, timeline and event in one
 * transaction, keyed by merchant, provider and end-to-end id, so that any number of attempts books it once.
 */
import type pg from 'pg';
import { z } from 'zod';
import { isAlive } from '../../domain/money/check-schedule.ts';
import { sameCharge, type Charge } from '../../domain/money/charge.ts';
import { judgeSettlement, type Settlement } from '../../domain/money/settlement.ts';
import { fromJson, toSentence, toText, type MoneyJson } from '../../domain/money.ts';
import { present } from '../../domain/present.ts';
import type { ProviderRequest, ProviderSettlement } from '../../providers/provider.ts';
import { answerCommand } from '../links/command-claims.ts';
import { exceptionIdOf, openException, type ExceptionFact } from './exceptions.ts';
import { writeFacts, type EventFact, type TimelineFact } from '../facts.ts';
import { insertTransaction } from './ledger.ts';
import { writeLink } from '../links/link-rows.ts';
import {
  markNoticesApplied,
  putInForce,
  readRequest,
  readRevisions,
  writeStatus,
  type RequestRow,
  type RevisionRow,
} from '../links/request-rows.ts';
import { readRows } from '../rows.ts';

interface Booking {
  readonly merchantId: string;
  readonly provider: string;
  readonly lateMoneyDays: number;
  readonly requestId: string;
  readonly view: ProviderRequest;
  readonly settlement: ProviderSettlement & { readonly endToEndId: string };
  /** The link row is freed under this seq; absent for reads beside the loop, which never write it. */
  readonly seq?: number;
  readonly requestCode: (charge: Charge) => string;
}

interface BookingResult {
  readonly status: 'paid' | 'underpaid';
  readonly position: string | undefined;
  /** False when the fence refused the link row: a newer run has taken over. */
  readonly fenceHeld: boolean;
  readonly events: readonly EventFact[];
}

export async function bookSettlement(client: pg.ClientBase, booking: Booking): Promise<BookingResult> {
  const request = await readRequest(client, booking.requestId, 'lock');
  if (request === undefined) throw new Error(`no request ${booking.requestId}`);
  const revisions = await readRevisions(client, booking.requestId);
  const shown = revisionShown(revisions, booking.view);
  const settlement = await judge(client, request, shown, booking);
  const ledger = await insertLedger(client, request, shown, settlement, booking);
  const timeline: TimelineFact[] = [];
  const events: EventFact[] = [];
  if (ledger !== undefined) {
    timeline.push(await settleRequest(client, request, shown, settlement, booking));
    // A second payment does not change the bill: its exception has the event.
    if (settlement.kind !== 'second') events.push(eventOf(request, settlement, booking));
    events.push(...(await openExceptions(client, request, revisions, settlement, booking)));
  }
  await answerRevisions(client, request, revisions, shown);
  await answerLink(client, request);
  await markNoticesApplied(client, booking.requestId);
  const fenceHeld =
    booking.seq === undefined || (await writeLink(client, request.paymentLinkId, { seq: booking.seq, status: 'free' }));
  const position = await writeFacts(client, booking.merchantId, {
    timeline,
    events,
    ...(ledger === undefined ? {} : { ledger: [ledger] }),
  });
  const status = (await readRequest(client, booking.requestId))?.status;
  return { status: status === 'paid' ? 'paid' : 'underpaid', position, fenceHeld, events };
}

/**
 * The revision that the provider's read shows: by its revision number, otherwise by content, pending ones first and
 * dropped ones last, because the write of a refused revision may still have taken effect.
 */
export function revisionShown(revisions: readonly RevisionRow[], view: ProviderRequest): RevisionRow | undefined {
  const newestFirst = revisions.toReversed();
  const kept = newestFirst.filter((revision) => revision.state !== 'dropped');
  const isShown = (revision: RevisionRow): boolean => sameCharge(revision.charge, view.charge);
  return (
    kept.find((revision) => revision.providerRevision === view.revision) ??
    kept.find(isShown) ??
    newestFirst.find(isShown) ??
    kept.find((revision) => revision.state === 'in-force')
  );
}

const coverShape = z.object({
  covered: z.boolean(),
});

async function judge(
  client: pg.ClientBase,
  request: RequestRow,
  shown: RevisionRow | undefined,
  { settlement, provider }: Booking,
): Promise<Settlement> {
  const rows = await readRows(
    client,
    coverShape,
    `select bool_or(kind in ('exact', 'over', 'late')) as covered from ledger_transaction
      where payment_request_id = $1 and settles and not (provider = $2 and end_to_end_id = $3) having count(*) > 0`,
    [request.requestId, provider, settlement.endToEndId],
  );
  const before = rows[0];
  const asked: MoneyJson = shown?.charge.amount ?? { minorUnits: request.amountMinor, currency: request.currency };
  return judgeSettlement({
    asked,
    received: settlement.amount,
    parts: settlement.parts,
    ended: !isAlive(request.status),
    ...(before === undefined ? {} : { before: { covered: before.covered } }),
  });
}

/** Undefined: this payment is booked already. */
async function insertLedger(
  client: pg.ClientBase,
  request: RequestRow,
  shown: RevisionRow | undefined,
  settlement: Settlement,
  { merchantId, provider, settlement: money, view }: Booking,
): Promise<string | undefined> {
  const transactionId = `${provider}:${money.endToEndId}`;
  const { kind, entries, balanced, unapplied } = settlement;
  const inserted = await insertTransaction(client, {
    transactionId,
    merchantId,
    provider,
    endToEndId: money.endToEndId,
    kind,
    revision: shown?.number ?? request.revision,
    entries,
    evidence: view.evidence,
    paymentLinkId: request.paymentLinkId,
    paymentRequestId: request.requestId,
    settledAt: money.settledAt,
    balanced,
    exceptionId:
      kind === 'exact' || unapplied === undefined ? undefined : exceptionIdOf(merchantId, kind, money.endToEndId),
  });
  return inserted ? transactionId : undefined;
}

async function settleRequest(
  client: pg.ClientBase,
  request: RequestRow,
  shown: RevisionRow | undefined,
  settlement: Settlement,
  booking: Booking,
): Promise<TimelineFact> {
  if (shown !== undefined && (shown.state === 'pending' || shown.number !== request.revision)) {
    await putInForce(client, request.requestId, {
      number: shown.number,
      charge: shown.charge,
      providerRevision: booking.view.revision,
      requestCode: booking.requestCode(shown.charge),
      ...present({ etag: booking.view.etag, expiresAt: booking.view.expiresAt }),
    });
  }
  await writeStatus(client, request, {
    status: settlement.status,
    lateMoneyDays: booking.lateMoneyDays,
    ...(settlement.kind === 'exact' ? {} : { because: settlement.kind }),
  });
  const received = toSentence(fromJson(booking.settlement.amount));
  return {
    paymentLinkId: request.paymentLinkId,
    paymentRequestId: request.requestId,
    what: settlement.status,
    sentence: `${received} settled (${settlement.kind}), payment ${booking.settlement.endToEndId}`,
    evidence: booking.view.evidence,
  };
}

function eventOf(request: RequestRow, settlement: Settlement, { settlement: money, view }: Booking): EventFact {
  return {
    name: `payment_request.${settlement.status}`,
    paymentLinkId: request.paymentLinkId,
    paymentRequestId: request.requestId,
    cause: `${request.requestId}:${money.endToEndId}`,
    payload: {
      paymentRequestId: request.requestId,
      paymentLinkId: request.paymentLinkId,
      reference: view.charge.reference,
      status: settlement.status,
      outcome: settlement.kind,
      amount: toText(fromJson(money.amount)),
      endToEndId: money.endToEndId,
      ...present({ settledAt: money.settledAt }),
    },
  };
}

async function openExceptions(
  client: pg.ClientBase,
  request: RequestRow,
  revisions: readonly RevisionRow[],
  settlement: Settlement,
  booking: Booking,
): Promise<readonly EventFact[]> {
  if (settlement.kind === 'exact' || settlement.unapplied === undefined) return [];
  const { amount, endToEndId } = booking.settlement;
  const older = settlement.kind === 'partial' ? revisions.find((revision) => matches(revision, amount)) : undefined;
  const hint = older === undefined ? '' : `; it is the amount of revision ${older.number}`;
  const fact: ExceptionFact = {
    kind: settlement.kind,
    cause: endToEndId,
    paymentLinkId: request.paymentLinkId,
    paymentRequestId: request.requestId,
    amount: settlement.unapplied,
    sentence: `${toSentence(fromJson(settlement.unapplied))} of payment ${endToEndId} fits no bill (${settlement.kind})${hint}`,
    detail: { endToEndId, ...present({ matchesRevision: older?.number }) },
  };
  return openException(client, booking.merchantId, fact);
}

function matches(revision: RevisionRow, amount: MoneyJson): boolean {
  return revision.charge.amount.minorUnits === amount.minorUnits && revision.charge.amount.currency === amount.currency;
}

/** A pending revision that was paid came into force; one that was not shown is dropped, and its command refused. */
async function answerRevisions(
  client: pg.ClientBase,
  request: RequestRow,
  revisions: readonly RevisionRow[],
  shown: RevisionRow | undefined,
): Promise<void> {
  const { requestId } = request;
  for (const revision of revisions) {
    if (revision.state !== 'pending' || revision.number === 0 || revision.commandId === undefined) continue;
    if (revision === shown) {
      await answerCommand(client, revision.commandId, { is: 'updated', requestId, revision: revision.number });
      continue;
    }
    await client.query(`update request_revision set state = 'dropped' where payment_request_id = $1 and number = $2`, [
      requestId,
      revision.number,
    ]);
    await answerCommand(client, revision.commandId, { is: 'refused', because: 'already-paid', requestId });
  }
}

const linkShape = z.object({
  commandId: z.string(),
});

/** A sale that was paid before its link was known counts as linked. */
async function answerLink(client: pg.ClientBase, { requestId }: RequestRow): Promise<void> {
  const rows = await readRows(
    client,
    linkShape,
    `select command_id from command where payment_request_id = $1 and kind = 'link' and outcome is null`,
    [requestId],
  );
  for (const row of rows) await answerCommand(client, row.commandId, { is: 'linked', requestId, revision: 0 });
}
