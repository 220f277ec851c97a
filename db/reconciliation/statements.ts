/** Bank statements: written once, in one transaction, and read back line by line. Nothing here compares. */
import type pg from 'pg';
import { z } from 'zod';
import { present } from '../../domain/present.ts';
import type { StatementLine } from '../../domain/reconciliation/statement.ts';
import { storedJson, readRows } from '../rows.ts';

export const STATEMENT_FORMATS = ['csv', 'camt.053'] as const;

export interface StatementRow {
  readonly statementId: string;
  readonly format: (typeof STATEMENT_FORMATS)[number];
  readonly mapping: object;
  readonly bytes: number;
  readonly lines: number;
  readonly firstOn?: string;
  readonly lastOn?: string;
  readonly createdAt: Date;
}

const rowShape = z.object({
  statementId: z.string(),
  format: z.enum(STATEMENT_FORMATS),
  mapping: storedJson<object>(),
  bytes: z.string(),
  lines: z.number(),
  firstOn: z.string().nullable(),
  lastOn: z.string().nullable(),
  createdAt: z.date(),
});
type Row = z.output<typeof rowShape>;

const SELECT = `select statement_id, format, mapping, bytes, lines, first_on::text, last_on::text, created_at from statement`;

function statementOf(row: Row): StatementRow {
  return {
    statementId: row.statementId,
    format: row.format,
    mapping: row.mapping,
    bytes: Number(row.bytes),
    lines: row.lines,
    createdAt: row.createdAt,
    ...present({ firstOn: row.firstOn, lastOn: row.lastOn }),
  };
}

export async function readStatement(client: pg.ClientBase, statementId: string): Promise<StatementRow | undefined> {
  const rows = await readRows(client, rowShape, `${SELECT} where statement_id = $1`, [statementId]);
  return rows[0] === undefined ? undefined : statementOf(rows[0]);
}

export async function statementByDigest(client: pg.ClientBase, digest: Buffer): Promise<StatementRow | undefined> {
  const rows = await readRows(client, rowShape, `${SELECT} where digest = $1`, [digest]);
  return rows[0] === undefined ? undefined : statementOf(rows[0]);
}

/** The statement stored under this idempotency key. */
export async function statementOfKey(client: pg.ClientBase, idempotencyKey: string): Promise<StatementRow | undefined> {
  const rows = await readRows(client, rowShape, `${SELECT} where idempotency_key = $1`, [idempotencyKey]);
  return rows[0] === undefined ? undefined : statementOf(rows[0]);
}

export async function insertLines(
  client: pg.ClientBase,
  merchantId: string,
  statementId: string,
  lines: readonly StatementLine[],
): Promise<void> {
  await client.query(
    `insert into statement_line (merchant_id, statement_id, line, end_to_end_id, booked_on, currency,
     amount_minor, description)
     select $1, $2, l.* from unnest($3::int[], $4::text[], $5::date[], $6::text[], $7::bigint[], $8::text[]) as l`,
    [
      merchantId,
      statementId,
      lines.map(({ line }) => line),
      lines.map(({ endToEndId }) => endToEndId ?? null),
      lines.map(({ bookedOn }) => bookedOn),
      lines.map(({ amount }) => amount.currency),
      lines.map(({ amount }) => amount.minorUnits),
      lines.map(({ description }) => description ?? null),
    ],
  );
}

export interface NewStatement extends Pick<StatementRow, 'statementId' | 'format' | 'mapping' | 'bytes' | 'lines'> {
  readonly digest: Buffer;
  readonly actor: string;
  readonly idempotencyKey: string;
}

/** Called after the lines are inserted. False when the same bytes are stored already, or by a concurrent call. */
export async function insertStatement(
  client: pg.ClientBase,
  merchantId: string,
  statement: NewStatement,
): Promise<boolean> {
  const { rowCount } = await client.query(
    `insert into statement (statement_id, merchant_id, digest, format, mapping, bytes, lines, first_on, last_on, actor,
     idempotency_key)
     select $1, $2, $3, $4, $5, $6, $7, min(booked_on), max(booked_on), $8, $9 from statement_line
       where statement_id = $1
     on conflict do nothing`,
    [
      statement.statementId,
      merchantId,
      statement.digest,
      statement.format,
      JSON.stringify(statement.mapping),
      statement.bytes,
      statement.lines,
      statement.actor,
      statement.idempotencyKey,
    ],
  );
  return rowCount === 1;
}
