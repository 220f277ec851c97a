/**
 * The current details that Temporal UI shows for a link, for an operator who does not know Relink: what it waits for,
 * until when, what happens next, and what a person may do. Markdown, because current details are rendered as such.
 */
import { nextDeadline, type Effect } from './link-effects.ts';
import { parkedOf, type LinkState, type Phase } from './link-state.ts';

export function describeLink(state: LinkState): string {
  const lines = [`### ${state.label} (${state.kind})`, '', sentenceOf(state.phase), ''];
  const parked = parkedOf(state.phase);
  if (parked !== undefined) {
    lines.push(
      `**Parked since ${iso(parked.since)}**: ${parked.because}. It is tried again by itself, and at the next message.`,
      '',
    );
  }
  const deadline = nextDeadline(state);
  if (deadline !== undefined) lines.push(`Next look at the clock: ${iso(deadline)}.`, '');
  if (state.queue.length > 0)
    lines.push(`Queued behind it: ${state.queue.map((order) => order.amount).join(', ')}.`, '');
  if (state.waiting.length > 0) lines.push(`Commands waiting their turn: ${state.waiting.length}.`, '');
  if (state.reads.length > 0) lines.push(`Reads of earlier requests under way: ${state.reads.length}.`, '');
  lines.push(`You may: ${operatorMay(state.phase)}.`);
  return lines.join('\n');
}

function sentenceOf(phase: Phase): string {
  switch (phase.is) {
    case 'opening':
      return 'Opening the link at the provider. Next: it is free, and the printed code can be made.';
    case 'free':
      return 'Free. The code shows nothing to pay. Next: it waits for a sale to be linked.';
    case 'linking':
      return `Linking ${phase.order.amount} (${phase.order.requestId}) at the provider. Next: the customer can pay.`;
    case 'linked':
      return `The code asks for ${phase.sale.amount} (${phase.sale.requestId}, revision ${phase.sale.revision})${until(phase.sale.expiresAt)}. Next: it waits for the payment.`;
    case 'updating':
      return `Changing the charge from ${phase.sale.amount} to ${phase.order.amount ?? 'other terms'} (${phase.sale.requestId}). Next: the customer pays the new amount.`;
    case 'settling':
      return `Asking the provider about ${phase.sale.amount} (${phase.sale.requestId}), because of: ${phase.why}. Next: booked and free, or linked as before.`;
    case 'unlinking':
      return `Taking ${phase.stray ?? phase.sale?.requestId ?? 'whatever is there'} off the code. Next: ${phase.then === undefined ? 'the link is free' : `${phase.then.amount} is linked`}.`;
    case 'rating':
      return 'Rating what was used. Next: the bill is on the code, or is held for a person.';
    case 'checking':
      return `Looking at the provider what the code shows (${phase.because}).`;
    case 'attention':
      return `**Needs attention**: ${phase.because}. No sale is linked until a read shows that the code is clear.`;
    case 'retired':
      return 'Retired. No sale is linked any more; late money is still booked.';
  }
}

function until(expiresAt: number | undefined): string {
  return expiresAt === undefined ? '' : ` until ${iso(expiresAt)}`;
}

function operatorMay(phase: Phase): string {
  if (phase.is === 'attention')
    return 'send the Update `resolve` (takes our own requests off the code and looks again)';
  if (phase.is === 'retired') return 'send the Update `reconcileNow`';
  return 'send the Updates `reconcileNow`, `unlink`, `annotate` or `retire`; terminating is safe, the next message brings the link back';
}

function iso(ms: number): string {
  return new Date(ms).toISOString().replace('.000Z', 'Z');
}

/** One line for the timeline of Temporal UI. */
export function summaryOf(effect: Effect): string {
  switch (effect.run) {
    case 'openLink':
      return 'open the link at the provider';
    case 'linkRequest':
      return `link ${effect.order.amount}, request ${effect.order.requestId}`;
    case 'updateRequest':
      return `change the charge to ${effect.order.amount ?? 'other terms'}, request ${effect.order.requestId}`;
    case 'cancelRequest':
      return effect.requestId === undefined ? 'free the code' : `take request ${effect.requestId} off the code`;
    case 'settleRequest':
      return `ask the provider about request ${effect.requestId} (${effect.why})`;
    case 'rateUsage': {
      const { order } = effect;
      if (order === undefined) return 'rate what was used';
      return `${order.is} the held bill ${order.billId}, and rate what was used`;
    }
    case 'checkLink':
      return 'look what the code shows';
  }
}
