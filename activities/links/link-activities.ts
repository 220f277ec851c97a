/** The activities of the link workflow. Each is implemented in a file beside this one. */
import type { LinkKind } from '../../domain/money/charge.ts';
import type { EffectResult, StoredLink } from '../../domain/links/link-events.ts';
import type {
  DecisionOrder,
  LinkOrder,
  OperatorOrder,
  OrderOutcome,
  ReadReason,
  UnlinkOrder,
  UpdateOrder,
} from '../../domain/links/link-state.ts';
import type { Reading } from '../../domain/billing/reading.ts';

export interface LinkRef {
  readonly merchantId: string;
  readonly paymentLinkId: string;
  readonly kind: LinkKind;
}

export interface LinkActivities {
  /**
   * Loads the link from Postgres and raises its seq once per run id, so that effects of a lost run are fenced out.
   * Idempotent by run id. Answers null for an unknown link; otherwise it is retried without limit.
   */
  loadLink(input: { readonly link: LinkRef; readonly runId: string }): Promise<StoredLink | null>;

  /**
   * Opens the link at the provider. Repeated after an unknown outcome it may leave a stray link there, which carries
   * nothing.
   */
  openLink(input: { readonly link: LinkRef; readonly seq: number }): Promise<EffectResult>;

  /**
   * Puts the request at the provider, naming the link. Idempotent by request id; claims its command first (F1, F2, F3).
   */
  linkRequest(input: {
    readonly link: LinkRef;
    readonly seq: number;
    readonly order: LinkOrder;
  }): Promise<EffectResult>;

  /** Writes the next revision of a request. Idempotent by command: the pending revision row fixes its content. */
  updateRequest(input: {
    readonly link: LinkRef;
    readonly seq: number;
    readonly order: UpdateOrder;
  }): Promise<EffectResult>;

  /**
   * Cancels at the provider and reads back; an earlier payment is booked. Idempotent: a cancelled request stays
   * cancelled.
   */
  cancelRequest(input: {
    readonly link: LinkRef;
    readonly seq: number;
    readonly requestId?: string;
    readonly stray: boolean;
    readonly orders: readonly (UnlinkOrder | OperatorOrder)[];
    readonly replacedBy?: string;
  }): Promise<EffectResult>;

  /**
   * Reads the request and books what settled, once per end-to-end id. Without a seq it is a side read (F7): it never
   * writes the link row.
   */
  settleRequest(input: {
    readonly link: LinkRef;
    readonly seq?: number;
    readonly requestId: string;
    readonly why: ReadReason;
  }): Promise<EffectResult>;

  /**
   * Rates usage into a bill, or holds it, in one transaction without a call to the provider. Stores readings that came
   * in messages. Idempotent: a repeat finds its own bill. Fails only when Postgres does.
   */
  rateUsage(input: {
    readonly link: LinkRef;
    readonly seq: number;
    readonly readings: readonly Reading[];
    readonly requestId?: string;
    readonly order?: DecisionOrder;
    readonly retired?: true;
  }): Promise<EffectResult>;

  /** Reads the link at the provider and says what its code shows. */
  checkLink(input: { readonly link: LinkRef; readonly seq: number }): Promise<EffectResult>;

  /** Stores answers that no other activity stores, and commands that came without the API. Once per command. */
  recordOutcomes(input: { readonly link: LinkRef; readonly outcomes: readonly OrderOutcome[] }): Promise<void>;
}
