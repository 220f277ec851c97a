/**
 * Sends messages to link workflows, starting the workflow where none runs (protocol.md F6). It never reports a failure that
 * may have been a success: whatever was not answered is `unknown`, and the same message may be sent again under its id.
 */
import { setTimeout as pause } from 'node:timers/promises';
import {
  ApplicationFailure,
  isGrpcServiceError,
  ServiceError,
  WithStartWorkflowOperation,
  WorkflowNotFoundError,
  WorkflowUpdateFailedError,
  WorkflowUpdateRPCTimeoutOrCancelledError,
  type Client,
} from '@temporalio/client';
import type { LinkKind } from '../domain/charge.ts';
import type { Answer } from '../domain/link-state.ts';
import {
  PAYMENT_LINK_WORKFLOW,
  paymentLinkWorkflowId,
  REFUSED,
  searchAttributes,
  type PaymentLinkInput,
  type updates,
} from '../workflows/messages.ts';
import { createUpdateTurns } from './update-turns.ts';

export interface LinkAddress {
  readonly merchantId: string;
  readonly kind: LinkKind;
  readonly paymentLinkId: string;
  readonly label: string;
}

export type Sent =
  | { readonly is: 'answer'; readonly answer: Answer }
  /** By a validator: it left no trace, so whoever sent it must write it down. */
  | { readonly is: 'refused'; readonly answer: Extract<Answer, { readonly is: 'refused' }> }
  | { readonly is: 'unknown'; readonly because: string };

export type CommandName = keyof typeof updates;

export interface LinkSender {
  /** Waits for the answer, at most `timeoutMs`. The update id is the command id, so a repeat joins the first. */
  update(
    name: CommandName,
    link: LinkAddress,
    message: object,
    limits: { readonly commandId: string; readonly timeoutMs: number },
  ): Promise<Sent>;
  /** Rejects when Temporal did not take it within `timeoutMs` (3 s): then nothing is known either. */
  signal(name: string, link: LinkAddress, message: object, limits?: { readonly timeoutMs?: number }): Promise<void>;
}

export interface SenderOptions {
  readonly client: Client;
  readonly taskQueue: string;
  /** Test only. */
  readonly continueAsNewAfter?: number;
}

export function createLinkSender(options: SenderOptions): LinkSender {
  const { client } = options;
  const turns = createUpdateTurns();

  async function updateOnce(name: CommandName, link: LinkAddress, message: object, commandId: string): Promise<Answer> {
    // Single use: a repeat needs its own.
    const startWorkflowOperation = new WithStartWorkflowOperation(PAYMENT_LINK_WORKFLOW, {
      ...startOptions(link, options),
      workflowIdConflictPolicy: 'USE_EXISTING',
    });
    const answer: unknown = await client.workflow.executeUpdateWithStart(name, {
      updateId: commandId,
      args: [message],
      startWorkflowOperation,
    });
    return answer as Answer;
  }

  return {
    async update(name, link, message, { commandId, timeoutMs }) {
      const deadline = Date.now() + timeoutMs;
      for (let attempt = 1; ; attempt += 1) {
        try {
          const answer = await turns.take(workflowIdOf(link), deadline, async () =>
            client.withDeadline(deadline, async () => updateOnce(name, link, message, commandId)),
          );
          return answer === undefined ? { is: 'unknown', because: TOO_MANY } : { is: 'answer', answer };
        } catch (error) {
          const verdict = judge(error);
          if (verdict.is !== 'repeat') return verdict;
          const waitMs = Math.min(15 * 1.5 ** attempt, 250);
          if (Date.now() + waitMs >= deadline) return { is: 'unknown', because: verdict.because };
          await pause(waitMs);
        }
      }
    },

    async signal(name, link, message, { timeoutMs = 3_000 } = {}) {
      await client.withDeadline(Date.now() + timeoutMs, async () =>
        client.workflow.signalWithStart(PAYMENT_LINK_WORKFLOW, {
          ...startOptions(link, options),
          signal: name,
          signalArgs: [message],
        }),
      );
    },
  };
}

const TOO_MANY = 'too many Updates of this link are under way';

function workflowIdOf({ merchantId, kind, paymentLinkId }: LinkAddress): string {
  return paymentLinkWorkflowId(merchantId, kind, paymentLinkId);
}

function startOptions(link: LinkAddress, { taskQueue, continueAsNewAfter }: SenderOptions) {
  const { merchantId, kind, paymentLinkId, label } = link;
  const input: PaymentLinkInput = {
    merchantId,
    paymentLinkId,
    ...(continueAsNewAfter === undefined ? {} : { continueAsNewAfter }),
  };
  return {
    workflowId: workflowIdOf(link),
    taskQueue,
    args: [input],
    workflowIdReusePolicy: 'ALLOW_DUPLICATE' as const,
    // The summary is lost at continue-as-new; the memo is not.
    staticSummary: inBytes(label, MOST_SUMMARY_BYTES),
    memo: { label },
    typedSearchAttributes: [
      { key: searchAttributes.merchantId, value: merchantId },
      { key: searchAttributes.kind, value: kind },
      { key: searchAttributes.status, value: 'ok' },
    ],
  };
}

/** Temporal refuses a longer one. */
const MOST_SUMMARY_BYTES = 200;

function inBytes(text: string, most: number): string {
  const characters = [...text];
  while (Buffer.byteLength(characters.join('')) > most) characters.pop();
  return characters.join('');
}

type Verdict = Exclude<Sent, { readonly is: 'answer' }> | { readonly is: 'repeat'; readonly because: string };

const FAILED_PRECONDITION = 9;
const ABORTED = 10;

/** What an error of an Update says about the command. Only a refusal by the workflow itself is believed to be one. */
function judge(error: unknown): Verdict {
  if (error instanceof WorkflowUpdateFailedError) return judgeFailure(error);
  if (error instanceof WorkflowUpdateRPCTimeoutOrCancelledError) return { is: 'unknown', because: error.message };
  // Accepted by a run that has rolled over or ended since: the next run is asked, under the same id.
  if (error instanceof WorkflowNotFoundError) return { is: 'repeat', because: error.message };
  const grpc = error instanceof ServiceError ? error.cause : error;
  if (isGrpcServiceError(grpc)) {
    // At a continue-as-new; the SDK does not repeat it, and the command may have happened.
    const code: number = grpc.code;
    const momentary = code === FAILED_PRECONDITION || code === ABORTED;
    return { is: momentary ? 'repeat' : 'unknown', because: grpc.details === '' ? grpc.message : grpc.details };
  }
  throw error;
}

function judgeFailure(error: WorkflowUpdateFailedError): Verdict {
  const { cause } = error;
  if (!(cause instanceof ApplicationFailure)) return { is: 'repeat', because: cause?.message ?? error.message };
  if (cause.type === 'AcceptedUpdateCompletedWorkflow') return { is: 'repeat', because: cause.message };
  const refused = cause.details?.[0] as Answer | undefined;
  if (cause.type === REFUSED && refused?.is === 'refused') return { is: 'refused', answer: refused };
  // We sent what our own parser had read: that the workflow cannot read it is a bug, and no answer for a caller.
  throw error;
}
