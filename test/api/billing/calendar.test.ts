/** The days on which no money moves, over HTTP. */
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { calendar } from '../../../api/billing/calendar-schemas.ts';
import { startShop, type ApiShop } from '../shop-alone.ts';

describe('the calendar', () => {
  let shop: ApiShop;
  beforeAll(async () => {
    shop = await startShop();
  });
  afterAll(async () => {
    await shop.stop();
  });

  it('is weekends only until somebody says more, and each merchant has its own', async () => {
    expect((await shop.pos.get('/v1/calendar')).body).toEqual({ weekend: [6, 0], holidays: [] });
    const put = await shop.pos.put('/v1/calendar', {
      weekend: [5],
      holidays: ['2027-01-01', '2026-12-25', '2027-01-01'],
    });
    expect(put.status).toBe(200);
    expect(put.body).toEqual({ weekend: [5], holidays: ['2026-12-25', '2027-01-01'] });
    expect(calendar.parse((await shop.pos.get('/v1/calendar')).body)).toEqual(put.body);
    expect((await shop.other.get('/v1/calendar')).body).toEqual({ weekend: [6, 0], holidays: [] });
    const again = await shop.pos.put('/v1/calendar', { weekend: [], holidays: [] });
    expect((await shop.pos.get('/v1/calendar')).body).toEqual(again.body);
  });

  it.each<[string, object, string]>([
    ['a day that does not exist', { weekend: [6, 0], holidays: ['2026-12-25', '2027-02-29'] }, '/holidays/1'],
    ['a day too far away', { weekend: [6, 0], holidays: ['9999-12-31'] }, '/holidays/0'],
    ['a day in words', { weekend: ['Sunday'], holidays: [] }, '/weekend/0'],
    ['an eighth weekday', { weekend: [7], holidays: [] }, '/weekend/0'],
    ['no business day', { weekend: [0, 1, 2, 3, 4, 5, 6], holidays: [] }, '/weekend'],
    ['no holidays at all', { weekend: [6, 0] }, '/holidays'],
    ['a field that is not known', { weekend: [6, 0], holidays: [], country: 'BR' }, '/country'],
  ])('with %s is refused there, and stays as it was', async (_what, body, pointer) => {
    const before = (await shop.pos.get('/v1/calendar')).body;
    expect(await shop.pos.put('/v1/calendar', body)).toMatchObject({ status: 422, body: { errors: [{ pointer }] } });
    expect((await shop.pos.get('/v1/calendar')).body).toEqual(before);
  });
});
