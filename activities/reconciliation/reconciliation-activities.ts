/** The activities of the `reconcile` workflow. Each may be repeated and continues where the last attempt stopped. */
import type { RunKind } from '../../db/reconciliation/reconciliations.ts';

export interface RunRef {
  readonly merchantId: string;
  readonly runId: string;
}

/** A part of a run: a span of creation times at the provider. */
export interface RunPart {
  readonly part: string;
  readonly from: string;
  readonly to: string;
}

export interface RunPlan {
  /** Ended already: there is nothing to do. */
  readonly ended: boolean;
  readonly kind: RunKind;
  /** Payment requests, by creation, at most 30 days each. */
  readonly windows: readonly RunPart[];
  /** Links, by creation, at most a month each and a year back. */
  readonly months: readonly RunPart[];
}

export interface ReconciliationActivities {
  /** Inserts the run unless it exists, and marks it running. `kind` is given only for a run that nobody asked for. */
  startReconciliation(input: RunRef & { readonly kind?: 'nightly' }): Promise<RunPlan>;
  /** Compares every payment request of the span with ours, both ways. */
  reconcileWindow(input: RunRef & RunPart): Promise<void>;
  /** Lists links of the span that belong to nobody. */
  reconcileLinks(input: RunRef & RunPart): Promise<void>;
  /** Waits, with a limit, until the checks that were sent have booked what was found. */
  awaitHealing(input: RunRef): Promise<void>;
  /** Notices of payments that are booked nowhere. */
  reconcileInbox(input: RunRef): Promise<void>;
  matchStatement(input: RunRef): Promise<void>;
  finishReconciliation(input: RunRef): Promise<void>;
  failReconciliation(input: RunRef & { readonly because: string }): Promise<void>;
  /** Runs that were requested while Temporal was unavailable. */
  strandedReconciliations(input: { readonly merchantId: string }): Promise<readonly string[]>;
}
