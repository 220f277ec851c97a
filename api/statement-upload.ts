/**
 * A statement on its way in: first to a file, so that a slow sender holds no transaction and the digest is known before
 * anything is read; then line by line into Postgres, all of it or nothing.
 */
import { createHash, randomUUID } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { mkdtemp, open, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import type pg from 'pg';
import { insertLines, insertStatement, type NewStatement } from '../db/statements.ts';
import { tenantTransaction } from '../db/pool.ts';
import type { StatementLine } from '../domain/statement.ts';
import { Problem } from './problems.ts';
import { decoded, type LineError, type ReadLine } from './statement-lines.ts';

const LINES_AT_ONCE = 1_000;
const MOST_ERRORS = 100;
/** As with other bodies: a client in the middle of sending hears no answer, so what is too much is read and thrown away. */
const DRAINED_BYTES = 64 * 1024 * 1024;

export interface Spooled {
  readonly file: string;
  readonly bytes: number;
  readonly sha256: Buffer;
  remove(): Promise<void>;
}

export async function spool(stream: AsyncIterable<Buffer>, most: number): Promise<Spooled> {
  const dir = await mkdtemp(path.join(tmpdir(), 'relink-statement-'));
  const remove = async (): Promise<void> => rm(dir, { recursive: true, force: true });
  try {
    const file = path.join(dir, 'statement');
    const handle = await open(file, 'wx', 0o600);
    const hash = createHash('sha256');
    let bytes = 0;
    try {
      for await (const part of stream) {
        bytes += part.length;
        if (bytes > DRAINED_BYTES) break;
        if (bytes > most) continue;
        hash.update(part);
        await handle.write(part);
      }
    } finally {
      await handle.close();
    }
    if (bytes > most) throw new Problem('payload-too-large', `At most ${most} bytes are taken.`);
    return { file, bytes, sha256: hash.digest(), remove };
  } catch (error) {
    await remove();
    throw error;
  }
}

export interface Upload {
  readonly merchantId: string;
  readonly spooled: Spooled;
  readonly encoding: string;
  readonly read: (text: AsyncIterable<string>) => AsyncIterable<ReadLine>;
  readonly statement: Omit<NewStatement, 'statementId' | 'bytes' | 'lines'>;
}

class KnownAlready extends Error {}

/** Undefined: the same statement was stored meanwhile by another call. Throws the problem that names every bad line. */
export async function storeStatement(pool: pg.Pool, upload: Upload): Promise<string | undefined> {
  const statementId = randomUUID().replaceAll('-', '');
  try {
    await tenantTransaction(pool, upload.merchantId, async (client) => {
      const lines = await storeLines(client, statementId, upload);
      const { bytes } = upload.spooled;
      const written = { ...upload.statement, statementId, bytes, lines };
      if (!(await insertStatement(client, upload.merchantId, written))) throw new KnownAlready();
    });
    return statementId;
  } catch (error) {
    if (error instanceof KnownAlready) return undefined;
    throw error;
  }
}

function isUndecodable(error: unknown): boolean {
  return error instanceof TypeError && 'code' in error && error.code === 'ERR_ENCODING_INVALID_ENCODED_DATA';
}

async function storeLines(client: pg.ClientBase, statementId: string, upload: Upload): Promise<number> {
  const { merchantId, spooled, encoding, read } = upload;
  const errors: LineError[] = [];
  let stored = 0;
  let portion: StatementLine[] = [];
  const put = async (): Promise<void> => {
    if (errors.length === 0 && portion.length > 0) await insertLines(client, merchantId, statementId, portion);
    stored += portion.length;
    portion = [];
  };
  try {
    for await (const one of read(decoded(createReadStream(spooled.file) as AsyncIterable<Buffer>, encoding))) {
      if (one.is === 'error') errors.push({ line: one.line, column: one.column, detail: one.detail });
      else portion.push(one.line);
      if (errors.length === MOST_ERRORS) break;
      if (portion.length === LINES_AT_ONCE) await put();
    }
  } catch (error) {
    if (!isUndecodable(error)) throw error;
    errors.push({ line: 1, column: '', detail: `the bytes are not ${encoding}` });
  }
  await put();
  if (errors.length === 0 && stored === 0)
    errors.push({ line: 1, column: '', detail: 'there is no line of money in it' });
  if (errors.length > 0) throw new Problem('validation-failed', 'Nothing of it was stored. See errors.', { errors });
  return stored;
}
