/** Uploads of readings as they look over HTTP. */
import type { z } from 'zod';
import type { RowResult, UploadRow, UploadRowView } from '../../../db/billing/reading-uploads.ts';
import type { SequenceGap } from '../../../domain/billing/reading.ts';
import type * as s from './reading-schemas.ts';

export function readingUploadJson(
  id: string,
  rows: readonly UploadRow[],
  gaps: readonly SequenceGap[],
): z.output<typeof s.readingUpload> {
  const count = (wanted: RowResult): number => rows.filter(({ result }) => result === wanted).length;
  return {
    id,
    rows: {
      total: rows.length,
      stored: count('stored'),
      repeat: count('repeat'),
      conflict: count('conflict'),
      refused: count('refused'),
    },
    results: rows.map(({ line, result, errors }) => ({
      line,
      result,
      ...(errors === undefined ? {} : { errors: [...errors] }),
    })),
    gaps: [...gaps],
  };
}

export function readingRowJson(row: UploadRowView): z.output<typeof s.readingRow> {
  return {
    line: row.line,
    result: row.result,
    errors: row.errors === undefined ? null : [...row.errors],
    deviceId: row.deviceId ?? null,
    sequence: row.sequence ?? null,
    meterId: row.meterId ?? null,
    accountId: row.accountId ?? null,
    outcome: row.outcome,
    because: row.because ?? null,
    billId: row.billId ?? null,
    exceptionId: row.exceptionId ?? null,
  };
}
