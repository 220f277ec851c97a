import { afterAll, afterEach, beforeAll, describe, expect, it } from '@jest/globals';
import { SALE, startShop, type ApiShop } from '../shop-alone.ts';

describe('a charge update', () => {
  let shop: ApiShop;
  beforeAll(async () => {
    shop = await startShop();
  });
  afterEach(() => shop.answers(undefined));
  afterAll(async () => {
    await shop.stop();
  });

  async function sale(): Promise<string> {
    const answer = await shop.pos.post(`/v1/payment-links/${await shop.till()}/payment-requests`, SALE);
    return String(answer.body['id']);
  }
  const change = { amount: { currency: 'BRL', value: '30.00' } };

  it.each([
    [{}, 428, 'precondition-required'],
    [{ 'if-match': '0' }, 412, 'stale-revision'],
    [{ 'if-match': 'W/"0"' }, 412, 'stale-revision'],
    [{ 'if-match': '"abc"' }, 412, 'stale-revision'],
  ])('with the headers %j is %i', async (headers, status, name) => {
    const before = shop.sent.length;
    const answer = await shop.pos.patch(`/v1/payment-requests/${await sale()}`, change, headers);
    expect(answer).toMatchObject({ status, body: { type: `https://relink.dev/problems/${name}` } });
    expect(shop.sent.slice(before).some((sent) => sent.name === 'updateCharge')).toBe(false);
  });

  it('carries the revision that was read, or none for *', async () => {
    const id = await sale();
    await shop.pos.patch(`/v1/payment-requests/${id}`, change, { 'if-match': '"0"' });
    expect(shop.sent.at(-1)).toMatchObject({ message: { requestId: id, expectedRevision: 0, charge: change } });
    await shop.pos.patch(`/v1/payment-requests/${id}`, change, { 'if-match': '*' });
    expect(shop.sent.at(-1)?.message).not.toHaveProperty('expectedRevision');
  });

  it.each([
    ['paid', 'not-current', 409, 'already-paid'],
    ['underpaid', 'not-current', 409, 'already-paid'],
    ['expired', 'not-current', 409, 'not-active'],
    ['active', 'stale-revision', 412, 'stale-revision'],
    ['active', 'too-many-changes', 409, 'too-many-changes'],
  ] as const)('of a request that is %s, refused as %s, is %i %s', async (status, because, http, name) => {
    const id = await sale();
    await shop.rows('update payment_request set status = $2 where payment_request_id = $1', [id, status]);
    shop.answers(async () => ({ is: 'refused', answer: { is: 'refused', because } }));
    const answer = await shop.pos.patch(`/v1/payment-requests/${id}`, change, { 'if-match': '"0"' });
    expect(answer).toMatchObject({ status: http, body: { type: `https://relink.dev/problems/${name}` } });
    // The sale lives on: only the change was refused.
    expect((await shop.pos.get(`/v1/payment-requests/${id}`)).body['status']).toBe(status);
  });
});
