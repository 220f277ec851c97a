/**
 * Imports a spooled batch into Postgres in one transaction: each line is checked alone, good ones store their account
 * and meter and wait for a link, bad ones are kept with their faults. Only a portion of the lines, and the numbers seen
 * so far, are in memory.
 */
import { createReadStream } from 'node:fs';
import type pg from 'pg';
import { requestRatingOfMetered, tariffIds, writeAccounts } from '../../../db/billing/accounts.ts';
import { countIn, insertBatch, insertRows, type NewBatch, type NewRow } from '../../../db/billing/bill-batches.ts';
import { lockMeters, MeterConflict, writeMeters, type Writer } from '../../../db/billing/meters.ts';
import { tenantTransaction } from '../../../db/pool.ts';
import {
  isSameInstallation,
  isUnchanged,
  conflictingInstallation,
  describeConflict,
  type InstalledMeter,
  type ServiceAccount,
} from '../../../domain/billing/account.ts';
import { readBatchRow, type BatchRow, type RowError } from '../../../domain/billing/bill-batch-row.ts';
import { USUAL_RULES, type BillingRules } from '../../../domain/billing/billing-rules.ts';
import { present } from '../../../domain/present.ts';
import { refusedAt, type BatchLine, type ReadBatch } from './batch-file.ts';
import { Problem } from '../../http/problems.ts';
import type { SpooledFile } from '../../http/spool.ts';
import { decoded, isUndecodable } from '../../http/uploaded-lines.ts';

const MOST_ROWS = 100_000;
const ROWS_AT_ONCE = 1_000;
const TRIES = 3;

export interface BatchUpload {
  readonly writer: Writer;
  readonly batch: NewBatch;
  readonly spooled: SpooledFile;
  readonly encoding: string;
  readonly read: ReadBatch;
  /** For lines that name none. */
  readonly tariffId: string | undefined;
  /** Applied to every account of the file; absent rules stay as they are, or get the defaults. */
  readonly rules: Partial<Pick<BillingRules, 'dueInDays' | 'graceDays'>>;
}

/** False when a concurrent call has stored a batch under this key. Throws a problem for an unreadable file. */
export async function storeBatch(pool: pg.Pool, upload: BatchUpload): Promise<boolean> {
  for (let attempt = 1; ; attempt += 1) {
    try {
      return await tenantTransaction(pool, upload.writer.merchantId, async (client) => storeOnce(client, upload));
    } catch (error) {
      if (attempt === TRIES || !isConcurrentInsert(error)) throw error;
    }
  }
}

/** Another transaction held the rows that this one needed. It was rolled back, and the spooled file is read again. */
function isConcurrentInsert(error: unknown): boolean {
  const DEADLOCK = '40P01';
  return error instanceof MeterConflict || (error instanceof Error && 'code' in error && error.code === DEADLOCK);
}

async function storeOnce(client: pg.ClientBase, upload: BatchUpload): Promise<boolean> {
  const { writer, batch, spooled, encoding, read, tariffId } = upload;
  if (!(await insertBatch(client, writer, batch))) return false;
  const tariffs = await tariffIds(client);
  if (tariffId !== undefined && !tariffs.has(tariffId)) {
    const errors = [{ parameter: 'tariffId', detail: 'there is no such tariff' }];
    throw new Problem('validation-failed', 'See errors.', { errors });
  }
  const earlier: EarlierLines = { tariffs, accounts: new Map(), meters: new Map() };
  let rows = 0;
  let portion: CheckedLine[] = [];
  const put = async (): Promise<void> => {
    await putPortion(client, upload, portion);
    rows += portion.length;
    portion = [];
  };
  try {
    for await (const line of read(
      decoded(createReadStream(spooled.file) as AsyncIterable<Buffer>, encoding),
      tariffId,
    )) {
      if (rows + portion.length === MOST_ROWS) {
        throw refusedAt({ line: line.line, column: '', detail: `a batch has at most ${MOST_ROWS} accounts` });
      }
      portion.push(judge(line, tariffId, earlier));
      if (portion.length === ROWS_AT_ONCE) await put();
    }
  } catch (error) {
    if (!isUndecodable(error)) throw error;
    throw refusedAt({ line: 1, column: '', detail: `the bytes are not ${encoding}` });
  }
  await put();
  if (rows === 0) throw refusedAt({ line: 1, column: '', detail: 'there is no account in it' });
  await countIn(client, batch.batchId, rows);
  return true;
}

interface EarlierLines {
  readonly tariffs: ReadonlySet<string>;
  /** The line that named it first. */
  readonly accounts: Map<string, number>;
  readonly meters: Map<string, number>;
}

interface CheckedLine {
  readonly line: number;
  readonly row: BatchRow;
}

function judge(line: BatchLine, tariffId: string | undefined, earlier: EarlierLines): CheckedLine {
  if ('unreadable' in line) {
    return { line: line.line, row: { is: 'refused', errors: [{ column: '', detail: line.unreadable }] } };
  }
  const row = readBatchRow(line.fields, tariffId);
  if (row.is === 'refused') return { line: line.line, row };
  const { accountId } = row.account;
  const errors: RowError[] = [];
  const claim = (column: string, id: string, first: Map<string, number>): void => {
    const before = first.get(id);
    if (before === undefined) first.set(id, line.line);
    else errors.push({ column, detail: `is in line ${before} already` });
  };
  claim('account', accountId, earlier.accounts);
  claim('meter', row.meter.meterId, earlier.meters);
  if (!earlier.tariffs.has(row.account.tariffId)) errors.push({ column: 'tariff', detail: 'there is no such tariff' });
  return { line: line.line, row: errors.length === 0 ? row : { is: 'refused', accountId, errors } };
}

async function putPortion(client: pg.ClientBase, upload: BatchUpload, portion: readonly CheckedLine[]): Promise<void> {
  if (portion.length === 0) return;
  const { writer, batch, rules } = upload;
  const asked = portion.flatMap(({ row }) => (row.is === 'read' ? [row.meter] : []));
  const ids = { meters: asked.map(({ meterId }) => meterId), accounts: asked.map(({ accountId }) => accountId) };
  const known = new Map<string, InstalledMeter[]>();
  for (const meter of await lockMeters(client, ids)) {
    for (const name of [`meter ${meter.meterId}`, `account ${meter.accountId}`]) {
      known.set(name, [...(known.get(name) ?? []), meter]);
    }
  }
  const placed = portion.map((one) => (one.row.is === 'read' ? storedRow(one.line, one.row, known) : one));
  const good = placed.flatMap(({ row }) => (row.is === 'read' ? [row] : []));
  const accounts: readonly ServiceAccount[] = good.map(({ account }) => account);
  const meters = good.map(({ meter }) => meter).filter((meter) => !isUnchanged(sameOf(known, meter), meter));
  if (good.length > 0) {
    const changed = await writeAccounts(client, writer, accounts, {
      rules: { ...USUAL_RULES, ...rules },
      known: rules,
    });
    await writeMeters(client, writer, meters);
    await requestRatingOfMetered(client, [...changed, ...meters.map(({ accountId }) => accountId)]);
  }
  await insertRows(client, writer.merchantId, batch.batchId, placed.map(rowOf));
}

type MetersById = ReadonlyMap<string, readonly InstalledMeter[]>;

function sameOf(known: MetersById, meter: InstalledMeter): InstalledMeter | undefined {
  return known.get(`meter ${meter.meterId}`)?.find((one) => isSameInstallation(one, meter));
}

/**
 * A line is refused when its meter is in service elsewhere or another is at its account: a batch never moves a meter.
 */
function storedRow(line: number, row: Extract<BatchRow, { readonly is: 'read' }>, known: MetersById): CheckedLine {
  const { meter, account } = row;
  const removed = sameOf(known, meter)?.removed;
  const stays = { ...meter, ...present({ removed }) };
  const about = [`meter ${meter.meterId}`, `account ${meter.accountId}`].flatMap((name) => known.get(name) ?? []);
  const other = conflictingInstallation(about, stays);
  if (other === undefined) return { line, row };
  const detail = describeConflict(other, stays);
  return { line, row: { is: 'refused', accountId: account.accountId, errors: [{ column: 'meter', detail }] } };
}

function rowOf({ line, row }: CheckedLine): NewRow {
  if (row.is === 'read') return { line, accountId: row.account.accountId, errors: [] };
  return { line, errors: row.errors, ...present({ accountId: row.accountId }) };
}
