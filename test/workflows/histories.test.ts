/** Every history ever recorded replays on today's code; a workflow that would break a running link fails here. */
import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { historyFromJSON } from '@temporalio/common/lib/proto-utils.js';
import { Worker, type ReplayWorkerOptions } from '@temporalio/worker';
import { describe, expect, it } from '@jest/globals';
import { workflowBundlePath } from '../support/temporal.ts';

const dir = path.resolve(import.meta.dirname, '../histories');
const files = readdirSync(dir).filter((file) => file.endsWith('.json'));

function read(file: string): History {
  return JSON.parse(readFileSync(path.join(dir, file), 'utf8')) as History;
}

function options(): ReplayWorkerOptions {
  return { workflowBundle: { codePath: workflowBundlePath() }, replayName: 'recorded' };
}

/** Under its own workflow id: the workflow compares it with the link that it loads. */
async function replay(history: History): Promise<void> {
  const { workflowId } = history.events[0]?.workflowExecutionStartedEventAttributes ?? {};
  await Worker.runReplayHistory(options(), historyFromJSON(history), workflowId);
}

interface History {
  readonly events: AnyEvent[];
}

interface AnyEvent {
  readonly eventType: string;
  readonly workflowExecutionStartedEventAttributes?: { workflowId: string };
  readonly activityTaskScheduledEventAttributes?: { activityType: { name: string } };
}

describe('recorded histories', () => {
  const links = ['paid', 'expired', 'updated', 'replaced', 'cancelled', 'continued-as-new', 'attention', 'late-money'];
  const others = ['metered', 'exception-decided', 'exception-by-policy', 'return-completed', 'bill-batch'];
  it.each([...links, ...others])('hold the path %s', (name) => {
    expect(files.filter((file) => file.startsWith(name)).length).toBeGreaterThan(0);
  });

  it.each(files)('%s replays', async (file) => {
    await expect(replay(read(file))).resolves.toBeUndefined();
  });

  it('one in which another activity ran does not replay', async () => {
    const history = read('paid.json');
    const scheduled = history.events.find(
      (event) => event.activityTaskScheduledEventAttributes?.activityType.name === 'settleRequest',
    );
    const attributes = scheduled?.activityTaskScheduledEventAttributes;
    if (attributes === undefined) throw new Error('paid.json settles nothing');
    attributes.activityType.name = 'cancelRequest';
    await expect(replay(history)).rejects.toThrow('nondeterminism');
  });

  it('one in which a message is missing does not replay', async () => {
    const history = read('paid.json');
    const signal = history.events.findIndex((event) => event.eventType.endsWith('WORKFLOW_EXECUTION_SIGNALED'));
    const timer = history.events[signal];
    if (timer === undefined) throw new Error('paid.json has no signal');
    history.events[signal] = { ...timer, eventType: 'EVENT_TYPE_WORKFLOW_EXECUTION_CANCEL_REQUESTED' };
    await expect(replay(history)).rejects.toThrow('nondeterminism');
  });
});
