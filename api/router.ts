/**
 * Handles every request: trace id, key, query, body, handler, answer. Handlers return or throw; errors are rendered
 * only here, without a stack trace.
 */
import { randomBytes } from 'node:crypto';
import express, { type Express, type Request, type Response } from 'express';
import type { Logger } from 'pino';
import type { Authenticate } from './http/authentication.ts';
import type { Call, Reply } from './http/call.ts';
import type { Metrics } from './http/metrics.ts';
import { notFound, Problem, renderProblem } from './http/problems.ts';
import { parseBody, parseQuery, readBody } from './http/request-body.ts';
import type { RouteSpec } from './http/route-spec.ts';
import { routes, type Handlers, type OperationId } from './routes.ts';

interface RouterOptions {
  readonly handlers: Handlers;
  readonly authenticate: Authenticate;
  readonly metrics: Metrics;
  readonly logger: Logger;
  /** Mounted beside the table: files for people. */
  readonly folders?: (app: Express) => void;
}

export function createRouter(options: RouterOptions): Express {
  const app = express();
  app.disable('x-powered-by');
  app.disable('etag');
  app.set('query parser', 'simple');
  app.use((request, response, next) => {
    begin(request, response, options);
    next();
  });
  const methods = new Map<string, string[]>();
  for (const [operationId, route] of Object.entries(routes) as [OperationId, RouteSpec][]) {
    const path = expressPath(route.path);
    methods.set(path, [...(methods.get(path) ?? []), route.method.toUpperCase()]);
    app[route.method](path, async (request, response) => serve(operationId, route, request, response, options));
  }
  for (const [path, allowed] of methods) {
    app.all(path, (_request, response) => {
      const headers = { allow: allowed.join(', ') };
      sendProblem(new Problem('method-not-allowed', `It takes ${headers.allow}.`, { headers }), response);
    });
  }
  options.folders?.(app);
  app.use((_request, response) => sendProblem(notFound(), response));
  // Express knows an error handler by its four parameters.
  app.use((error: unknown, _request: Request, response: Response, _next: () => void) => {
    sendProblem(toProblem(error, options.logger, traceOf(response)), response);
  });
  return app;
}

/** `/a/{b}` → `/a/:b`. */
export function expressPath(path: string): string {
  return path.replaceAll(/\{(\w+)\}/g, ':$1');
}

async function serve(
  operationId: OperationId,
  route: RouteSpec,
  request: Request,
  response: Response,
  { handlers, authenticate, logger }: RouterOptions,
): Promise<void> {
  response.locals['route'] = `${route.method.toUpperCase()} ${route.path}`;
  const traceId = traceOf(response);
  const gone = new AbortController();
  response.once('close', () => gone.abort());
  try {
    const caller = route.access === 'key' ? await authenticate(request.headers.authorization) : undefined;
    response.locals['merchantId'] = caller?.merchantId;
    const query = parseQuery(request.query, route);
    const raw = await readBody(request, route);
    const call = {
      caller,
      params: request.params,
      query,
      body: parseBody(raw, request, route),
      raw,
      stream: request as AsyncIterable<Buffer>,
      headers: request.headers,
      route: `${request.method} ${request.path}`,
      traceId,
      gone: gone.signal,
      response,
    };
    // The table has validated what the types of this very operation promise.
    const handler = handlers[operationId] as (call: unknown) => Promise<Reply | 'streamed'>;
    const reply = await handler(call satisfies { readonly [name in keyof Call<RouteSpec>]: unknown });
    if (reply !== 'streamed') send(reply, response);
  } catch (error) {
    sendProblem(toProblem(error, logger, traceId), response);
  }
}

function begin(request: Request, response: Response, { metrics, logger }: RouterOptions): void {
  const [, trace] = /^00-([0-9a-f]{32})-[0-9a-f]{16}-[0-9a-f]{2}$/.exec(request.header('traceparent') ?? '') ?? [];
  const traceId = trace === undefined || /^0+$/.test(trace) ? randomBytes(16).toString('hex') : trace;
  response.locals['traceId'] = traceId;
  response.set({
    'x-trace-id': traceId,
    'x-content-type-options': 'nosniff',
    'content-security-policy': "default-src 'none'; frame-ancestors 'none'",
    'referrer-policy': 'no-referrer',
    'cache-control': 'no-store',
  });
  const started = performance.now();
  response.once('close', () => {
    const { route = 'none', merchantId } = response.locals as { route?: string; merchantId?: string };
    const ms = performance.now() - started;
    metrics.countRequest(route, response.statusCode, ms / 1_000);
    logger.info({ route, status: response.statusCode, ms: Math.round(ms), traceId, merchantId }, 'request');
  });
}

function traceOf(response: Response): string {
  return String(response.locals['traceId']);
}

function send(reply: Reply, response: Response): void {
  const { status, headers, json, bytes, sent } = reply;
  if (sent !== undefined) response.once('finish', sent);
  response.writeHead(status, { ...(json === undefined ? {} : { 'content-type': 'application/json' }), ...headers });
  response.end(json === undefined ? bytes : JSON.stringify(json));
}

function sendProblem(problem: Problem, response: Response): void {
  // The answer has begun and cannot be replaced by an error.
  if (response.headersSent) {
    response.destroy();
    return;
  }
  const { status, headers, body } = renderProblem(problem, traceOf(response));
  response.writeHead(status, headers).end(body);
}

function toProblem(error: unknown, logger: Logger, traceId: string): Problem {
  if (error instanceof Problem) return error;
  // Express: an address with a broken escape.
  if (error instanceof URIError) return new Problem('bad-request', 'The address cannot be read.');
  logger.error({ err: error, traceId }, 'a request failed');
  if (isDatabaseAway(error)) {
    const detail = 'It may have been stored: send it again with the same Idempotency-Key.';
    return new Problem('database-unavailable', detail, { headers: { 'retry-after': '2' } });
  }
  return new Problem('internal-error', 'Tell us the traceId.');
}

/** No connection, no memory, a shutdown or a time limit: Postgres' classes 08, 53 and 57, and 55P03 for a lock. */
function isDatabaseAway(error: unknown): boolean {
  if (!(error instanceof Error)) return false;
  const code = 'code' in error && typeof error.code === 'string' ? error.code : '';
  if (/^(08|53|57)|^55P03$|^25P03$|^ECONN|^EPIPE$|^ETIMEDOUT$|^ENOTFOUND$/.test(code)) return true;
  return /Connection terminated|timeout exceeded when trying to connect/.test(error.message);
}
