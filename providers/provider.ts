/**
 * The port: what the engine needs of any payment provider. One folder per provider implements it; a provider's own
 * words (txid, ETag spelling, status names) stay inside that folder. Every call may throw `ProviderFailure` and nothing
 * else.
 */
import type { NoticeStatus } from '../domain/links/notice-signals.ts';
import type { ProviderReturnStatus, ProviderStatus } from '../domain/money/provider-status.ts';
import type { Charge, LinkKind } from '../domain/money/charge.ts';
import type { MoneyJson } from '../domain/money.ts';

/** One call's share of an activity attempt. `timeoutMs` is never more than what is left of the attempt. */
export interface CallLimits {
  readonly signal: AbortSignal;
  readonly timeoutMs: number;
}

export interface ProviderLink {
  readonly providerLinkId: string;
  readonly kind: LinkKind;
  /** The URL that goes into the printed code, as the provider gave it. */
  readonly url: string;
  readonly createdAt: string;
  /** The request the code shows now, as far as the provider says; it may be one that has ended. */
  readonly currentRequestId?: string;
}

export interface ProviderSettlement {
  /**
   * The rail's own id of the payment. Absent for a moment on some reads: then nothing is booked and the read is
   * repeated.
   */
  readonly endToEndId?: string;
  /**
   * What the provider reports as paid; whether face value or total is settled by `parts` (provider-contract.md §A.4).
   */
  readonly amount: MoneyJson;
  readonly parts: {
    readonly interest?: MoneyJson;
    readonly penalty?: MoneyJson;
    readonly discount?: MoneyJson;
    readonly reduction?: MoneyJson;
  };
  readonly settledAt?: string;
}

/** `completed` is not final: a payer's bank may send the money back days later, and then it is `failed`. */
export interface ProviderReturn {
  /** The provider's id. */
  readonly id: string;
  /** Ours: the `returnId` of the order that made it; absent for a return that somebody else made. */
  readonly reference?: string;
  /** Absent where the provider's answer does not repeat it. */
  readonly amount?: MoneyJson;
  readonly status: ProviderReturnStatus;
  /** The provider's own word for a failure ("REJECTED AM04"), for people. */
  readonly because?: string;
}

export interface ReturnOrder {
  /** 32 lower-case hex characters, ours: idempotency key and reference in one. */
  readonly returnId: string;
  /** The rail's id of the payment that goes back. */
  readonly endToEndId: string;
  readonly amount: MoneyJson;
  /** True when this is all of that payment. */
  readonly whole: boolean;
  readonly reason: string;
}

/** One read of one request: the only evidence that money arrived. */
export interface ProviderRequest {
  readonly requestId: string;
  readonly revision: number;
  /** Verbatim, quotes included; absent where the provider gives none. */
  readonly etag?: string;
  readonly status: ProviderStatus;
  readonly providerLinkId?: string;
  readonly charge: Charge;
  readonly createdAt: string;
  readonly updatedAt: string;
  readonly expiresAt?: string;
  readonly settlement?: ProviderSettlement;
  readonly returns: readonly ProviderReturn[];
  /** SHA-256 (hex) of the answer's bytes: the evidence kept with the ledger transaction. */
  readonly evidence: string;
}

export interface RequestWrite {
  readonly requestId: string;
  readonly providerLinkId: string;
  readonly kind: LinkKind;
  readonly charge: Charge;
  /** The ETag the write is based on; absent for a create, and for providers without ETags. */
  readonly baseline?: string;
  /**
   * The caller knows of no such request there, so this may go in a bulk. A missing baseline does not say it: see above.
   */
  readonly creates?: true;
}

/** One row of many writes. `failed` is that row's refusal and no other's. */
export type BulkRowResult =
  | { readonly requestId: string; readonly is: 'pending' | 'done' }
  /** The provider's codes and fields ("10103 $.request.paymentAmount"), never a payer's data. */
  | { readonly requestId: string; readonly is: 'failed'; readonly reasons: readonly string[] };

export interface BulkLimits {
  readonly mostRows: number;
  /** Links of another kind have to be written one by one. */
  readonly kind: LinkKind;
}

export interface SearchPage {
  readonly requests: readonly ProviderRequest[];
  /** True when the page was full: narrow the time range and ask again. */
  readonly truncated: boolean;
}

/** What a callback claims. A hint: never evidence, never ordered by its time. */
export interface Notice {
  readonly requestId: string;
  readonly status: NoticeStatus;
  readonly endToEndId?: string;
}

export interface Provider {
  /** The name in configs.ts, in paths and in rows: `jpmorgan`. */
  readonly name: string;
  /** For how long after its end a request can still receive money, in days. */
  readonly lateMoneyDays: number;
  /**
   * Not idempotent: after an unknown outcome the caller opens another and the stray one is listed at night. Those of a
   * `batch` stand behind everything that somebody waits for; a `sale` when left out.
   */
  openLink(kind: LinkKind, call: CallLimits, urgency?: 'sale' | 'batch'): Promise<ProviderLink>;
  getLink(providerLinkId: string, call: CallLimits): Promise<ProviderLink | undefined>;
  /** Links created in [from, to], at most one month apart, oldest first; pages through them by itself. */
  listLinks(range: { readonly from: Date; readonly to: Date }, call: CallLimits): AsyncIterable<ProviderLink>;
  /** Creates the request under our id, or writes a new revision of it. */
  putRequest(write: RequestWrite, call: CallLimits): Promise<ProviderRequest>;
  /** What `putMany` takes; absent where the provider has no call for many, and every write goes by `putRequest`. */
  readonly bulk?: BulkLimits;
  /**
   * Hands over the creation of many requests under our ids, at most `bulk.mostRows`. It answers before they exist:
   * `readBulk` tells how each row ended. After an unknown outcome read the rows by id; a repeat fails those that exist
   * and makes no second one. No row may have a baseline: a bulk has no place for it.
   */
  putMany(writes: readonly RequestWrite[], call: CallLimits): Promise<{ readonly bulkId: string }>;
  /** New content for rows of an earlier bulk, under its id. Whatever else is in that bulk stays as it is. */
  updateMany(bulkId: string, writes: readonly RequestWrite[], call: CallLimits): Promise<{ readonly bulkId: string }>;
  /** Over when no row is pending. Undefined: the provider says that it does not know the bulk. */
  readBulk(bulkId: string, call: CallLimits): Promise<readonly BulkRowResult[] | undefined>;
  /** Undefined means that the provider says it does not know the id, and only that. */
  getRequest(requestId: string, call: CallLimits): Promise<ProviderRequest | undefined>;
  /** Answers when the provider accepted the cancellation; what became of the request only a read tells. */
  cancelRequest(requestId: string, reason: string, call: CallLimits): Promise<void>;
  /**
   * Requests created in [from, to], at most one page (99) in ascending creation order; with `bulkId` those of that bulk
   * alone. Absence from it proves nothing, and what it shows has no ETag.
   */
  searchRequests(
    range: { readonly from: Date; readonly to: Date; readonly bulkId?: string },
    call: CallLimits,
  ): Promise<SearchPage>;
  /**
   * Idempotent by `returnId` for `returnKeyHours`; after that a repeat could pay twice, so the caller reads instead
   * (`getRequest` shows returns with our reference).
   */
  returnMoney(order: ReturnOrder, call: CallLimits): Promise<ProviderReturn>;
  /** By the provider's id. Undefined: the provider says that it does not know it. */
  getReturn(providerReturnId: string, call: CallLimits): Promise<ProviderReturn | undefined>;
  /** For how long the provider remembers an idempotency key of a return, in hours. */
  readonly returnKeyHours: number;
  /** Takes a finished request off the link where the provider has a call for it; where it has none, does nothing. */
  freeLink(providerLinkId: string, call: CallLimits): Promise<void>;
  /** Constant time. `headers` are lower-cased. */
  authenticateCallback(headers: Readonly<Record<string, string | undefined>>, body: Buffer): boolean;
  /** Every notice of one callback body; an empty list when nothing in it can be read. */
  parseCallback(body: Buffer): readonly Notice[];
  close(): Promise<void>;
}

/**
 * - `retryable`: nothing happened there, or it was a read that told nothing readable, or the same command under the
 *   same key is being carried out; ask again (refused connection, 429, 503).
 * - `unknown`: a write was cut or timed out; it may have happened. Read back by id, then decide (F2).
 * - `stale`: the baseline no longer holds (412). Read, decide again.
 * - `refused`: the provider answered no. Confirm by a read before believing it.
 */
export type FailureKind = 'retryable' | 'unknown' | 'stale' | 'refused';

export class ProviderFailure extends Error {
  readonly kind: FailureKind;
  /** HTTP status, when there was an answer. */
  readonly status: number | undefined;
  /** From Retry-After, when the provider named one. */
  readonly retryAfterMs: number | undefined;
  /** The provider's own codes and fields, for the log and the exception; never a payer's data. */
  readonly reasons: readonly string[];

  constructor(
    kind: FailureKind,
    message: string,
    more: {
      readonly status?: number;
      readonly retryAfterMs?: number;
      readonly reasons?: readonly string[];
      readonly cause?: unknown;
    } = {},
  ) {
    super(message, { cause: more.cause });
    this.name = 'ProviderFailure';
    this.kind = kind;
    this.status = more.status;
    this.retryAfterMs = more.retryAfterMs;
    this.reasons = more.reasons ?? [];
  }
}
