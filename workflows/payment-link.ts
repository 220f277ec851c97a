/**
 * The workflow of one Payment Link, which lives for years. It feeds messages and results into `transition`, runs the
 * effect that the state asks for, and answers the callers.
 */
import { allHandlersFinished, CancellationScope, condition, continueAsNew } from '@temporalio/workflow';
import { handleMessages } from './link-messages.ts';
import { LinkRun } from './link-run.ts';
import type { PaymentLinkInput } from './messages.ts';

export async function paymentLink(input: PaymentLinkInput): Promise<void> {
  // Cancelling the workflow is ignored (the order for that is `retire`): stopping in the middle of a sale would abandon
  // it.
  await CancellationScope.nonCancellable(async () => runLink(input));
}

async function runLink(input: PaymentLinkInput): Promise<void> {
  const run = new LinkRun(input);
  // All handlers are registered before the first await: messages come before the run's first step.
  const waiting = handleMessages(run);
  if (!(await run.begin())) {
    waiting.refuseAll({ is: 'refused', because: 'not-found' });
    await condition(allHandlersFinished);
    return;
  }
  for (;;) {
    await condition(() => run.hasEffect() || (run.isIdle() && (run.isOver() || run.wantsRenewal())));
    if (run.hasEffect()) await run.performEffect();
    else if (run.isOver()) return;
    else await continueAsNew<typeof paymentLink>(run.renewed());
  }
}
