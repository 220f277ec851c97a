/** A bill printed for one account: its amount comes later, its time is a day and not seconds. */
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { brl, COFFEE, openShop, type Shop } from '../../support/shop.ts';

describe('a bill', () => {
  let shop: Shop;
  beforeAll(async () => {
    shop = await openShop();
  });
  afterAll(async () => {
    await shop?.close();
  });

  const dueIn = (days: number): string => new Date(Date.now() + days * 86_400_000).toISOString().slice(0, 10);

  it('is printed before its amount is known, corrected, and paid within its days of grace', async () => {
    const bill = await shop.openBill();
    const { text } = (await shop.link(bill))['qr'] as { readonly text: string };
    expect(await shop.scan(text)).toMatchObject({ payable: false, because: 'empty' });
    const dueDate = dueIn(10);
    const id = await shop.sold(bill, { reference: 'flat 12, november', dueDate, terms: { graceDays: 5 } });
    expect(await shop.request(id)).toMatchObject({ status: 'active', dueDate, terms: { graceDays: 5 } });
    expect(await shop.change(id, '31.40', '"0"')).toMatchObject({ status: 200, body: { dueDate, revision: 1 } });
    await shop.control('clock', { advanceSeconds: 12 * 86_400 });
    expect(await shop.scan(text)).toMatchObject({ payable: true, amount: brl('31.40') });
    await shop.control('pay', { text });
    await shop.reset();
    expect(await shop.untilRequest(id, 'paid')).toMatchObject({ settlement: { amount: brl('31.40') }, exceptions: [] });
  });

  it('expires after its days of grace, by the clock of the bank', async () => {
    const bill = await shop.openBill();
    const id = await shop.sold(bill, { dueDate: dueIn(3), terms: { graceDays: 2 } });
    await shop.control('clock', { advanceSeconds: 8 * 86_400 });
    expect(await shop.untilRequest(id, 'expired')).toMatchObject({ payable: false, settlement: null });
    await shop.reset();
    expect(await shop.untilLink(bill, 'free')).toMatchObject({ currentPaymentRequestId: null });
  });

  it('takes a due date and no seconds', async () => {
    const bill = await shop.openBill();
    const path = `/v1/payment-links/${bill}/payment-requests`;
    for (const [more, pointer] of [
      [{ expiresIn: 900 }, '/expiresIn'],
      [{}, '/dueDate'],
      [{ dueDate: '2027-02-29' }, '/dueDate'],
    ] as const) {
      const answer = await shop.pos.post(path, { ...COFFEE, ...more });
      expect(answer).toMatchObject({ status: 422, body: { errors: [{ pointer }] } });
    }
  });
});
