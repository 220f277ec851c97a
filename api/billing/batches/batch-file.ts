/**
 * Reads a batch file line by line: CSV whose header names the columns in any order, or JSON lines. A bad line is
 * refused alone; a file that cannot be read as such is refused as a whole.
 */
import { pipeline, Readable } from 'node:stream';
import { CsvError, parse, type Info } from 'csv-parse';
import { isBatchColumn, neededColumns, type BatchColumn } from '../../../domain/billing/bill-batch-row.ts';
import { isFields, type Fields } from '../../../domain/message-fields.ts';
import { invalid } from '../accounts/account-input.ts';
import type { Problem } from '../../http/problems.ts';
import type { LineError } from '../../http/uploaded-lines.ts';

/** A line of the file, from 1, with its fields by column, or why it is unreadable. */
export type BatchLine = { readonly line: number } & ({ readonly fields: Fields } | { readonly unreadable: string });

export type ReadBatch = (text: AsyncIterable<string>, tariffId: string | undefined) => AsyncIterable<BatchLine>;

const LONGEST_LINE = 20_000;

export async function* readBatchCsv(
  text: AsyncIterable<string>,
  tariffId: string | undefined,
): AsyncIterable<BatchLine> {
  const { delimiter, whole } = await withDelimiter(text);
  const parser = parse({
    bom: true,
    delimiter,
    info: true,
    max_record_size: LONGEST_LINE,
    relax_column_count: true,
    skip_empty_lines: true,
  });
  // Whichever stops first, reader or source, stops the other; errors surface in the loop below.
  pipeline(Readable.from(whole), parser, () => undefined);
  let header: readonly BatchColumn[] | undefined;
  try {
    for await (const { record, info } of parser as AsyncIterable<{ record: readonly string[]; info: Info }>) {
      if (header === undefined) header = headerOf(record, info.lines, tariffId);
      else if (record.length > header.length) yield { line: info.lines, unreadable: 'has more cells than the header' };
      else yield { line: info.lines, fields: named(header, record) };
    }
  } catch (error) {
    if (!(error instanceof CsvError)) throw error;
    const { lines } = error as CsvError & { readonly lines?: number };
    throw refusedAt({ line: lines ?? 1, column: '', detail: `not CSV from here on (${error.code})` });
  }
}

function headerOf(record: readonly string[], line: number, tariffId: string | undefined): readonly BatchColumn[] {
  const titles = record.map((title) => title.trim());
  const errors = titles.flatMap((column, place): readonly LineError[] => {
    if (!isBatchColumn(column)) return [{ line, column: column.slice(0, 40), detail: 'this column is not known' }];
    return titles.indexOf(column) === place ? [] : [{ line, column, detail: 'this column is there twice' }];
  });
  const missing = neededColumns(tariffId).filter((column) => !titles.includes(column));
  errors.push(...missing.map((column) => ({ line, column, detail: 'this column is needed' })));
  if (errors.length > 0) throw refusedAt(...errors);
  return titles.filter(isBatchColumn);
}

function named(header: readonly BatchColumn[], record: readonly string[]): Fields {
  return Object.fromEntries(header.map((column, place) => [column, record[place] ?? '']));
}

/** Detected from the header, whose names contain neither character. */
async function withDelimiter(
  text: AsyncIterable<string>,
): Promise<{ readonly delimiter: string; readonly whole: AsyncIterable<string> }> {
  const parts = text[Symbol.asyncIterator]();
  let begun = '';
  let ended = false;
  while (!ended && !begun.includes('\n') && begun.length < LONGEST_LINE) {
    const part = await parts.next();
    if (part.done === true) ended = true;
    else begun += part.value;
  }
  async function* rest(): AsyncIterable<string> {
    yield begun;
    for (let part = await parts.next(); part.done !== true; part = await parts.next()) yield part.value;
  }
  const [header = ''] = begun.split('\n');
  return { delimiter: header.includes(';') ? ';' : ',', whole: rest() };
}

export async function* readBatchJson(text: AsyncIterable<string>): AsyncIterable<BatchLine> {
  let line = 0;
  for await (const written of linesOf(text)) {
    line += 1;
    if (written.length > LONGEST_LINE) {
      throw refusedAt({ line, column: '', detail: `a line has at most ${LONGEST_LINE} characters` });
    }
    if (written.trim() === '') continue;
    const fields = parsed(written);
    yield fields === undefined ? { line, unreadable: 'is no JSON object' } : { line, fields };
  }
}

async function* linesOf(text: AsyncIterable<string>): AsyncIterable<string> {
  let begun = '';
  for await (const part of text) {
    const lines = `${begun}${part}`.split('\n');
    begun = lines.pop() ?? '';
    yield* lines;
    // Passed on unfinished, so that an overlong line is refused before it fills the memory.
    if (begun.length > LONGEST_LINE) yield begun;
  }
  yield begun;
}

function parsed(line: string): Fields | undefined {
  try {
    const json: unknown = JSON.parse(line);
    return isFields(json) ? json : undefined;
  } catch {
    return undefined;
  }
}

export function refusedAt(...errors: readonly LineError[]): Problem {
  return invalid(errors);
}
