/**
 * What the page for bills reads of the HTTP API (docs/bills.md): types only, for the checker; browsers never load it.
 */
import type { Amount, Blame } from '../contract.ts';

export interface TariffVersion {
  readonly id: string;
  readonly version: number;
  readonly effectiveFrom: string;
  readonly unit: string;
  readonly currency: string;
}

export type BatchStatus = 'waiting' | 'running' | 'finished' | 'failed';

export interface BatchRows {
  readonly total: number;
  readonly waiting: number;
  readonly opened: number;
  readonly reused: number;
  readonly refused: number;
  readonly failed: number;
}

interface BatchFile {
  readonly number: number;
  readonly bills: number;
}

export interface Batch {
  readonly id: string;
  readonly name: string;
  readonly status: BatchStatus;
  readonly because?: string | null;
  readonly layout: { readonly kind: 'a4' | 'stickers'; readonly level: string };
  readonly rows: BatchRows;
  readonly secondsLeft: number | null;
  readonly files: readonly BatchFile[];
  readonly createdAt: string;
  readonly startedAt: string | null;
  readonly finishedAt: string | null;
}

export interface BatchRow {
  readonly line: number;
  readonly accountId: string | null;
  readonly status: string;
  readonly errors: readonly Blame[] | null;
}

export type Result = 'stored' | 'repeat' | 'conflict' | 'refused';
export type Outcome = 'waiting' | 'billed' | 'held' | 'replaced' | 'conflict' | 'refused';

/** Numbers of a device that never arrived, both ends included. */
export interface Gap {
  readonly deviceId: string;
  readonly from: number;
  readonly to: number;
}

export interface Upload {
  readonly id: string;
  readonly rows: { readonly total: number } & Readonly<Record<Result, number>>;
  readonly gaps: readonly Gap[];
}

/** An upload as this browser remembers it: the API tells the gaps once, with its answer. */
export interface KeptUpload extends Upload {
  readonly name: string;
  readonly at: string;
}

export interface ReadingRow {
  readonly line: number;
  readonly result: Result;
  readonly errors?: readonly Blame[] | null;
  readonly deviceId: string | null;
  readonly sequence: number | null;
  readonly meterId: string | null;
  readonly accountId: string | null;
  readonly outcome: Outcome;
  readonly because?: string | null;
  readonly billId?: string | null;
  readonly exceptionId?: string | null;
}

/** An instant, or a look at a register at one. */
export type Moment = string | { readonly at: string };

export interface Bill {
  readonly id: string;
  readonly accountId: string;
  readonly paymentLinkId: string | null;
  readonly number: number;
  readonly revision: number;
  readonly status: 'billed' | 'held' | 'nothing-due';
  readonly request: string | null;
  readonly because?: string | null;
  readonly exceptionId?: string | null;
  readonly usage: string;
  readonly unit: string;
  readonly from: Moment | null;
  readonly upTo: Moment | null;
  readonly estimated: boolean;
  readonly tariff: { readonly id: string; readonly version: number } | null;
  readonly lines: readonly { readonly kind: string; readonly text: string; readonly amount: Amount }[];
  readonly total: Amount | null;
  readonly dueDate: string | null;
}

export type HeldDecisionName = 'approve' | 'correct' | 'reread';

export interface HeldDecision {
  readonly decision: HeldDecisionName;
  readonly operator: string;
  readonly reason: string;
  readonly value?: string;
  readonly readAt?: string;
}

/** An exception of the kind `held-bill`. */
export interface Held {
  readonly id: string;
  readonly status: 'open' | 'resolved';
  readonly sentence: string;
  readonly paymentLinkId: string | null;
  readonly paymentRequestId: string | null;
  readonly owner: string;
  readonly deadlineAt: string | null;
  readonly escalated: boolean;
  readonly may: readonly string[];
  readonly openedAt: string;
}
