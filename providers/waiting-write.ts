/**
 * One caller's write while it waits to be gathered and while its bulk is under way. It ends once: by an answer, by its
 * caller's time limit, or by its caller's signal, and none of these ends another write.
 */
import { present } from '../domain/present.ts';
import { ProviderFailure, type CallLimits, type ProviderRequest, type RequestWrite } from './provider.ts';

export interface WaitingWrite {
  readonly write: RequestWrite;
  /** The remaining limits of its caller's call. */
  rest(): CallLimits;
  /** Too late to begin: a write that starts too late loses its answer. */
  isLate(): boolean;
  hasEnded(): boolean;
  /**
   * From here on the provider may have it, so a caller that leaves ends as `unknown`; false after the bulk was refused
   * as a whole.
   */
  mayBeThere(maybe: boolean): void;
  end(outcome: ProviderRequest | Error): void;
  /** Sent by a call of its own, which from here on enforces the caller's time and reports the outcome. */
  endBy(work: (write: RequestWrite, call: CallLimits) => Promise<ProviderRequest>): Promise<void>;
  /** Resolves when it has ended, and never rejects. */
  readonly ended: Promise<void>;
  readonly answer: Promise<ProviderRequest>;
}

export function createWaitingWrite(write: RequestWrite, { signal, timeoutMs }: CallLimits): WaitingWrite {
  const endsAt = performance.now() + timeoutMs;
  let ended = false;
  let maybeThere = false;
  let settle: (outcome: ProviderRequest | Error) => void = () => undefined;
  const answer = new Promise<ProviderRequest>((resolve, reject) => {
    settle = (outcome) => (outcome instanceof Error ? reject(outcome) : resolve(outcome));
  });
  const own = (because: string): (() => void) => {
    return () => end(maybeThere ? outcomeUnknown(because) : notSent(because));
  };
  const outOfTime = own('its time was up');
  const cancelled = own('the attempt was cancelled');
  const timer = setTimeout(outOfTime, timeoutMs);
  const disarm = (): void => {
    clearTimeout(timer);
    signal.removeEventListener('abort', cancelled);
  };
  const end = (outcome: ProviderRequest | Error): void => {
    if (ended) return;
    ended = true;
    disarm();
    settle(outcome);
  };
  if (signal.aborted) cancelled();
  else signal.addEventListener('abort', cancelled);
  const rest = (): CallLimits => ({ signal, timeoutMs: Math.max(1, endsAt - performance.now()) });
  return {
    write,
    rest,
    isLate: () => endsAt - performance.now() < timeoutMs / 2,
    hasEnded: () => ended,
    mayBeThere: (maybe) => {
      maybeThere = maybe;
    },
    end,
    async endBy(work) {
      disarm();
      await work(write, rest()).then(end, (error: unknown) => end(asError(error)));
    },
    ended: answer.then(
      () => undefined,
      () => undefined,
    ),
    answer,
  };
}

export function notSent(because: string, cause?: unknown): ProviderFailure {
  return new ProviderFailure('retryable', `put request: nothing was sent, so nothing happened there (${because})`, {
    cause,
  });
}

/** Keeps the retry delay of the underlying failure. */
export function outcomeUnknown(because: string, cause?: unknown): ProviderFailure {
  const retryAfterMs = cause instanceof ProviderFailure ? cause.retryAfterMs : undefined;
  return new ProviderFailure('unknown', `put request: it went out with others, and may be there (${because})`, {
    cause,
    ...present({ retryAfterMs }),
  });
}

export function asError(error: unknown): Error {
  return error instanceof Error ? error : new Error(String(error));
}
