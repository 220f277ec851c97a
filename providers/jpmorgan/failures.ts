/**
 * The one table from the outcome of a call to the kind of failure (protocol.md F2). Nothing is guessed: whatever may
 * have taken effect is `unknown`. No message here carries a header, a body or a key.
 */
import { ProviderFailure, type FailureKind } from '../provider.ts';

/** A `write` may change something there. A search is a POST and still a `read`. */
export type CallEffect = 'read' | 'write';

export type CallMishap =
  /** Not one byte of the request left: no connection, no token, no room in the budget, aborted before its turn. */
  | { readonly is: 'not-sent'; readonly because: string }
  /** The request went out, in whole or in part, and no whole answer came back. */
  | { readonly is: 'cut'; readonly because: string }
  /** A whole answer that says "done" in words that we cannot read. */
  | { readonly is: 'unreadable'; readonly status: number; readonly reasons: readonly string[] }
  /** Any other answer. `own` is false when something in between spoke, not the bank's own API. */
  | {
      readonly is: 'answered';
      readonly status: number;
      readonly own: boolean;
      readonly reasons: readonly string[];
      readonly retryAfterMs: number | undefined;
    };

interface FailureRule {
  readonly when: (mishap: CallMishap) => boolean;
  readonly read: FailureKind;
  readonly write: FailureKind;
  readonly because: string;
}

function answered(fits: (status: number, own: boolean) => boolean): FailureRule['when'] {
  return (mishap) => mishap.is === 'answered' && fits(mishap.status, mishap.own);
}

/** The first row that fits decides; the last one always does. */
const TABLE: readonly FailureRule[] = [
  {
    when: (mishap) => mishap.is === 'not-sent',
    read: 'retryable',
    write: 'retryable',
    because: 'nothing was sent, so nothing happened there',
  },
  {
    when: (mishap) => mishap.is === 'cut',
    read: 'retryable',
    write: 'unknown',
    because: 'the request was sent and its answer was lost',
  },
  {
    when: (mishap) => mishap.is === 'unreadable',
    read: 'retryable',
    write: 'unknown',
    because: 'the answer cannot be read',
  },
  {
    // Our credentials are at fault, not the command: to call it refused would cancel sales over an expired certificate.
    when: answered((status) => status === 401),
    read: 'retryable',
    write: 'retryable',
    because: 'our credentials were turned away, also after a fresh token, so nothing happened there',
  },
  {
    // A proxy's 404 must never count as "no such request", on which the engine frees codes.
    when: answered((status, own) => status === 404 && !own),
    read: 'retryable',
    write: 'retryable',
    because: 'something before the bank answered, so nothing happened there',
  },
  {
    // The same command is being carried out there already; a repeat under the same key finds it.
    when: (mishap) =>
      mishap.is === 'answered' && mishap.own && mishap.reasons.some((reason) => /^10107\b/.test(reason)),
    read: 'retryable',
    write: 'retryable',
    because: 'the same command is being carried out there',
  },
  {
    when: answered((status) => status === 412),
    read: 'stale',
    write: 'stale',
    because: 'the version the write was based on is no longer in force',
  },
  {
    when: answered((status) => status === 429),
    read: 'retryable',
    write: 'retryable',
    because: 'the rate limit was reached, so nothing happened there',
  },
  {
    when: answered((status) => status === 503),
    read: 'retryable',
    write: 'retryable',
    because: 'the bank says that it is not available',
  },
  {
    // An undocumented 5xx leaves open how far the write got.
    when: answered((status) => status >= 500),
    read: 'retryable',
    write: 'unknown',
    because: 'the bank failed in the middle of the call',
  },
  { when: () => true, read: 'refused', write: 'refused', because: 'the bank refused' },
];

/** `call` names the call for people, for example "put request". */
export function toFailure(mishap: CallMishap, effect: CallEffect, call: string): ProviderFailure {
  const row = TABLE.find(({ when }) => when(mishap));
  if (row === undefined) throw new Error('the table of failures has lost its last row');
  const detail = mishap.is === 'not-sent' || mishap.is === 'cut' ? mishap.because : `status ${mishap.status}`;
  return new ProviderFailure(row[effect], `${call}: ${row.because} (${detail})`, {
    ...('status' in mishap && { status: mishap.status }),
    ...('reasons' in mishap && { reasons: mishap.reasons }),
    ...(mishap.is === 'answered' && mishap.retryAfterMs !== undefined && { retryAfterMs: mishap.retryAfterMs }),
  });
}

/** What we would have to send breaks the bank's contract: refused here, because the bank would say the same. */
export function unsendable(call: string, reasons: readonly string[]): ProviderFailure {
  return new ProviderFailure('refused', `${call}: the bank's contract has no room for this`, { reasons });
}

/** Thrown by whoever reads an answer. Its reasons name fields, never what was in them. */
export class UnreadableAnswer extends Error {
  readonly reasons: readonly string[];

  constructor(reasons: readonly string[]) {
    super(`unreadable: ${reasons.join(', ')}`);
    this.name = 'UnreadableAnswer';
    this.reasons = reasons;
  }
}
