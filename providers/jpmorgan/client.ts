/**
 * One JSON request to the bank: budget, token, exchange, judgement. Every way in which it can go wrong leaves here as a
 * `ProviderFailure` from the one table; a 401 refreshes the token and repeats, once.
 */
import { createHash } from 'node:crypto';
import type { CallLimits } from '../provider.ts';
import { TokenRefusal, type Authenticator } from './authenticator.ts';
import type { Budget, Priority } from './budget.ts';
import { ExchangeCut, type Exchange, type HttpAnswer, type HttpRequest } from './exchange.ts';
import { toFailure, UnreadableAnswer, type CallEffect, type CallMishap } from './failures.ts';
import { errorAnswer } from './schemas.ts';

interface CallSpec<T> {
  /** For people: "put request". */
  readonly name: string;
  readonly effect: CallEffect;
  readonly priority: Priority;
  readonly method: HttpRequest['method'];
  /** Below the base URL, encoded, with its query. */
  readonly path: string;
  readonly body?: unknown;
  /** Of this call alone, in lower case. */
  readonly headers?: Readonly<Record<string, string>>;
  /** Throws `UnreadableAnswer`. */
  readonly read: (json: unknown, evidence: ResponseEvidence) => T;
}

export interface ResponseEvidence {
  readonly etag: string | undefined;
  /** SHA-256 (hex) of the raw bytes of the answer. */
  readonly evidence: string;
}

export interface Client {
  ask<T>(spec: CallSpec<T>, call: CallLimits): Promise<T>;
}

interface ClientParts {
  readonly baseUrl: string;
  readonly exchange: Exchange;
  readonly budget: Budget;
  readonly authenticator: Authenticator | undefined;
}

export function createClient(parts: ClientParts): Client {
  return {
    ask: async (spec, call) => {
      const endsAt = performance.now() + call.timeoutMs;
      const left = (): CallLimits => ({ signal: call.signal, timeoutMs: Math.max(0, endsAt - performance.now()) });
      const failed = (mishap: CallMishap): Error => toFailure(mishap, spec.effect, spec.name);
      try {
        const first = await send(parts, spec, left, call.timeoutMs);
        const answer =
          first.answer.status === 401 && first.token !== undefined
            ? await retryWithFreshToken(first.token)
            : first.answer;
        if (answer.status === 429) parts.budget.lower();
        if (answer.status < 200 || answer.status > 299) throw failed(answered(answer));
        return read(spec, answer, failed);
      } catch (error) {
        if (error instanceof ExchangeCut) throw failed({ is: error.sent ? 'cut' : 'not-sent', because: error.message });
        if (error instanceof TokenRefusal) throw failed({ is: 'not-sent', because: error.message });
        throw error;
      }

      async function retryWithFreshToken(token: string): Promise<HttpAnswer> {
        parts.authenticator?.forget(token);
        return (await send(parts, spec, left, call.timeoutMs)).answer;
      }
    },
  };
}

/** Takes budget and token first; a failure up to here has sent nothing. */
async function send<T>(
  { baseUrl, exchange, budget, authenticator }: ClientParts,
  spec: CallSpec<T>,
  left: () => CallLimits,
  wholeMs: number,
): Promise<{ readonly answer: HttpAnswer; readonly token: string | undefined }> {
  const { signal, timeoutMs } = left();
  if (!(await budget.take(spec.priority, timeoutMs, signal))) {
    throw new ExchangeCut(false, 'no room in the budget of requests per second');
  }
  const token = await authenticator?.token(left());
  // A write that starts too late loses its answer, so it is not started.
  if (spec.effect === 'write' && left().timeoutMs < wholeMs / 2) {
    throw new ExchangeCut(false, 'too little time left to write');
  }
  const answer = await exchange(
    {
      method: spec.method,
      url: `${baseUrl}${spec.path}`,
      headers: {
        accept: 'application/json',
        ...(spec.body !== undefined && { 'content-type': 'application/json' }),
        ...spec.headers,
        ...(token !== undefined && { authorization: `Bearer ${token}` }),
      },
      ...(spec.body !== undefined && { body: JSON.stringify(spec.body) }),
    },
    left(),
  );
  return { answer, token };
}

function read<T>(spec: CallSpec<T>, answer: HttpAnswer, failed: (mishap: CallMishap) => Error): T {
  const json = parseJson(answer.bytes);
  try {
    if (json === undefined) throw new UnreadableAnswer(['not JSON']);
    return spec.read(json, {
      etag: one(answer.headers['etag']),
      evidence: createHash('sha256').update(answer.bytes).digest('hex'),
    });
  } catch (error) {
    if (error instanceof UnreadableAnswer)
      throw failed({ is: 'unreadable', status: answer.status, reasons: error.reasons });
    throw error;
  }
}

function answered(answer: HttpAnswer): CallMishap {
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
