/**
 * Sends messages to link workflows, starting the workflow where none runs (protocol.md F6). It never reports a failure
 * that may have been a success: whatever was not answered is `unknown`, and the same message may be sent again under
 * its id.
 */
import { WithStartWorkflowOperation, type Client } from '@temporalio/client';
import type { LinkKind } from '../domain/money/charge.ts';
import type { Answer } from '../domain/links/link-state.ts';
import { present } from '../domain/present.ts';
import {
  PAYMENT_LINK_WORKFLOW,
  paymentLinkWorkflowId,
  searchAttributes,
  type PaymentLinkInput,
  type updates,
} from '../workflows/messages.ts';
import { updateUntil, type UpdateResult } from './update.ts';
import { createUpdateTurns } from './update-turns.ts';

export interface LinkAddress {
  readonly merchantId: string;
  readonly kind: LinkKind;
  readonly paymentLinkId: string;
  readonly label: string;
}

export type CommandName = keyof typeof updates;

export interface LinkSender {
  /** Waits for the answer, at most `timeoutMs`. The update id is the command id, so a repeat joins the first. */
  update(
    name: CommandName,
    link: LinkAddress,
    message: object,
    limits: { readonly commandId: string; readonly timeoutMs: number },
  ): Promise<UpdateResult>;
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
      return updateUntil(deadline, async () =>
        turns.take(workflowIdOf(link), deadline, async () =>
          client.withDeadline(deadline, async () => updateOnce(name, link, message, commandId)),
        ),
      );
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

function workflowIdOf({ merchantId, kind, paymentLinkId }: LinkAddress): string {
  return paymentLinkWorkflowId(merchantId, kind, paymentLinkId);
}

function startOptions(link: LinkAddress, { taskQueue, continueAsNewAfter }: SenderOptions) {
  const { merchantId, kind, paymentLinkId, label } = link;
  const input: PaymentLinkInput = {
    merchantId,
    paymentLinkId,
    ...present({ continueAsNewAfter }),
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
