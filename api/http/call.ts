/** What a handler is given and what it gives back. Handlers know nothing of Express, except the one that streams. */
import type { ServerResponse } from 'node:http';
import type { z } from 'zod';
import type { RouteSpec } from './route-spec.ts';

/** Whose key it was. */
export interface Caller {
  readonly merchantId: string;
  readonly keyId: string;
}

type ParamsOf<Path extends string> = Path extends `${string}{${infer Name}}${infer Rest}`
  ? { readonly [name in Name]: string } & ParamsOf<Rest>
  : unknown;

type ParsedBy<Schema> = Schema extends z.ZodType ? z.output<Schema> : undefined;

/** Typed by the route that it came by: its key, the names in its path, its query and its body. */
export interface Call<R extends RouteSpec> {
  readonly caller: R['access'] extends 'key' ? Caller : undefined;
  readonly params: ParamsOf<R['path']>;
  readonly query: R extends { readonly query: infer Query } ? ParsedBy<Query> : undefined;
  readonly body: R extends { readonly body: infer Body } ? ParsedBy<Body> : undefined;
  /** Only where the table asks for it. */
  readonly raw: Buffer;
  /** Only where the table says that the handler reads it by itself. */
  readonly stream: AsyncIterable<Buffer>;
  /** Lower-cased names. */
  readonly headers: Readonly<Record<string, string | undefined>>;
  /** `POST /v1/payment-links/till-4/unlink`: what an idempotency key is bound to. */
  readonly route: string;
  readonly traceId: string;
  /** Aborted when the client has gone away. */
  readonly gone: AbortSignal;
  readonly response: ServerResponse;
}

export interface Reply {
  readonly status: number;
  readonly headers?: Readonly<Record<string, string>>;
  readonly json?: unknown;
  /** Instead of `json`. */
  readonly bytes?: string | Buffer;
  /** Runs when the last byte has gone to the network. */
  readonly sent?: () => void;
}

/** `streamed`: the handler has answered by itself. */
export type Handler<R extends RouteSpec> = (call: Call<R>) => Promise<Reply | 'streamed'>;

/** One handler for each route of a table. */
export type HandlersOf<Table extends Readonly<Record<string, RouteSpec>>> = {
  readonly [K in keyof Table]: Handler<Table[K]>;
};

/** RFC 7240: `Prefer: respond-async, wait=25`. */
export function preferences(header: string | undefined): ReadonlyMap<string, string> {
  const found = new Map<string, string>();
  for (const part of (header ?? '').split(',')) {
    const [name = '', value = ''] = part.split(';')[0]?.split('=') ?? [];
    found.set(name.trim().toLowerCase(), value.trim().replaceAll('"', ''));
  }
  return found;
}
