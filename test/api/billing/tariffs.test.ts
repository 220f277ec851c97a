/** Tariffs over HTTP: a version is written once, and says what a bill can be worked out from. */
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { tariff, tariffPage, tariffVersions } from '../../../api/billing/tariff-schemas.ts';
import { supply, wantedOf } from '../../support/supplied.ts';
import { MERCHANT, OTHER_MERCHANT, startShop, type ApiShop } from '../shop-alone.ts';

const brl = (value: string) => ({ currency: 'BRL', value });
const HOMES = {
  effectiveFrom: '2026-01-01',
  unit: 'kWh',
  currency: 'BRL',
  fixed: brl('12.50'),
  tiers: { mode: 'step', list: [{ upTo: '100', price: '0.61' }, { price: '0.7345' }] },
  taxes: [{ name: 'ICMS', rate: '18', base: 'all' }],
  minimum: brl('0.00'),
  rounding: { when: 'each line', rule: 'half-even' },
};

describe('a tariff', () => {
  let shop: ApiShop;
  beforeAll(async () => {
    shop = await startShop();
    for (const [merchantId, accountId] of [
      [MERCHANT, 'A1'],
      [MERCHANT, 'A2'],
      [OTHER_MERCHANT, 'X1'],
    ] as const) {
      await supply(shop, { merchantId, accountId, meterId: accountId });
    }
  });
  afterAll(async () => {
    await shop.stop();
  });

  const put = async (path: string, body: object) => shop.pos.put(`/v1/tariffs/${path}`, body);

  it('is kept as it was written, amounts as people write them', async () => {
    const written = await put('plain/versions/1', HOMES);
    expect(written.status).toBe(200);
    expect(tariff.parse(written.body)).toEqual({ id: 'plain', version: 1, ...HOMES });
    const { fixed: _, minimum: __, ...bare } = HOMES;
    expect((await put('bare/versions/1', bare)).body).toEqual({ id: 'bare', version: 1, ...bare });
    const [row] = await shop.rows<{ content: object }>(`select content from tariff where tariff_id = 'plain'`);
    expect(row?.content).toMatchObject({ fixed: { minorUnits: '1250', currency: 'BRL' }, id: 'plain', version: 1 });
  });

  it('is the same when it comes again, whatever the order of its fields, and never another', async () => {
    await put('twice/versions/1', HOMES);
    const turned = Object.fromEntries(Object.entries(HOMES).toReversed());
    expect(await put('twice/versions/1', turned)).toMatchObject({ status: 200, body: { version: 1 } });
    expect(await put('twice/versions/1', { ...HOMES, unit: 'm3' })).toMatchObject({
      status: 409,
      body: { type: 'https://relink.dev/problems/tariff-version-taken' },
    });
    expect((await shop.pos.get('/v1/tariffs/twice')).body).toMatchObject({ data: [{ unit: 'kWh' }], next: null });
  });

  it('is written once when two write the same version at once', async () => {
    const units = ['kWh', 'm3', 'kWh', 'm3'];
    const answers = await Promise.all(units.map(async (unit) => put('race/versions/1', { ...HOMES, unit })));
    expect(answers.filter(({ status }) => status === 200)).toHaveLength(2);
    expect(answers.filter(({ status }) => status === 409)).toHaveLength(2);
    await expect(shop.rows(`update tariff set actor = 'x'`)).rejects.toThrow('append-only');
  });

  it('marks the accounts that it may bill otherwise, once, and nobody else', async () => {
    await shop.rows(`update service_account set usage_wanted = 1, usage_rated = 1 where account_id <> 'A2'`);
    await put('homes/versions/1', HOMES);
    await put('homes/versions/1', HOMES);
    await put('others/versions/1', HOMES);
    expect(await wantedOf(shop, 'A1')).toBe(1);
    // Nothing was ever read there.
    expect(await wantedOf(shop, 'A2')).toBe(0);
    expect(await wantedOf(shop, 'X1')).toBe(0);
  });

  it('shows all its versions, the newest first', async () => {
    for (const version of [1, 3, 10, 2]) await put(`many/versions/${version}`, HOMES);
    const { body } = await shop.pos.get('/v1/tariffs/many');
    expect(tariffVersions.parse(body).data.map(({ version }) => version)).toEqual([10, 3, 2, 1]);
  });

  it('is on the list of all of them, page by page, each once', async () => {
    const [all] = await shop.rows<{ count: string }>('select count(*) from tariff');
    const seen: string[] = [];
    for (let query: string | null = '?limit=2'; query !== null;) {
      const page = tariffPage.parse((await shop.pos.get(`/v1/tariffs${query}`)).body);
      seen.push(...page.data.map(({ id, version }) => `${id} ${version}`));
      query = page.next === null ? null : `?limit=2&after=${page.next}`;
    }
    expect(seen).toHaveLength(Number(all?.count));
    expect(new Set(seen).size).toBe(seen.length);
    expect(seen[0]).toBe('many 2');
  });

  it("is nobody else's", async () => {
    await put('mine/versions/1', HOMES);
    expect((await shop.other.get('/v1/tariffs/mine')).status).toBe(404);
    expect((await shop.other.get('/v1/tariffs')).body).toEqual({ data: [], next: null });
    expect((await shop.other.put('/v1/tariffs/mine/versions/1', { ...HOMES, unit: 'm3' })).status).toBe(200);
    expect((await shop.pos.get('/v1/tariffs/mine')).body).toMatchObject({ data: [{ unit: 'kWh' }] });
    expect((await shop.pos.get('/v1/tariffs/%00')).status).toBe(404);
  });

  const tiers = (...list: object[]) => ({ ...HOMES, tiers: { mode: 'step', list } });
  it.each<[string, object, readonly string[]]>([
    ['a day that does not exist', { ...HOMES, effectiveFrom: '2026-02-30' }, ['/effectiveFrom']],
    ['a day that no row can hold', { ...HOMES, effectiveFrom: '0000-01-01' }, ['/effectiveFrom']],
    ['another currency', { ...HOMES, currency: 'EUR', fixed: undefined, minimum: undefined }, ['/currency']],
    ['amounts in another currency', { ...HOMES, fixed: { currency: 'EUR', value: '1.00' } }, ['/fixed']],
    [
      'an amount without cents',
      { ...HOMES, fixed: brl('12'), minimum: brl('-1.00') },
      ['/fixed/value', '/minimum/value'],
    ],
    ['no tier', tiers(), ['/tiers/list']],
    [
      'tiers that go down',
      tiers({ upTo: '9', price: '1' }, { upTo: '8', price: '1' }, { price: '1' }),
      ['/tiers/list/1/upTo'],
    ],
    ['a last tier that ends', tiers({ upTo: '9', price: '1' }), ['/tiers/list/0/upTo']],
    [
      'prices that are none',
      tiers({ upTo: '9', price: '1e3' }, { price: '-1' }),
      ['/tiers/list/0/price', '/tiers/list/1/price'],
    ],
    ['a price as a number', tiers({ price: 1 }), ['/tiers/list/0/price']],
    ['a tax without a rate', { ...HOMES, taxes: [{ name: 'ICMS', rate: 'much', base: 'all' }] }, ['/taxes/0/rate']],
    ['a rounding of its own', { ...HOMES, rounding: { when: 'each line', rule: 'up' } }, ['/rounding/rule']],
    ['a field that is not known', { ...HOMES, discount: '1' }, ['/discount']],
  ])('with %s is refused there, and nothing is stored', async (_what, body, pointers) => {
    const answer = await put('bad/versions/1', body);
    expect(answer.status).toBe(422);
    expect((answer.body['errors'] as readonly { pointer: string }[]).map(({ pointer }) => pointer)).toEqual(pointers);
    expect((await shop.pos.get('/v1/tariffs/bad')).status).toBe(404);
  });

  it.each([
    ['bad/versions/0', 'version'],
    ['bad/versions/1.5', 'version'],
    ['bad/versions/9999999999', 'version'],
    ['b%C3%A4d/versions/1', 'tariffId'],
    [`${'x'.repeat(51)}/versions/1`, 'tariffId'],
  ])('is not written to %s', async (path, parameter) => {
    expect(await put(path, HOMES)).toMatchObject({ status: 422, body: { errors: [{ parameter }] } });
  });
});
