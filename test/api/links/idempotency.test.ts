import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { SALE, startShop, type ApiShop } from '../shop-alone.ts';

describe('an Idempotency-Key', () => {
  let shop: ApiShop;
  beforeAll(async () => {
    shop = await startShop();
  });
  afterAll(async () => {
    await shop.stop();
  });

  const path = (link: string): string => `/v1/payment-links/${link}/payment-requests`;

  it('sent fifty times at once makes one sale, and gives fifty times the same bytes', async () => {
    const link = await shop.till();
    const answers = await Promise.all(
      Array.from({ length: 50 }, async () => shop.pos.post(path(link), SALE, { 'idempotency-key': 'fifty' })),
    );
    expect(new Set(answers.map(({ status }) => status))).toEqual(new Set([201]));
    expect(new Set(answers.map(({ text }) => text)).size).toBe(1);
    expect(new Set(answers.map(({ headers }) => headers.get('etag')))).toEqual(new Set(['"0"']));
    expect(answers.filter(({ headers }) => headers.get('idempotency-replayed') === null)).toHaveLength(1);
    const requests = await shop.rows('select from payment_request where payment_link_id = $1', [link]);
    expect(requests).toHaveLength(1);
    const ids = shop.sent.filter((one) => one.name === 'link').map((one) => one.message['commandId']);
    expect(new Set(ids).size).toBe(1);
  });

  it('gives the stored answer, and asks nobody again', async () => {
    const link = await shop.till();
    const first = await shop.pos.post(path(link), SALE, { 'idempotency-key': 'again' });
    await shop.pos.post(`/v1/payment-links/${link}/unlink`);
    const asked = shop.sent.length;
    const reordered = { reference: SALE.reference, amount: { value: '24.90', currency: 'BRL' } };
    const second = await shop.pos.post(path(link), reordered, { 'idempotency-key': 'again' });
    expect(second.text).toBe(first.text);
    expect(second.headers.get('location')).toBe(first.headers.get('location'));
    expect(second.headers.get('idempotency-replayed')).toBe('true');
    expect(first.headers.get('idempotency-replayed')).toBeNull();
    expect(shop.sent).toHaveLength(asked);
  });

  it('keeps a refusal as it keeps a sale', async () => {
    const link = await shop.till();
    shop.answers(async () => ({
      is: 'refused',
      answer: { is: 'refused', because: 'busy', requestId: 'f'.repeat(32) },
    }));
    const first = await shop.pos.post(path(link), SALE, { 'idempotency-key': 'refused' });
    shop.answers(undefined);
    const second = await shop.pos.post(path(link), SALE, { 'idempotency-key': 'refused' });
    expect(first.status).toBe(409);
    expect([second.status, second.text]).toEqual([409, first.text]);
    expect(second.headers.get('content-type')).toBe('application/problem+json');
  });

  it('answers from the rows when the first answer was lost before it was stored', async () => {
    const link = await shop.till();
    const first = await shop.pos.post(path(link), SALE, { 'idempotency-key': 'lost' });
    await shop.rows(`update command set response = null where idempotency_key = 'lost'`);
    const asked = shop.sent.length;
    const second = await shop.pos.post(path(link), SALE, { 'idempotency-key': 'lost' });
    expect([second.status, second.body['id']]).toEqual([201, first.body['id']]);
    expect(shop.sent).toHaveLength(asked);
  });

  it.each([
    [
      'another body',
      async (link: string) =>
        shop.pos.post(path(link), { ...SALE, reference: 'cart 2' }, { 'idempotency-key': 'bound' }),
    ],
    [
      'another address',
      async (link: string) => shop.pos.post(`/v1/payment-links/${link}/unlink`, {}, { 'idempotency-key': 'bound' }),
    ],
    ['another link', async () => shop.pos.post(path(await shop.till()), SALE, { 'idempotency-key': 'bound' })],
  ])('is refused with %s', async (_name, send) => {
    const link = await shop.till();
    await shop.rows(`delete from command where idempotency_key = 'bound'`);
    await shop.pos.post(path(link), SALE, { 'idempotency-key': 'bound' });
    const before = await shop.rows('select from command');
    const answer = await send(link);
    expect(answer).toMatchObject({ status: 422, body: { type: 'https://relink.dev/problems/idempotency-key-reuse' } });
    const after = await shop.rows('select from command');
    // The other link of the last case is a command of its own.
    expect(after.length - before.length).toBeLessThanOrEqual(1);
  });

  it("of one merchant means nothing to another's", async () => {
    const [link, body] = [await shop.till(), { kind: 'till', label: 'Till 9' }];
    await shop.pos.post(path(link), SALE, { 'idempotency-key': 'shared' });
    expect(await shop.other.post('/v1/payment-links', body, { 'idempotency-key': 'shared' })).toMatchObject({
      status: 201,
    });
  });

  it('is demanded of every POST that moves something, and not of a PATCH', async () => {
    const link = await shop.till();
    const id = String((await shop.pos.post(path(link), SALE)).body['id']);
    for (const address of [
      '/v1/payment-links',
      path(link),
      `/v1/payment-links/${link}/unlink`,
      `/v1/payment-links/${link}/retire`,
      `/v1/payment-requests/${id}/cancel`,
    ]) {
      const body = address === '/v1/payment-links' ? { kind: 'till', label: 'x' } : address === path(link) ? SALE : {};
      const answer = await shop.pos.send('POST', address, { 'content-type': 'application/json' }, JSON.stringify(body));
      expect(answer).toMatchObject({
        status: 400,
        body: { type: 'https://relink.dev/problems/idempotency-key-required' },
      });
    }
    const changed = await shop.pos.patch(`/v1/payment-requests/${id}`, { reference: 'cart 2' }, { 'if-match': '"0"' });
    expect(changed.status).toBe(200);
  });

  it('with a space in it is refused', async () => {
    const answer = await shop.pos.post('/v1/payment-links', { kind: 'till', label: 'x' }, { 'idempotency-key': 'a b' });
    expect(answer).toMatchObject({
      status: 400,
      body: { type: 'https://relink.dev/problems/idempotency-key-invalid' },
    });
  });
});
