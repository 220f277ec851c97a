/** The addresses of reconciliation and of bank statements. */
import * as s from './reconciliation-schemas.ts';
import { commandProblems, type RouteSpec } from '../http/route-spec.ts';

const MOST_STATEMENT_BYTES = 32 * 1024 * 1024;
const run = { description: 'The run.', schema: s.reconciliation };
const stored = { description: 'The statement is stored; Location is the run that matches it.', schema: s.statement };

export const reconciliationRoutes = {
  createReconciliation: {
    method: 'post',
    path: '/v1/reconciliations',
    tag: 'Reconciliation',
    summary: "Compare now what is compared every night: the provider's word against everything that is booked",
    access: 'key',
    body: s.newReconciliation,
    bodyOptional: true,
    idempotency: 'required',
    answers: { 202: { ...run, description: 'Under way; Location is where to look.' } },
    problems: [...commandProblems, 'idempotency-key-required'],
  },
  listReconciliations: {
    method: 'get',
    path: '/v1/reconciliations',
    tag: 'Reconciliation',
    summary: 'List runs of reconciliation, newest first',
    access: 'key',
    query: s.reconciliationQuery,
    answers: { 200: { description: 'A page.', schema: s.reconciliationPage } },
  },
  readReconciliation: {
    method: 'get',
    path: '/v1/reconciliations/{reconciliationId}',
    tag: 'Reconciliation',
    summary: 'The explained share of money, what was counted, and the first findings',
    access: 'key',
    answers: { 200: { description: 'The run.', schema: s.reconciliationWithFindings } },
    problems: ['not-found'],
  },
  listFindings: {
    method: 'get',
    path: '/v1/reconciliations/{reconciliationId}/findings',
    tag: 'Reconciliation',
    summary: 'Every difference that a run has found, in order',
    access: 'key',
    query: s.findingQuery,
    answers: { 200: { description: 'A page.', schema: s.findingPage } },
    problems: ['not-found'],
  },
  createStatement: {
    method: 'post',
    path: '/v1/statements',
    tag: 'Reconciliation',
    summary: "Import a bank's statement, CSV with a declared mapping or camt.053, and match it to the ledger",
    access: 'key',
    query: s.statementQuery,
    streamed: { bytes: MOST_STATEMENT_BYTES, types: ['text/csv', 'application/xml'] },
    idempotency: 'required',
    answers: { 202: stored },
    problems: [
      ...commandProblems,
      'idempotency-key-required',
      'payload-too-large',
      'unsupported-media-type',
      'validation-failed',
    ],
  },
  readStatement: {
    method: 'get',
    path: '/v1/statements/{statementId}',
    tag: 'Reconciliation',
    summary: 'A statement that was imported',
    access: 'key',
    answers: { 200: { description: 'The statement.', schema: s.statement } },
    problems: ['not-found'],
  },
} as const satisfies Record<string, RouteSpec>;
