/** The bank's undocumented choices. Each is a switch, so that the engine is proved right under either answer. */
import { z } from 'zod';

const milliseconds = z.int().min(0).max(600_000);
/** By the bank's clock, which can be moved: as long as a return may take, and longer. */
const bankMilliseconds = z.int().min(0).max(7_776_000_000);

export const behaviourSchema = z.strictObject({
  linkFreedBy: z.enum(['terminal', 'next']).meta({
    description: 'terminal: a finished request leaves its link at once. next: it stays shown until another is linked.',
  }),
  absentPaymentLinkId: z
    .enum(['keep', 'unlink'])
    .meta({ description: 'What a PUT without paymentLinkId does to the link.' }),
  etags: z.enum(['on', 'off']).meta({ description: 'off: no ETag is given and If-Match is not looked at.' }),
  noOpPutBumpsRevision: z
    .boolean()
    .meta({ description: 'A PUT that changes nothing makes a new revision all the same.' }),
  readLagMs: milliseconds.meta({ description: 'Reads show what held so long ago; a new request is shown at once.' }),
  activeCallbacks: z.boolean().meta({ description: 'Whether ACTIVE is called back.' }),
  settledWithoutSummary: z
    .int()
    .min(0)
    .meta({ description: 'The next n reads of settled requests lack settlementSummary.' }),
  lateWriteMs: milliseconds.meta({
    description: 'A write whose answer was lost (fault timeout: after) lands only then.',
  }),
  processingMs: milliseconds.meta({ description: 'A payment is PROCESSING for so long before it ends.' }),
  processingEndsIn: z.enum(['settled', 'active']).meta({ description: 'How PROCESSING ends.' }),
  acceptOneCent: z
    .boolean()
    .meta({ description: 'Whether the amount 0.01 is accepted ("more than 0.01", says the contract).' }),
  idempotencyKeys: z
    .enum(['replay', 'conflict', 'ignore'])
    .meta({ description: 'What a repeated Idempotency-Key does.' }),
  secondPaymentShows: z.enum(['latest', 'alternate']).meta({
    description: 'settlementSummary holds one payment. latest: the newest. alternate: reads by id take turns.',
  }),
  errorsWithoutContext: z.boolean().meta({ description: 'Error bodies lack their context.' }),
  settlementAmount: z.enum(['total', 'face']).meta({
    description: 'What settlementSummary.payment.amount is when there are parts: all that was paid, or the face value.',
  }),
  bulkMs: bankMilliseconds.meta({
    description: 'The rows of a bulk are carried out one by one over so long. 0: at once.',
  }),
  holidays: z.array(z.iso.date()).max(1_000).meta({
    description:
      'Days off beside the weekends: a due date on one moves to the next business day, and its terms with it.',
  }),
  returnMs: bankMilliseconds.meta({
    description: 'A return ends after so long: RECEIVED for the first half, then PROCESSING. 0: it has ended at once.',
  }),
  returnEndsIn: z.enum(['COMPLETED', 'REJECTED', 'CANCELED']).meta({ description: 'How a return ends.' }),
  returnFailsLaterMs: bankMilliseconds.meta({
    description: 'A return that was COMPLETED is RETURNED so long after. 0: never.',
  }),
  returnKeyHours: z.int().min(0).max(8_784).meta({
    description: 'So long the Idempotency-Key of a return is remembered; after that it makes a second return.',
  }),
});

export type Behaviour = z.infer<typeof behaviourSchema>;

export const defaultBehaviour: Behaviour = {
  linkFreedBy: 'terminal',
  absentPaymentLinkId: 'keep',
  etags: 'on',
  noOpPutBumpsRevision: false,
  readLagMs: 0,
  activeCallbacks: true,
  settledWithoutSummary: 0,
  lateWriteMs: 0,
  processingMs: 0,
  processingEndsIn: 'settled',
  acceptOneCent: true,
  idempotencyKeys: 'replay',
  secondPaymentShows: 'latest',
  errorsWithoutContext: false,
  settlementAmount: 'total',
  bulkMs: 0,
  holidays: [],
  returnMs: 0,
  returnEndsIn: 'COMPLETED',
  returnFailsLaterMs: 0,
  returnKeyHours: 24,
};

export interface BehaviourSwitches {
  current(): Behaviour;
  change(patch: Partial<Behaviour>): void;
  reset(): void;
  /** Takes one off `settledWithoutSummary` and tells whether this read has to do without. */
  withholdSummary(): boolean;
}

export function createBehaviour(initial: Behaviour, changed: (behaviour: Behaviour) => void): BehaviourSwitches {
  let behaviour = initial;
  const become = (next: Behaviour): void => {
    behaviour = next;
    changed(next);
  };
  return {
    current: () => behaviour,
    change: (patch) => become({ ...behaviour, ...patch }),
    reset: () => become(defaultBehaviour),
    withholdSummary: () => {
      if (behaviour.settledWithoutSummary === 0) return false;
      become({ ...behaviour, settledWithoutSummary: behaviour.settledWithoutSummary - 1 });
      return true;
    },
  };
}
