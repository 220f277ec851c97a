/** The description of one route in the table of routes. */
import type { z } from 'zod';
import type { ProblemName } from './problems.ts';

export interface Success {
  readonly description: string;
  readonly schema?: z.ZodType;
  /** For everything that is not JSON. */
  readonly contentType?: string;
}

export interface RouteSpec {
  readonly method: 'get' | 'post' | 'put' | 'patch';
  readonly path: string;
  readonly tag:
    'Payment links' | 'Payment requests' | 'Bills' | 'Money' | 'Events' | 'Reconciliation' | 'Provider' | 'Operations';
  readonly summary: string;
  /** `key`: an API key. `provider`: whatever the provider sends along. */
  readonly access: 'key' | 'provider' | 'open';
  readonly query?: z.ZodType;
  readonly body?: z.ZodType;
  /** An empty body is as good as `{}`. */
  readonly bodyOptional?: boolean;
  readonly rawBodyBytes?: number;
  /** Of which types these bytes may be; the handler reads them. */
  readonly rawTypes?: Readonly<Record<string, z.ZodType>>;
  /** The handler reads the body by itself, in pieces: at most so many bytes, of these types. */
  readonly streamed?: { readonly bytes: number; readonly types: readonly string[] };
  readonly idempotency?: 'required' | 'optional';
  readonly ifMatch?: boolean;
  readonly prefer?: 'respond-async' | 'wait';
  readonly answers: Readonly<Record<number, Success>>;
  readonly problems?: readonly ProblemName[];
}

/** Of every command: it may be stored and not sent, and its key may stand for something else. */
export const commandProblems = [
  'temporal-unavailable',
  'idempotency-key-reuse',
  'idempotency-key-invalid',
] as const satisfies readonly ProblemName[];

/** The same answer as a 202, before it is final. */
export function later(what: Success): Success {
  return { ...what, description: `Stored; not done yet. ${what.description}` };
}

/** What a route may answer whatever it does. */
export function problemsOf(route: RouteSpec): readonly ProblemName[] {
  const always: readonly ProblemName[] = ['internal-error', 'database-unavailable'];
  const key: readonly ProblemName[] = route.access === 'key' ? ['unauthenticated'] : [];
  const query: readonly ProblemName[] = route.query === undefined ? [] : ['invalid-query'];
  const body: readonly ProblemName[] =
    route.body === undefined
      ? []
      : ['invalid-json', 'payload-too-large', 'unsupported-media-type', 'validation-failed'];
  return [...new Set([...(route.problems ?? []), ...key, ...query, ...body, ...always])];
}
