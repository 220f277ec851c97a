import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { createApiKey } from '../../db/merchants.ts';
import { createClient, type ApiAnswer } from './client.ts';
import { MERCHANT, SALE, startShop, type ApiShop } from './shop-alone.ts';

describe('another merchant', () => {
  let shop: ApiShop;
  let link: string;
  let request: string;
  beforeAll(async () => {
    shop = await startShop();
    link = await shop.till();
    request = String((await shop.pos.post(`/v1/payment-links/${link}/payment-requests`, SALE)).body['id']);
    await shop.tell({ name: 'payment_request.linked', link, request });
  });
  afterAll(async () => {
    await shop.stop();
  });

  /** All that can be seen of an answer, except what is new in each: the trace and the time. */
  function seen(answer: ApiAnswer): object {
    const headers = Object.fromEntries(answer.headers);
    const { 'x-trace-id': traceId = '', date: _, 'keep-alive': __, ...rest } = headers;
    return { status: answer.status, text: answer.text.replace(traceId, ''), headers: rest };
  }

  const unknownLink = 'till-4-0000000000000000';
  const unknownRequest = '0'.repeat(32);
  it.each<[string, (link: string, request: string) => Promise<ApiAnswer>]>([
    ['GET link', async (l) => shop.other.get(`/v1/payment-links/${l}`)],
    ['GET qr.svg', async (l) => shop.other.get(`/v1/payment-links/${l}/qr.svg`)],
    ['GET history', async (l) => shop.other.get(`/v1/payment-links/${l}/history`)],
    ['GET events', async (l) => shop.other.get(`/v1/payment-links/${l}/events`)],
    ['POST request', async (l) => shop.other.post(`/v1/payment-links/${l}/payment-requests`, SALE)],
    ['POST unlink', async (l) => shop.other.post(`/v1/payment-links/${l}/unlink`)],
    ['POST retire', async (l) => shop.other.post(`/v1/payment-links/${l}/retire`)],
    ['GET request', async (_, r) => shop.other.get(`/v1/payment-requests/${r}`)],
    ['GET request, waiting', async (_, r) => shop.other.get(`/v1/payment-requests/${r}`, { prefer: 'wait=1' })],
    ['PATCH request', async (_, r) => shop.other.patch(`/v1/payment-requests/${r}`, {}, { 'if-match': '"0"' })],
    ['POST cancel', async (_, r) => shop.other.post(`/v1/payment-requests/${r}/cancel`)],
  ])('learns nothing by %s: what is yours looks like what does not exist', async (_name, ask) => {
    const before = shop.sent.length;
    const [foreign, unknown] = [await ask(link, request), await ask(unknownLink, unknownRequest)];
    expect(foreign.status).toBe(404);
    expect(seen(foreign)).toEqual(seen(unknown));
    expect(shop.sent).toHaveLength(before);
  });

  it('sees empty lists', async () => {
    for (const path of [
      '/v1/payment-links',
      '/v1/payment-requests',
      `/v1/payment-requests?paymentLinkId=${link}`,
      '/v1/events',
    ]) {
      expect((await shop.other.get(path)).body).toEqual({ data: [], next: null });
      expect((await shop.pos.get(path)).body['data']).toHaveLength(1);
    }
  });

  it.each([
    ['no key', ''],
    ['no bearer', 'Basic eDp5'],
    ['a key that never was', 'Bearer rk_test_000000000000_0000'],
    ['a very long key', `Bearer ${'x'.repeat(5_000)}`],
  ])('is 401 with %s, before anything else is looked at', async (_name, authorization) => {
    const answer = await shop.pos.send('POST', '/v1/payment-links', { authorization }, 'not even JSON');
    expect(answer).toMatchObject({ status: 401, body: { type: 'https://relink.dev/problems/unauthenticated' } });
    expect(answer.headers.get('www-authenticate')).toBe('Bearer');
  });

  it('a revoked key is dead, and a secret is stored nowhere', async () => {
    const { key, keyId } = await createApiKey(shop.owner, MERCHANT, { label: 'thrown away' });
    expect(key).toMatch(/^rk_test_[0-9a-f]{12}_[0-9a-f]{48}$/);
    await shop.rows('update api_key set revoked_at = now() where key_id = $1', [keyId]);
    expect((await createClient(shop.api.url, key).get('/v1/payment-links')).status).toBe(401);
    const stored = JSON.stringify(await shop.rows(`select k.*, encode(hash, 'hex') as hex from api_key k`));
    expect(stored).not.toContain(key.split('_')[3]);
  });
});

describe('lists', () => {
  let shop: ApiShop;
  beforeAll(async () => {
    shop = await startShop();
  });
  afterAll(async () => {
    await shop.stop();
  });

  it('show everything once, newest first, page by page, also when something new comes in between', async () => {
    const made: string[] = [];
    for (let number = 0; number < 5; number += 1) made.unshift(await shop.till());
    const seen: string[] = [];
    let next: string | null = '';
    while (next !== null) {
      const page = await shop.pos.get(`/v1/payment-links?limit=2${next === '' ? '' : `&after=${next}`}`);
      seen.push(...(page.body['data'] as readonly { id: string }[]).map(({ id }) => id));
      next = page.body['next'] as string | null;
      await shop.till();
    }
    expect(seen).toEqual(made);
  });

  it('are filtered', async () => {
    const open = async (reference: string, kind: string) =>
      shop.pos.post('/v1/payment-links', { kind, label: 'L', reference });
    await open('A', 'bill');
    await open('B', 'till');
    const ids = async (query: string) =>
      ((await shop.pos.get(`/v1/payment-links?${query}`)).body['data'] as readonly { reference: string }[]).map(
        ({ reference }) => reference,
      );
    expect(await ids('reference=A')).toEqual(['A']);
    expect(await ids('kind=bill')).toEqual(['A']);
    expect(await ids('kind=bill&reference=B')).toEqual([]);
    expect(await ids('status=retired')).toEqual([]);
  });
});
