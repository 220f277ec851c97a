/** "What did this QR show on Thursday at 18:42, and to whom did the money go?" */
import { setTimeout as pause } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import type { ApiAnswer } from '../../api/client.ts';
import { brl, openShop, type Shop } from '../../support/shop.ts';
import { eventually } from '../../limits/until.ts';

describe('the history of a code', () => {
  let shop: Shop;
  let till: string;
  beforeAll(async () => {
    shop = await openShop();
    till = await shop.openTill();
  });
  afterAll(async () => {
    await shop?.close();
  });

  /** A moment that nothing shares. */
  async function moment(): Promise<string> {
    await pause(20);
    const now = new Date().toISOString();
    await pause(20);
    return now;
  }
  const at = async (instant: string): Promise<ApiAnswer> =>
    shop.pos.get(`/v1/payment-links/${till}/history?at=${instant}`);

  it('tells for each instant what was shown, and where the money of it went', async () => {
    const before = await moment();
    const first = await shop.sold(till);
    const sold = await moment();
    await shop.change(first, '22.90', '"0"');
    const changed = await moment();
    await shop.pay(first);
    await shop.untilRequest(first, 'paid');
    await shop.untilLink(till, 'free');
    const paid = await moment();
    const second = await shop.sold(till, { amount: brl('5.00'), reference: 'cart 2' });
    const next = await moment();

    const nothing = { shows: null, payable: false, payments: [], because: 'nothing: the code was free' };
    expect((await at(before)).body).toMatchObject(nothing);
    const payments = [
      { paymentRequestId: first, outcome: 'exact', revision: 1, amount: brl('22.90'), endToEndId: expect.any(String) },
    ];
    expect((await at(sold)).body).toMatchObject({
      at: sold,
      shows: { paymentRequestId: first, revision: 0, amount: brl('24.90'), reference: 'coffee', statusNow: 'paid' },
      payable: true,
      because: 'BRL 24.90 for coffee, revision 0',
      payments,
    });
    expect((await at(changed)).body).toMatchObject({
      shows: { paymentRequestId: first, revision: 1, amount: brl('22.90'), until: expect.any(String) },
      payments,
    });
    expect((await at(paid)).body).toMatchObject(nothing);
    expect((await at(next)).body).toMatchObject({
      shows: { paymentRequestId: second, revision: 0, amount: brl('5.00'), until: null, statusNow: 'active' },
      payments: [],
    });
  });

  it('joins one revision to the next without a gap', async () => {
    const shows = async (instant: string) => (await at(instant)).body['shows'] as Readonly<Record<string, string>>;
    const id = await shop.sold(till, { onBusy: 'replace' });
    const first = await moment();
    await shop.change(id, '1.00', '"0"');
    const until = (await shows(first))['until'] ?? '';
    expect(await shows(until)).toMatchObject({ revision: 1, from: until, amount: brl('1.00') });
  });

  it('tells of money that came after its time under the instant at which the code showed its request', async () => {
    const id = await shop.sold(till, { onBusy: 'replace', reference: 'late' });
    const shown = await moment();
    await shop.cancel(id);
    const cancelled = await moment();
    await shop.pay(id, { how: 'late' });
    await shop.untilRequest(id, 'paid');
    expect((await at(shown)).body).toMatchObject({
      shows: { paymentRequestId: id, statusNow: 'paid' },
      payments: [{ paymentRequestId: id, outcome: 'late' }],
      exceptions: [{ kind: 'late', amount: brl('24.90') }],
    });
    // The code was free by then, whatever became of the request since.
    expect((await at(cancelled)).body).toMatchObject({ shows: null });
  });

  it('knows when the code was not open yet, and when it was retired', async () => {
    const other = await shop.openTill();
    const asked = async (instant: string) =>
      (await shop.pos.get(`/v1/payment-links/${other}/history?at=${instant}`)).body['because'];
    expect(await asked('2020-01-01T00:00:00Z')).toBe('nothing: the code was not open yet');
    await shop.pos.post(`/v1/payment-links/${other}/retire`);
    await shop.untilLink(other, 'retired');
    expect(await asked(await moment())).toBe('nothing: the code was retired');
  });

  it('has an actor for all that came of a command, and evidence for all that the bank said', async () => {
    const queued = await shop.sold(till);
    await shop.sell(till, { onBusy: 'queue', notAfter: 1 });
    await shop.pos.post(`/v1/payment-links/${till}/unlink`, { reason: 'the customer left' });
    await eventually(async () => (await shop.request(queued))['status'] === 'cancelled');
    const nobodys = await shop.rows(
      'select what, sentence from timeline where command_id is not null and actor is null',
    );
    expect(nobodys).toEqual([]);
    const unproven = await shop.rows(
      `select what, sentence from timeline where what in ('linked', 'updated', 'paid', 'underpaid', 'expired') and evidence is null`,
    );
    expect(unproven).toEqual([]);
    const opened = await shop.rows<{ actor: string }>(`select actor from timeline where what = 'opened'`);
    expect(opened.map(({ actor }) => actor)).toContainEqual(expect.stringMatching(/^key /));
  });

  it('refuses an instant that has not come, one that is none, and one with pages', async () => {
    const history = `/v1/payment-links/${till}/history`;
    for (const query of ['at=2999-01-01T00:00:00Z', 'at=yesterday', 'at=2026-01-01T00:00:00Z&limit=5']) {
      expect(await shop.pos.get(`${history}?${query}`)).toMatchObject({
        status: 400,
        body: { errors: [{ parameter: 'at' }] },
      });
    }
  });
});
