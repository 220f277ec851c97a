import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { SALE, startShop, type ApiShop } from './shop-alone.ts';

describe('input that is not right', () => {
  let shop: ApiShop;
  let till: string;
  let bill: string;
  beforeAll(async () => {
    shop = await startShop();
    till = await shop.till();
    bill = String((await shop.pos.post('/v1/payment-links', { kind: 'bill', label: 'Account 7' })).body['id']);
  });
  afterAll(async () => {
    await shop.stop();
  });

  const json = { 'content-type': 'application/json', 'idempotency-key': 'bad' };
  const type = (name: string): string => `https://relink.dev/problems/${name}`;

  async function expectNothingDone(work: () => Promise<void>): Promise<void> {
    const count = async () =>
      shop.rows('select (select count(*) from command), (select count(*) from payment_request) as requests');
    const [rows, sent] = [await count(), shop.sent.length];
    await work();
    expect(await count()).toEqual(rows);
    expect(shop.sent).toHaveLength(sent);
  }

  const salePath = (link: string): string => `/v1/payment-links/${link}/payment-requests`;
  const amount = (value: unknown, currency: unknown = 'BRL') => ({ ...SALE, amount: { currency, value } });

  it.each<[string, string, number, string]>([
    ['no JSON', '{"amount"', 400, 'invalid-json'],
    ['nothing', '', 400, 'invalid-json'],
    ['a list', '[]', 422, 'validation-failed'],
    ['null', 'null', 422, 'validation-failed'],
    ['a string', '"sale"', 422, 'validation-failed'],
    ['20 MB', `"${'x'.repeat(20_000_000)}"`, 413, 'payload-too-large'],
    ['a hundred thousand brackets', '['.repeat(90_000), 400, 'invalid-json'],
    ['depth', `{"amount":${'['.repeat(40)}${']'.repeat(40)}}`, 422, 'validation-failed'],
    ['a key called __proto__', '{"__proto__":{"amount":1}}', 422, 'validation-failed'],
    ['half a character', '{"reference":"\\ud800"}', 422, 'validation-failed'],
    ['a NUL', '{"reference":"a\\u0000b"}', 422, 'validation-failed'],
  ])('as a body: %s', async (_name, body, status, name) => {
    await expectNothingDone(async () => {
      const answer = await shop.pos.send('POST', salePath(till), json, body);
      expect(answer).toMatchObject({ status, body: { type: type(name) } });
      expect(answer.headers.get('content-type')).toBe('application/problem+json');
    });
  });

  it('as bytes: what is not UTF-8, what is compressed, what is no JSON by its own word', async () => {
    await expectNothingDone(async () => {
      const post = async (headers: Record<string, string>, body: string | Buffer) =>
        shop.pos.send('POST', salePath(till), { ...json, ...headers }, body as string);
      const text = JSON.stringify(SALE);
      expect(await post({}, Buffer.from([0x7b, 0x22, 0xff, 0xfe, 0x22, 0x7d]))).toMatchObject({ status: 400 });
      expect(await post({ 'content-encoding': 'gzip' }, text)).toMatchObject({ status: 415 });
      expect(await post({ 'content-type': 'text/plain' }, text)).toMatchObject({ status: 415 });
      expect(await post({ 'content-type': 'application/json; charset=latin1' }, text)).toMatchObject({ status: 415 });
      expect(await post({ 'content-type': 'application/x-www-form-urlencoded' }, 'a=b')).toMatchObject({ status: 415 });
    });
  });

  it.each<[string, object, string]>([
    ['an amount as a number', amount(24.9), '/amount/value'],
    ['an amount without cents', amount('24'), '/amount/value'],
    ['too many digits', amount('24.900'), '/amount/value'],
    ['an exponent', amount('1e3'), '/amount/value'],
    ['a comma', amount('24,90'), '/amount/value'],
    ['a sign', amount('-1.00'), '/amount/value'],
    ['nothing to pay', amount('0.00'), '/amount/value'],
    ['more than there is', amount('99999999999999999.00'), '/amount/value'],
    ['an amount as a string', { ...SALE, amount: '24.90' }, '/amount'],
    ['no amount', { reference: 'cart' }, '/amount'],
    ['a currency that is not yours', amount('24.90', 'EUR'), '/amount/currency'],
    ['a currency that is none', amount('24.90', 'brl'), '/amount/currency'],
    ['a currency from a prototype', amount('24.90', 'constructor'), '/amount/currency'],
    ['no reference', { amount: SALE.amount }, '/reference'],
    ['an empty reference', { ...SALE, reference: ' ' }, '/reference'],
    ['a long reference', { ...SALE, reference: 'x'.repeat(141) }, '/reference'],
    ['a long description', { ...SALE, description: 'x'.repeat(141) }, '/description'],
    ['an unknown field', { ...SALE, tip: 1 }, '/tip'],
    ['an unknown field inside', { ...SALE, amount: { ...SALE.amount, cents: 1 } }, '/amount/cents'],
    ['an awkward unknown field', { ...SALE, 'a/b~c': 1 }, '/a~1b~0c'],
    ['an expiry in the past', { ...SALE, expiresIn: 0 }, '/expiresIn'],
    ['half a second', { ...SALE, expiresIn: 1.5 }, '/expiresIn'],
    ['a due date at a till', { ...SALE, dueDate: '2030-01-31' }, '/dueDate'],
    ['a notAfter as a time', { ...SALE, notAfter: '2030-01-31T00:00:00Z' }, '/notAfter'],
    ['an unknown onBusy', { ...SALE, onBusy: 'wait' }, '/onBusy'],
  ])('in a sale: %s', async (_name, body, pointer) => {
    await expectNothingDone(async () => {
      const answer = await shop.pos.post(salePath(till), body);
      expect(answer).toMatchObject({ status: 422, body: { type: type('validation-failed') } });
      expect(answer.body['errors']).toEqual([{ pointer, detail: expect.stringMatching(/./) }]);
    });
  });

  it.each<[string, object, string]>([
    ['an expiry in seconds', { ...SALE, expiresIn: 60 }, '/expiresIn'],
    ['no due date', SALE, '/dueDate'],
    ['a day that does not exist', { ...SALE, dueDate: '2030-02-29' }, '/dueDate'],
    ['a thousand days of grace', { ...SALE, dueDate: '2030-01-31', terms: { graceDays: 1_000 } }, '/terms/graceDays'],
    ['a term in words', { ...SALE, dueDate: '2030-01-31', terms: { interest: '1.00' } }, '/terms/interest'],
    ['an unknown term', { ...SALE, dueDate: '2030-01-31', terms: { tip: {} } }, '/terms/tip'],
  ])('in a bill: %s', async (_name, body, pointer) => {
    await expectNothingDone(async () => {
      const answer = await shop.pos.post(salePath(bill), body);
      expect(answer).toMatchObject({ status: 422, body: { errors: [{ pointer }] } });
    });
  });

  it.each<[string, object, string]>([
    ['no kind', { label: 'Till 4' }, '/kind'],
    ['an unknown kind', { kind: 'kiosk', label: 'Till 4' }, '/kind'],
    ['an empty label', { kind: 'till', label: '' }, '/label'],
    ['an id of your own', { kind: 'till', label: 'Till 4', id: 'mine' }, '/id'],
  ])('in a link: %s', async (_name, body, pointer) => {
    await expectNothingDone(async () => {
      const answer = await shop.pos.post('/v1/payment-links', body);
      expect(answer).toMatchObject({ status: 422, body: { errors: [{ pointer }] } });
    });
  });

  it('in a charge update: nothing to change', async () => {
    const id = String((await shop.pos.post(salePath(await shop.till()), SALE)).body['id']);
    const answer = await shop.pos.patch(`/v1/payment-requests/${id}`, {}, { 'if-match': '"0"' });
    expect(answer).toMatchObject({ status: 422, body: { type: type('validation-failed') } });
  });

  it.each<[string, string]>([
    ['/v1/payment-links?limit=0', 'limit'],
    ['/v1/payment-links?limit=101', 'limit'],
    ['/v1/payment-links?limit=ten', 'limit'],
    ['/v1/payment-links?limit=1&limit=2', 'limit'],
    ['/v1/payment-links?after=yesterday', 'after'],
    ['/v1/payment-links?status=broken', 'status'],
    ['/v1/payment-links?page=2', 'page'],
    ['/v1/payment-requests?status=done', 'status'],
    ['/v1/events?after=-1', 'after'],
    ['/v1/events?__proto__=1', '__proto__'],
  ])('as a query: %s', async (path, parameter) => {
    const answer = await shop.pos.get(path);
    expect(answer).toMatchObject({ status: 400, body: { type: type('invalid-query'), errors: [{ parameter }] } });
  });

  it('as a query of one link', async () => {
    const path = `/v1/payment-links/${till}`;
    expect(await shop.pos.get(`${path}?x=1`)).toMatchObject({ status: 400 });
    expect(await shop.pos.get(`${path}/history?at=2030-01-01T00:00:00Z`)).toMatchObject({ status: 400 });
    expect(await shop.pos.get(`${path}/qr.svg?level=Z`)).toMatchObject({ status: 400 });
    expect(await shop.pos.get(`${path}/qr.png?size=41`)).toMatchObject({ status: 400 });
    expect(await shop.pos.get(`${path}/qr.pdf?size=24`)).toMatchObject({ status: 400 });
    expect(await shop.pos.get(`${path}/events`, { 'last-event-id': 'abc' })).toMatchObject({ status: 400 });
  });

  it.each([
    ['GET', '/v1/payment-links/%00', 404],
    ['GET', '/v1/payment-links/%ff', 400],
    ['GET', '/v1/payment-requests/..%2f..%2fetc', 404],
    ['GET', `/v1/payment-requests/${'A'.repeat(32)}`, 404],
    ['GET', '/v2/payment-links', 404],
    ['DELETE', '/v1/payment-links', 405],
    ['PUT', '/v1/payment-requests/x', 405],
  ])('as an address: %s %s is %i', async (method, path, status) => {
    const answer = await shop.pos.send(method, path, {});
    expect(answer.status).toBe(status);
    expect(answer.body).toMatchObject({ status, traceId: answer.headers.get('x-trace-id') });
  });

  it('never gets a stack trace, and a fault of ours is told by its trace id', async () => {
    shop.answers(async () => Promise.reject(new Error('secret: the sender broke at /home/somebody/file.ts')));
    const traceparent = '00-0123456789abcdef0123456789abcdef-0123456789abcdef-01';
    const answer = await shop.pos.post(salePath(till), SALE, { traceparent });
    shop.answers(undefined);
    expect(answer).toMatchObject({
      status: 500,
      body: { type: type('internal-error'), traceId: '0123456789abcdef0123456789abcdef' },
    });
    expect(answer.text).not.toMatch(/secret|somebody|\.ts/);
  });

  it('and every answer carries the headers that keep a browser from guessing', async () => {
    const { headers } = await shop.pos.get('/v1/payment-links');
    expect(headers.get('x-content-type-options')).toBe('nosniff');
    expect(headers.get('content-security-policy')).toContain("default-src 'none'");
    expect(headers.get('cache-control')).toBe('no-store');
    expect(headers.get('x-powered-by')).toBeNull();
  });
});
