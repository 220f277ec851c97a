/** An upload of readings in either of its forms, as rows that are read or refused one by one. */
import type { UPLOAD_FORMATS } from '../../../db/billing/reading-uploads.ts';
import { parseReading } from '../../../domain/billing/reading-messages.ts';
import { decodeJson } from '../../http/json-body.ts';
import { Problem } from '../../http/problems.ts';
import { readReadingsCsv, type UploadedRow } from './reading-csv.ts';
import { readingList } from './reading-schemas.ts';
import { isJsonType, validate } from '../../http/request-body.ts';

interface UploadedReadings {
  readonly format: (typeof UPLOAD_FORMATS)[number];
  readonly rows: readonly UploadedRow[];
}

export function readUpload(raw: Buffer, type: string | undefined): UploadedReadings {
  if (/^text\/csv *(; *charset="?utf-8"? *)?$/i.test(type ?? '')) return { format: 'csv', rows: readReadingsCsv(raw) };
  if (!isJsonType(type)) {
    throw new Problem('unsupported-media-type', 'Send application/json, or text/csv in utf-8.');
  }
  const { readings } = validate(readingList, decodeJson(raw));
  const rows = readings.map((input, index) => ({ line: index + 1, parsed: parseReading(input) }));
  return { format: 'json', rows };
}
