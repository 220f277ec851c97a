/** What the operator's page reads of the HTTP API: types only, for the checker; browsers never load it. */
import type { ExceptionKind } from '../../domain/money/exception.ts';
import type { Amount, PaymentLink, TimelineEntry } from '../contract.ts';

/** A page of a list. */
export interface Page<T> {
  readonly data: readonly T[];
  readonly next: string | null;
}

export type DecisionName = 'acceptAsIs' | 'returnMoney' | 'keepAsCredit' | 'applyTo' | 'writeOff';

/** Money or a state that matches nothing. */
export interface Exceptional {
  readonly id: string;
  readonly kind: ExceptionKind;
  readonly status: 'open' | 'resolved';
  readonly sentence: string;
  readonly amount: Amount | null;
  readonly left: Amount | null;
  readonly paymentLinkId: string | null;
  readonly paymentRequestId: string | null;
  readonly policy: string;
  readonly owner: string;
  readonly deadlineAt: string | null;
  readonly escalated: boolean;
  readonly may: readonly DecisionName[];
  readonly resolution: {
    readonly decision: string;
    readonly by: string;
    readonly reason: string;
    readonly paymentRequestId: string | null;
    readonly at: string;
  } | null;
  readonly workflowId: string;
  readonly openedAt: string;
}

export interface Decision {
  readonly decision: DecisionName;
  readonly operator: string;
  readonly reason: string;
  readonly paymentRequestId?: string;
  readonly amount?: Amount;
}

export interface Payment {
  readonly endToEndId: string;
  readonly outcome: string;
  readonly amount: Amount;
  readonly settledAt: string | null;
  readonly bookedAt: string;
}

export interface MoneyReturn {
  readonly id: string;
  readonly endToEndId: string;
  readonly status: 'sending' | 'pending' | 'completed' | 'failed';
  readonly because?: string;
  readonly amount: Amount;
  readonly origin: string;
  readonly reason: string;
  readonly createdAt: string;
  readonly completedAt: string | null;
}

/** A payment request with its money. */
export interface Bill {
  readonly id: string;
  readonly paymentLinkId: string;
  readonly status: string;
  readonly amount: Amount;
  readonly reference: string;
  readonly createdAt: string;
  readonly settlement: { readonly amount: Amount; readonly payments: readonly Payment[] } | null;
  readonly returns: readonly MoneyReturn[];
}

export interface Balances {
  readonly at: string;
  readonly data: readonly { readonly account: string; readonly amount: Amount }[];
}

export interface Link extends PaymentLink {
  readonly kind: 'till' | 'bill';
  readonly reference: string | null;
  readonly createdAt: string;
}

export interface Entry extends TimelineEntry {
  readonly paymentRequestId: string | null;
  readonly evidence: string | null;
}

/** What a code showed at an instant, and what became of it. */
export interface Moment {
  readonly at: string;
  readonly shows: { readonly amount: Amount; readonly reference: string; readonly statusNow: string } | null;
  readonly payable: boolean;
  readonly because: string;
  readonly payments: readonly Payment[];
  readonly returns: readonly { readonly amount: Amount; readonly status: string }[];
}

export interface Finding {
  readonly id: number;
  readonly kind: string;
  readonly sentence: string;
  readonly paymentLinkId: string | null;
  readonly exceptionId: string | null;
  readonly healed: boolean;
}

export interface Run {
  readonly id: string;
  readonly kind: string;
  readonly status: 'waiting' | 'running' | 'finished' | 'failed';
  readonly because?: string;
  readonly from: string | null;
  readonly to: string | null;
  /** Percent, "100.000". */
  readonly explained: string | null;
  readonly money: readonly { readonly currency: string; readonly seen: Amount; readonly booked: Amount }[];
  readonly counts: Readonly<Record<string, number>>;
  readonly createdAt: string;
  readonly finishedAt: string | null;
}
