/** The control API described: as OpenAPI 3.1 for programs and as one plain page for people. */
import { z } from 'zod';

import { BANK_BASE, RETURNS_BASE } from '../bank-api.ts';
import { controlCalls } from './control-schemas.ts';
import type { ControlCall } from './control-schemas.ts';
import { searchSchema } from '../requests/request-search.ts';
import { cancellationSchema, paymentLinkSchema, paymentRequestSchema } from '../requests/request-schema.ts';
import { paymentReturnSchema } from '../payments/return-schema.ts';
import { TOKEN_PATH } from '../token-desk.ts';

type Json = Readonly<Record<string, unknown>>;

const anything = z.looseObject({});
type DescribedCall = Omit<ControlCall, 'method'> & { readonly method: ControlCall['method'] | 'PUT' };

const requestCalls: readonly DescribedCall[] = [
  {
    method: 'POST',
    path: '/payment-links',
    summary: 'Create a payment link',
    takes: paymentLinkSchema,
    gives: anything,
  },
  { method: 'GET', path: '/payment-links', summary: 'List payment links', gives: anything },
  { method: 'GET', path: '/payment-links/{id}', summary: 'One payment link', gives: anything },
  {
    method: 'POST',
    path: '/payment-requests',
    summary: 'Create a request',
    takes: paymentRequestSchema,
    gives: anything,
  },
  {
    method: 'GET',
    path: '/payment-requests/{id}',
    summary: 'One request; revisionNumber shows an earlier one',
    gives: anything,
  },
  {
    method: 'PUT',
    path: '/payment-requests/{id}',
    summary: 'Create under this id, or update',
    takes: paymentRequestSchema,
    gives: anything,
  },
  {
    method: 'POST',
    path: '/payment-requests/{id}/cancel',
    summary: 'Cancel',
    takes: cancellationSchema,
    gives: anything,
  },
  { method: 'POST', path: '/payment-requests/search', summary: 'Search', takes: searchSchema, gives: anything },
];
const returnCalls: readonly DescribedCall[] = [
  {
    method: 'POST',
    path: '/payments/returns',
    summary: 'Return a payment; 200 for a repeated Idempotency-Key',
    takes: paymentReturnSchema,
    gives: anything,
  },
  { method: 'GET', path: '/payments/returns/{id}', summary: 'One return', gives: anything },
];

export function controlApiDocument(): Json {
  const paths: Record<string, Record<string, Json>> = {};
  for (const call of controlCalls)
    paths[call.path] = { ...paths[call.path], [call.method.toLowerCase()]: operation(call) };
  const bankCalls = [
    ...requestCalls.map((call) => ({ call, base: BANK_BASE })),
    ...returnCalls.map((call) => ({ call, base: RETURNS_BASE })),
  ];
  for (const { call, base } of bankCalls) {
    const path = `${base}${call.path}`;
    const described = { ...operation(call), security: [{ token: [] }], tags: ['bank'] };
    paths[path] = { ...paths[path], [call.method.toLowerCase()]: described };
  }
  return {
    openapi: '3.1.0',
    info: { title: 'The bank’s simulator', version: '1', description: `Tokens: POST ${TOKEN_PATH}.` },
    components: { securitySchemes: { token: { type: 'http', scheme: 'bearer' } } },
    paths,
  };
}

function operation({
  method,
  path,
  summary,
  takes,
  gives,
}: Omit<ControlCall, 'method'> & { readonly method: string }): Json {
  const names = [...path.matchAll(/\{(\w+)\}/g)].map(([, name]) => name);
  return {
    operationId: `${method.toLowerCase()} ${path}`.replaceAll(/[^a-z]+/gi, '-').replace(/-$/, ''),
    summary,
    tags: ['control'],
    ...(names.length === 0
      ? {}
      : { parameters: names.map((name) => ({ name, in: 'path', required: true, schema: { type: 'string' } })) }),
    ...(takes === undefined ? {} : { requestBody: { required: true, content: jsonContent(takes) } }),
    responses: { '200': { description: 'Done', content: jsonContent(gives, 'output') } },
  };
}

function jsonContent(schema: z.ZodType, io: 'input' | 'output' = 'input'): Json {
  const { $schema: _dialect, ...bare } = z.toJSONSchema(schema, { io, unrepresentable: 'any' });
  return { 'application/json': { schema: bare } };
}

export function descriptionPage(): string {
  const rows = controlCalls
    .map(
      ({ method, path, summary, takes }) =>
        `<tr><td><code>${method} ${path}</code><td>${summary}<td>${fieldsOf(takes)}`,
    )
    .join('\n');
  return `<!doctype html><html lang="en"><meta charset="utf-8"><title>The bank’s simulator</title>
<style>body{font:15px/1.5 system-ui;margin:2rem auto;max-width:70rem;padding:0 1rem}
td{padding:.3rem .8rem .3rem 0;vertical-align:top}</style>
<h1>The bank’s simulator</h1>
<p>The bank’s own API is below <code>${BANK_BASE}</code>, its returns below <code>${RETURNS_BASE}</code>;
both want a token from <code>POST ${TOKEN_PATH}</code>.
These calls play the payer, the clock and bad luck. <a href="/control/openapi.json">OpenAPI document</a></p>
<table>${rows}</table></html>`;
}

function fieldsOf(takes: z.ZodType | undefined): string {
  if (takes === undefined) return '';
  const schema = z.toJSONSchema(takes, { io: 'input', unrepresentable: 'any' });
  const forms = (schema.anyOf ?? [schema]) as readonly { readonly properties?: Json }[];
  return forms.map((form) => `<code>{${Object.keys(form.properties ?? {}).join(', ')}}</code>`).join(' or ');
}

export function descriptionList(): Json {
  return {
    openapi: '/control/openapi.json',
    bank: BANK_BASE,
    returns: RETURNS_BASE,
    token: TOKEN_PATH,
    calls: controlCalls.map(({ method, path, summary }) => ({ method, path, summary })),
  };
}
