/**
 * One HTTP exchange: bytes out, bytes in, over kept-alive connections with our certificate when we have one. It tells a
 * request that never left from one whose answer was lost, and judges nothing else.
 */
import { Agent, type Dispatcher } from 'undici';
import { present } from '../../domain/present.ts';
import type { CallLimits } from '../provider.ts';

export interface HttpRequest {
  readonly method: 'GET' | 'POST' | 'PUT';
  readonly url: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body?: string;
}

export interface HttpAnswer {
  readonly status: number;
  readonly headers: Readonly<Record<string, string | string[] | undefined>>;
  readonly bytes: Buffer;
}

export interface MutualTls {
  readonly certificate: string;
  readonly privateKey: string;
  readonly ca?: string;
}

export interface Exchange {
  (request: HttpRequest, call: CallLimits): Promise<HttpAnswer>;
}

/** No whole answer. `sent` is false only when not one byte of this request can have left. */
export class ExchangeCut extends Error {
  readonly sent: boolean;

  constructor(sent: boolean, because: string) {
    super(because);
    this.name = 'ExchangeCut';
    this.sent = sent;
  }
}

export function createAgent(mutualTls: MutualTls | undefined): Agent {
  return new Agent({
    connections: 64,
    // One request at a time on a connection: a slow answer must not hold up, or cut, the sale behind it.
    pipelining: 1,
    keepAliveTimeout: 30_000,
    maxResponseSize: 16 * 1024 * 1024,
    // Our own deadline per call covers both timeouts.
    headersTimeout: 0,
    bodyTimeout: 0,
    connect: {
      timeout: 3_000,
      ...(mutualTls && { cert: mutualTls.certificate, key: mutualTls.privateKey }),
      ...present({ ca: mutualTls?.ca }),
    },
  });
}

/**
 * `onRequestStart` is the line between the two kinds of failure: undici calls it right before the first byte is
 * written. A request whose deadline passes while it waits for a connection is aborted there, so it is never written
 * later.
 */
export function createExchange(agent: Agent): Exchange {
  return (request, call) =>
    new Promise((resolve, reject) => {
      const url = new URL(request.url);
      const chunks: Buffer[] = [];
      let started: Dispatcher.DispatchController | undefined;
      let failed: ExchangeCut | undefined;
      let head: Pick<HttpAnswer, 'status' | 'headers'> | undefined;

      const fail = (because: string): void => {
        failed ??= new ExchangeCut(started !== undefined, because);
        finish();
        started?.abort(failed);
        reject(failed);
      };
      const aborted = (): void => fail('the attempt was cancelled');
      const timer = setTimeout(() => fail(`no answer within ${Math.round(call.timeoutMs)} ms`), call.timeoutMs);
      const finish = (): void => {
        clearTimeout(timer);
        call.signal.removeEventListener('abort', aborted);
      };
      if (call.signal.aborted) {
        aborted();
        return;
      }
      call.signal.addEventListener('abort', aborted);

      agent.dispatch(
        {
          origin: url.origin,
          path: `${url.pathname}${url.search}`,
          method: request.method,
          headers: request.headers,
          body: request.body ?? null,
        },
        {
          onRequestStart: (controller) => {
            if (failed) controller.abort(failed);
            else started = controller;
          },
          onResponseStart: (_controller, status, headers) => {
            head = { status, headers };
          },
          onResponseData: (_controller, chunk) => {
            chunks.push(chunk);
          },
          onResponseEnd: () => {
            finish();
            if (head) resolve({ ...head, bytes: Buffer.concat(chunks) });
          },
          onResponseError: (_controller, error) => fail(nameOf(error)),
        },
      );
    });
}

/** The code alone: messages of the network layer may quote addresses and what was received. */
function nameOf(error: Error): string {
  const { code } = error as { readonly code?: unknown };
  if (error instanceof AggregateError && code === undefined) return nameOf(error.errors[0] as Error);
  return typeof code === 'string' ? code : error.name;
}
