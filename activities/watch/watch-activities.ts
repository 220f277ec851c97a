/** The activity of the `watch` workflow. */
interface WatchRound {
  readonly requestsRead: number;
  readonly checksSent: number;
  readonly commandsResent: number;
  readonly noticesResent: number;
  readonly usageSent: number;
}

export interface WatchActivities {
  /** Reads what is due and signals only what differs; sends again what was lost. Repeating a round does no harm. */
  watchRound(input: { readonly merchantId: string }): Promise<WatchRound>;
}
