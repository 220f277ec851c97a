/** The effects of the `reconcile` workflow, as the workflow sees them. Each may be repeated: it goes on where it stood. */
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
  readonly kind: 'nightly' | 'asked' | 'statement';
  /** Payment requests, by creation, at most 30 days each. */
  readonly windows: readonly RunPart[];
  /** Links, by creation, at most a month each and a year back. */
  readonly months: readonly RunPart[];
}

export interface ReconciliationActivities {
  /** Writes the run down if nobody has, and sets it running. `kind` only for runs that nobody asked for. */
  startReconciliation(input: RunRef & { readonly kind?: 'nightly' }): Promise<RunPlan>;
  /** Compares every payment request of the span with ours, both ways. */
  reconcileWindow(input: RunRef & RunPart): Promise<void>;
  /** Lists links of the span that are nobody's. */
  reconcileLinks(input: RunRef & RunPart): Promise<void>;
  /** Waits, not for ever, until the checks that were sent have booked what was found. */
  awaitHealing(input: RunRef): Promise<void>;
  /** Notices of payments that are booked nowhere. */
  reconcileInbox(input: RunRef): Promise<void>;
  matchStatement(input: RunRef): Promise<void>;
  finishReconciliation(input: RunRef): Promise<void>;
  failReconciliation(input: RunRef & { readonly because: string }): Promise<void>;
  /** Runs that were asked for while Temporal was away. */
  strandedReconciliations(input: { readonly merchantId: string }): Promise<readonly string[]>;
}
