/**
 * Readings as CSV. The header names the columns, in any order, and decides between semicolons and commas. A file that
 * is not CSV is refused as a whole, with the line; a wrong row is refused alone.
 */
import { isUtf8 } from 'node:buffer';
import { CsvError, parse } from 'csv-parse/sync';
import { parseReading, type ParsedReading } from '../../../domain/billing/reading-messages.ts';
import { Problem } from '../../http/problems.ts';
import { MOST_READINGS } from './reading-schemas.ts';
import type { LineError } from '../../http/uploaded-lines.ts';

const NEEDED = ['deviceId', 'sequence', 'meterId', 'value', 'readAt', 'kind'] as const;
const COLUMNS: readonly string[] = [...NEEDED, 'photoSha256', 'correctsDeviceId', 'correctsSequence'];
const LONGEST_RECORD = 20_000;

export interface UploadedRow {
  /** Of the file; in a JSON list the first one is 1. */
  readonly line: number;
  readonly parsed: ParsedReading;
}

interface CsvRecord {
  readonly record: readonly string[];
  readonly info: { readonly lines: number };
}

export function readReadingsCsv(bytes: Buffer): readonly UploadedRow[] {
  const [header, ...records] = recordsIn(textOf(bytes));
  if (header === undefined || records.length === 0) throw refused([error(1, '', 'there is no reading in it')]);
  const names = header.record.map((name) => name.trim());
  const errors = headerErrors(names, header.info.lines);
  if (errors.length > 0) throw refused(errors);
  const tooMany = records[MOST_READINGS];
  if (tooMany !== undefined)
    throw refused([error(tooMany.info.lines, '', `at most ${MOST_READINGS} readings at once`)]);
  return records.map(({ record, info }) => ({ line: info.lines, parsed: readRecord(record, names) }));
}

/**
 * In UTF-8 a line-break byte is never part of another character, so the faulty line can be found by splitting bytes.
 */
function textOf(bytes: Buffer): string {
  if (isUtf8(bytes)) return new TextDecoder().decode(bytes);
  const lines = bytes.toString('latin1').split(/\r\n|\n|\r/);
  const at = lines.findIndex((line) => !isUtf8(Buffer.from(line, 'latin1')));
  throw refused([error(at + 1, '', 'the bytes are not UTF-8')]);
}

function recordsIn(text: string): readonly CsvRecord[] {
  const [first = ''] = /[^\r\n]+/.exec(text) ?? [];
  try {
    // One record beyond the limit is read, to detect that there are too many.
    return parse(text, {
      delimiter: first.includes(';') ? ';' : ',',
      info: true,
      max_record_size: LONGEST_RECORD,
      relax_column_count: true,
      skip_empty_lines: true,
      to: MOST_READINGS + 2,
    }) as unknown as readonly CsvRecord[];
  } catch (error_) {
    if (!(error_ instanceof CsvError)) throw error_;
    const { lines } = error_ as CsvError & { readonly lines?: number };
    throw refused([error(lines ?? 1, '', `not CSV from here on (${error_.code})`)]);
  }
}

function headerErrors(names: readonly string[], line: number): readonly LineError[] {
  const wrong = names.flatMap((name, place) => {
    if (name === '') return [error(line, '', `column ${place + 1} has no name`)];
    if (!COLUMNS.includes(name)) return [error(line, name.slice(0, 100), 'this column is not known')];
    return names.indexOf(name) === place ? [] : [error(line, name, 'this column is there twice')];
  });
  const missing = NEEDED.filter((name) => !names.includes(name));
  return [...wrong.slice(0, 100), ...missing.map((name) => error(line, name, 'this column is needed'))];
}

/** An empty cell says nothing. */
function readRecord(record: readonly string[], names: readonly string[]): ParsedReading {
  const cells = record.map((cell) => cell.trim());
  const said: { [name: string]: string | undefined } = {};
  for (const [place, name] of names.entries()) said[name] = cells[place] === '' ? undefined : cells[place];
  const { correctsDeviceId, correctsSequence, sequence, ...plain } = said;
  const corrects =
    correctsDeviceId === undefined && correctsSequence === undefined
      ? {}
      : {
          corrects: { deviceId: correctsDeviceId, sequence: wholeOf(correctsSequence) },
        };
  const parsed = parseReading({ ...plain, sequence: wholeOf(sequence), ...corrects });
  const beyond = cells.length - names.length;
  if (beyond <= 0) return parsed.ok ? parsed : { ...parsed, faults: parsed.faults.map(inColumns) };
  const faults = [{ field: '', because: `the header names ${names.length} columns, this row has ${cells.length}` }];
  return { ok: false, faults, known: {} };
}

/** Anything but a whole number stays a text, which the parser then refuses by name. */
function wholeOf(cell: string | undefined): number | string | undefined {
  return cell !== undefined && /^[1-9]\d{0,15}$/.test(cell) ? Number(cell) : cell;
}

const IN_COLUMNS: { readonly [field: string]: string } = {
  'corrects.deviceId': 'correctsDeviceId',
  'corrects.sequence': 'correctsSequence',
};

function inColumns<F extends { readonly field: string }>(fault: F): F {
  return { ...fault, field: IN_COLUMNS[fault.field] ?? fault.field };
}

function error(line: number, column: string, detail: string): LineError {
  return { line, column, detail };
}

function refused(errors: readonly LineError[]): Problem {
  return new Problem('validation-failed', 'Nothing of it was stored. See errors.', { errors });
}
