/** Bank statements over HTTP: imported once, however often sent, and matched by a reconciliation run. */
import { createHash } from 'node:crypto';
import type pg from 'pg';
import { tenantTransaction } from '../../db/pool.ts';
import { newestRunOf } from '../../db/reconciliation/read-reconciliations.ts';
import { askRun, type Run } from '../../db/reconciliation/reconciliations.ts';
import {
  readStatement,
  statementByDigest,
  statementOfKey,
  type StatementRow,
} from '../../db/reconciliation/statements.ts';
import type { Currency } from '../../domain/money.ts';
import type { Call, HandlersOf } from '../http/call.ts';
import { demandKey, idempotencyKeyOf } from '../links/commands.ts';
import { canonicalJson } from '../http/json-body.ts';
import { notFound, Problem } from '../http/problems.ts';
import { runLocation, startRun, type ReconciliationDependencies } from './reconciliation-handlers.ts';
import { reconciliationRoutes } from './reconciliation-routes.ts';
import { statementJson } from './reconciliation-views.ts';
import { spool, type SpooledFile } from '../http/spool.ts';
import { readCamt } from './statement-camt.ts';
import { readCsv, type CsvMapping } from './statement-csv.ts';
import type { ReadLine } from './statement-lines.ts';
import { storeStatement } from './statement-upload.ts';
import { derivedId } from '../../db/derived-id.ts';
import { readPlace } from '../../db/merchants.ts';

const STATEMENT_ID = /^[0-9a-f]{32}$/;

interface StatementFormat {
  readonly format: StatementRow['format'];
  readonly encoding: string;
  readonly mapping: object;
  readonly read: (text: AsyncIterable<string>) => AsyncIterable<ReadLine>;
}

export function createStatementHandlers(
  deps: ReconciliationDependencies,
): Pick<HandlersOf<typeof reconciliationRoutes>, 'createStatement' | 'readStatement'> {
  const { pool } = deps;
  return {
    async createStatement(call) {
      demandKey(call.headers);
      const { merchantId } = call.caller;
      const { currency } = await tenantTransaction(pool, merchantId, readPlace);
      const format = formatOf(call, currency);
      const spooled = await spool(call.stream, reconciliationRoutes.createStatement.streamed.bytes);
      try {
        const { statement, replayed } = await storeUnderKey(pool, call, format, spooled);
        const run = await tenantTransaction(pool, merchantId, async (client) => runFor(client, call, statement));
        await startRun(deps, merchantId, run);
        const headers = { location: runLocation(run), ...(replayed ? { 'idempotency-replayed': 'true' } : {}) };
        return { status: 202, headers, json: statementJson(statement, run.runId) };
      } finally {
        await spooled.remove();
      }
    },

    async readStatement({ caller, params }) {
      const { statement, run } = await tenantTransaction(pool, caller.merchantId, async (client) => {
        const { statementId } = params;
        const found = STATEMENT_ID.test(statementId) ? await readStatement(client, statementId) : undefined;
        if (found === undefined) throw notFound();
        return { statement: found, run: await newestRunOf(client, statementId) };
      });
      return { status: 200, json: statementJson(statement, run?.runId) };
    },
  };
}

/**
 * A statement is identified by its bytes and its mapping: with another mapping the same bytes are another statement.
 */
async function storeUnderKey(
  pool: pg.Pool,
  { caller, headers }: Call<(typeof reconciliationRoutes)['createStatement']>,
  { format, encoding, mapping, read }: StatementFormat,
  spooled: SpooledFile,
): Promise<{ readonly statement: StatementRow; readonly replayed: boolean }> {
  const { merchantId, keyId } = caller;
  const idempotencyKey = idempotencyKeyOf(headers) ?? '';
  const how = canonicalJson({ format, encoding, mapping });
  const digest = createHash('sha256').update(how).update('\n').update(spooled.sha256).digest();
  const known = async () =>
    tenantTransaction(pool, merchantId, async (client) => {
      const same = await statementByDigest(client, digest);
      const ofKey = await statementOfKey(client, idempotencyKey);
      if (ofKey !== undefined && ofKey.statementId !== same?.statementId) {
        throw new Problem('idempotency-key-reuse', 'This key came with another statement before.');
      }
      return same;
    });
  const before = await known();
  if (before !== undefined) return { statement: before, replayed: true };
  const statement = { digest, format, mapping, actor: `key ${keyId}`, idempotencyKey };
  const statementId = await storeStatement(pool, { merchantId, spooled, encoding, read, statement });
  const stored = await known();
  if (stored === undefined) throw new Error('a statement was stored and is not there');
  return { statement: stored, replayed: statementId === undefined };
}

/** One run for each statement, however often it comes; a new one only when that has failed. */
async function runFor(
  client: pg.ClientBase,
  { caller }: Call<(typeof reconciliationRoutes)['createStatement']>,
  { statementId }: StatementRow,
): Promise<Run> {
  const newest = await newestRunOf(client, statementId);
  if (newest !== undefined && newest.status !== 'failed') return newest;
  const runId = derivedId('statement', statementId, newest?.runId ?? 'first');
  return askRun(client, caller.merchantId, { runId, kind: 'statement', statementId, askedBy: `key ${caller.keyId}` });
}

function formatOf(
  { headers, query }: Call<(typeof reconciliationRoutes)['createStatement']>,
  currency: Currency,
): StatementFormat {
  const [type = '', ...parameters] = (headers['content-type'] ?? '').toLowerCase().split(';');
  const [, charset = 'utf-8'] = /charset *= *"?([\w-]+)"?/.exec(parameters.join(';')) ?? [];
  if (headers['content-encoding'] !== undefined && headers['content-encoding'].toLowerCase() !== 'identity') {
    throw new Problem('unsupported-media-type', 'A compressed body is not taken.');
  }
  if (type.trim() === 'text/csv') {
    if (!['utf-8', 'utf8', 'iso-8859-1', 'windows-1252'].includes(charset)) throw unsupported();
    const mapping = mappingOf(query, currency);
    return { format: 'csv', encoding: charset, mapping, read: (text) => readCsv(text, mapping) };
  }
  if (type.trim() !== 'application/xml' || !['utf-8', 'utf8'].includes(charset)) throw unsupported();
  const [parameter] = Object.keys(query);
  if (parameter !== undefined) {
    const errors = [{ parameter, detail: 'belongs to CSV: a camt.053 says by itself what is what' }];
    throw new Problem('invalid-query', 'See errors.', { errors });
  }
  return { format: 'camt.053', encoding: charset, mapping: {}, read: readCamt };
}

function unsupported(): Problem {
  return new Problem(
    'unsupported-media-type',
    'Send text/csv in utf-8, iso-8859-1 or windows-1252, or a camt.053 as application/xml in utf-8.',
  );
}

function mappingOf(
  query: Call<(typeof reconciliationRoutes)['createStatement']>['query'],
  currency: Currency,
): CsvMapping {
  const { amount, date, header, ...rest } = query;
  const missing = Object.entries({ amount, date }).filter(([, column]) => column === undefined);
  if (amount === undefined || date === undefined) {
    const errors = missing.map(([parameter]) => ({ parameter, detail: 'names a column, and is needed for CSV' }));
    throw new Problem('invalid-query', 'See errors.', { errors });
  }
  return {
    ...rest,
    amount,
    date,
    header: header !== 'false',
    debit: rest.debit ?? 'D',
    sign: rest.sign ?? 'credit-positive',
    dateFormat: rest.dateFormat ?? 'yyyy-mm-dd',
    decimal: rest.decimal ?? '.',
    delimiter: rest.delimiter ?? ',',
    allIn: (rest.allIn as Currency | undefined) ?? currency,
  };
}
