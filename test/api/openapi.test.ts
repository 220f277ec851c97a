import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { pino } from 'pino';
import type { z } from 'zod';
import type { Handlers } from '../../api/routes.ts';
import { createMetrics } from '../../api/http/metrics.ts';
import { openApiDocument } from '../../api/openapi.ts';
import { Problem, problems, refusalProblem, renderProblem, type ProblemName } from '../../api/http/problems.ts';
import { problemsOf, type RouteSpec } from '../../api/http/route-spec.ts';
import { createRouter, expressPath } from '../../api/router.ts';
import { routes } from '../../api/routes.ts';
import * as schemas from '../../api/links/schemas.ts';
import type { Refusal } from '../../domain/links/link-state.ts';
import { SALE, startShop, type ApiShop } from './shop-alone.ts';

const all: readonly RouteSpec[] = Object.values(routes);

interface Layer {
  readonly route?: { readonly path: string; readonly methods: Readonly<Record<string, boolean>> };
}

interface Document {
  readonly openapi: string;
  readonly paths: Readonly<Record<string, Readonly<Record<string, { readonly responses: object }>>>>;
  readonly components: { readonly schemas: Readonly<Record<string, object>> };
}

describe('the description of the API', () => {
  const document = openApiDocument('http://127.0.0.1:8080') as unknown as Document;

  it('has exactly the addresses that the router serves', () => {
    const app = createRouter({
      handlers: {} as Handlers,
      authenticate: async () => ({ merchantId: 'm', keyId: 'k' }),
      metrics: createMetrics(),
      logger: pino({ level: 'silent' }),
    });
    // A route of one method is an address; one of all methods is the 405 behind it.
    const served = (app.router.stack as unknown as readonly Layer[]).flatMap(({ route }) => {
      const methods = Object.keys(route?.methods ?? {});
      return methods.length === 1 ? [`${methods[0]} ${route?.path}`] : [];
    });
    const described = Object.entries(document.paths).flatMap(([path, methods]) =>
      Object.keys(methods).map((method) => `${method} ${expressPath(path)}`),
    );
    expect(served.toSorted()).toEqual(described.toSorted());
    expect(described).toHaveLength(all.length);
  });

  it('refers to nothing that is not in it, and is plain JSON', () => {
    const text = JSON.stringify(document);
    const wanted = [...text.matchAll(/"#\/components\/schemas\/([^"]+)"/g)].map(([, name]) => name);
    expect(wanted.length).toBeGreaterThan(20);
    expect(wanted.filter((name) => !Object.hasOwn(document.components.schemas, name ?? ''))).toEqual([]);
    expect(JSON.parse(text)).toEqual(document);
    expect(document.openapi).toBe('3.1.0');
  });

  it('documents each problem somewhere', () => {
    const documented = new Set(all.flatMap((route) => problemsOf(route)));
    const never: readonly ProblemName[] = ['method-not-allowed', 'bad-request'];
    const missing = (Object.keys(problems) as ProblemName[]).filter((name) => !documented.has(name));
    expect(missing.filter((name) => !never.includes(name))).toEqual([]);
  });

  it('asks an Idempotency-Key of each POST that takes an API key', () => {
    const posts = all.filter((route) => route.method === 'post' && route.access === 'key');
    expect(posts.length).toBeGreaterThan(3);
    expect(posts.filter((route) => route.idempotency !== 'required')).toEqual([]);
  });
});

describe('a problem', () => {
  const names = Object.keys(problems) as ProblemName[];

  it.each(names)('%s is what the schema says it is', (name) => {
    const error = new Problem(name, 'why', {
      errors: [{ pointer: '/amount', detail: 'no' }],
      members: { paymentLinkId: 'x' },
    });
    const { status, headers, body } = renderProblem(error, 'trace');
    const parsed = schemas.problem.parse(JSON.parse(body));
    expect(parsed).toMatchObject({
      type: `https://relink.dev/problems/${name}`,
      status,
      traceId: 'trace',
      detail: 'why',
    });
    expect(headers['content-type']).toBe('application/problem+json');
    expect(status).toBeGreaterThanOrEqual(400);
  });

  it.each<[Refusal, ProblemName, number]>([
    ['busy', 'payment-link-busy', 409],
    ['superseded', 'superseded', 409],
    ['timed-out', 'timed-out', 409],
    ['retired', 'retired', 409],
    ['not-current', 'not-active', 409],
    ['not-active', 'not-active', 409],
    ['stale-revision', 'stale-revision', 412],
    ['already-paid', 'already-paid', 409],
    ['payment-in-flight', 'payment-in-flight', 409],
    ['payment-link-attention', 'payment-link-attention', 409],
    ['too-many-changes', 'too-many-changes', 409],
    ['cancelled', 'cancelled', 409],
    ['drift', 'drift', 409],
    ['refused-by-provider', 'refused-by-provider', 409],
    ['not-found', 'not-found', 404],
    ['queue-full', 'queue-full', 409],
  ])('for a refusal %s is %s, %i', (refusal, name, status) => {
    const problem = refusalProblem(refusal);
    expect(problem.problem).toBe(name);
    expect(renderProblem(problem, 't').status).toBe(status);
  });
});

describe('what is served', () => {
  let shop: ApiShop;
  beforeAll(async () => {
    shop = await startShop();
  });
  afterAll(async () => {
    await shop.stop();
  });

  it('is what the schemas promise', async () => {
    const link = await shop.till();
    const promise = async (schema: z.ZodType, path: string): Promise<void> => {
      const answer = await shop.pos.get(path);
      expect(answer.status).toBe(200);
      schema.parse(answer.body);
    };
    const sale = await shop.pos.post(`/v1/payment-links/${link}/payment-requests`, SALE);
    schemas.paymentRequest.parse(sale.body);
    await shop.tell({ name: 'payment_request.linked', link, request: String(sale.body['id']) });
    await shop.rows(
      `insert into timeline (merchant_id, payment_link_id, what, sentence) values ('padaria', $1, 'linked', 'BRL 24.90 linked')`,
      [link],
    );
    await promise(schemas.paymentLink, `/v1/payment-links/${link}`);
    await promise(schemas.linkPage, '/v1/payment-links');
    await promise(schemas.paymentRequest, `/v1/payment-requests/${String(sale.body['id'])}`);
    await promise(schemas.requestPage, '/v1/payment-requests');
    await promise(schemas.eventPage, '/v1/events');
    await promise(schemas.historyPage, `/v1/payment-links/${link}/history`);
    await promise(schemas.health, '/healthz');
    await promise(schemas.readiness, '/readyz');
    const receipt = await shop.pos.post(`/v1/payment-links/${link}/unlink`, { reason: 'the customer left' });
    schemas.unlinkReceipt.parse(receipt.body);
  });

  it('is the same picture on every call, and none of a code that has changed', async () => {
    const link = await shop.till();
    for (const [file, type] of [
      ['qr.svg', 'image/svg+xml'],
      ['qr.png', 'image/png'],
      ['qr.pdf', 'application/pdf'],
    ]) {
      const path = `/v1/payment-links/${link}/${file}?level=H&size=30`;
      const [first, second] = [await shop.pos.get(path), await shop.pos.get(path)];
      expect(first.headers.get('content-type')).toBe(type);
      expect(first.text.length).toBeGreaterThan(200);
      expect(second.text).toBe(first.text);
    }
    await shop.rows(
      `update payment_link set qr_text = replace(qr_text, 'PADARIA', 'LADRAO ') where payment_link_id = $1`,
      [link],
    );
    const changed = await shop.pos.get(`/v1/payment-links/${link}/qr.svg`);
    expect(changed).toMatchObject({ status: 500, body: { type: 'https://relink.dev/problems/printed-code-changed' } });
  });

  it('has readable docs that need nothing from elsewhere', async () => {
    const page = await shop.pos.get('/docs');
    expect(page.headers.get('content-type')).toContain('text/html');
    const sources = [...page.text.matchAll(/(?:src|href)="([^"]+)"/g)].map(([, source]) => source ?? '');
    expect(sources.length).toBeGreaterThan(2);
    for (const source of sources) {
      expect(source).toMatch(/^\/docs\//);
      expect((await shop.pos.get(source)).status).toBe(200);
    }
    expect((await shop.pos.get('/openapi.json')).body['openapi']).toBe('3.1.0');
  });

  it('brings the page of the meter reader, with everything that it loads', async () => {
    const page = await shop.pos.get('/agent');
    expect(page.headers.get('content-type')).toContain('text/html');
    const sources = loadedBy(page.text);
    const worker = await shop.pos.get('/agent/sw.js');
    expect(worker.headers.get('service-worker-allowed')).toBe('/agent');
    const kept = [...worker.text.matchAll(/"(\/agent\/[^"]+)"/g)].map(([, source]) => source ?? '');
    expect(kept).toEqual(expect.arrayContaining(sources));
    for (const source of kept) expect((await shop.pos.get(source)).status).toBe(200);
  });

  it('is not the demo, unless it is asked for', async () => {
    expect((await shop.pos.get('/demo/config.json')).status).toBe(404);
    expect((await shop.pos.get('/demo/demo.js')).status).toBe(404);
  });

  it('has the page for bills always, with all that it is made of', async () => {
    const page = await shop.pos.get('/bills');
    expect(page.headers.get('content-security-policy')).toContain("default-src 'none'");
    const sources = loadedBy(page.text);
    expect(sources.length).toBeGreaterThan(5);
    for (const source of sources) expect((await shop.pos.get(source)).status).toBe(200);
  });
});

/** What a page is made of; where else it leads is not. */
function loadedBy(page: string): string[] {
  return [...page.matchAll(/<(?:link|script|img)\b[^>]*?(?:src|href)="(\/[^"]+)"/g)].map(([, source]) => source ?? '');
}
