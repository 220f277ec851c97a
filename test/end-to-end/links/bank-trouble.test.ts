/**
 * The bank has a bad day: refused tokens, rate limits, outages, cut connections, half answers. No sale is lost or
 * doubled.
 */
import { afterAll, afterEach, beforeAll, describe, expect, it } from '@jest/globals';
import { brl, openShop, type Shop } from '../../support/shop.ts';
import { eventually } from '../../limits/until.ts';

interface Trouble {
  readonly name: string;
  readonly fault: object;
}

const once: readonly Trouble[] = [
  { name: 'refuses the token once', fault: { status: 401 } },
  { name: 'limits the rate and names the seconds', fault: { status: 429, retryAfterSeconds: 1 } },
  { name: 'is out of service for a moment', fault: { status: 503 } },
  { name: 'cuts the connection before it does anything', fault: { timeout: 'before' } },
  { name: 'cuts the connection after it did everything', fault: { timeout: 'after' } },
  { name: 'cuts its answer in the middle', fault: { body: 'truncated' } },
  { name: 'answers with broken JSON', fault: { body: 'unreadable' } },
];

describe('when the bank', () => {
  let shop: Shop;
  beforeAll(async () => {
    shop = await openShop();
  });
  afterEach(async () => {
    await shop.reset();
  });
  afterAll(async () => {
    await shop?.close();
  });

  const strike = async (fault: object, method: string, path: string, times = 1) =>
    shop.control('faults', { ...fault, method, path, times });
  const struck = async (): Promise<boolean> => {
    const answer = await fetch(`${shop.bankUrl}/control/faults`);
    return ((await answer.json()) as { readonly calls: readonly unknown[] }).calls.length === 0;
  };
  const becomes = async (id: string, status: string) => {
    let looks = 0;
    await eventually(async () => {
      looks += 1;
      if (looks % 40 === 0) await shop.watch();
      return (await shop.request(id))['status'] === status;
    }, 50);
  };
  const requestsAtBank = async (till: string) => {
    const mine = await shop.rows<{ id: string }>(
      'select payment_request_id as id from payment_request where payment_link_id = $1',
      [till],
    );
    const there = await Promise.all(mine.map(async ({ id }) => shop.atBank(id)));
    return there.filter((one) => one !== undefined);
  };

  it.each(once)('$name, a sale, its change and its payment come through, once each', async ({ fault }) => {
    const till = await shop.openTill();
    await strike(fault, 'PUT', 'payment-requests');
    const sold = await shop.sell(till);
    expect([201, 202]).toContain(sold.status);
    const id = String(sold.body['id']);
    await becomes(id, 'active');
    expect(await struck()).toBe(true);
    await strike(fault, 'PUT', 'payment-requests');
    expect([200, 202]).toContain((await shop.change(id, '31.00', '"0"')).status);
    await eventually(async () => (await shop.request(id))['revision'] === 1);
    expect(await struck()).toBe(true);
    expect(await requestsAtBank(till)).toMatchObject([{ id, status: 'ACTIVE', revision: 1, amount: brl('31.00') }]);
    await strike(fault, 'GET', 'payment-requests');
    await shop.pay(id);
    await becomes(id, 'paid');
    expect(await struck()).toBe(true);
    expect(await shop.ledger(id)).toMatchObject([
      { kind: 'exact', amount_minor: '3100' },
      { kind: 'exact', amount_minor: '-3100' },
    ]);
    expect(await shop.events(id)).toEqual([
      'payment_request.linked',
      'payment_request.updated',
      'payment_request.paid',
    ]);
  });

  it.each(once)('$name, a cancel comes through, and the code is free', async ({ fault }) => {
    const till = await shop.openTill();
    const id = await shop.sold(till);
    await strike(fault, 'POST', 'cancel');
    expect([200, 202]).toContain((await shop.cancel(id)).status);
    await becomes(id, 'cancelled');
    expect(await struck()).toBe(true);
    await shop.untilLink(till, 'free');
    expect(await shop.atBank(id)).toMatchObject({ status: 'CANCELLED' });
    expect((await shop.sell(till)).status).toBe(201);
  });

  it.each(once)('$name, a link is opened all the same, and its code can be sold on', async ({ fault }) => {
    await strike(fault, 'POST', 'payment-links');
    const opened = await shop.pos.post('/v1/payment-links', { kind: 'till', label: 'Till 9' });
    expect([201, 202]).toContain(opened.status);
    const till = String(opened.body['id']);
    await shop.untilLink(till, 'free');
    expect(await struck()).toBe(true);
    const id = await shop.sold(till);
    const { text } = (await shop.link(till))['qr'] as { readonly text: string };
    expect(await shop.scan(text)).toMatchObject({ payable: true, paymentRequestId: id });
  });

  it('is away, a sale whose customer has left is refused, and nothing of it stays at the bank', async () => {
    const till = await shop.openTill();
    await shop.control('faults', { status: 503 });
    const sold = await shop.sell(till, { notAfter: 1 });
    expect([202, 409]).toContain(sold.status);
    await shop.reset();
    const [row] = await shop.rows<{ id: string }>(
      'select payment_request_id as id from payment_request where payment_link_id = $1',
      [till],
    );
    const id = row?.id ?? '';
    await becomes(id, 'refused');
    expect(await shop.request(id)).toMatchObject({ payable: false });
    expect(await shop.atBank(id)).toBeUndefined();
    await shop.untilLink(till, 'free');
    expect((await shop.sell(till)).status).toBe(201);
  });

  it('fails three calls of ten, ten sales end paid with their own money', async () => {
    await shop.control('faults', { status: 503, rate: 0.2, seed: 7 });
    await shop.control('faults', { timeout: 'after', rate: 0.1, seed: 11 });
    const sales = await Promise.all(
      Array.from({ length: 10 }, async (_, n) => {
        const opened = await shop.pos.post('/v1/payment-links', { kind: 'till', label: `Till ${n}` });
        const till = String(opened.body['id']);
        await shop.untilLink(till, 'free');
        const sold = await shop.sell(till, { amount: brl(`${n + 1}.00`) });
        const id = String(sold.body['id']);
        await becomes(id, 'active');
        await shop.pay(id);
        return id;
      }),
    );
    await shop.reset();
    await Promise.all(sales.map(async (id) => becomes(id, 'paid')));
    for (const [n, id] of sales.entries()) {
      expect(await shop.ledger(id)).toMatchObject([{ amount_minor: String((n + 1) * 100) }, { account: 'collected' }]);
    }
  });
});
