/**
 * `npm run record-histories`: walks every path, or those that are named, against the engine as it is, and writes the
 * histories to test/histories/.
 * Record before a change of the workflow is released; never re-record to make a failing replay pass (docs/runbook.md).
 */
import { mkdirSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { historyToJSON } from '@temporalio/common/lib/proto-utils.js';
import { batchPaths } from './batch-paths.ts';
import { startEngine } from './engine.ts';
import setUp from './global-setup.ts';
import tearDown from './global-teardown.ts';
import { historiesOf, type HistoryEvents } from './history.ts';
import { paths } from './link-paths.ts';
import { moneyPaths } from './money-paths.ts';

const dir = path.resolve(import.meta.dirname, '../histories');
mkdirSync(dir, { recursive: true });
await setUp();
const named = process.argv.slice(2);
const wanted = (name: string): boolean => named.length === 0 || named.includes(name);

function write(name: string, runs: readonly HistoryEvents[]): void {
  for (const [index, events] of runs.entries()) {
    const file = path.join(dir, runs.length === 1 ? `${name}.json` : `${name}-${index + 1}.json`);
    writeFileSync(file, `${historyToJSON({ events: [...events] })}\n`);
    process.stdout.write(`${file}: ${events.length} events\n`);
  }
}

for (const { name, walk, continueAsNewAfter, kind } of paths.filter((each) => wanted(each.name))) {
  const engine = await startEngine(continueAsNewAfter === undefined ? {} : { continueAsNewAfter });
  const link = await walk(engine);
  // A run that followed another within a second has its first task held back so long; without one there is nothing to
  // replay.
  await new Promise((resolve) => setTimeout(resolve, 1_500));
  write(name, await historiesOf(engine.client, engine.workflowId(link, kind)));
  await engine.stop();
}
for (const { name, walk } of [...moneyPaths, ...batchPaths].filter((each) => wanted(each.name))) {
  const engine = await startEngine();
  write(name, await historiesOf(engine.client, await walk(engine)));
  await engine.stop();
}
await tearDown();
process.exit(0);
