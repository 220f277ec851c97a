/** kill -9 of the API between its steps and right after each 2xx: the key repeated finds the one outcome. */
import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { freshDatabase } from '../support/database.ts';
import { PATIENT_MS } from '../limits/limits.ts';
import { testTemporal } from '../support/temporal.ts';
import type { KeptAnswer } from './records.ts';
import { ProductShop } from './shop.ts';
import { untilDead } from './waiting.ts';

/** A final answer is kept and repeated as it was; 202 and silence promise only that one will come. */
function sameAgain(heard: KeptAnswer | undefined, repeated: KeptAnswer | undefined): KeptAnswer | undefined {
  return heard === undefined || heard.status === 202 ? repeated : { ...heard, replayed: true };
}

describe('the API, killed', () => {
  let shop: ProductShop;
  const tills: string[] = [];

  beforeAll(async () => {
    const { address: temporalAddress, taskQueue } = testTemporal();
    // A repeated key is answered with the end of its order, however long that takes.
    const env = { API_UPDATE_TIMEOUT_MS: String(PATIENT_MS) };
    shop = await ProductShop.open({ databaseUrl: await freshDatabase(), temporalAddress, taskQueue, env });
  });

  afterAll(async () => shop.close());

  async function till(label: string): Promise<string> {
    const id = await shop.openTill(label);
    tills.push(id);
    return id;
  }

  async function restart(step?: string): Promise<void> {
    await shop.stack.api.kill();
    await shop.stack.api.start(step === undefined ? {} : { RELINK_TEST_KILL_AT: step });
  }

  /** Dies at the step while it answers, comes back, and is asked again under the same key. */
  async function dieAndRepeat(step: string, ask: () => Promise<KeptAnswer>): Promise<KeptAnswer> {
    await restart(step);
    const lost = ask().catch(() => undefined);
    expect(await untilDead(shop.stack.api, step)).toBe('SIGKILL');
    const heard = await lost;
    await restart();
    const repeated = await ask();
    expect(repeated).toEqual(sameAgain(heard, repeated));
    return repeated;
  }

  it.each([
    ['api.before-commit', false],
    ['api.after-commit', true],
    ['api.after-update', true],
    ['api.after-answer', true],
  ])('at %s has made one sale or none, and the repeated key makes it one', async (step, replayed) => {
    const on = await till(step);
    const key = randomUUID();
    const answer = await dieAndRepeat(step, async () => shop.sell(on, {}, key));
    expect(answer).toMatchObject({ status: 201, replayed, body: { status: 'active', payable: true } });
    const requests = await shop.rows('select from payment_request where payment_link_id = $1', [on]);
    expect(requests).toHaveLength(1);
  });

  it.each(['api.after-commit', 'api.after-update'])('at %s changes a charge once', async (step) => {
    const sale = await shop.sold(await till(step));
    const key = randomUUID();
    const answer = await dieAndRepeat(step, async () => shop.change(sale, '31.70', '"0"', key));
    expect(answer).toMatchObject({ status: 200, body: { revision: 1, amount: { value: '31.70' } } });
  });

  it('at api.after-commit unlinks once', async () => {
    const on = await till('unlink');
    const sale = await shop.sold(on);
    const key = randomUUID();
    const answer = await dieAndRepeat('api.after-commit', async () => shop.unlink(on, key));
    expect(answer).toMatchObject({ status: 200, body: { found: 'cancelled', paymentRequest: { id: sale } } });
  });

  it.each(['callback.before-insert', 'callback.after-insert', 'callback.after-answer'])(
    'at %s books the payment once all the same',
    async (step) => {
      const on = await till(step);
      const sale = await shop.sold(on);
      await restart(step);
      await shop.pay(sale);
      expect(await untilDead(shop.stack.api, step)).toBe('SIGKILL');
      await restart();
      await shop.untilRequest(sale, 'paid');
      await shop.untilFree(on);
      const booked = await shop.rows('select from ledger_transaction where payment_request_id = $1', [sale]);
      expect(booked).toHaveLength(1);
    },
  );

  it('right after each 2xx has kept what it said', async () => {
    const [forSale, forChange, forUnlink, forCancel] = await Promise.all(
      ['sale', 'change', 'unlink', 'cancel'].map(async (label) => till(label)),
    );
    const [changed, cancelled] = await Promise.all([shop.sold(forChange ?? ''), shop.sold(forCancel ?? '')]);
    await shop.sold(forUnlink ?? '');
    const keys = Array.from({ length: 5 }, () => randomUUID());
    const all = async (): Promise<readonly KeptAnswer[]> =>
      Promise.all([
        shop.post('/v1/payment-links', { kind: 'till', label: 'opened' }, keys[0]),
        shop.sell(forSale ?? '', {}, keys[1]),
        shop.change(changed, '31.70', '"0"', keys[2]),
        shop.unlink(forUnlink ?? '', keys[3]),
        shop.post(`/v1/payment-requests/${cancelled}/cancel`, {}, keys[4]),
      ]);
    const heard = await all();
    await shop.stack.api.kill();
    await shop.stack.api.start();
    const repeated = await all();
    for (const [index, answer] of heard.entries()) {
      expect([200, 201, 202]).toContain(answer.status);
      expect(repeated[index]).toEqual(sameAgain(answer, repeated[index]));
    }
  });

  it('leaves nothing behind, and every code is of use', async () => {
    expect(await shop.atRest()).toEqual([]);
    await shop.payAll();
    await shop.sellEverywhere(tills);
    expect(await shop.atRest()).toEqual([]);
  });
});
