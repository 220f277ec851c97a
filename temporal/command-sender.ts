/**
 * Sends any command to the workflow that decides it: those of links, decisions about exceptions, and returns. Workflows
 * of the last two read the command from its row, so any later message makes up for a lost one.
 */
import { WithStartWorkflowOperation, type WorkflowOptions } from '@temporalio/client';
import type { Answer } from '../domain/links/link-state.ts';
import type { MoneyAnswer } from '../domain/links/money-answers.ts';
import {
  begun,
  decisions,
  EXCEPTION_WORKFLOW,
  exceptionWorkflowId,
  look,
  RETURN_WORKFLOW,
  returnWorkflowId,
} from '../workflows/messages.ts';
import { createBillBatchSender } from './bill-batch-sender.ts';
import { createLinkSender, type CommandName, type LinkAddress, type SenderOptions } from './link-sender.ts';
import { updateUntil, type UpdateResult } from './update.ts';

export type CommandUpdateName = CommandName | 'resolveException' | 'returnMoney';

export interface CommandSender {
  /** Waits for the answer, at most `timeoutMs`. The update id is the command id, so a repeat joins the first. */
  update(
    name: CommandUpdateName,
    link: LinkAddress,
    message: object,
    limits: { readonly commandId: string; readonly timeoutMs: number },
  ): Promise<UpdateResult>;
  /** Rejects when Temporal did not take it within `timeoutMs` (3 s): then nothing is known either. */
  signal(name: string, link: LinkAddress, message: object, limits?: { readonly timeoutMs?: number }): Promise<void>;
  /** Makes the workflow of an exception or of a return read its row. */
  wake(what: 'exception' | 'return', merchantId: string, id: string): Promise<void>;
  /** Starts the workflow of a batch of bills; nothing where it runs. */
  startBatch(merchantId: string, batchId: string): Promise<void>;
  /** Takes a request off its code; undefined: not known yet. */
  unlink(link: LinkAddress, message: { readonly commandId: string }): Promise<Answer | undefined>;
}

const SIGNAL_MS = 3_000;
const UNLINK_MS = 3_500;

interface MessageTarget {
  readonly workflow: string;
  readonly options: WorkflowOptions & { readonly args: readonly [object] };
}

export function createCommandSender(sending: SenderOptions): CommandSender {
  const { client } = sending;
  const links = createLinkSender(sending);
  const batches = createBillBatchSender(client, sending.taskQueue);

  async function wakeWorkflow(what: 'exception' | 'return', merchantId: string, id: string): Promise<void> {
    const { workflow, options } = targetOf(what, merchantId, id, sending.taskQueue);
    await client.withDeadline(Date.now() + SIGNAL_MS, async () =>
      client.workflow.signalWithStart(workflow, { ...options, args: [...options.args], signal: look, signalArgs: [] }),
    );
  }

  return {
    async update(name, link, message, limits) {
      if (name !== 'resolveException' && name !== 'returnMoney') return links.update(name, link, message, limits);
      const deadline = Date.now() + limits.timeoutMs;
      const { what, id } = subjectOf(message);
      const { workflow, options } = targetOf(what, link.merchantId, id, sending.taskQueue);
      return updateUntil(deadline, async () =>
        client.withDeadline(deadline, async () => {
          const startWorkflowOperation = new WithStartWorkflowOperation(workflow, {
            ...options,
            args: [...options.args],
            workflowIdConflictPolicy: 'USE_EXISTING',
          });
          const answer: unknown = await client.workflow.executeUpdateWithStart(updateOf(message), {
            updateId: limits.commandId,
            args: name === 'returnMoney' ? [] : [message],
            startWorkflowOperation,
          });
          return answer as MoneyAnswer;
        }),
      );
    },

    async signal(name, link, message, limits) {
      if (name !== 'resolveException' && name !== 'returnMoney') return links.signal(name, link, message, limits);
      const { what, id } = subjectOf(message);
      return wakeWorkflow(what, link.merchantId, id);
    },

    wake: wakeWorkflow,

    startBatch: async (merchantId, batchId) => batches.start({ merchantId, batchId }),

    async unlink(link, message) {
      const limits = { commandId: message.commandId, timeoutMs: UNLINK_MS };
      const sent = await links.update('unlink', link, message, limits);
      return sent.is === 'unknown' ? undefined : (sent.answer as Answer);
    },
  };
}

/** The message names the workflow that it is for; the command row holds the same. */
function subjectOf(message: object): { readonly what: 'exception' | 'return'; readonly id: string } {
  const { exceptionId, returnId } = message as { readonly exceptionId?: string; readonly returnId?: string };
  if (exceptionId !== undefined) return { what: 'exception', id: exceptionId };
  if (returnId !== undefined) return { what: 'return', id: returnId };
  throw new Error('a command about money names its exception or its return');
}

function updateOf(message: object): string {
  const { decision } = message as { readonly decision?: keyof typeof decisions };
  return decision === undefined ? begun.name : decisions[decision].name;
}

function targetOf(what: 'exception' | 'return', merchantId: string, id: string, taskQueue: string): MessageTarget {
  const common = { taskQueue, workflowIdReusePolicy: 'ALLOW_DUPLICATE' as const };
  return what === 'exception'
    ? {
        workflow: EXCEPTION_WORKFLOW,
        options: {
          ...common,
          workflowId: exceptionWorkflowId(merchantId, id),
          args: [{ merchantId, exceptionId: id }],
        },
      }
    : {
        workflow: RETURN_WORKFLOW,
        options: { ...common, workflowId: returnWorkflowId(merchantId, id), args: [{ merchantId, returnId: id }] },
      };
}
