import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { PNG } from 'pngjs';
import * as schemas from '../../../api/billing/accounts/account-schemas.ts';
import { insertSampleTariff } from '../../../bench/samples/tariffs.ts';
import { MERCHANT, startShop, type ApiShop } from '../shop-alone.ts';

const ACCOUNT = {
  holder: 'Maria da Conceição Gonçalves',
  taxId: '529.982.247-25',
  address: ['Rua das Laranjeiras, 12', '22240-003 Rio de Janeiro – RJ'],
  language: 'pt',
  tariffId: 'residential',
};
const METER = { accountId: '0047-1', digits: 5, installed: { value: '00120', at: '2026-01-01T08:00:00-03:00' } };

describe('accounts and meters', () => {
  let shop: ApiShop;
  beforeAll(async () => {
    shop = await startShop();
    await insertSampleTariff(async (sql, values) => shop.rows(sql, values), MERCHANT);
  });
  afterAll(async () => {
    await shop.stop();
  });

  const put = async (id: string, changes: object = {}) =>
    shop.pos.put(`/v1/service-accounts/${id}`, { ...ACCOUNT, ...changes });
  const install = async (id: string, changes: object = {}) =>
    shop.pos.put(`/v1/meters/${id}`, { ...METER, ...changes });
  const usage = async (id: string) =>
    (
      await shop.rows<{ usage_wanted: string }>('select usage_wanted from service_account where account_id = $1', [id])
    )[0]?.usage_wanted;
  const errors = (answer: { readonly body: object }): unknown =>
    'errors' in answer.body ? answer.body.errors : 'none';

  it('are put under their own numbers, and a repeat is the same', async () => {
    const first = await put('0047-1');
    expect(first.status).toBe(200);
    schemas.account.parse(first.body);
    expect(first.body).toMatchObject({
      id: '0047-1',
      taxId: '***.982.247-**',
      dueInDays: 10,
      graceDays: 30,
      limits: { timesTheNorm: '3', periods: 6, estimatesInARow: 3 },
      paymentLinkId: null,
      shortCode: null,
      meters: [],
      bill: null,
    });
    expect((await put('0047-1')).body).toEqual(first.body);
    const meter = await install('M-1');
    expect(meter).toMatchObject({
      status: 200,
      body: { id: 'M-1', decimals: 0, multiplier: '1', installed: { value: '00120', at: '2026-01-01T11:00:00.000Z' } },
    });
    expect((await install('M-1')).body).toEqual(meter.body);
    const read = await shop.pos.get('/v1/service-accounts/0047-1');
    expect(read.body).toEqual({ ...first.body, meters: [meter.body] });
    expect(read.text).not.toContain('52998224725');
  });

  it('keep the rules of the account, and put what is left out back to what is usual', async () => {
    const terms = { penalty: { percentage: '2.00' }, interest: { percentage: '1.00', per: 'month', days: 'calendar' } };
    const rules = { dueInDays: 21, graceDays: 0, terms, limits: { timesTheNorm: '2.5' } };
    const { body } = await put('0047-2', rules);
    expect(body).toMatchObject({ ...rules, limits: { timesTheNorm: '2.5', periods: 6, estimatesInARow: 3 } });
    expect((await put('0047-2')).body).toMatchObject({ dueInDays: 10, graceDays: 30 });
    expect((await put('0047-2')).body).not.toHaveProperty('terms');
  });

  it.each<[string, object]>([
    ['/holder', { holder: '' }],
    ['/holder', { holder: 'Maria\u0007' }],
    ['/taxId', { taxId: '529.982.247-26' }],
    ['/address', { address: [] }],
    ['/address/1', { address: ['Rua', ' '] }],
    ['/language', { language: 'fr' }],
    ['/tariffId', { tariffId: 'nobody-knows' }],
    ['/dueInDays', { dueInDays: -1 }],
    ['/terms/penalty', { terms: { penalty: {} } }],
    ['/terms/penalty/amount/currency', { terms: { penalty: { amount: { currency: 'USD', value: '2.00' } } } }],
    ['/terms/discount/until', { terms: { discount: { until: [{ date: '2026-12-01', percentage: '2' }] } } }],
    ['/limits/timesTheNorm', { limits: { timesTheNorm: '-1' } }],
    ['/bill', { bill: 1 }],
  ])('refuse an account with a wrong %s, and store nothing', async (pointer, changes) => {
    const answer = await put('0047-bad', changes);
    expect(answer.status).toBe(422);
    expect(errors(answer)).toEqual([{ pointer, detail: expect.any(String) }]);
    expect((await shop.pos.get('/v1/service-accounts/0047-bad')).status).toBe(404);
  });

  it('refuse a number that is none', async () => {
    expect(errors(await put('a%20b'))).toEqual([{ parameter: 'accountId', detail: expect.any(String) }]);
    expect(errors(await install('-7'))).toEqual([{ parameter: 'meterId', detail: expect.any(String) }]);
    expect((await shop.pos.get('/v1/service-accounts/a%00b')).status).toBe(404);
  });

  it.each<[string, object]>([
    ['/accountId', { accountId: 'nobody' }],
    ['/digits', { digits: 0 }],
    ['/multiplier', { multiplier: '0' }],
    ['/installed/value', { installed: { value: '123456', at: '2026-01-01T00:00:00Z' } }],
    ['/installed/at', { installed: { value: '1', at: '2026-01-01T00:00:00' } }],
    ['/removed/at', { removed: { value: '1', at: '2025-01-01T00:00:00Z' } }],
  ])('refuse a meter with a wrong %s', async (pointer, changes) => {
    await put('0047-1');
    const answer = await install('M-bad', changes);
    expect(answer.status).toBe(422);
    expect(errors(answer)).toEqual([{ pointer, detail: expect.any(String) }]);
  });

  it('have one meter at a time: another one comes when the one before it has gone', async () => {
    await put('0047-9');
    await install('M-9', { accountId: '0047-9' });
    const exchanged = { value: '00300', at: '2026-06-01T08:00:00-03:00' };
    const next = { accountId: '0047-9', installed: { value: '00000', at: exchanged.at } };
    const refused = await install('M-10', next);
    expect(refused).toMatchObject({ status: 409, body: { type: 'https://relink.dev/problems/meter-in-service' } });
    expect(refused.body['detail']).toMatch(/^It cannot be at account 0047-9: meter M-9 is there since /);
    await install('M-9', { accountId: '0047-9', removed: exchanged });
    expect((await install('M-10', next)).status).toBe(200);
  });

  it('exchange a meter in two calls, and it is at one place at a time', async () => {
    await Promise.all([put('0047-3'), put('0047-4')]);
    const removed = { value: '00300', at: '2026-06-01T08:00:00-03:00' };
    await install('M-3', { accountId: '0047-3' });
    const elsewhere = { accountId: '0047-4', installed: removed };
    const refused = await install('M-3', elsewhere);
    expect(refused).toMatchObject({ status: 409, body: { type: 'https://relink.dev/problems/meter-in-service' } });
    expect((await install('M-3', { accountId: '0047-3', removed })).body).toMatchObject({
      removed: { value: '00300' },
    });
    expect((await install('M-3', elsewhere)).status).toBe(200);
    // The first call once more, late: it brings nothing back.
    expect((await install('M-3', { accountId: '0047-3' })).body).toMatchObject({ removed: { value: '00300' } });
    const round = async (id: string) =>
      ((await shop.pos.get('/v1/service-accounts?limit=100')).body['data'] as readonly { id: string }[]).find(
        (one) => one.id === id,
      );
    expect(await round('0047-3')).toMatchObject({ meters: [] });
    expect(await round('0047-4')).toMatchObject({ meters: [{ id: 'M-3', digits: 5, decimals: 0 }] });
  });

  it('never have one meter at two accounts, when both ask in the same moment', async () => {
    const ids = ['0047-a', '0047-b', '0047-c', '0047-d'];
    await Promise.all(ids.map(async (id) => put(id)));
    const answers = await Promise.all(ids.map(async (accountId) => install('M-one', { accountId })));
    expect(answers.filter(({ status }) => status === 200)).toHaveLength(1);
    expect(answers.filter(({ status }) => status === 409)).toHaveLength(3);
  });

  it('wake the link of an account whose bill may change, and nobody else', async () => {
    await put('0047-5');
    await install('M-5', { accountId: '0047-5' });
    expect(await usage('0047-5')).toBe('0');
    const link = String((await shop.pos.post('/v1/payment-links', { kind: 'bill', label: 'Account 5' })).body['id']);
    await shop.rows('update service_account set payment_link_id = $1 where account_id = $2', [link, '0047-5']);
    await shop.rows(
      `insert into meter_reading (merchant_id, device_id, sequence, digest, meter_id, value, read_at, kind)
       values ($1, 'phone', 1, '\\x00', 'M-5', '00150', now(), 'actual')`,
      [MERCHANT],
    );
    const told = () => shop.sent.filter(({ name }) => name === 'usage').map((sent) => sent.link.paymentLinkId);
    await put('0047-5');
    expect([await usage('0047-5'), told()]).toEqual(['0', []]);
    await put('0047-5', { dueInDays: 3 });
    expect([await usage('0047-5'), told()]).toEqual(['1', [link]]);
    await install('M-5', { accountId: '0047-5', multiplier: '40' });
    expect([await usage('0047-5'), told()]).toEqual(['2', [link, link]]);
  });

  it('are found by what a person typed, and a mistyped code is refused with the reason', async () => {
    await put('0047-6');
    await shop.rows(`update service_account set short_code = '00000000R' where account_id = '0047-6'`);
    const codes = (
      await shop.rows<{ code: string }>(`select short_code as code from service_account where account_id = '0047-6'`)
    )[0];
    const find = async (code: string) => shop.pos.get(`/v1/service-accounts?shortCode=${encodeURIComponent(code)}`);
    expect(codes?.code).toBe('00000000R');
    for (const [typed, detail] of [
      ['K7Q', 'nine characters'],
      ['K7Q-42P-9U!', 'no short code has'],
      ['000 000 00R', 'mistyped'],
    ] as const) {
      const answer = await find(typed);
      expect(answer.status).toBe(400);
      expect(errors(answer)).toEqual([{ parameter: 'shortCode', detail: expect.stringContaining(detail) }]);
    }
    await shop.rows(`update service_account set short_code = '000000000' where account_id = '0047-6'`);
    expect((await find('ooo-ooo-ooo')).body['data']).toMatchObject([{ id: '0047-6', shortCode: '000000000' }]);
  });

  it('are pages, and nothing of another merchant', async () => {
    const all = (await shop.pos.get('/v1/service-accounts?limit=100')).body['data'] as readonly { id: string }[];
    const seen: string[] = [];
    for (let after = ''; ;) {
      const page = await shop.pos.get(`/v1/service-accounts?limit=3${after}`);
      schemas.accountPage.parse(page.body);
      seen.push(...(page.body['data'] as readonly { id: string }[]).map(({ id }) => id));
      const next = page.body['next'] as string | null;
      if (next === null) break;
      after = `&after=${next}`;
    }
    expect(seen).toEqual(all.map(({ id }) => id));
    expect(new Set(seen).size).toBe(seen.length);
    expect((await shop.other.get('/v1/service-accounts')).body).toEqual({ data: [], next: null });
    expect((await shop.other.get('/v1/service-accounts/0047-1')).status).toBe(404);
    expect((await shop.other.put('/v1/service-accounts/0047-1', ACCOUNT)).status).toBe(422);
  });
});

describe('the logo', () => {
  let shop: ApiShop;
  beforeAll(async () => {
    shop = await startShop();
  });
  afterAll(async () => {
    await shop.stop();
  });

  const picture = (shade: number): Buffer => {
    const png = new PNG({ width: 4, height: 4 });
    png.data.fill(shade);
    return PNG.sync.write(png);
  };
  const send = async (bytes: Buffer, type = 'image/png') =>
    fetch(`${shop.api.url}/v1/logo`, {
      method: 'PUT',
      headers: { authorization: `Bearer ${shop.pos.key}`, 'content-type': type },
      body: new Uint8Array(bytes),
    });
  const shown = async (): Promise<Buffer> => {
    const answer = await fetch(`${shop.api.url}/v1/logo`, { headers: { authorization: `Bearer ${shop.pos.key}` } });
    expect(answer.headers.get('content-type')).toBe('image/png');
    return Buffer.from(await answer.arrayBuffer());
  };

  it('is the one that was sent last, also when it is an earlier one again', async () => {
    expect((await shop.pos.get('/v1/logo')).status).toBe(404);
    for (const shade of [10, 200, 200, 10]) {
      const bytes = picture(shade);
      const answer = await send(bytes);
      schemas.logo.parse(await answer.json());
      expect(answer.status).toBe(200);
      expect(await shown()).toEqual(bytes);
    }
    expect(await shop.rows('select count(*)::int as stored from logo')).toEqual([{ stored: 3 }]);
  });

  it('is no other file, and none that is broken or too large', async () => {
    const before = await shown();
    expect((await send(picture(1), 'image/jpeg')).status).toBe(415);
    expect((await send(Buffer.from('GIF89a, which is no PNG at all'))).status).toBe(422);
    expect((await send(picture(1).subarray(0, 40))).status).toBe(422);
    expect((await send(Buffer.alloc(1_000_001))).status).toBe(413);
    expect(await shown()).toEqual(before);
    expect((await shop.other.get('/v1/logo')).status).toBe(404);
  });
});
