/**
 * Stores readings: each once, however often it arrives, and marks the accounts whose bill it may change in the same
 * transaction. Whether a reading counts is decided by the rating.
 */
import { createHash } from 'node:crypto';
import type pg from 'pg';
import { z } from 'zod';
import { instantOf, type Reading, type ReadingKey, readingKeyOf } from '../../domain/billing/reading.ts';
import { bytes, readRows } from '../rows.ts';

export interface ArrivedReading extends Reading {
  /** Its line in an upload. */
  readonly line?: number;
}

/**
 * `repeat`: it is here already, word for word. `conflict`: another one claims its number; both are kept and neither is
 * used, so of two in one call both are in conflict.
 */
export const ARRIVED = ['stored', 'repeat', 'conflict'] as const;
type StoreResult = (typeof ARRIVED)[number];

interface ReadingDigest {
  readonly reading: ArrivedReading;
  readonly digest: Buffer;
}

/** Equal for readings that say the same, however their instant is written. */
function readingDigest(reading: Reading): Buffer {
  const { meterId, value, kind, photoSha256 = '', corrects } = reading;
  const corrected = corrects === undefined ? '' : readingKeyOf(corrects);
  const words = [meterId, value, String(instantOf(reading)), kind, photoSha256, corrected];
  return createHash('sha256').update(JSON.stringify(words)).digest();
}

/** Answers what each one was, in the order given. Made for some ten thousand at a time. */
export async function storeReadings(
  client: pg.ClientBase,
  merchantId: string,
  readings: readonly ArrivedReading[],
  uploadId?: string,
): Promise<readonly StoreResult[]> {
  if (readings.length === 0) return [];
  const keyed = readings.map((reading) => ({ reading, digest: readingDigest(reading) }));
  const fresh = await insertNew(client, merchantId, keyed, uploadId);
  const claimed = await conflictingKeys(client, readings);
  const meters = keyed.filter((one) => fresh.has(contentKeyOf(one))).map(({ reading }) => reading.meterId);
  await requestRating(client, { meters });
  return keyed.map((one) => {
    // Twice in one call: the first is new.
    if (!fresh.delete(contentKeyOf(one))) return 'repeat';
    return claimed.has(readingKeyOf(one.reading)) ? 'conflict' : 'stored';
  });
}

function contentKeyOf({ reading, digest }: ReadingDigest): string {
  return `${readingKeyOf(reading)} ${digest.toString('hex')}`;
}

const insertedShape = z.object({
  deviceId: z.string(),
  sequence: z.string(),
  digest: bytes,
});

/** In the order of their keys, so that two uploads with the same readings cannot deadlock. */
async function insertNew(
  client: pg.ClientBase,
  merchantId: string,
  keyed: readonly ReadingDigest[],
  uploadId: string | undefined,
): Promise<Set<string>> {
  const column = <T>(of: (one: ReadingDigest) => T): readonly T[] => keyed.map(of);
  const rows = await readRows(
    client,
    insertedShape,
    `insert into meter_reading (merchant_id, device_id, sequence, digest, meter_id, value, read_at, kind, photo_sha256,
                                corrects_device_id, corrects_sequence, line, upload_id)
     select $1, r.*, $13::text
       from unnest($2::text[], $3::bigint[], $4::bytea[], $5::text[], $6::text[], $7::timestamptz[],
                   $8::text[], $9::text[], $10::text[], $11::bigint[], $12::int[]) as r (device_id, sequence, digest)
      order by r.device_id, r.sequence, r.digest
     on conflict do nothing
     returning device_id, sequence, digest`,
    [
      merchantId,
      column(({ reading }) => reading.deviceId),
      column(({ reading }) => reading.sequence),
      column(({ digest }) => digest),
      column(({ reading }) => reading.meterId),
      column(({ reading }) => reading.value),
      column(({ reading }) => new Date(instantOf(reading)).toISOString()),
      column(({ reading }) => reading.kind),
      column(({ reading }) => reading.photoSha256 ?? null),
      column(({ reading }) => reading.corrects?.deviceId ?? null),
      column(({ reading }) => reading.corrects?.sequence ?? null),
      column(({ reading }) => reading.line ?? null),
      uploadId ?? null,
    ],
  );
  return new Set(
    rows.map(
      (row) =>
        `${readingKeyOf({ deviceId: row.deviceId, sequence: Number(row.sequence) })} ${row.digest.toString('hex')}`,
    ),
  );
}

const readingKeyShape = z.object({
  deviceId: z.string(),
  sequence: z.string(),
});

/** Of these numbers, those that more than one reading claims. */
async function conflictingKeys(client: pg.ClientBase, keys: readonly ReadingKey[]): Promise<ReadonlySet<string>> {
  const rows = await readRows(
    client,
    readingKeyShape,
    `select r.device_id, r.sequence from meter_reading r
       join (select distinct * from unnest($1::text[], $2::bigint[]) as k (device_id, sequence)) k
         using (device_id, sequence)
      group by r.device_id, r.sequence having count(*) > 1`,
    [keys.map(({ deviceId }) => deviceId), keys.map(({ sequence }) => sequence)],
  );
  return new Set(rows.map((row) => readingKeyOf({ deviceId: row.deviceId, sequence: Number(row.sequence) })));
}

/** How long the sender of the signal has before `watch` sends it as well. */
const SIGNAL_AFTER_SECONDS = 10;

/**
 * Marks accounts to be rated: those of these meters, these accounts, or those of this tariff. Part of every transaction
 * that changes something a bill depends on. Answers how many; locked in one order, so that two uploads cannot deadlock.
 */
export async function requestRating(
  client: pg.ClientBase,
  of: { readonly meters: readonly string[] } | { readonly accounts: readonly string[] } | { readonly tariff: string },
): Promise<number> {
  const wanted = accountsOf(of);
  const { rowCount } = await client.query(
    `with wanted as (select account_id from service_account where account_id in (${wanted.sql}) order by account_id
     for update)
     update service_account a
        set usage_wanted = usage_wanted + 1, next_usage_at = now() + make_interval(secs => ${SIGNAL_AFTER_SECONDS})
       from wanted where a.account_id = wanted.account_id`,
    [[...new Set(wanted.ids)]],
  );
  return rowCount ?? 0;
}

function accountsOf(of: Parameters<typeof requestRating>[1]): {
  readonly sql: string;
  readonly ids: readonly string[];
} {
  if ('meters' in of) return { sql: 'select account_id from meter where meter_id = any ($1)', ids: of.meters };
  if ('accounts' in of) return { sql: 'select unnest($1::text[])', ids: of.accounts };
  // An account without any stored usage is not affected by a new tariff.
  const sql = 'select account_id from service_account where tariff_id = any ($1) and usage_wanted > 0';
  return { sql, ids: [of.tariff] };
}

export interface MeteredLink {
  readonly paymentLinkId: string;
  readonly kind: 'bill';
  readonly label: string;
}

const linkShape = z.object({
  paymentLinkId: z.string(),
  label: z.string(),
});

/** The links to signal. An account without a link is left out until it has one. */
export async function linksToSignal(
  client: pg.ClientBase,
  of: { readonly uploadId: string } | { readonly accounts: readonly string[] },
): Promise<readonly MeteredLink[]> {
  const those =
    'uploadId' in of
      ? `a.account_id in (select m.account_id from meter m join meter_reading r using (merchant_id, meter_id) where r.upload_id = $1)`
      : 'a.account_id = any ($1)';
  const rows = await readRows(
    client,
    linkShape,
    `select l.payment_link_id, l.label from service_account a join payment_link l using (merchant_id, payment_link_id)
      where ${those} and a.usage_wanted > a.usage_rated`,
    ['uploadId' in of ? of.uploadId : of.accounts],
  );
  return rows.map((row) => ({ paymentLinkId: row.paymentLinkId, kind: 'bill', label: row.label }));
}
