/**
 * kill -9 of the worker between the bank's answer and our own rows, and right after them: each account gets one link.
 */
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { accountLine, csvOf, fileOf, uploadBatch } from '../../bench/samples/bill-batches.ts';
import { freshDatabase } from '../support/database.ts';
import { untilPrinted } from '../support/printed-batch.ts';
import { insertSampleTariff } from '../../bench/samples/tariffs.ts';
import { testTemporal } from '../support/temporal.ts';
import { ProductShop } from './shop.ts';
import { untilDead } from './waiting.ts';

const ACCOUNTS = 60;

describe('the worker of a batch, killed', () => {
  let shop: ProductShop;
  beforeAll(async () => {
    const { address: temporalAddress, taskQueue } = testTemporal();
    shop = await ProductShop.open({ databaseUrl: await freshDatabase(), temporalAddress, taskQueue });
    await insertSampleTariff(async (sql, values) => shop.rows(sql, values), shop.merchantId);
  });
  afterAll(async () => shop.close());

  it.each([
    ['batch.opened', 1],
    ['batch.stored', 2],
  ])('at %s leaves strays at the bank, and comes back to the rows that wait', async (step, series) => {
    const office = { url: shop.stack.apiUrl, key: shop.apiKey };
    const lines = Array.from({ length: ACCOUNTS }, (_, index) => accountLine(series * 1_000 + index));
    await shop.stack.worker.kill();
    await shop.stack.worker.start({ RELINK_TEST_KILL_AT: step });
    const { body } = await uploadBatch(office, csvOf(lines));
    expect(await untilDead(shop.stack.worker, step)).toBe('SIGKILL');
    await shop.stack.worker.start();
    const printed = await untilPrinted(office, body['id']);
    expect(printed).toMatchObject({ status: 'finished', rows: { opened: ACCOUNTS, waiting: 0, failed: 0 } });
    const links = await shop.rows<{ reference: string }>(
      'select reference from payment_link where reference = any ($1)',
      [lines.map(({ account }) => account)],
    );
    expect(new Set(links.map(({ reference }) => reference)).size).toBe(ACCOUNTS);
    expect(links).toHaveLength(ACCOUNTS);
    const [file] = printed['files'] as readonly { readonly url: string }[];
    expect((await fileOf(office, file?.url ?? '')).length).toBeGreaterThan(1_000);
  });

  it('leaves nothing behind that breaks a promise', async () => {
    expect(await shop.atRest()).toEqual([]);
  });
});
