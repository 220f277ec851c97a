/** What a shop's backend does to talk to us: JSON, a key, an Idempotency-Key for every POST unless one is given. */
import { randomUUID } from 'node:crypto';
import { present } from '../../domain/present.ts';

export interface ApiAnswer {
  readonly status: number;
  readonly headers: Headers;
  /** Empty when the answer is no JSON. */
  readonly body: Readonly<Record<string, unknown>>;
  readonly text: string;
}

type Extra = Readonly<Record<string, string>>;

export type ApiClient = ReturnType<typeof createClient>;

export function createClient(url: string, key: string) {
  async function send(method: string, path: string, headers: Extra, body?: string): Promise<ApiAnswer> {
    const answer = await fetch(`${url}${path}`, {
      method,
      headers: {
        authorization: `Bearer ${key}`,
        ...(body === undefined ? {} : { 'content-type': 'application/json' }),
        ...headers,
      },
      ...present({ body }),
    });
    const text = await answer.text();
    const json = /json/.test(answer.headers.get('content-type') ?? '');
    const parsed = json ? (JSON.parse(text) as Readonly<Record<string, unknown>>) : {};
    return { status: answer.status, headers: answer.headers, body: parsed, text };
  }
  return {
    key,
    send,
    get: async (path: string, headers: Extra = {}) => send('GET', path, headers),
    post: async (path: string, body?: object, headers: Extra = {}) =>
      send(
        'POST',
        path,
        { 'idempotency-key': randomUUID(), ...headers },
        body === undefined ? undefined : JSON.stringify(body),
      ),
    put: async (path: string, body: object, headers: Extra = {}) => send('PUT', path, headers, JSON.stringify(body)),
    patch: async (path: string, body: object, headers: Extra = {}) =>
      send('PATCH', path, headers, JSON.stringify(body)),
  };
}
