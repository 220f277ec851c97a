/**
 * The state of one Payment Link as its workflow carries it: plain JSON, at most 4 KiB, whole across continue-as-new.
 *
 * Terminology
 * - order: a command that reached the workflow, with what it left out filled in.
 * - sale: the request that the code serves, or is about to serve.
 * - rest / motion: a phase at rest waits for a message; a phase in motion has one effect running that will end it.
 * - parked: a motion whose effect gave up for now; the next message or check starts it again.
 * - read: "ask the provider about this request", at most one pending per request (protocol.md F7).
 */
import type { Charge, ChargeChange, LinkKind } from '../money/charge.ts';
import type { BillDecisionName } from '../money/exception.ts';
import type { Reading } from '../billing/reading.ts';

export const BUSY_POLICIES = ['reject', 'replace', 'queue'] as const;
export type BusyPolicy = (typeof BUSY_POLICIES)[number];

/** What an unlink found on the code. */
export const FOUND_ON_CODE = ['nothing', 'cancelled', 'paid', 'expired'] as const;
export type FoundOnCode = (typeof FOUND_ON_CODE)[number];

export interface Sale {
  readonly requestId: string;
  readonly revision: number;
  /** "BRL 24.90": for sentences only; the amount that counts is in Postgres and at the provider. */
  readonly amount: string;
  /** Milliseconds since the epoch, from the provider. */
  readonly expiresAt?: number;
  /** The provider was asked once at the deadline; from then on `watch` asks. */
  readonly asked?: true;
}

interface OrderBase {
  readonly commandId: string;
  /** The order in which the API received it. Absent: judged newest, numbered when it is stored. */
  readonly number?: number;
  readonly actor?: string;
}
export interface LinkOrder extends OrderBase {
  readonly is: 'link';
  readonly requestId: string;
  /** Absent once the command row is known to hold it (queued orders). */
  readonly charge?: Charge;
  readonly amount: string;
  readonly onBusy: BusyPolicy;
  readonly notAfter?: number;
}
export interface UpdateOrder extends OrderBase {
  readonly is: 'updateCharge';
  readonly requestId: string;
  readonly expectedRevision?: number;
  readonly change: ChargeChange;
  /** Absent when the amount stays. */
  readonly amount?: string;
  readonly notAfter?: number;
}
export interface UnlinkOrder extends OrderBase {
  readonly is: 'unlink';
  readonly requestId?: string;
  readonly reason?: string;
}
export interface OperatorOrder extends OrderBase {
  readonly is: 'open' | 'retire' | 'resolve' | 'reconcileNow' | 'annotate';
  readonly reason?: string;
}
/** What a person decides about a held bill. */
export interface DecisionOrder extends OrderBase {
  readonly is: BillDecisionName;
  readonly billId: string;
  readonly reason: string;
  /** `correct`: what the register shows, and when it did; the moment of the reading that it corrects when absent. */
  readonly value?: string;
  readonly readAt?: string;
}
export type Order = LinkOrder | UpdateOrder | UnlinkOrder | OperatorOrder | DecisionOrder;

/** The words that go into a problem's `type` as well (api/http/problems.ts). */
export type Refusal =
  | 'retired'
  | 'timed-out'
  | 'busy'
  | 'superseded'
  | 'not-current'
  | 'not-active'
  | 'stale-revision'
  | 'already-paid'
  | 'payment-in-flight'
  | 'payment-link-attention'
  | 'too-many-changes'
  | 'cancelled'
  | 'drift'
  | 'refused-by-provider'
  | 'not-found'
  | 'queue-full'
  | 'not-held'
  | 'decision-unfit'
  | 'wrong-value';

export type Answer =
  | { readonly is: 'opened' }
  | { readonly is: 'linked'; readonly requestId: string; readonly revision: number }
  | { readonly is: 'queued'; readonly requestId: string }
  | { readonly is: 'updated'; readonly requestId: string; readonly revision: number }
  | {
      readonly is: 'unlinked';
      readonly requestId?: string;
      readonly found: FoundOnCode;
    }
  | { readonly is: 'retired' }
  | { readonly is: 'done' }
  | { readonly is: 'decided'; readonly billId: string }
  /** Nothing is decided yet: the effect is parked, or the order waits behind one that is. */
  | { readonly is: 'pending' }
  | { readonly is: 'refused'; readonly because: Refusal; readonly requestId?: string; readonly detail?: string };

interface ParkReason {
  readonly because: string;
  readonly since: number;
}

export type ReadReason = 'paid' | 'expired' | 'check' | 'deadline' | 'waking';

export type Phase =
  | { readonly is: 'opening'; readonly commandIds: readonly string[]; readonly parked?: ParkReason }
  | { readonly is: 'free' }
  | { readonly is: 'linking'; readonly order: LinkOrder; readonly parked?: ParkReason }
  | { readonly is: 'linked'; readonly sale: Sale }
  | { readonly is: 'updating'; readonly sale: Sale; readonly order: UpdateOrder; readonly parked?: ParkReason }
  | { readonly is: 'settling'; readonly sale: Sale; readonly why: ReadReason; readonly parked?: ParkReason }
  | {
      readonly is: 'unlinking';
      /** The sale on the code. It is cancelled, unless `stray` names another request: then it stays. */
      readonly sale?: Sale;
      /** A request that ended here and is alive at the provider. */
      readonly stray?: string;
      /** The orders that are answered by this motion; none when it only makes room for `then` or cancels a stray. */
      readonly orders: readonly (UnlinkOrder | OperatorOrder)[];
      readonly then?: LinkOrder;
      /** The link was retired before and is so again afterwards. */
      readonly retired?: true;
      /** Why the content of the code was unknown before; afterwards it is read. */
      readonly unclear?: string;
      readonly parked?: ParkReason;
    }
  /** Readings become a bill, and the bill goes to the code, changes what is on it, or is held. */
  | {
      readonly is: 'rating';
      readonly sale?: Sale;
      /** Readings that came in the message: stored before the rating. */
      readonly readings: readonly Reading[];
      readonly order?: DecisionOrder;
      readonly retired?: true;
      readonly parked?: ParkReason;
    }
  /** What the code shows is unknown, or not ours. `checking` reads it. */
  | { readonly is: 'checking'; readonly because: string; readonly parked?: ParkReason }
  | { readonly is: 'attention'; readonly because: string }
  | { readonly is: 'retired' };

export type Motion = Exclude<Phase, { readonly is: 'free' | 'linked' | 'attention' | 'retired' }>;

/** A refusal or a note that no effect carries; `recordOutcomes` writes it down. */
export interface OrderOutcome {
  readonly order: Order;
  readonly answer: Answer;
}

export interface PendingRead {
  readonly requestId: string;
  readonly why: ReadReason;
  /** A notice of money came while this read was under way. It may have read too early, so it reads once more. */
  readonly again?: true;
}

export interface LinkState {
  readonly version: 1;
  readonly merchantId: string;
  readonly paymentLinkId: string;
  readonly kind: LinkKind;
  readonly label: string;
  /** F4: fences the link row; raised at the start of every motion. */
  readonly seq: number;
  readonly phase: Phase;
  /** The number of the newest link, unlink or retire applied here. */
  readonly newest: number;
  /** Accepted, not yet judged against a link at rest; in order of arrival. */
  readonly waiting: readonly Order[];
  readonly queue: readonly LinkOrder[];
  readonly reads: readonly PendingRead[];
  /** Requests that ended here and were found alive at the provider: cancelled in the loop (F5). */
  readonly strays: readonly string[];
  readonly records: readonly OrderOutcome[];
  /** An account is billed on this link: a request that ends may change its next bill. */
  readonly metered?: true;
  /** Its bill is to be rated; `waits`: once the payment that is under way has ended. */
  readonly usage?: { readonly readings?: readonly Reading[]; readonly waits?: true };
  /** The dedupe window: the newest answers, oldest first. The permanent guard is the command row. */
  readonly answered: readonly { readonly commandId: string; readonly answer: Answer }[];
}

export const QUEUE_LIMIT = 10;
export const WAITING_LIMIT = 20;
/** Bounded, because forged notices may name any id and each pending read is an activity. */
export const READS_LIMIT = 20;
const ANSWERS_KEPT = 12;

export function inMotion(phase: Phase): phase is Motion {
  return phase.is !== 'free' && phase.is !== 'linked' && phase.is !== 'attention' && phase.is !== 'retired';
}

export function parkedOf(phase: Phase): ParkReason | undefined {
  return inMotion(phase) ? phase.parked : undefined;
}

/** The request that the code serves or is about to serve, as far as this link knows. */
export function currentRequestId(phase: Phase): string | undefined {
  switch (phase.is) {
    case 'linking':
      return phase.order.requestId;
    case 'linked':
    case 'updating':
    case 'settling':
      return phase.sale.requestId;
    case 'unlinking':
    case 'rating':
      return phase.sale?.requestId;
    case 'opening':
    case 'free':
    case 'checking':
    case 'attention':
    case 'retired':
      return undefined;
  }
}

/** The commands that the effect of a motion answers. */
export function commandsOf(phase: Motion): readonly string[] {
  switch (phase.is) {
    case 'opening':
      return phase.commandIds;
    case 'linking':
    case 'updating':
      return [phase.order.commandId];
    case 'unlinking':
      return [...phase.orders, ...(phase.then === undefined ? [] : [phase.then])].map((order) => order.commandId);
    case 'rating':
      return phase.order === undefined ? [] : [phase.order.commandId];
    case 'settling':
    case 'checking':
      return [];
  }
}

export function isRetiring(state: LinkState): boolean {
  const { phase } = state;
  if (phase.is === 'retired' || (phase.is === 'rating' && phase.retired)) return true;
  if (phase.is === 'unlinking' && (phase.retired || phase.orders.some((order) => order.is === 'retire'))) return true;
  return state.waiting.some((order) => order.is === 'retire');
}

/** Enters a motion: its effect carries the new seq, so that the effect of an older one cannot write over it. */
export function move(state: LinkState, phase: Motion): LinkState {
  return { ...state, phase, seq: state.seq + 1 };
}

export function remember(state: LinkState, commandId: string, answer: Answer): LinkState {
  if (answer.is === 'pending' || answer.is === 'queued') return state;
  const kept = state.answered.filter((entry) => entry.commandId !== commandId).slice(1 - ANSWERS_KEPT);
  return { ...state, answered: [...kept, { commandId, answer }] };
}
