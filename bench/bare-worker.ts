/**
 * The worker of the bare workflow, a process of its own with the same settings as ours. Its parent hears when it has
 * booked.
 */
import path from 'node:path';
import { NativeConnection, Runtime, Worker } from '@temporalio/worker';
import type { BareActivities } from './bare-workflow.ts';

const [address = '', taskQueue = ''] = process.argv.slice(2);
// Whatever happens to the load generator, no worker stays behind.
process.once('disconnect', () => process.exit(0));
Runtime.install({ shutdownSignals: [], logger: { ...quiet(), error: (message) => console.error(message) } });

const activities: BareActivities = {
  linkRequest: async ({ requestId }) => Promise.resolve({ requestId }),
  settleRequest: async (requestId) => {
    process.send?.({ booked: requestId });
    return Promise.resolve({ requestId });
  },
};
const worker = await Worker.create({
  connection: await NativeConnection.connect({ address }),
  taskQueue,
  workflowsPath: path.join(import.meta.dirname, 'bare-workflow.ts'),
  activities: { ...activities },
  stickyQueueScheduleToStartTimeout: '1500ms',
  maxConcurrentActivityTaskExecutions: 40,
});
process.send?.({ ready: true });
await worker.run();

function quiet() {
  const nothing = (): void => undefined;
  return { log: nothing, trace: nothing, debug: nothing, info: nothing, warn: nothing };
}
