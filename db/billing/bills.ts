/** Writes bills: every content is kept as a revision, and the row of the bill is the newest of them. */
import { createHash } from 'node:crypto';
import type pg from 'pg';
import type { BillContent, BillStatus } from '../../domain/billing/bill.ts';
import { type ReadingKey, readingKeyOf } from '../../domain/billing/reading.ts';
import type { Usage } from '../../domain/billing/usage.ts';
import type { BillDecisionName } from '../../domain/money/exception.ts';
import type { RowOutcome } from './reading-uploads.ts';

export interface BillRef {
  readonly merchantId: string;
  readonly accountId: string;
  readonly paymentLinkId: string;
  readonly number: number;
}

/** Made of its account and number, before anything is sent: its payment request has the same id. */
export function billIdOf({ merchantId, accountId, number }: Omit<BillRef, 'paymentLinkId'>): string {
  return createHash('sha256').update(`${merchantId}|${accountId}|bill ${number}`).digest('hex').slice(0, 32);
}

interface BillWrite {
  readonly status: BillStatus;
  readonly content: BillContent;
  /** From 0; each is written once. */
  readonly revision: number;
  readonly because?: string;
  readonly exceptionId?: string;
}

export async function writeBill(client: pg.ClientBase, ref: BillRef, write: BillWrite): Promise<void> {
  const { merchantId, accountId, paymentLinkId, number } = ref;
  const { status, content, revision, because = null, exceptionId = null } = write;
  const { minorUnits, currency } = content.total;
  const billId = billIdOf(ref);
  const json = JSON.stringify(content);
  await client.query(
    `insert into bill (bill_id, merchant_id, account_id, payment_link_id, number, status, revision, content,
                       currency, total_minor, held_because, exception_id)
     values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12)
     on conflict (bill_id) do update
        set status = excluded.status, revision = excluded.revision, content = excluded.content,
            currency = excluded.currency, total_minor = excluded.total_minor, held_because = excluded.held_because,
            exception_id = excluded.exception_id, updated_at = now()`,
    [
      billId,
      merchantId,
      accountId,
      paymentLinkId,
      number,
      status,
      revision,
      json,
      currency,
      minorUnits,
      because,
      exceptionId,
    ],
  );
  await client.query(
    `insert into bill_revision (merchant_id, bill_id, revision, status, content, currency, total_minor, because)
     values ($1, $2, $3, $4, $5, $6, $7, $8)`,
    [merchantId, billId, revision, status, json, currency, minorUnits, because],
  );
}

export async function isRefused(client: pg.ClientBase, commandId: string): Promise<boolean> {
  const { rowCount } = await client.query(`select from command where command_id = $1 and outcome->>'is' = 'refused'`, [
    commandId,
  ]);
  return rowCount === 1;
}

interface NewDecision {
  readonly commandId: string;
  readonly merchantId: string;
  readonly billId: string;
  readonly decision: BillDecisionName;
  readonly usage: string;
  readonly operator: string;
  readonly reason: string;
}

export async function insertDecision(client: pg.ClientBase, one: NewDecision): Promise<void> {
  await client.query(
    `insert into bill_decision (command_id, merchant_id, bill_id, decision, usage, operator, reason)
     values ($1, $2, $3, $4, $5, $6, $7) on conflict do nothing`,
    [one.commandId, one.merchantId, one.billId, one.decision, one.usage, one.operator, one.reason],
  );
}

interface ReadingOutcome extends ReadingKey {
  readonly outcome: Exclude<RowOutcome, 'waiting'>;
  readonly because?: string;
  readonly billId?: string;
}

/** Stores the outcome of each reading that this rating considered; readings of closed bills keep theirs. */
export async function writeReadingOutcomes(
  client: pg.ClientBase,
  usage: Usage,
  bill: { readonly billId: string; readonly status: BillStatus } | undefined,
): Promise<void> {
  const all = outcomesOf(usage, bill);
  if (all.length === 0) return;
  await client.query(
    `update meter_reading r set outcome = o.outcome, because = o.because, bill_id = o.bill_id
       from unnest($1::text[], $2::bigint[], $3::text[], $4::text[], $5::text[]) as o (device_id, sequence, outcome,
         because, bill_id)
      where r.device_id = o.device_id and r.sequence = o.sequence
        and (r.outcome, r.because, r.bill_id) is distinct from (o.outcome, o.because, o.bill_id)`,
    [
      all.map(({ deviceId }) => deviceId),
      all.map(({ sequence }) => sequence),
      all.map(({ outcome }) => outcome),
      all.map(({ because }) => because ?? null),
      all.map(({ billId }) => billId ?? null),
    ],
  );
}

/** A bill with nothing due settles its readings too. */
const OUTCOME_OF = { billed: 'billed', held: 'held', 'nothing-due': 'billed' } as const satisfies Record<
  BillStatus,
  string
>;

function outcomesOf(
  usage: Usage,
  bill: { readonly billId: string; readonly status: BillStatus } | undefined,
): readonly ReadingOutcome[] {
  const corrections = [...usage.accepted, ...usage.lateCorrections];
  const replaced = new Set(
    corrections.flatMap(({ corrects }) => (corrects === undefined ? [] : [readingKeyOf(corrects)])),
  );
  const billed =
    bill === undefined
      ? []
      : corrections.map(({ deviceId, sequence }): ReadingOutcome => {
          const { billId, status } = bill;
          if (replaced.has(readingKeyOf({ deviceId, sequence })))
            return { deviceId, sequence, outcome: 'replaced', billId };
          return { deviceId, sequence, outcome: OUTCOME_OF[status], billId };
        });
  return [
    ...billed,
    ...usage.refused.map(({ deviceId, sequence, sentence }): ReadingOutcome => {
      return { deviceId, sequence, outcome: 'refused', because: sentence };
    }),
    ...usage.conflicts.map(({ deviceId, sequence, fields }): ReadingOutcome => {
      const because = `Another reading claims this number, and differs in ${fields.join(', ')}: neither is used.`;
      return { deviceId, sequence, outcome: 'conflict', because };
    }),
  ];
}

/** Requests for a rating that came after this one began stay pending. */
export async function markRated(client: pg.ClientBase, accountId: string, wanted: string): Promise<void> {
  await client.query(
    `update service_account
        set usage_rated = $2, next_usage_at = case when usage_wanted > $2 then next_usage_at end
      where account_id = $1 and usage_rated <= $2`,
    [accountId, wanted],
  );
}
