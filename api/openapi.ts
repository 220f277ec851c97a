/**
 * The OpenAPI 3.1 document, made of the table of routes and the schemas that validate. Nothing in it is written twice.
 */
import { z } from 'zod';
import * as bills from './billing/bill-schemas.ts';
import * as a from './billing/accounts/account-schemas.ts';
import * as b from './billing/batches/batch-schemas.ts';
import * as m from './money/money-schemas.ts';
import { PROBLEM_TYPE, problems, type ProblemName } from './http/problems.ts';
import { problemsOf, type RouteSpec, type Success } from './http/route-spec.ts';
import { routes } from './routes.ts';
import * as r from './reconciliation/reconciliation-schemas.ts';
import * as readings from './billing/readings/reading-schemas.ts';
import * as s from './links/schemas.ts';
import * as tariffs from './billing/tariff-schemas.ts';

const NAMED: Readonly<Record<string, z.ZodType>> = {
  Bill: bills.bill,
  Amount: s.amount,
  NewPaymentLink: s.newLink,
  NewPaymentRequest: s.newRequest,
  PaymentRequestChange: s.requestChange,
  PaymentLink: s.paymentLink,
  PaymentRequest: s.paymentRequest,
  UnlinkReceipt: s.unlinkReceipt,
  Return: m.moneyReturn,
  Exception: m.exception,
  Event: s.event,
  HistoryEntry: s.historyEntry,
  HistoryInstant: s.historyInstant,
  NewReconciliation: r.newReconciliation,
  Reconciliation: r.reconciliation,
  ReconciliationFinding: r.finding,
  Statement: r.statement,
  NewTariff: tariffs.newTariff,
  Tariff: tariffs.tariff,
  MeterReading: readings.newReading,
  ReadingUpload: readings.readingUpload,
  ReadingRow: readings.readingRow,
  ServiceAccount: a.account,
  NewServiceAccount: a.accountBody,
  Meter: a.meter,
  BillBatch: b.billBatch,
  BillBatchRow: b.batchRow,
  Problem: s.problem,
  Readiness: s.readiness,
};

type Json = Readonly<Record<string, unknown>>;

const registry = z.registry<{ id: string }>();
for (const [id, schema] of Object.entries(NAMED)) registry.add(schema, { id });

export function openApiDocument(publicUrl: string): Json {
  const paths: Record<string, Record<string, Json>> = {};
  for (const [operationId, route] of Object.entries(routes) as [string, RouteSpec][]) {
    paths[route.path] = { ...paths[route.path], [route.method]: operation(operationId, route) };
  }
  return {
    openapi: '3.1.0',
    info: {
      title: 'Relink',
      version: '1',
      description:
        'Print a QR code once; bill it for years. Amounts are decimal strings, times are RFC 3339 in UTC, errors are application/problem+json. Repeat a POST with the same Idempotency-Key as often as you like.',
    },
    servers: [{ url: publicUrl }],
    components: {
      schemas: components(),
      securitySchemes: { key: { type: 'http', scheme: 'bearer', description: 'An API key.' } },
    },
    paths,
  };
}

const reference = (id: string): string => `#/components/schemas/${id}`;

function components(): Json {
  const { schemas } = z.toJSONSchema(registry, { target: 'draft-2020-12', io: 'output', uri: reference });
  return Object.fromEntries(Object.entries(schemas).map(([id, schema]) => [id, withoutDialect(schema)]));
}

/** A named schema is referred to; the others are small enough to stand where they are used. */
function schemaOf(schema: z.ZodType): Json {
  const [name] = Object.entries(NAMED).find(([, named]) => named === schema) ?? [];
  if (name !== undefined) return { $ref: reference(name) };
  return withoutDialect(z.toJSONSchema(schema, { target: 'draft-2020-12', io: 'output' }));
}

function withoutDialect(schema: object): Json {
  const { $schema: _, $id: __, ...rest } = schema as Json;
  return rest;
}

function operation(operationId: string, route: RouteSpec): Json {
  const answers = Object.entries(route.answers).map(([status, answer]) => [status, success(answer)] as const);
  return {
    operationId,
    tags: [route.tag],
    summary: route.summary,
    ...(route.access === 'key' ? { security: [{ key: [] }] } : {}),
    parameters: [...pathParameters(route), ...queryParameters(route), ...headerParameters(route)],
    ...requestBody(route),
    responses: Object.fromEntries([...answers, ...problemResponses(problemsOf(route))]),
  };
}

function requestBody({ body, bodyOptional, streamed, rawTypes, rawBodyBytes }: RouteSpec): Json {
  if (rawTypes !== undefined) {
    const types = Object.entries(rawTypes).map(([type, schema]) => [type, { schema: schemaOf(schema) }] as const);
    const content = Object.fromEntries(types);
    return { requestBody: { required: true, description: `At most ${rawBodyBytes} bytes.`, content } };
  }
  if (streamed !== undefined) {
    const content = Object.fromEntries(streamed.types.map((type) => [type, { schema: { type: 'string' } }]));
    return { requestBody: { required: true, description: `At most ${streamed.bytes} bytes.`, content } };
  }
  if (body === undefined) return {};
  return {
    requestBody: { required: bodyOptional !== true, content: { 'application/json': { schema: schemaOf(body) } } },
  };
}

function success({ description, schema, contentType }: Success): Json {
  if (schema !== undefined) return { description, content: { 'application/json': { schema: schemaOf(schema) } } };
  return contentType === undefined ? { description } : { description, content: { [contentType]: {} } };
}

/** One response for each status; its types are listed, because a status alone does not say what to do. */
function problemResponses(names: readonly ProblemName[]): readonly (readonly [string, Json])[] {
  const statuses = [...new Set(names.map((name) => problems[name].status))].toSorted((left, right) => left - right);
  return statuses.map((status) => {
    const said = names.filter((name) => problems[name].status === status);
    const lines = said.map((name) => `- \`${PROBLEM_TYPE}${name}\`: ${problems[name].title}`);
    const schema = { $ref: reference('Problem') };
    return [String(status), { description: lines.join('\n'), content: { 'application/problem+json': { schema } } }];
  });
}

function pathParameters({ path }: RouteSpec): readonly Json[] {
  return [...path.matchAll(/\{(\w+)\}/g)].map(([, name]) => ({
    name,
    in: 'path',
    required: true,
    schema: { type: 'string' },
  }));
}

function queryParameters({ query }: RouteSpec): readonly Json[] {
  if (query === undefined) return [];
  const { properties = {} } = withoutDialect(z.toJSONSchema(query, { target: 'draft-2020-12', io: 'output' }));
  return Object.entries(properties as Readonly<Record<string, Json>>).map(([name, schema]) => ({
    name,
    in: 'query',
    required: false,
    ...(schema['description'] === undefined ? {} : { description: schema['description'] }),
    schema,
  }));
}

function headerParameters({ idempotency, ifMatch, prefer, path }: RouteSpec): readonly Json[] {
  const header = (name: string, required: boolean, description: string): Json => ({
    name,
    in: 'header',
    required,
    description,
    schema: { type: 'string' },
  });
  return [
    ...(idempotency === undefined
      ? []
      : [
          header(
            'Idempotency-Key',
            idempotency === 'required',
            'The same key, address and body get the stored answer.',
          ),
        ]),
    ...(ifMatch === true ? [header('If-Match', true, 'The ETag of the payment request as you have read it.')] : []),
    ...(prefer === 'wait' ? [header('Prefer', false, '`wait=25`: held until the status changes.')] : []),
    ...(prefer === 'respond-async' ? [header('Prefer', false, '`respond-async`: 202 without waiting.')] : []),
    ...(path.endsWith('/events') && path !== '/v1/events'
      ? [header('Last-Event-ID', false, 'Goes on after this event.')]
      : []),
  ];
}
