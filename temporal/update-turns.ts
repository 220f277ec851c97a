/**
 * Takes turns: the server lets ten Updates be in flight in one run, and one too many loses the workflow task of all of
 * them ("Workflow task not found"), so that 50 sales at once on one link were not judged within five seconds. It orders
 * nothing.
 */
interface UpdateTurns {
  /** Answers undefined, without having begun, when the turn did not come before the deadline. */
  take<T>(workflowId: string, deadline: number, work: () => Promise<T>): Promise<T | undefined>;
}

/** Below ten, because other processes send to the same link. */
const AT_ONCE = 6;

interface TurnQueue {
  underWay: number;
  readonly waiting: (() => void)[];
}

export function createUpdateTurns(atOnce = AT_ONCE): UpdateTurns {
  const lines = new Map<string, TurnQueue>();
  const leave = (workflowId: string, queue: TurnQueue): void => {
    queue.underWay -= 1;
    queue.waiting.shift()?.();
    if (queue.underWay === 0) lines.delete(workflowId);
  };
  return {
    async take(workflowId, deadline, work) {
      const queue = lines.get(workflowId) ?? { underWay: 0, waiting: [] };
      lines.set(workflowId, queue);
      if (queue.underWay < atOnce) queue.underWay += 1;
      else if (!(await waitForTurn(queue, deadline))) return undefined;
      try {
        return await work();
      } finally {
        leave(workflowId, queue);
      }
    },
  };
}

/** A caller that leaves admits the next one and counts it at once, so that no other can take the place. */
async function waitForTurn(queue: TurnQueue, deadline: number): Promise<boolean> {
  return new Promise((resolve) => {
    const called = (): void => {
      clearTimeout(patience);
      queue.underWay += 1;
      resolve(true);
    };
    const patience = setTimeout(
      () => {
        queue.waiting.splice(queue.waiting.indexOf(called), 1);
        resolve(false);
      },
      Math.max(0, deadline - Date.now()),
    );
    queue.waiting.push(called);
  });
}
