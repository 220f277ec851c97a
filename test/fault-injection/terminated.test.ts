/**
 * `temporal workflow terminate` in the middle of a sale; orders that come too late; writes that reach the bank too
 * late.
 */
import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import type { LinkState } from '../../domain/links/link-state.ts';
import { freshDatabase } from '../support/database.ts';
import { testTemporal } from '../support/temporal.ts';
import { idIn, ProductShop } from './shop.ts';
import { until } from './waiting.ts';

let shop: ProductShop;
const tills: string[] = [];

beforeAll(async () => {
  const { address: temporalAddress, taskQueue } = testTemporal();
  shop = await ProductShop.open({ databaseUrl: await freshDatabase(), temporalAddress, taskQueue });
});

afterAll(async () => shop.close());

async function till(label: string): Promise<string> {
  const id = await shop.openTill(label);
  tills.push(id);
  return id;
}

async function untilPhase(on: string, phase: string, parked: 'parked' | 'under way'): Promise<void> {
  let seen: LinkState['phase'] | undefined;
  await until(
    () => `link ${on} is ${phase}, ${parked} (last seen: ${JSON.stringify(seen)})`,
    async () => {
      seen = (await shop.workflow(on).query<LinkState>('state')).phase;
      return seen.is === phase && (parked === 'under way' || ('parked' in seen && seen.parked !== undefined));
    },
  );
}

async function terminate(on: string): Promise<void> {
  await shop.workflow(on).terminate('an operator was curious');
}

describe('a link terminated in the middle of a sale comes back with the next message, and the sale ends', () => {
  it('while it is linked', async () => {
    const on = await till('linked');
    const sale = await shop.sold(on);
    await terminate(on);
    await shop.pay(sale);
    await shop.untilRequest(sale, 'paid');
    await shop.untilFree(on);
    expect((await shop.workflow(on).describe()).status.name).toBe('RUNNING');
  });

  it('while the bank is out and its effect is parked or being tried again', async () => {
    const [linking, late, updating, unlinking, settling] = [
      await till('linking'),
      await till('late'),
      await till('updating'),
      await till('unlinking'),
      await till('settling'),
    ];
    const [updated, unlinked, settled] = [
      await shop.sold(updating),
      await shop.sold(unlinking),
      await shop.sold(settling),
    ];
    await shop.control('faults', { status: 503, path: '/payment-requests' });
    const keys = Array.from({ length: 4 }, () => randomUUID());
    const orders = [
      async () => shop.sell(linking, {}, keys[0]),
      async () => shop.sell(late, { notAfter: 4 }, keys[1]),
      async () => shop.change(updated, '31.70', '"0"', keys[2]),
      async () => shop.unlink(unlinking, keys[3]),
    ] as const;
    const answers = await Promise.all(orders.map(async (order) => order()));
    expect(answers.map(({ status }) => status)).toEqual([202, 202, 202, 202]);
    await shop.pay(settled);
    await Promise.all([
      untilPhase(linking, 'linking', 'under way'),
      untilPhase(late, 'linking', 'parked'),
      untilPhase(updating, 'updating', 'parked'),
      untilPhase(unlinking, 'unlinking', 'parked'),
      untilPhase(settling, 'settling', 'under way'),
    ]);
    await Promise.all([linking, late, updating, unlinking, settling].map(terminate));
    await shop.control('faults', { reset: true });
    // The next message: the POS repeats its key. The settling one has nobody but `watch`.
    await Promise.all(orders.map(async (order) => order()));
    const [sold, tooLate] = answers.slice(0, 2).map(idIn);
    await shop.untilPayable(sold ?? '', '24.90');
    expect((await shop.untilRequest(tooLate ?? '', 'refused')).because).toBe('timed-out');
    await shop.untilPayable(updated, '31.70');
    await shop.untilRequest(unlinked, 'cancelled');
    await shop.untilRequest(settled, 'paid');
    expect(await shop.atRest()).toEqual([]);
  });
});

describe('an order that comes too late', () => {
  it('is refused and never carried out: the worker was away for longer than notAfter', async () => {
    const [free, linked] = [await till('free'), await till('linked too')];
    const sale = await shop.sold(linked);
    await shop.stack.worker.kill();
    const refused = idIn(await shop.sell(free, { notAfter: 1 }));
    const body = { amount: { currency: 'BRL', value: '31.70' }, notAfter: 1 };
    const key = randomUUID();
    await shop.call('PATCH', `/v1/payment-requests/${sale}`, { body, ifMatch: '"0"', key });
    await until('both deadlines are over', async () => {
      const left = await shop.rows('select from command where outcome is null and not_after > now()');
      return left.length === 0;
    });
    await shop.stack.worker.start();
    expect((await shop.untilRequest(refused, 'refused')).because).toBe('timed-out');
    expect(await shop.atRest()).toEqual([]);
    expect(await shop.atBank(refused)).toBeUndefined();
    expect(await shop.request(sale)).toMatchObject({ status: 'active', revision: 0, amount: { value: '24.90' } });
  });
});

describe('a write that reaches the bank after it was given up', () => {
  it('is found and cancelled, and booked as late money where it was paid', async () => {
    const [lost, paid] = [await till('late write'), await till('late write, paid')];
    await shop.control('behaviour', { lateWriteMs: 12_000 });
    await shop.control('faults', { timeout: 'after', method: 'PUT', path: '/payment-requests' });
    const ids = (await Promise.all([lost, paid].map(async (on) => shop.sell(on, { notAfter: 2 })))).map(idIn);
    const [first = '', second = ''] = ids;
    await Promise.all(ids.map(async (id) => shop.untilRequest(id, 'refused')));
    // Nobody looks while the payer is fast.
    await shop.stack.worker.kill();
    await shop.control('faults', { reset: true });
    await shop.control('behaviour', { reset: true });
    for (const id of ids) await until(`${id} reaches the bank`, async () => (await shop.atBank(id)) !== undefined);
    await shop.pay(second);
    await shop.stack.worker.start();
    expect((await shop.untilRequest(second, 'paid')).because).toBe('late');
    await until(`${first} is cancelled at the bank`, async () => (await shop.atBank(first))?.status === 'CANCELLED');
    expect(await shop.atRest()).toEqual([]);
  });
});

describe('after all that', () => {
  it('the money is taken and every code is of use for the next sale', async () => {
    await shop.payAll();
    await shop.sellEverywhere(tills);
    expect(await shop.atRest()).toEqual([]);
  });
});
