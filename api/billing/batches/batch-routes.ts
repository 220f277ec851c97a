/** The addresses of batches of bills. */
import * as s from './batch-schemas.ts';
import { commandProblems, type RouteSpec } from '../../http/route-spec.ts';

/** A hundred thousand accounts, at six hundred bytes each. */
const MOST_BATCH_BYTES = 60 * 1024 * 1024;

export const batchRoutes = {
  createBillBatch: {
    method: 'post',
    path: '/v1/bill-batches',
    tag: 'Bills',
    summary:
      'Print bills for accounts: each gets its link and its code once, for ever. CSV or JSON lines, at most 100,000',
    access: 'key',
    query: s.newBatchQuery,
    streamed: { bytes: MOST_BATCH_BYTES, types: ['text/csv', 'application/x-ndjson'] },
    idempotency: 'required',
    answers: { 202: { description: 'It is stored; Location is where to look.', schema: s.billBatch } },
    problems: [
      ...commandProblems,
      'idempotency-key-required',
      'payload-too-large',
      'unsupported-media-type',
      'validation-failed',
    ],
  },
  listBillBatches: {
    method: 'get',
    path: '/v1/bill-batches',
    tag: 'Bills',
    summary: 'List batches of bills, newest first',
    access: 'key',
    query: s.batchesQuery,
    answers: { 200: { description: 'A page.', schema: s.batchPage } },
  },
  readBillBatch: {
    method: 'get',
    path: '/v1/bill-batches/{batchId}',
    tag: 'Bills',
    summary: 'How far a batch is, and its files once it has finished',
    access: 'key',
    answers: { 200: { description: 'The batch.', schema: s.billBatch } },
    problems: ['not-found'],
  },
  listBillBatchRows: {
    method: 'get',
    path: '/v1/bill-batches/{batchId}/rows',
    tag: 'Bills',
    summary: 'What became of each line of a batch, in order',
    access: 'key',
    query: s.batchRowQuery,
    answers: { 200: { description: 'A page.', schema: s.batchRowPage } },
    problems: ['not-found'],
  },
  drawBillBatchFile: {
    method: 'get',
    path: '/v1/bill-batches/{batchId}/files/{number}.pdf',
    tag: 'Bills',
    summary: 'Bills as a PDF, drawn as it is read: the same bytes on every call',
    access: 'key',
    answers: { 200: { description: 'The bills.', contentType: 'application/pdf' } },
    problems: ['not-found', 'bill-batch-running', 'printed-code-changed', 'validation-failed'],
  },
} as const satisfies Record<string, RouteSpec>;
