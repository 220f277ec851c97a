/**
 * The rival: the least that a long-lived workflow per link can be. The same messages as ours, two activities that do
 * nothing, one lazy timer, continue-as-new when the server suggests it. It has no database, no provider, no history for
 * people, no deadline that is ever looked at, and no answer for a message out of order.
 */
import {
  allHandlersFinished,
  ApplicationFailure,
  condition,
  continueAsNew,
  defineSignal,
  defineUpdate,
  proxyActivities,
  setHandler,
  sleep,
  workflowInfo,
} from '@temporalio/workflow';

/** As large as the message that Relink's API sends. */
export interface BareOrder {
  readonly commandId: string;
  readonly requestId: string;
  readonly charge: {
    readonly amount: { readonly minorUnits: string; readonly currency: string };
    readonly reference: string;
    readonly expiresIn: number;
  };
}

export interface BareActivities {
  linkRequest(order: BareOrder): Promise<{ readonly requestId: string }>;
  settleRequest(requestId: string): Promise<{ readonly requestId: string }>;
}

export const link = defineUpdate<{ readonly requestId: string }, [BareOrder]>('link');
export const paid = defineSignal<[{ readonly requestId: string }]>('paid');

const { linkRequest, settleRequest } = proxyActivities<BareActivities>({ startToCloseTimeout: '10s' });

export async function bareLink(): Promise<void> {
  let current: string | undefined;
  let settling = false;
  let armed = false;

  const arm = async (seconds: number): Promise<void> => {
    armed = true;
    await sleep(seconds * 1_000);
    armed = false;
  };
  setHandler(
    link,
    async (order: BareOrder) => {
      await condition(() => current === undefined);
      current = order.requestId;
      if (!armed) void arm(order.charge.expiresIn);
      return linkRequest(order);
    },
    {
      validator: (_order) => {
        if (current !== undefined && !settling) throw ApplicationFailure.nonRetryable(`busy with ${current}`);
      },
    },
  );
  setHandler(paid, ({ requestId }) => {
    if (requestId === current) settling = true;
  });
  for (;;) {
    await condition(
      () => settling || (current === undefined && allHandlersFinished() && workflowInfo().continueAsNewSuggested),
    );
    if (!settling) await continueAsNew<typeof bareLink>();
    await settleRequest(current ?? '');
    settling = false;
    current = undefined;
  }
}
