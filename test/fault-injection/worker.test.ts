/**
 * kill -9 of the worker before and after every step of every flow, by its own hand, over real HTTP, bank and database.
 */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { freshDatabase } from '../support/database.ts';
import { testTemporal } from '../support/temporal.ts';
import { ProductShop } from './shop.ts';
import { untilDead } from './waiting.ts';
import { cases, type Case } from './worker-steps.ts';

interface CrashedCase extends Case {
  /** Resolves when the order is carried out. */
  readonly ended: Promise<string>;
}

const nameOf = ({ flow, step, meanwhile }: Case): string =>
  `${flow.name} at ${step}${meanwhile === undefined ? '' : ` while ${meanwhile}`}`;

describe('the worker, killed', () => {
  const dir = mkdtempSync(path.join(tmpdir(), 'relink-arm-'));
  const arm = path.join(dir, 'step');
  const armed = { RELINK_TEST_KILL_AT: `@${arm}` };
  const places = new Map<Case, { readonly till: string; readonly sale: string }>();
  const unfinished = new Map<Case, CrashedCase>();
  let shop: ProductShop;

  beforeAll(async () => {
    writeFileSync(arm, '');
    const { address: temporalAddress, taskQueue } = testTemporal();
    shop = await ProductShop.open({ databaseUrl: await freshDatabase(), temporalAddress, taskQueue });
    await Promise.all(
      cases.map(async (each) => {
        const till = await shop.openTill(nameOf(each));
        places.set(each, { till, sale: await each.flow.prepare(shop, till) });
      }),
    );
    await shop.stack.worker.kill();
  });

  afterAll(async () => {
    await shop.close();
    rmSync(dir, { recursive: true, force: true });
  });

  /** Those that would run into this step by themselves; the others get on with it while the next one dies. */
  async function letFinish(step: string): Promise<void> {
    const activity = step.split('.')[0];
    const before = [...unfinished.values()].filter(({ flow }) => flow.runs.some((run) => run === activity));
    await Promise.all(before.map(async ({ ended }) => ended));
  }

  it.each(cases.map((each) => [nameOf(each), each] as const))('dies: %s', async (name, each) => {
    const { worker } = shop.stack;
    const { flow, step, meanwhile } = each;
    const { till, sale } = places.get(each) ?? { till: '', sale: '' };
    await worker.start(armed);
    await letFinish(step);
    writeFileSync(arm, step);
    const ordered = flow.order(shop, till, sale);
    expect(await untilDead(worker, step)).toBe('SIGKILL');
    writeFileSync(arm, '');
    const at = { till, sale, result: await ordered };
    if (meanwhile !== undefined) await shop.pay(at.result);
    const end = meanwhile === undefined ? flow.ended : (flow.endedPaid ?? flow.ended);
    const ended = end(shop, at).then(
      () => '',
      (error: unknown) => `${name}: ${String(error)}`,
    );
    const one = { ...each, ended };
    unfinished.set(each, one);
    void ended.then((broken) => broken === '' && unfinished.delete(each));
  });

  it('comes back, and every order is carried out', async () => {
    await shop.stack.worker.start();
    expect((await Promise.all([...unfinished.values()].map(async ({ ended }) => ended))).filter(Boolean)).toEqual([]);
    expect(await shop.atRest()).toEqual([]);
  });

  it('takes the money for every sale, and finds every code of use for the next one', async () => {
    await shop.payAll();
    expect(await shop.atRest()).toEqual([]);
    await shop.sellEverywhere([...places.values()].map(({ till }) => till));
    expect(await shop.atRest()).toEqual([]);
  });
});
