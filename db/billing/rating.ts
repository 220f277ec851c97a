/** Everything that an account's next bill depends on, read under the account's lock, which serialises ratings. */
import type pg from 'pg';
import { z } from 'zod';
import type { BillContent, StoredBill } from '../../domain/billing/bill.ts';
import type { BillDecision, BillingAccount } from '../../domain/billing/billing.ts';
import type { BillingRules } from '../../domain/billing/billing-rules.ts';
import { closedContent, standingOf, BILL_STATUSES } from '../../domain/billing/bill.ts';
import { WEEKENDS_ONLY, type Calendar } from '../../domain/calendar.ts';
import { REQUEST_STATUSES } from '../../domain/money/check-schedule.ts';
import { currencies } from '../../domain/money.ts';
import type { Meter } from '../../domain/billing/meter.ts';
import { type Reading, readingKeyOf, READING_KINDS } from '../../domain/billing/reading.ts';
import type { Tariff } from '../../domain/billing/tariff.ts';
import { present } from '../../domain/present.ts';
import { readMeters } from './meters.ts';
import { storedJson, readRows } from '../rows.ts';
import { BILL_DECISIONS } from '../../domain/money/exception.ts';

export interface AccountSnapshot extends BillingAccount {
  readonly accountId: string;
  readonly paymentLinkId: string;
  /** The value of `usage_wanted` that this rating covers. */
  readonly wanted: string;
  /** The database's clock. */
  readonly now: string;
}

const accountShape = z.object({
  accountId: z.string(),
  tariffId: z.string(),
  rules: storedJson<BillingRules>(),
  usageWanted: z.string(),
  timeZone: z.string(),
  currency: z.enum(currencies),
  calendar: storedJson<Calendar>().nullable(),
  now: z.date(),
});

/** Undefined: nobody is billed on this link. */
export async function lockAccount(client: pg.ClientBase, paymentLinkId: string): Promise<AccountSnapshot | undefined> {
  const rows = await readRows(
    client,
    accountShape,
    `select a.account_id, a.tariff_id, a.rules, a.usage_wanted, m.time_zone, m.currency, c.calendar, now() as now
       from service_account a join merchant m using (merchant_id) left join merchant_calendar c using (merchant_id)
      where a.payment_link_id = $1 for update of a`,
    [paymentLinkId],
  );
  const row = rows[0];
  if (row === undefined) return undefined;
  const accountId = row.accountId;
  const bills = await readBills(client, accountId);
  const meters = await readMeters(client, { accounts: [accountId] });
  return {
    accountId,
    paymentLinkId,
    wanted: row.usageWanted,
    now: row.now.toISOString(),
    timeZone: row.timeZone,
    currency: row.currency,
    calendar: row.calendar ?? WEEKENDS_ONLY,
    rules: row.rules,
    tariffId: row.tariffId,
    tariffs: await readTariffs(client, [row.tariffId, ...bills.map(({ newest }) => newest.tariff.id)]),
    meters,
    readings: await readReadings(client, accountId, meters, bills),
    bills,
    decisions: await readDecisions(client, accountId),
  };
}

const tariffsShape = z.object({
  content: storedJson<Tariff>(),
});

async function readTariffs(client: pg.ClientBase, ids: readonly string[]): Promise<readonly Tariff[]> {
  const rows = await readRows(
    client,
    tariffsShape,
    'select content from tariff where tariff_id = any ($1) order by tariff_id, version',
    [[...new Set(ids)]],
  );
  return rows.map(({ content }) => content);
}

const billsShape = z.object({
  billId: z.string(),
  number: z.number(),
  status: z.enum(BILL_STATUSES),
  revision: z.number(),
  content: storedJson<BillContent>(),
  heldBecause: z.string().nullable(),
  request: z.enum(REQUEST_STATUSES).nullable(),
  requestBecause: z.string().nullable(),
  appliedRevision: z.number().nullable(),
  appliedContent: storedJson<BillContent>().nullable(),
});

/**
 * The content at the provider: that of the newest revision whose command came into force, or of a later one that asks
 * for the same and so needed no write.
 */
async function readBills(client: pg.ClientBase, accountId: string): Promise<readonly StoredBill[]> {
  const rows = await readRows(
    client,
    billsShape,
    `select b.bill_id, b.number, b.status, b.revision, b.content, b.held_because, r.status as request,
            r.because as request_because, applied.revision as applied_revision, applied.content as applied_content
       from bill b
       left join payment_request r on r.payment_request_id = b.bill_id
       left join lateral (
         select same.revision, same.content
           from (select v.revision, v.content from bill_revision v
                   join request_revision p on p.payment_request_id = b.bill_id
                     and p.command_id = 'usage:' || b.bill_id || ':' || v.revision
                  where v.bill_id = b.bill_id and p.state in ('in-force', 'replaced') order by p.number desc
                    limit 1) brought
           join bill_revision same on same.bill_id = b.bill_id and same.revision >= brought.revision
            and same.status = 'billed'
            and (same.content->'total', same.content->'usage', same.content->'dueDate', same.content->'upTo')
              = (brought.content->'total', brought.content->'usage', brought.content->'dueDate',
                brought.content->'upTo')
          order by same.revision desc limit 1) applied on true
      where b.account_id = $1 order by b.number`,
    [accountId],
  );
  return rows.map((row) => {
    const because = row.heldBecause ?? row.requestBecause;
    return {
      billId: row.billId,
      number: row.number,
      status: row.status,
      revision: row.revision,
      newest: row.content,
      ...present({ request: row.request, because }),
      ...(row.appliedRevision !== null &&
        row.appliedContent !== null && {
          applied: { revision: row.appliedRevision, content: row.appliedContent },
        }),
    };
  });
}

const decisionsShape = z.object({
  billId: z.string(),
  decision: z.enum(BILL_DECISIONS),
  usage: z.string(),
});

async function readDecisions(client: pg.ClientBase, accountId: string): Promise<readonly BillDecision[]> {
  const rows = await readRows(
    client,
    decisionsShape,
    `select d.bill_id, d.decision, d.usage from bill_decision d join bill b using (bill_id)
      where b.account_id = $1 order by d.at, d.command_id`,
    [accountId],
  );
  return rows.map((row) => ({ billId: row.billId, decision: row.decision, usage: row.usage }));
}

const readingRowShape = z.object({
  deviceId: z.string(),
  sequence: z.string(),
  meterId: z.string(),
  value: z.string(),
  readAt: z.date(),
  kind: z.enum(READING_KINDS),
  photoSha256: z.string().nullable(),
  correctsDeviceId: z.string().nullable(),
  correctsSequence: z.string().nullable(),
});
type ReadingRow = z.output<typeof readingRowShape>;

/** Readings from a time when the meter was at another account belong to that account. */
async function readReadings(
  client: pg.ClientBase,
  accountId: string,
  meters: readonly Meter[],
  bills: readonly StoredBill[],
): Promise<readonly Reading[]> {
  const rows = await readRows(
    client,
    readingRowShape,
    `select device_id, sequence, meter_id, value, read_at, kind, photo_sha256, corrects_device_id, corrects_sequence
       from meter_reading r
      where meter_id = any ($2)
        and not exists (
          select from meter m
           where m.meter_id = r.meter_id and m.account_id <> $1 and r.read_at >= m.installed_at
             and r.read_at <= coalesce(m.removed_at, 'infinity'))
      order by received_at, device_id, sequence`,
    [accountId, [...new Set(meters.map(({ meterId }) => meterId))]],
  );
  const closed = bills.filter((bill) => standingOf(bill) === 'closed');
  const billed = new Set(closed.flatMap((bill) => closedContent(bill).readings.map(readingKeyOf)));
  const seen = new Set<string>();
  return rows.map(readingOf).filter((reading) => {
    // A reading that claims a number used by a closed bill is too late to make a conflict.
    const key = readingKeyOf(reading);
    const late = seen.has(key) && billed.has(key);
    seen.add(key);
    return !late;
  });
}

function readingOf(row: ReadingRow): Reading {
  return {
    deviceId: row.deviceId,
    sequence: Number(row.sequence),
    meterId: row.meterId,
    value: row.value,
    readAt: row.readAt.toISOString(),
    kind: row.kind,
    ...present({ photoSha256: row.photoSha256 }),
    ...(row.correctsDeviceId !== null && {
      corrects: { deviceId: row.correctsDeviceId, sequence: Number(row.correctsSequence) },
    }),
  };
}
