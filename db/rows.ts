/**
 * The boundary to Postgres: each row is checked once, where it enters, against the shape that its statement promises, and
 * is the domain's from then on. SQL names the fields by alias (`payment_link_id as "paymentLinkId"`).
 */
import type pg from 'pg';
import { z } from 'zod';
import { present } from '../domain/present.ts';

/** Ours to mend: the statement and its shape have drifted apart, or a stored word is none that the code knows. */
export class UnexpectedRow extends Error {}

type Shape<Row> = z.ZodType<Row, Record<string, unknown>>;
type Reader = Pick<pg.ClientBase, 'query'> | pg.Pool;

/** A column that is null leaves its field out: the shape says `.exactOptional()` of it. Throws `UnexpectedRow`. */
export async function readRows<Row>(
  reader: Reader,
  shape: Shape<Row>,
  text: string,
  values: readonly unknown[] = [],
): Promise<readonly Row[]> {
  const { rows } = await reader.query<Record<string, unknown>>(text, [...values]);
  return rows.map((row) => checkedRow(shape, row, text));
}

/** The first row, of a statement that finds one or none. */
export async function readRow<Row>(
  reader: Reader,
  shape: Shape<Row>,
  text: string,
  values: readonly unknown[] = [],
): Promise<Row | undefined> {
  const [row] = await readRows(reader, shape, text, values);
  return row;
}

/** The sentence names columns and types, and no value: a row may hold what is a payer's. */
export function checkedRow<Row>(shape: Shape<Row>, row: Readonly<Record<string, unknown>>, text: string): Row {
  const read = shape.safeParse(present(row));
  if (read.success) return read.data;
  const why = read.error.issues.map(({ path, message }) => `${path.join('.') || 'the row'}: ${message}`).join('; ');
  throw new UnexpectedRow(`a row is not what its statement promises: ${why}. ${text.trim().slice(0, 120)}`);
}

/** A bigint or numeric, which Postgres gives as text, of a size that a number holds. */
export const wholeNumber = z
  .string()
  .regex(/^-?\d{1,15}$/)
  .transform(Number);

/** Of jsonb that we wrote ourselves: its form is the writer's promise and is not read again. */
export function storedJson<T>(): z.ZodType<T, unknown> {
  return z.custom<T>((value) => typeof value === 'object' && value !== null);
}

export const bytes = z.instanceof(Buffer);
