/** The addresses of meter readings. */
import * as s from './reading-schemas.ts';
import type { RouteSpec } from '../../http/route-spec.ts';

/** Room for the most rows with photographs and corrections, each on lines of its own. */
const MOST_BYTES = 8 * 1024 * 1024;

export const readingRoutes = {
  uploadReadings: {
    method: 'post',
    path: '/v1/meter-readings',
    tag: 'Bills',
    summary: 'Store readings of meters, each once however often it comes, and bill what they say',
    access: 'key',
    rawBodyBytes: MOST_BYTES,
    rawTypes: { 'application/json': s.newReadings, 'text/csv': s.readingsCsv },
    idempotency: 'required',
    answers: { 200: { description: 'What became of each row.', schema: s.readingUpload } },
    problems: [
      'idempotency-key-required',
      'idempotency-key-invalid',
      'idempotency-key-reuse',
      'invalid-json',
      'payload-too-large',
      'unsupported-media-type',
      'validation-failed',
    ],
  },
  listUploadRows: {
    method: 'get',
    path: '/v1/meter-readings/uploads/{uploadId}/rows',
    tag: 'Bills',
    summary: 'The rows of an upload in the order of its lines, and what has become of their readings since',
    access: 'key',
    query: s.readingRowQuery,
    answers: { 200: { description: 'A page.', schema: s.readingRowPage } },
    problems: ['not-found'],
  },
} as const satisfies Record<string, RouteSpec>;
