/**
 * An Update that is repeated under its id until somebody has answered it, and what its errors say about the command.
 */
import { setTimeout as pause } from 'node:timers/promises';
import {
  ApplicationFailure,
  isGrpcServiceError,
  ServiceError,
  WorkflowNotFoundError,
  WorkflowUpdateFailedError,
  WorkflowUpdateRPCTimeoutOrCancelledError,
} from '@temporalio/client';
import type { Answer } from '../domain/links/link-state.ts';
import type { CommandAnswer } from '../domain/links/money-answers.ts';
import { REFUSED } from '../workflows/messages.ts';

export type UpdateResult =
  | { readonly is: 'answer'; readonly answer: CommandAnswer }
  /** By a validator: it left no trace, so whoever sent it must write it down. */
  | { readonly is: 'refused'; readonly answer: Extract<Answer, { readonly is: 'refused' }> }
  | { readonly is: 'unknown'; readonly because: string };

const TOO_MANY = 'too many Updates of this link are under way';

/** `once` answers undefined when its turn did not come. */
export async function updateUntil(
  deadline: number,
  once: () => Promise<CommandAnswer | undefined>,
): Promise<UpdateResult> {
  for (let attempt = 1; ; attempt += 1) {
    try {
      const answer = await once();
      return answer === undefined ? { is: 'unknown', because: TOO_MANY } : { is: 'answer', answer };
    } catch (error) {
      const verdict = judge(error);
      if (verdict.is !== 'repeat') return verdict;
      const waitMs = Math.min(15 * 1.5 ** attempt, 250);
      if (Date.now() + waitMs >= deadline) return { is: 'unknown', because: verdict.because };
      await pause(waitMs);
    }
  }
}

type UpdateVerdict =
  Exclude<UpdateResult, { readonly is: 'answer' }> | { readonly is: 'repeat'; readonly because: string };

const FAILED_PRECONDITION = 9;
const ABORTED = 10;

/** What an error of an Update says about the command. Only a refusal by the workflow itself is believed to be one. */
function judge(error: unknown): UpdateVerdict {
  if (error instanceof WorkflowUpdateFailedError) return judgeFailure(error);
  if (error instanceof WorkflowUpdateRPCTimeoutOrCancelledError) return { is: 'unknown', because: error.message };
  // Accepted by a run that has continued as new or ended since: the Update is repeated to the next run, under the same
  // id.
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

function judgeFailure(error: WorkflowUpdateFailedError): UpdateVerdict {
  const { cause } = error;
  if (!(cause instanceof ApplicationFailure)) return { is: 'repeat', because: cause?.message ?? error.message };
  if (cause.type === 'AcceptedUpdateCompletedWorkflow') return { is: 'repeat', because: cause.message };
  const refused = cause.details?.[0] as Answer | undefined;
  if (cause.type === REFUSED && refused?.is === 'refused') return { is: 'refused', answer: refused };
  // Our own parser had accepted the message, so a workflow that cannot read it is a bug, not an answer for the caller.
  throw error;
}
