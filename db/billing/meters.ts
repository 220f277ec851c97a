/** Meters and their installations. A meter is at one account at a time, so a writer must check under a lock first. */
import type pg from 'pg';
import { z } from 'zod';
import type { InstalledMeter } from '../../domain/billing/account.ts';
import { readRows } from '../rows.ts';

export interface Writer {
  readonly merchantId: string;
  /** Who it was, for those who ask later. */
  readonly actor: string;
}

const rowShape = z.object({
  meterId: z.string(),
  accountId: z.string(),
  digits: z.number(),
  decimals: z.number(),
  multiplier: z.string(),
  installedValue: z.string(),
  installedAt: z.date(),
  removedValue: z.string().nullable(),
  removedAt: z.date().nullable(),
});
type Row = z.output<typeof rowShape>;

const COLUMNS = `meter_id, account_id, digits, decimals, multiplier, installed_value, installed_at, removed_value, removed_at`;

/** A concurrent call has installed this meter elsewhere. */
export class MeterConflict extends Error {}

/** In the order in which they came. */
export async function readMeters(
  client: pg.ClientBase,
  of: { readonly accounts: readonly string[] },
): Promise<readonly InstalledMeter[]> {
  const rows = await readRows(
    client,
    rowShape,
    `select ${COLUMNS} from meter where account_id = any ($1) order by installed_at, meter_id`,
    [of.accounts],
  );
  return rows.map(meterOf);
}

/** All installations of these meters and at these accounts, locked until the transaction ends. */
export async function lockMeters(
  client: pg.ClientBase,
  of: { readonly meters: readonly string[]; readonly accounts: readonly string[] },
): Promise<readonly InstalledMeter[]> {
  const rows = await readRows(
    client,
    rowShape,
    `select ${COLUMNS} from meter where meter_id = any ($1) or account_id = any ($2) order by meter_id, installed_at for update`,
    [of.meters, of.accounts],
  );
  return rows.map(meterOf);
}

/**
 * The caller has checked with `lockMeters` that each is in service nowhere else. A removal stays if a meter says
 * nothing of it, so a late repeat of the first call does not reinstall it. Throws `MeterConflict` when a concurrent
 * call inserted a meter that did not exist to be locked.
 */
export async function writeMeters(
  client: pg.ClientBase,
  { merchantId, actor }: Writer,
  meters: readonly InstalledMeter[],
): Promise<void> {
  if (meters.length === 0) return;
  const at = ({ installed }: InstalledMeter): string => instantText(installed.at);
  const { rowCount } = await client
    .query(
      `insert into meter (merchant_id, meter_id, account_id, digits, decimals, multiplier, installed_value,
                          installed_at, removed_value, removed_at, actor)
       select $1, m.*, $11
         from unnest($2::text[], $3::text[], $4::int[], $5::int[], $6::text[], $7::text[], $8::timestamptz[],
                     $9::text[], $10::timestamptz[]) as m (meter_id)
        order by m.meter_id
       on conflict (merchant_id, meter_id, installed_at) do update
          set digits = excluded.digits, decimals = excluded.decimals, multiplier = excluded.multiplier,
              installed_value = excluded.installed_value, actor = excluded.actor,
              removed_value = coalesce(excluded.removed_value, meter.removed_value),
              removed_at = coalesce(excluded.removed_at, meter.removed_at)
        where meter.account_id = excluded.account_id`,
      [
        merchantId,
        meters.map(({ meterId }) => meterId),
        meters.map(({ accountId }) => accountId),
        meters.map(({ digits }) => digits),
        meters.map(({ decimals }) => decimals),
        meters.map(({ multiplier }) => multiplier),
        meters.map(({ installed }) => installed.value),
        meters.map(at),
        meters.map(({ removed }) => removed?.value ?? null),
        meters.map(({ removed }) => (removed === undefined ? null : instantText(removed.at))),
        actor,
      ],
    )
    .catch((error: unknown) => {
      const taken =
        error instanceof Error &&
        'constraint' in error &&
        ['meter_in_service', 'meter_at_account'].includes(String(error.constraint));
      throw taken ? new MeterConflict() : error;
    });
  if (rowCount !== meters.length) throw new MeterConflict();
}

/** To the millisecond, as it is compared. */
function instantText(at: string): string {
  return new Date(at).toISOString();
}

function meterOf(row: Row): InstalledMeter {
  return {
    meterId: row.meterId,
    accountId: row.accountId,
    digits: row.digits,
    decimals: row.decimals,
    multiplier: row.multiplier,
    installed: { value: row.installedValue, at: row.installedAt.toISOString() },
    ...(row.removedValue === null || row.removedAt === null
      ? {}
      : { removed: { value: row.removedValue, at: row.removedAt.toISOString() } }),
  };
}
