/**
 * A bank's statement as CSV, with a mapping that its sender declares: nothing about columns, signs or dates is guessed.
 * It is read in pieces; a line that cannot be read exactly is an error that names its line and column.
 */
import { pipeline, Readable } from 'node:stream';
import { CsvError, parse, type Info } from 'csv-parse';
import type { z } from 'zod';
import type { Currency } from '../../domain/money.ts';
import {
  parseStatementAmount,
  parseCurrency,
  parseDay,
  type DateFormat,
  type DecimalMark,
} from '../../domain/reconciliation/statement.ts';
import type { statementQuery } from './reconciliation-schemas.ts';
import { descriptionOf, endToEndIdOf, failed, type ReadLine } from './statement-lines.ts';

/** A column by its name in the header, or by its number from 1. */
export interface CsvMapping {
  readonly amount: string;
  readonly date: string;
  readonly endToEndId?: string | undefined;
  readonly currency?: string | undefined;
  readonly description?: string | undefined;
  readonly direction?: string | undefined;
  readonly debit: string;
  readonly sign: NonNullable<z.output<typeof statementQuery>['sign']>;
  readonly dateFormat: DateFormat;
  readonly decimal: DecimalMark;
  readonly delimiter: string;
  readonly header: boolean;
  /** The currency of every line, without a column of currencies. */
  readonly allIn: Currency;
}

const LONGEST_RECORD = 20_000;

type Columns = { readonly [name in 'amount' | 'date']: number } & {
  readonly [name in 'endToEndId' | 'currency' | 'description' | 'direction']?: number;
};

export async function* readCsv(text: AsyncIterable<string>, mapping: CsvMapping): AsyncIterable<ReadLine> {
  const parser = parse({
    bom: true,
    delimiter: mapping.delimiter,
    info: true,
    max_record_size: LONGEST_RECORD,
    relax_column_count: true,
    skip_empty_lines: true,
  });
  // Whichever stops first, reader or source, stops the other; errors surface in the loop below.
  pipeline(Readable.from(text), parser, () => undefined);
  let columns: Columns | undefined;
  try {
    for await (const { record, info } of parser as AsyncIterable<{ record: readonly string[]; info: Info }>) {
      if (columns === undefined) {
        const found = columnsOf(mapping, mapping.header ? record : undefined, info.lines);
        if ('errors' in found) {
          yield* found.errors;
          return;
        }
        columns = found;
        if (mapping.header) continue;
      }
      const read = readRecord(record, columns, mapping, info.lines);
      if (read !== undefined) yield read;
    }
  } catch (error) {
    if (!(error instanceof CsvError)) throw error;
    const { lines } = error as CsvError & { readonly lines?: number };
    yield failed(lines ?? 1, '', `not CSV from here on (${error.code})`);
  }
}

function columnsOf(
  mapping: CsvMapping,
  header: readonly string[] | undefined,
  line: number,
): Columns | { readonly errors: readonly ReadLine[] } {
  const columns: Record<string, number> = {};
  const errors: ReadLine[] = [];
  for (const name of ['amount', 'date', 'endToEndId', 'currency', 'description', 'direction'] as const) {
    const wanted = mapping[name];
    if (wanted === undefined) continue;
    const named = header?.findIndex((title) => title.trim() === wanted) ?? -1;
    const place = named === -1 && /^[1-9]\d{0,2}$/.test(wanted) ? Number(wanted) - 1 : named;
    if (place === -1) errors.push(failed(line, wanted, `no column has this name, which was declared as ${name}`));
    columns[name] = place;
  }
  return errors.length > 0 ? { errors } : (columns as unknown as Columns);
}

/** Undefined for a line with an amount of zero. */
function readRecord(
  record: readonly string[],
  columns: Columns,
  mapping: CsvMapping,
  line: number,
): ReadLine | undefined {
  const cell = (name: keyof Columns): string | undefined => {
    const place = columns[name];
    return place === undefined ? undefined : (record[place] ?? '').trim();
  };
  const column = (name: keyof Columns): string => mapping[name] ?? name;
  const currency = columns.currency === undefined ? mapping.allIn : parseCurrency(cell('currency') ?? '');
  if (currency === undefined) return failed(line, column('currency'), 'no currency that is known here');
  const bookedOn = parseDay(cell('date') ?? '', mapping.dateFormat);
  if (bookedOn === undefined) return failed(line, column('date'), `no day as ${mapping.dateFormat}`);
  const amount = parseStatementAmount(cell('amount') ?? '', currency, mapping.decimal);
  if (amount === undefined) {
    return failed(line, column('amount'), `no amount of ${currency} with '${mapping.decimal}' before its decimals`);
  }
  const id = endToEndIdOf(cell('endToEndId'));
  if (id === undefined) return failed(line, column('endToEndId'), 'no end-to-end id');
  if (amount.minorUnits === 0n) return undefined;
  const went =
    columns.direction === undefined
      ? (mapping.sign === 'debit-positive') === amount.minorUnits > 0n
      : cell('direction')?.toLowerCase() === mapping.debit.toLowerCase();
  const size = amount.minorUnits < 0n ? -amount.minorUnits : amount.minorUnits;
  const minorUnits = (went ? -size : size).toString();
  const text = descriptionOf(cell('description'));
  return { is: 'line', line: { line, bookedOn, amount: { currency, minorUnits }, ...id, ...text } };
}
