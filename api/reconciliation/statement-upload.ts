/** Imports a spooled statement into Postgres line by line, all or nothing. */
import { randomUUID } from 'node:crypto';
import { createReadStream } from 'node:fs';
import type pg from 'pg';
import { insertLines, insertStatement, type NewStatement } from '../../db/reconciliation/statements.ts';
import { tenantTransaction } from '../../db/pool.ts';
import type { StatementLine } from '../../domain/reconciliation/statement.ts';
import { Problem } from '../http/problems.ts';
import type { SpooledFile } from '../http/spool.ts';
import { type ReadLine } from './statement-lines.ts';
import { decoded, isUndecodable, type LineError } from '../http/uploaded-lines.ts';

const LINES_AT_ONCE = 1_000;
const MOST_ERRORS = 100;
interface StatementUpload {
  readonly merchantId: string;
  readonly spooled: SpooledFile;
  readonly encoding: string;
  readonly read: (text: AsyncIterable<string>) => AsyncIterable<ReadLine>;
  readonly statement: Omit<NewStatement, 'statementId' | 'bytes' | 'lines'>;
}

class DuplicateStatement extends Error {}

/** Undefined: the same statement was stored meanwhile by another call. Throws the problem that names every bad line. */
export async function storeStatement(pool: pg.Pool, upload: StatementUpload): Promise<string | undefined> {
  const statementId = randomUUID().replaceAll('-', '');
  try {
    await tenantTransaction(pool, upload.merchantId, async (client) => {
      const lines = await storeLines(client, statementId, upload);
      const { bytes } = upload.spooled;
      const written = { ...upload.statement, statementId, bytes, lines };
      if (!(await insertStatement(client, upload.merchantId, written))) throw new DuplicateStatement();
    });
    return statementId;
  } catch (error) {
    if (error instanceof DuplicateStatement) return undefined;
    throw error;
  }
}

async function storeLines(client: pg.ClientBase, statementId: string, upload: StatementUpload): Promise<number> {
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
