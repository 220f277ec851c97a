/** The addresses of events, of the provider and of those who run this. */
import type { RouteSpec } from '../http/route-spec.ts';
import * as s from '../links/schemas.ts';

export const operationRoutes = {
  listEvents: {
    method: 'get',
    path: '/v1/events',
    tag: 'Events',
    summary: 'Every event of the merchant, in order and without gaps',
    access: 'key',
    query: s.eventQuery,
    answers: { 200: { description: 'A page.', schema: s.eventPage } },
  },
  receiveCallback: {
    method: 'post',
    path: '/callbacks/{provider}',
    tag: 'Provider',
    summary: "The provider's callbacks: answered as soon as they are stored",
    access: 'provider',
    rawBodyBytes: 65_536,
    answers: { 200: { description: 'Stored.', schema: s.stored } },
    problems: ['unauthenticated', 'not-found', 'payload-too-large'],
  },
  readHealth: {
    method: 'get',
    path: '/healthz',
    tag: 'Operations',
    summary: 'The process runs',
    access: 'open',
    answers: { 200: { description: 'It does.', schema: s.health } },
  },
  readReadiness: {
    method: 'get',
    path: '/readyz',
    tag: 'Operations',
    summary: 'The process can do its work: database, Temporal, worker',
    access: 'open',
    answers: {
      200: { description: 'Ready.', schema: s.readiness },
      503: { description: 'Not ready.', schema: s.readiness },
    },
  },
  readMetrics: {
    method: 'get',
    path: '/metrics',
    tag: 'Operations',
    summary: 'Counters for Prometheus; nothing in them tells merchants apart',
    access: 'open',
    answers: { 200: { description: 'The counters.', contentType: 'text/plain; version=0.0.4' } },
  },
  readOpenApi: {
    method: 'get',
    path: '/openapi.json',
    tag: 'Operations',
    summary: 'This description',
    access: 'open',
    answers: { 200: { description: 'OpenAPI 3.1.', contentType: 'application/json' } },
  },
  readDocs: {
    method: 'get',
    path: '/docs',
    tag: 'Operations',
    summary: 'This description, for people',
    access: 'open',
    answers: { 200: { description: 'A page.', contentType: 'text/html' } },
  },
} as const satisfies Record<string, RouteSpec>;
