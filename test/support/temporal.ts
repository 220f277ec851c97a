/**
 * Where the run's own Temporal answers. Task queues are unique for each test file, so that no worker takes another's
 * work.
 */
import { randomBytes } from 'node:crypto';

interface TestTemporal {
  readonly address: string;
  readonly namespace: string;
  readonly taskQueue: string;
}

export function testTemporal(): TestTemporal {
  const address = process.env['RELINK_TEST_TEMPORAL_ADDRESS'];
  if (address === undefined) throw new Error('run through jest: test/support/global-setup.ts starts Temporal');
  return { address, namespace: 'default', taskQueue: `test-${randomBytes(6).toString('hex')}` };
}

/** For `workflowBundle: { codePath }` of a worker: built once for the run, 1.5 s that no test file pays again. */
export function workflowBundlePath(): string {
  const file = process.env['RELINK_TEST_BUNDLE'];
  if (file === undefined) throw new Error('workflows/index.ts did not exist when the run began');
  return file;
}
