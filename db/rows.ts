/**
 * The boundary to Postgres: each row is checked once, where it enters, against the shape that its statement promises.
 * A column has the name of its field: `payment_link_id` enters as `paymentLinkId`, by one rule instead of an alias for
 * each.
 */
import type pg from 'pg';
import { z } from 'zod';

/** Ours to mend: the statement and its shape have drifted apart, or a stored word is none that the code knows. */
export class UnexpectedRow extends Error {}

type Shape<Row> = z.ZodType<Row, Record<string, unknown>>;
/** Planned once for each connection. */
interface PreparedStatement {
  readonly name: string;
  readonly text: string;
  readonly values: unknown[];
}

type Reader = Pick<pg.ClientBase, 'query'> | pg.Pool;

/** Throws `UnexpectedRow`. */
export async function readRows<Row>(
  reader: Reader,
  shape: Shape<Row>,
  statement: string | PreparedStatement,
  values: readonly unknown[] = [],
): Promise<readonly Row[]> {
  const asked = typeof statement === 'string' ? { text: statement, values: [...values] } : statement;
  const { rows } = await reader.query<Record<string, unknown>>(asked);
  return rows.map((row) => checkedRow(shape, row, asked.text));
}

/** The sentence names columns and types, and no value: a row may hold what is a payer's. */
export function checkedRow<Row>(shape: Shape<Row>, row: Readonly<Record<string, unknown>>, text: string): Row {
  const read = shape.safeParse(fieldsOf(row));
  if (read.success) return read.data;
  const why = read.error.issues.map(({ path, message }) => `${path.join('.') || 'the row'}: ${message}`).join('; ');
  throw new UnexpectedRow(`a row is not what its statement promises: ${why}. ${text.trim().slice(0, 120)}`);
}

const FIELDS = new Map<string, string>();

function fieldsOf(row: Readonly<Record<string, unknown>>): Readonly<Record<string, unknown>> {
  const fields: Record<string, unknown> = {};
  for (const column of Object.keys(row)) {
    const field = FIELDS.get(column) ?? column.replaceAll(/_([a-z0-9])/g, (_, letter: string) => letter.toUpperCase());
    FIELDS.set(column, field);
    fields[field] = row[column];
  }
  return fields;
}

/** Of jsonb that we wrote ourselves: its form is the writer's promise and is not read again. */
export function storedJson<T>(): z.ZodType<T> {
  return z.custom<T>((value) => typeof value === 'object' && value !== null);
}

/** A word that the writer alone promises: what stands in a `check` is read by its list. */
export function storedWord<T extends string>(): z.ZodType<T> {
  return z.custom<T>((value) => typeof value === 'string');
}

export const bytes = z.instanceof(Buffer);
