/** Double clicks, retries and races: one key is one request, and one link serves one request. */
import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import type { ApiAnswer } from '../../api/client.ts';
import { brl, COFFEE, openShop, type Shop } from '../../support/shop.ts';

describe('an Idempotency-Key', () => {
  let shop: Shop;
  beforeAll(async () => {
    shop = await openShop();
  });
  afterAll(async () => {
    await shop?.close();
  });

  const times = async (count: number, call: (n: number) => Promise<ApiAnswer>): Promise<readonly ApiAnswer[]> =>
    Promise.all(Array.from({ length: count }, async (_, n) => call(n)));
  const requestsOf = async (till: string) =>
    shop.rows<{ id: string; status: string }>(
      'select payment_request_id as id, status from payment_request where payment_link_id = $1',
      [till],
    );

  it('sent 50 times in parallel makes one request and gets 50 times the same answer', async () => {
    const till = await shop.openTill();
    const headers = { 'idempotency-key': randomUUID() };
    const answers = await times(50, async () => shop.sell(till, {}, headers));
    expect(new Set(answers.map(({ status }) => status))).toEqual(new Set([201]));
    expect(new Set(answers.map(({ text }) => text)).size).toBe(1);
    expect(new Set(answers.map((answer) => answer.headers.get('location'))).size).toBe(1);
    expect(answers.filter((answer) => answer.headers.get('idempotency-replayed') === null)).toHaveLength(1);
    expect(await requestsOf(till)).toEqual([{ id: answers[0]?.body['id'], status: 'active' }]);
    expect(await shop.events(String(answers[0]?.body['id']))).toEqual(['payment_request.linked']);
  });

  it('answers the same bytes also after the sale was paid', async () => {
    const till = await shop.openTill();
    const headers = { 'idempotency-key': randomUUID() };
    const first = await shop.sell(till, {}, headers);
    const id = String(first.body['id']);
    await shop.pay(id);
    await shop.untilRequest(id, 'paid');
    const again = await shop.sell(till, {}, headers);
    expect(again).toMatchObject({ status: 201, text: first.text });
    expect(again.headers.get('idempotency-replayed')).toBe('true');
    expect(await requestsOf(till)).toHaveLength(1);
  });

  it('of its own for each of 50 sales on one link lets one in, and refuses the others by its name', async () => {
    const till = await shop.openTill();
    const answers = await times(50, async (n) => shop.sell(till, { amount: brl(`${n + 1}.00`) }));
    const linked = answers.filter(({ status }) => status === 201);
    const refused = answers.filter(({ status }) => status === 409);
    expect([linked.length, refused.length]).toEqual([1, 49]);
    const winner = linked[0]?.body['id'];
    for (const { body, headers } of refused) {
      expect(headers.get('content-type')).toMatch('application/problem+json');
      expect(body).toMatchObject({
        type: expect.stringMatching(/\/payment-link-busy$/),
        currentPaymentRequestId: winner,
      });
    }
    expect((await requestsOf(till)).filter(({ status }) => status !== 'refused')).toEqual([
      { id: winner, status: 'active' },
    ]);
    expect(await shop.link(till)).toMatchObject({ status: 'linked', currentPaymentRequestId: winner });
  });

  it('of a refusal keeps the refusal, also when the link is free by then', async () => {
    const till = await shop.openTill();
    await shop.sold(till);
    const headers = { 'idempotency-key': randomUUID() };
    const refused = await shop.sell(till, {}, headers);
    expect(refused.status).toBe(409);
    await shop.pos.post(`/v1/payment-links/${till}/unlink`);
    expect(await shop.sell(till, {}, headers)).toMatchObject({ status: 409, text: refused.text });
  });

  it('with another body, or on another address, is refused', async () => {
    const [till, other] = [await shop.openTill(), await shop.openTill()];
    const headers = { 'idempotency-key': randomUUID() };
    expect((await shop.sell(till, {}, headers)).status).toBe(201);
    for (const answer of [
      await shop.sell(till, { amount: brl('1.00') }, headers),
      await shop.sell(other, {}, headers),
      await shop.pos.post(`/v1/payment-links/${till}/unlink`, {}, headers),
    ]) {
      expect(answer).toMatchObject({
        status: 422,
        body: { type: expect.stringMatching(/\/idempotency-key-reuse$/) },
      });
    }
    expect(await requestsOf(other)).toEqual([]);
  });

  it('is needed for every POST, and joins a change that is sent twice', async () => {
    const till = await shop.openTill();
    const path = `/v1/payment-links/${till}/payment-requests`;
    const without = await shop.pos.send('POST', path, { 'content-type': 'application/json' }, JSON.stringify(COFFEE));
    expect(without).toMatchObject({ status: 400, body: { type: expect.stringMatching(/idempotency-key-required$/) } });
    const id = await shop.sold(till);
    const headers = { 'idempotency-key': randomUUID(), 'if-match': '"0"' };
    const change = async () => shop.pos.patch(`/v1/payment-requests/${id}`, { amount: brl('30.00') }, headers);
    const answers = await times(10, change);
    expect(new Set(answers.map(({ status, text }) => `${status} ${text}`)).size).toBe(1);
    expect(answers[0]).toMatchObject({ status: 200, body: { revision: 1, amount: brl('30.00') } });
    expect(await shop.atBank(id)).toMatchObject({ revision: 1, amount: brl('30.00') });
  });
});
