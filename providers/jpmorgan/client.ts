/**
 * One JSON request to the bank: budget, token, exchange, judgement. Every way in which it can go wrong leaves here as a
 * `ProviderFailure` from the one table; a 401 refreshes the token and repeats, once.
 */
import { createHash } from 'node:crypto';
import type { Call } from '../provider.ts';
import { TokenRefused, type Authenticator } from './authenticator.ts';
import type { Budget, Priority } from './budget.ts';
import { ExchangeCut, type Exchange, type HttpAnswer, type HttpRequest } from './exchange.ts';
import { toFailure, Unreadable, type Effect, type Mishap } from './failures.ts';
import { errorAnswer } from './schemas.ts';

interface Ask<T> {
  /** For people: "put request". */
  readonly name: string;
  readonly effect: Effect;
  readonly priority: Priority;
  readonly method: HttpRequest['method'];
  /** Below the base URL, encoded, with its query. */
  readonly path: string;
  readonly body?: unknown;
  /** Of this call alone, in lower case. */
  readonly headers?: Readonly<Record<string, string>>;
  /** Throws `Unreadable`. */
  readonly read: (json: unknown, seen: Seen) => T;
}

export interface Seen {
  readonly etag: string | undefined;
  /** SHA-256 (hex) of the raw bytes of the answer. */
  readonly evidence: string;
}

export interface Client {
  ask<T>(ask: Ask<T>, call: Call): Promise<T>;
}

interface ClientParts {
  readonly baseUrl: string;
  readonly exchange: Exchange;
  readonly budget: Budget;
  readonly authenticator: Authenticator | undefined;
}

export function createClient(parts: ClientParts): Client {
  return {
    ask: async (ask, call) => {
      const endsAt = performance.now() + call.timeoutMs;
      const left = (): Call => ({ signal: call.signal, timeoutMs: Math.max(0, endsAt - performance.now()) });
      const failed = (mishap: Mishap): Error => toFailure(mishap, ask.effect, ask.name);
      try {
        const first = await send(parts, ask, left, call.timeoutMs);
        const answer =
          first.answer.status === 401 && first.token !== undefined ? await again(first.token) : first.answer;
        if (answer.status === 429) parts.budget.lower();
        if (answer.status < 200 || answer.status > 299) throw failed(answered(answer));
        return read(ask, answer, failed);
      } catch (error) {
        if (error instanceof ExchangeCut) throw failed({ is: error.sent ? 'cut' : 'not-sent', because: error.message });
        if (error instanceof TokenRefused) throw failed({ is: 'not-sent', because: error.message });
        throw error;
      }

      async function again(token: string): Promise<HttpAnswer> {
        parts.authenticator?.forget(token);
        return (await send(parts, ask, left, call.timeoutMs)).answer;
      }
    },
  };
}

/** Budget and token first: whatever fails in here has sent nothing. */
async function send<T>(
  { baseUrl, exchange, budget, authenticator }: ClientParts,
  ask: Ask<T>,
  left: () => Call,
  wholeMs: number,
): Promise<{ readonly answer: HttpAnswer; readonly token: string | undefined }> {
  const { signal, timeoutMs } = left();
  if (!(await budget.take(ask.priority, timeoutMs, signal))) {
    throw new ExchangeCut(false, 'no room in the budget of requests per second');
  }
  const token = await authenticator?.token(left());
  // A write that starts late is a write whose answer is lost: better not to start it.
  if (ask.effect === 'write' && left().timeoutMs < wholeMs / 2) {
    throw new ExchangeCut(false, 'too little time left to write');
  }
  const answer = await exchange(
    {
      method: ask.method,
      url: `${baseUrl}${ask.path}`,
      headers: {
        accept: 'application/json',
        ...(ask.body !== undefined && { 'content-type': 'application/json' }),
        ...ask.headers,
        ...(token !== undefined && { authorization: `Bearer ${token}` }),
      },
      ...(ask.body !== undefined && { body: JSON.stringify(ask.body) }),
    },
    left(),
  );
  return { answer, token };
}

function read<T>(ask: Ask<T>, answer: HttpAnswer, failed: (mishap: Mishap) => Error): T {
  const json = parseJson(answer.bytes);
  try {
    if (json === undefined) throw new Unreadable(['not JSON']);
    return ask.read(json, {
      etag: one(answer.headers['etag']),
      evidence: createHash('sha256').update(answer.bytes).digest('hex'),
    });
  } catch (error) {
    if (error instanceof Unreadable) throw failed({ is: 'unreadable', status: answer.status, reasons: error.reasons });
    throw error;
  }
}

function answered(answer: HttpAnswer): Mishap {
  const body = errorAnswer.safeParse(parseJson(answer.bytes));
  return {
    is: 'answered',
    status: answer.status,
    own: body.success,
    reasons: body.success ? reasonsOf(body.data) : [],
    retryAfterMs: retryAfterMs(one(answer.headers['retry-after'])),
  };
}

/** "10103 $.request.paymentAmount". Never the messages: they may repeat what we sent about a payer. */
export function faultsOf(
  context: readonly { readonly code?: string | null | undefined; readonly field?: string | null | undefined }[],
): readonly string[] {
  const faults = context.map(({ code, field }) => [code, field].filter(Boolean).join(' ').slice(0, 120));
  return faults.filter((fault) => fault !== '');
}

/** With the bank's trace id. */
function reasonsOf(error: ReturnType<typeof errorAnswer.parse>): readonly string[] {
  return [...faultsOf(error.context ?? []), ...(error.traceId ? [`trace ${error.traceId.slice(0, 64)}`] : [])];
}

/** Seconds or a date, as RFC 9110 has it. */
function retryAfterMs(header: string | undefined): number | undefined {
  if (header === undefined) return undefined;
  if (/^\d{1,6}$/.test(header)) return Number(header) * 1000;
  const at = Date.parse(header);
  return Number.isNaN(at) ? undefined : Math.max(0, at - Date.now());
}

function one(header: string | string[] | undefined): string | undefined {
  return Array.isArray(header) ? header[0] : header;
}

/** Drops the parser's own message: it quotes the text. */
function parseJson(bytes: Buffer): unknown {
  try {
    return JSON.parse(bytes.toString('utf8'));
  } catch {
    return undefined;
  }
}
