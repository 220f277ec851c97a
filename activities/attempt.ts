/**
 * One attempt of an activity has one deadline (protocol.md §3): every provider call and every transaction ends with it,
 * and no write starts when too little is left to learn its outcome.
 */
import { ApplicationFailure, Context } from '@temporalio/activity';
import { present } from '../domain/present.ts';
import { ProviderFailure, type CallLimits } from '../providers/provider.ts';

const ATTEMPT_MS = 4_500;
const CALL_MS = 3_000;
const LEAST_FOR_A_WRITE_MS = 1_500;

/** The most characters of a provider's own words in a refusal, because they are carried in the link's state. */
export const DETAIL_AT_MOST = 200;

export interface Attempt {
  readonly number: number;
  readonly signal: AbortSignal;
  /** A read's share of the attempt. */
  read(): CallLimits;
  /** A write's share; throws retryable when less than 1.5 s are left. */
  write(): CallLimits;
}

export function startAttempt(attemptMs: number = ATTEMPT_MS): Attempt {
  const context = Context.current();
  const deadline = Date.now() + attemptMs;
  const signal = AbortSignal.any([context.cancellationSignal, AbortSignal.timeout(attemptMs)]);
  const left = (): number => deadline - Date.now();
  return {
    number: context.info.attempt,
    signal,
    read: () => ({ signal, timeoutMs: Math.max(1, Math.min(CALL_MS, left())) }),
    write() {
      if (left() < LEAST_FOR_A_WRITE_MS) throw retryable('too little time is left in this attempt to start a write');
      return { signal, timeoutMs: Math.min(CALL_MS, left()) };
    },
  };
}

export function retryable(message: string, afterMs?: number): ApplicationFailure {
  return ApplicationFailure.create({
    message,
    type: 'Retryable',
    ...present({ nextRetryDelay: afterMs }),
  });
}

/** A read of the provider. It changes nothing there, so every failure is retryable. */
export async function readOrRetry<T>(call: () => Promise<T>): Promise<T> {
  try {
    return await call();
  } catch (error) {
    if (error instanceof ProviderFailure) throw retryable(error.message, error.retryAfterMs);
    throw error;
  }
}
