/** A person's decision about a held bill: stored once per command, for exactly the usage that the person saw. */
import { createHash } from 'node:crypto';
import type pg from 'pg';
import { insertDecision } from '../../db/billing/bills.ts';
import { answerCommand, claimCommand, storeCommand } from '../../db/links/command-claims.ts';
import type { Resolution } from '../../db/money/exception-rows.ts';
import { type AccountSnapshot, lockAccount } from '../../db/billing/rating.ts';
import { storeReadings } from '../../db/billing/readings.ts';
import type { StoredBill } from '../../domain/billing/bill.ts';
import { nextBill, openBillOf, type HoldReason } from '../../domain/billing/billing.ts';
import type { Answer, DecisionOrder, Refusal } from '../../domain/links/link-state.ts';
import { registerValue } from '../../domain/billing/meter.ts';
import type { Reading } from '../../domain/billing/reading.ts';
import { present } from '../../domain/present.ts';
import type { LinkRef } from '../links/link-activities.ts';

interface BillDecisionResult {
  readonly answer: Answer;
  /** How the exception of the bill is closed, if this closes it. */
  readonly resolution?: Resolution;
}

export async function decideBill(
  client: pg.ClientBase,
  link: LinkRef,
  order: DecisionOrder,
  account: AccountSnapshot,
): Promise<BillDecisionResult> {
  await storeCommand(client, link, order);
  const claimed = await claimCommand(client, order.commandId);
  if (claimed.is === 'answered') return { answer: claimed.answer };
  const decided = await applyDecision(client, link, order, account);
  await answerCommand(client, order.commandId, decided.answer);
  return decided;
}

/** Cannot be approved: they need another reading, another tariff, or another correction. */
const NEVER_APPROVED: readonly HoldReason[] = ['negative', 'no-tariff', 'impossible-correction', 'nothing-read'];

async function applyDecision(
  client: pg.ClientBase,
  { merchantId, paymentLinkId }: LinkRef,
  order: DecisionOrder,
  account: AccountSnapshot,
): Promise<BillDecisionResult> {
  const { billId, commandId, reason, actor: operator = 'temporal', is: decision } = order;
  const held = openBillOf(account.bills);
  if (held?.status !== 'held' || held.billId !== billId) return refused('not-held');
  let { usage } = held.newest;
  switch (decision) {
    case 'approve':
      if (!NEVER_APPROVED.some((because) => because === held.because)) break;
      return refused(
        'decision-unfit',
        `It is held as ${held.because ?? ''}: correct it, or have the meter read again.`,
      );
    case 'correct': {
      const correction = correctionOf(order, held, account);
      if ('because' in correction) return refused(correction.because, correction.detail);
      await storeReadings(client, merchantId, [correction]);
      const corrected = await lockAccount(client, paymentLinkId);
      if (corrected !== undefined) ({ usage } = nextBill(corrected, corrected.now).usage);
      break;
    }
    case 'reread':
      break;
  }
  await insertDecision(client, { commandId, merchantId, billId, decision, usage, operator, reason });
  return { answer: { is: 'decided', billId }, resolution: { decision, by: operator, reason, commandId } };
}

function refused(because: Refusal, detail?: string): BillDecisionResult {
  return { answer: { is: 'refused', because, ...present({ detail }) } };
}

/** The correction is an ordinary reading, of a device made up for this one decision. */
function correctionOf(
  { commandId, value = '', readAt }: DecisionOrder,
  { newest: { upTo } }: StoredBill,
  { meters }: AccountSnapshot,
): Reading | { readonly because: Refusal; readonly detail: string } {
  const meter = meters.find(({ meterId }) => meterId === upTo.meterId);
  if (upTo.reading === undefined || meter === undefined) {
    return {
      because: 'decision-unfit',
      detail: 'The bill ends where a meter was removed: correct what was written down then.',
    };
  }
  if (registerValue(value, meter) === undefined) {
    return { because: 'wrong-value', detail: `The register of meter ${meter.meterId} has ${meter.digits} digits.` };
  }
  const device = createHash('sha256').update(commandId).digest('hex').slice(0, 32);
  return {
    deviceId: `office-${device}`,
    sequence: 1,
    meterId: meter.meterId,
    value,
    readAt: readAt ?? upTo.at,
    kind: 'actual',
    corrects: upTo.reading,
  };
}
