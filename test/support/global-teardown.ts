/** Ends what global-setup.ts started. After a kill -9 nobody comes here: the servers then end with their pipe. */
import { rmSync } from 'node:fs';
import type { TestRun } from './global-setup.ts';

export default async function tearDown(): Promise<void> {
  const run = (globalThis as { relinkTestRun?: TestRun }).relinkTestRun;
  if (run === undefined) return;
  await run.services.stop();
  run.program.remove();
  rmSync(run.dir, { recursive: true, force: true });
}
