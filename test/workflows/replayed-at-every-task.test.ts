/** Without a cache every workflow task replays the whole history: what is not deterministic shows itself at once. */
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { startEngine, type Engine } from '../support/engine.ts';
import { paths } from '../support/link-paths.ts';

describe('a worker that remembers nothing between two tasks', () => {
  let engine: Engine;
  beforeAll(async () => {
    engine = await startEngine({ maxCachedWorkflows: 0, continueAsNewAfter: 60 });
  });
  afterAll(async () => {
    await engine.stop();
  });

  it.each(paths)('walks the path $name', async ({ walk, kind }) => {
    const link = await walk(engine);
    const failed = await engine.client.workflow
      .getHandle(engine.workflowId(link, kind))
      .fetchHistory()
      .then(({ events }) => (events ?? []).filter((event) => event.workflowTaskFailedEventAttributes));
    expect(failed).toEqual([]);
  });
});
