/** A ledger with transactions of every kind, written by the functions that the product writes it with. */
import { createHash } from 'node:crypto';
import pg from 'pg';
import { writeFacts } from '../../db/facts.ts';
import { insertTransaction, type NewTransaction } from '../../db/money/ledger.ts';
import { createMerchant } from '../../db/merchants.ts';
import { tenantTransaction } from '../../db/pool.ts';
import { postingsOf, type Movement } from '../../domain/money/postings.ts';
import { judgeSettlement, judgeUnknown, type PaymentArrival, type Settlement } from '../../domain/money/settlement.ts';
import { freshDatabase } from '../support/database.ts';

export const MERCHANT = 'padaria';
const LINK = 'till-4';

const brl = (minorUnits: string) => ({ minorUnits, currency: 'BRL' as const });
const hex = (text: string): string => createHash('sha256').update(text).digest('hex');

/** What arrives for a bill over 24.90. */
const ARRIVALS: readonly Omit<PaymentArrival, 'asked'>[] = [
  { received: brl('2490'), ended: false },
  { received: brl('3000'), ended: false },
  { received: brl('2000'), ended: false },
  { received: brl('2490'), ended: false, before: { covered: true } },
  { received: brl('2490'), ended: true },
  { received: { minorUnits: '2490', currency: 'USD' }, ended: false },
  { received: brl('2530'), parts: { interest: brl('40') }, ended: false },
];
const MOVEMENTS: readonly Movement[] = [
  { is: 'accepted', amount: brl('2000') },
  { is: 'applied', amount: brl('510') },
  { is: 'credited', amount: brl('510') },
  { is: 'written-off', amount: brl('2000'), forgiven: brl('490') },
  { is: 'return-begun', from: 'held', amount: brl('610') },
  { is: 'return-completed', amount: brl('610') },
  { is: 'return-failed', amount: brl('610') },
  { is: 'return-bounced', amount: brl('610') },
  { is: 'returned-outside', from: 'collected', amount: brl('2490') },
];

export async function writtenLedger(size: number): Promise<{ readonly databaseUrl: string; readonly owner: pg.Pool }> {
  const databaseUrl = await freshDatabase();
  const owner = new pg.Pool({ connectionString: databaseUrl, max: 2 });
  await createMerchant(owner, {
    merchantId: MERCHANT,
    name: 'Padaria Aurora',
    city: 'Sao Paulo',
    timeZone: 'America/Sao_Paulo',
    currency: 'BRL',
  });
  await owner.query(
    `insert into payment_link (merchant_id, payment_link_id, kind, label, status, provider) values ($1, $2, 'till', 'Till 4', 'free', 'jpmorgan')`,
    [MERCHANT, LINK],
  );
  for (let number = 0; number < size; number += 1) await writeOne(owner, number);
  return { databaseUrl, owner };
}

async function writeOne(owner: pg.Pool, number: number): Promise<void> {
  const kinds = ARRIVALS.length + 1 + MOVEMENTS.length;
  const which = number % kinds;
  const arrival = ARRIVALS[which];
  const movement = MOVEMENTS[which - ARRIVALS.length - 1];
  if (movement !== undefined) return write(owner, moved(movement, number));
  const judged = arrival === undefined ? judgeUnknown(brl('700')) : judgeSettlement({ asked: brl('2490'), ...arrival });
  const settled = arrived(judged, number);
  if (arrival === undefined) return write(owner, settled);
  const paymentRequestId = hex(`request ${number}`).slice(0, 32);
  await owner.query(
    `insert into payment_request (merchant_id, payment_request_id, payment_link_id, status, currency,
     amount_minor, reference)
     values ($1, $2, $3, 'paid', 'BRL', 2490, 'café')`,
    [MERCHANT, paymentRequestId, LINK],
  );
  return write(owner, { ...settled, paymentLinkId: LINK, paymentRequestId });
}

function arrived({ kind, entries, balanced, unapplied }: Settlement, number: number): NewTransaction {
  const endToEndId = `E${String(number).padStart(31, '0')}`;
  return {
    transactionId: `jpmorgan:${endToEndId}`,
    merchantId: MERCHANT,
    provider: 'jpmorgan',
    endToEndId,
    kind,
    revision: number % 3,
    entries,
    balanced,
    evidence: hex(`answer ${number}`),
    settledAt: new Date(Date.UTC(2026, 10, 26, 12, 0, number)).toISOString(),
    exceptionId: unapplied === undefined ? undefined : hex(`exception ${number}`).slice(0, 32),
  };
}

function moved(movement: Movement, number: number): NewTransaction {
  return {
    transactionId: `${movement.is}:${number}`,
    merchantId: MERCHANT,
    provider: 'jpmorgan',
    endToEndId: `E${String(number - 8).padStart(31, '0')}`,
    kind: movement.is,
    revision: 0,
    entries: postingsOf(movement),
    evidence: `command:c${number}`,
    exceptionId: hex(`exception ${number}`).slice(0, 32),
    returnId: movement.is.startsWith('return') ? hex(`return ${number}`).slice(0, 32) : undefined,
    commandId: `c${number}`,
    actor: 'ana@padaria.example',
    reason: 'o cliente pagou em dobro, e não é São João',
  };
}

async function write(owner: pg.Pool, transaction: NewTransaction): Promise<void> {
  await tenantTransaction(owner, MERCHANT, async (client) => {
    await insertTransaction(client, transaction);
    await writeFacts(client, MERCHANT, { ledger: [transaction.transactionId] });
  });
}
