/** Everything that can happen to a Payment Link: orders, notices, the clock, and what effects report back. */
import type { Answer, FoundOnCode, LinkOrder, Order, ReadReason, Refusal, UpdateOrder } from './link-state.ts';
import type { Reading } from '../billing/reading.ts';
import type { LinkKind } from '../money/charge.ts';

export const LINK_STATUSES = ['opening', 'free', 'linking', 'linked', 'attention', 'retired'] as const;

/** What Postgres remembers of a link: enough to go on after a terminate (F6) or a lost fence (F4). */
export interface StoredLink {
  readonly merchantId: string;
  readonly paymentLinkId: string;
  readonly kind: LinkKind;
  readonly label: string;
  readonly seq: number;
  readonly status: (typeof LINK_STATUSES)[number];
  readonly because?: string;
  readonly newest: number;
  /** A request that may be alive: read at the provider before anything else. */
  readonly current?: {
    readonly requestId: string;
    readonly revision: number;
    readonly amount: string;
    readonly expiresAt?: number;
    /** The unfinished link order of a request found `linking`. */
    readonly order?: LinkOrder;
  };
  readonly queue: readonly LinkOrder[];
  /** An account is billed on it; `usageWanted`: something that its bill is made of was stored and not rated. */
  readonly metered?: true;
  readonly usageWanted?: true;
}

/** What the rating of an account's usage asks its link to do. */
export type RatingResult =
  /** `waits`: a payment is under way, and what it leaves is rated afterwards. */
  | { readonly do: 'nothing'; readonly because: string; readonly waits?: true }
  | { readonly do: 'link'; readonly order: LinkOrder }
  | { readonly do: 'update'; readonly order: UpdateOrder }
  /** What the code serves must not be paid any more. */
  | { readonly do: 'withdraw'; readonly because: string };

/** What a read of the link at the provider tells about the code. A finished request of ours counts as nothing. */
export type CodeContent = 'nothing' | 'current' | 'stray' | 'stranger' | 'unknown';

/** What an effect reports. `number` is the command's, as stored. */
export type EffectResult =
  | { readonly is: 'opened' }
  | { readonly is: 'linked'; readonly revision: number; readonly expiresAt?: number; readonly number: number }
  | { readonly is: 'updated'; readonly revision: number; readonly expiresAt?: number; readonly number: number }
  | { readonly is: 'unlinked'; readonly found: FoundOnCode; readonly number: number }
  | { readonly is: 'settled'; readonly status: 'paid' | 'underpaid'; readonly code: CodeContent }
  | { readonly is: 'ended'; readonly status: 'expired' | 'cancelled' | 'refused'; readonly code: CodeContent }
  | { readonly is: 'alive'; readonly stored: 'alive' | 'ended'; readonly revision: number; readonly expiresAt?: number }
  /** The read told nothing to act on: an unknown request, or money not visible yet; `next_check_at` goes on. */
  | { readonly is: 'nothing'; readonly because: string }
  | { readonly is: 'refused'; readonly because: Refusal; readonly requestId?: string; readonly detail?: string }
  /**
   * The claim found the outcome stored: an attempt before this one, or a run that is lost, got that far. What Postgres
   * holds by now is where the link goes on.
   */
  | { readonly is: 'answered'; readonly answer: Answer; readonly stored: StoredLink }
  /** The code is held by a live request of ours that has ended here. */
  | { readonly is: 'blocked'; readonly by: string }
  | { readonly is: 'checked'; readonly code: CodeContent; readonly by?: string; readonly because: string }
  | { readonly is: 'rated'; readonly next: RatingResult; readonly metered: boolean; readonly answer?: Answer }
  /** A newer run wrote the link row: this one goes on from what is stored. */
  | { readonly is: 'fenced'; readonly stored: StoredLink };

export type LinkEvent =
  | { readonly is: 'ordered'; readonly order: Order }
  /** `again`: a read of this request may be under way, and may have looked before what this tells of. */
  | { readonly is: 'noticed'; readonly requestId?: string; readonly why: ReadReason; readonly again?: true }
  | { readonly is: 'ticked' }
  /** Something that this link's bill is made of was stored, or comes along. */
  | { readonly is: 'measured'; readonly readings: readonly Reading[] }
  /** The effect of the motion with this seq gave up for now. */
  | { readonly is: 'parked'; readonly seq: number; readonly because: string }
  | { readonly is: 'reported'; readonly seq: number; readonly result: EffectResult }
  /** A read of a request that is not current ended, well or not. */
  | { readonly is: 'read'; readonly requestId: string; readonly result?: EffectResult }
  /** `recordOutcomes` stored these: what is queued is now in its row. */
  | { readonly is: 'recorded'; readonly commandIds: readonly string[] };

export interface OrderAnswer {
  readonly commandId: string;
  readonly answer: Answer;
}
