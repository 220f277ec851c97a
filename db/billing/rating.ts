/** Everything that an account's next bill depends on, read under the account's lock, which serialises ratings. */
import type pg from 'pg';
import type { BillContent, StoredBill } from '../../domain/billing/bill.ts';
import type { BillDecision, BillingAccount } from '../../domain/billing/billing.ts';
import type { BillingRules } from '../../domain/billing/billing-rules.ts';
import { closedContent, standingOf } from '../../domain/billing/bill.ts';
import { WEEKENDS_ONLY, type Calendar } from '../../domain/calendar.ts';
import type { RequestStatus } from '../../domain/money/check-schedule.ts';
import type { Currency } from '../../domain/money.ts';
import type { Meter } from '../../domain/billing/meter.ts';
import { type Reading, readingKeyOf } from '../../domain/billing/reading.ts';
import type { Tariff } from '../../domain/billing/tariff.ts';
import { present } from '../../domain/present.ts';
import { readMeters } from './meters.ts';

export interface AccountSnapshot extends BillingAccount {
  readonly accountId: string;
  readonly paymentLinkId: string;
  /** The value of `usage_wanted` that this rating covers. */
  readonly wanted: string;
  /** The database's clock. */
  readonly now: string;
}

/** Undefined: nobody is billed on this link. */
export async function lockAccount(client: pg.ClientBase, paymentLinkId: string): Promise<AccountSnapshot | undefined> {
  const { rows } = await client.query<{
    account_id: string;
    tariff_id: string;
    rules: BillingRules;
    usage_wanted: string;
    time_zone: string;
    currency: Currency;
    calendar: Calendar | null;
    now: Date;
  }>(
    `select a.account_id, a.tariff_id, a.rules, a.usage_wanted, m.time_zone, m.currency, c.calendar, now() as now
       from service_account a join merchant m using (merchant_id) left join merchant_calendar c using (merchant_id)
      where a.payment_link_id = $1 for update of a`,
    [paymentLinkId],
  );
  const row = rows[0];
  if (row === undefined) return undefined;
  const accountId = row.account_id;
  const bills = await readBills(client, accountId);
  const meters = await readMeters(client, { accounts: [accountId] });
  return {
    accountId,
    paymentLinkId,
    wanted: row.usage_wanted,
    now: row.now.toISOString(),
    timeZone: row.time_zone,
    currency: row.currency,
    calendar: row.calendar ?? WEEKENDS_ONLY,
    rules: row.rules,
    tariffId: row.tariff_id,
    tariffs: await readTariffs(client, [row.tariff_id, ...bills.map(({ newest }) => newest.tariff.id)]),
    meters,
    readings: await readReadings(client, accountId, meters, bills),
    bills,
    decisions: await readDecisions(client, accountId),
  };
}

async function readTariffs(client: pg.ClientBase, ids: readonly string[]): Promise<readonly Tariff[]> {
  const { rows } = await client.query<{ content: Tariff }>(
    'select content from tariff where tariff_id = any ($1) order by tariff_id, version',
    [[...new Set(ids)]],
  );
  return rows.map(({ content }) => content);
}

/**
 * The content at the provider: that of the newest revision whose command came into force, or of a later one that asks
 * for the same and so needed no write.
 */
async function readBills(client: pg.ClientBase, accountId: string): Promise<readonly StoredBill[]> {
  const { rows } = await client.query<{
    bill_id: string;
    number: number;
    status: StoredBill['status'];
    revision: number;
    content: BillContent;
    held_because: string | null;
    request: RequestStatus | null;
    request_because: string | null;
    applied_revision: number | null;
    applied_content: BillContent | null;
  }>(
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
    const because = row.held_because ?? row.request_because;
    return {
      billId: row.bill_id,
      number: row.number,
      status: row.status,
      revision: row.revision,
      newest: row.content,
      ...present({ request: row.request, because }),
      ...(row.applied_revision !== null &&
        row.applied_content !== null && {
          applied: { revision: row.applied_revision, content: row.applied_content },
        }),
    };
  });
}

async function readDecisions(client: pg.ClientBase, accountId: string): Promise<readonly BillDecision[]> {
  const { rows } = await client.query<{ bill_id: string; decision: BillDecision['decision']; usage: string }>(
    `select d.bill_id, d.decision, d.usage from bill_decision d join bill b using (bill_id)
      where b.account_id = $1 order by d.at, d.command_id`,
    [accountId],
  );
  return rows.map((row) => ({ billId: row.bill_id, decision: row.decision, usage: row.usage }));
}

interface ReadingRow {
  device_id: string;
  sequence: string;
  meter_id: string;
  value: string;
  read_at: Date;
  kind: Reading['kind'];
  photo_sha256: string | null;
  corrects_device_id: string | null;
  corrects_sequence: string | null;
}

/** Readings from a time when the meter was at another account belong to that account. */
async function readReadings(
  client: pg.ClientBase,
  accountId: string,
  meters: readonly Meter[],
  bills: readonly StoredBill[],
): Promise<readonly Reading[]> {
  const { rows } = await client.query<ReadingRow>(
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
    deviceId: row.device_id,
    sequence: Number(row.sequence),
    meterId: row.meter_id,
    value: row.value,
    readAt: row.read_at.toISOString(),
    kind: row.kind,
    ...present({ photoSha256: row.photo_sha256 }),
    ...(row.corrects_device_id !== null && {
      corrects: { deviceId: row.corrects_device_id, sequence: Number(row.corrects_sequence) },
    }),
  };
}
