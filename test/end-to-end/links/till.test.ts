/** What a POS does with a till over HTTP: busy links, changes, receipts, deadlines, and the end of a link. */
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import type { ApiAnswer } from '../../api/client.ts';
import { brl, openShop, type Shop } from '../../support/shop.ts';
import { eventually } from '../../limits/until.ts';

describe('a till', () => {
  let shop: Shop;
  beforeAll(async () => {
    shop = await openShop();
  });
  afterAll(async () => {
    await shop?.close();
  });

  const problem = (status: number, name: string, more: object = {}) => ({
    status,
    body: {
      status,
      type: expect.stringMatching(new RegExp(`/problems/${name}$`)),
      traceId: expect.any(String),
      ...more,
    },
  });
  const unlink = async (till: string): Promise<ApiAnswer> => shop.pos.post(`/v1/payment-links/${till}/unlink`);

  it('that is busy refuses the next sale and names the one it serves', async () => {
    const till = await shop.openTill();
    const id = await shop.sold(till);
    expect(await shop.sell(till)).toMatchObject(problem(409, 'payment-link-busy', { currentPaymentRequestId: id }));
    expect(await shop.request(id)).toMatchObject({ status: 'active', payable: true });
  });

  it('that is told to replace cancels the sale before and links the next', async () => {
    const till = await shop.openTill();
    const first = await shop.sold(till);
    const second = await shop.sold(till, { amount: brl('5.00'), onBusy: 'replace' });
    expect(await shop.request(first)).toMatchObject({ status: 'cancelled', payable: false });
    expect(await shop.atBank(first)).toMatchObject({ status: 'CANCELLED' });
    expect(await shop.link(till)).toMatchObject({ status: 'linked', currentPaymentRequestId: second });
    expect(await shop.events(first)).toEqual(['payment_request.linked', 'payment_request.cancelled']);
  });

  it('that is told to replace a sale which was paid meanwhile books that money to that sale', async () => {
    const till = await shop.openTill();
    const first = await shop.sold(till);
    await shop.control('faults', { callbacks: 'drop' });
    await shop.pay(first);
    await shop.reset();
    const second = await shop.sold(till, { amount: brl('5.00'), onBusy: 'replace' });
    expect(await shop.request(first)).toMatchObject({ status: 'paid', settlement: { amount: brl('24.90') } });
    expect(await shop.request(second)).toMatchObject({ status: 'active', settlement: null });
  });

  it('queues ten sales, refuses the eleventh, and links them in their order', async () => {
    const till = await shop.openTill();
    let current = await shop.sold(till);
    const queued: string[] = [];
    for (let n = 1; n <= 10; n += 1) {
      const answer = await shop.sell(till, { amount: brl(`${n}.00`), onBusy: 'queue' });
      expect(answer).toMatchObject({ status: 202, body: { status: 'linking', payable: false } });
      expect(answer.headers.get('location')).toBe(`/v1/payment-requests/${String(answer.body['id'])}`);
      queued.push(String(answer.body['id']));
    }
    expect(await shop.sell(till, { onBusy: 'queue' })).toMatchObject(problem(409, 'queue-full'));
    for (const next of queued) {
      expect(await shop.request(next)).toMatchObject({ status: 'linking' });
      await shop.pay(current);
      await shop.untilRequest(next, 'active');
      expect(await shop.request(current)).toMatchObject({ status: 'paid' });
      current = next;
    }
  });

  it('refuses a queued sale whose time passes while it waits, and one that is cancelled while it waits', async () => {
    const till = await shop.openTill();
    const first = await shop.sold(till);
    const late = await shop.sell(till, { onBusy: 'queue', notAfter: 1 });
    const unwanted = await shop.sell(till, { onBusy: 'queue' });
    // On a slow machine its time is over before it is queued, which is refused as a problem.
    const lateId = String(late.body['id'] ?? late.body['paymentRequestId']);
    const unwantedId = String(unwanted.body['id']);
    expect(await shop.untilRequest(lateId, 'refused')).toMatchObject({ payable: false });
    const receipt = await shop.cancel(unwantedId);
    expect(receipt.status).toBe(200);
    expect(await shop.untilRequest(unwantedId, 'refused')).toMatchObject({ payable: false });
    expect(await shop.atBank(lateId)).toBeUndefined();
    expect(await shop.atBank(unwantedId)).toBeUndefined();
    expect(await shop.request(first)).toMatchObject({ status: 'active' });
  });

  it('changes a charge by the revision that was read: 428 without it, 412 with an old one, 200 with the right one', async () => {
    const till = await shop.openTill();
    const id = await shop.sold(till);
    const path = `/v1/payment-requests/${id}`;
    expect(await shop.pos.patch(path, { amount: brl('30.00') })).toMatchObject(problem(428, 'precondition-required'));
    const { headers } = await shop.pos.get(path);
    expect(headers.get('etag')).toBe('"0"');
    const changed = await shop.change(id, '30.00', '"0"');
    expect(changed).toMatchObject({ status: 200, body: { revision: 1, amount: brl('30.00'), payable: true } });
    expect(changed.headers.get('etag')).toBe('"1"');
    expect(await shop.change(id, '31.00', '"0"')).toMatchObject(problem(412, 'stale-revision'));
    expect(await shop.atBank(id)).toMatchObject({ amount: brl('30.00') });
    const { text } = (await shop.link(till))['qr'] as { readonly text: string };
    expect(await shop.scan(text)).toMatchObject({ amount: brl('30.00') });
    expect(await shop.events(id)).toEqual(['payment_request.linked', 'payment_request.updated']);
  });

  it('does not change what was paid, cancelled or never was', async () => {
    const till = await shop.openTill();
    const paid = await shop.sold(till);
    await shop.pay(paid);
    await shop.untilRequest(paid, 'paid');
    expect(await shop.change(paid, '30.00', '"0"')).toMatchObject(problem(409, 'already-paid'));
    const cancelled = await shop.sold(till);
    await shop.cancel(cancelled);
    expect(await shop.change(cancelled, '30.00', '"0"')).toMatchObject(problem(409, 'not-active'));
    expect(await shop.change('0'.repeat(32), '30.00', '"0"')).toMatchObject(problem(404, 'not-found'));
  });

  it('is cleared whatever is on it, and the receipt tells what that was', async () => {
    const till = await shop.openTill();
    const receipt = (found: string, more: object = {}) => ({
      status: 200,
      body: { paymentLinkId: till, found, currentPaymentRequestId: null, ...more },
    });
    expect(await unlink(till)).toMatchObject(receipt('nothing', { paymentRequest: null }));
    const first = await shop.sold(till);
    expect(await unlink(till)).toMatchObject(
      receipt('cancelled', { paymentRequest: { id: first, status: 'cancelled' } }),
    );
    const second = await shop.sold(till);
    await shop.control('faults', { callbacks: 'drop' });
    await shop.pay(second);
    const paid = { paymentRequest: { id: second, status: 'paid', settlement: { amount: brl('24.90') } } };
    expect(await shop.cancel(second)).toMatchObject(receipt('paid', paid));
    const third = await shop.sold(till);
    await shop.control('clock', { advanceSeconds: 1_000 });
    const receiptOfThird = await unlink(till);
    await shop.reset();
    expect(receiptOfThird).toMatchObject(receipt('expired', { paymentRequest: { id: third, status: 'expired' } }));
  });

  it("expires by the bank's clock, frees the code, and sells again", async () => {
    const till = await shop.openTill();
    const id = await shop.sold(till, { expiresIn: 120 });
    await shop.control('clock', { advanceSeconds: 60 });
    expect(await shop.atBank(id)).toMatchObject({ status: 'ACTIVE' });
    await shop.control('clock', { advanceSeconds: 61 });
    expect(await shop.untilRequest(id, 'expired')).toMatchObject({ payable: false, exceptions: [] });
    await shop.reset();
    await shop.untilLink(till, 'free');
    expect(await shop.events(id)).toEqual(['payment_request.linked', 'payment_request.expired']);
    expect((await shop.sell(till)).status).toBe(201);
  });

  it('that is retired cancels what is on it, takes no sale, and still books late money', async () => {
    const till = await shop.openTill();
    const id = await shop.sold(till);
    const retired = await shop.pos.post(`/v1/payment-links/${till}/retire`, { reason: 'the till is gone' });
    expect(retired).toMatchObject({ status: 200, body: { status: 'retired', currentPaymentRequestId: null } });
    expect(await shop.request(id)).toMatchObject({ status: 'cancelled' });
    expect(await shop.sell(till)).toMatchObject(problem(409, 'retired'));
    await shop.pay(id, { how: 'late' });
    expect(await shop.untilRequest(id, 'paid')).toMatchObject({ exceptions: [{ kind: 'late' }] });
    expect(await shop.link(till)).toMatchObject({ status: 'retired' });
    expect((await shop.pos.post(`/v1/payment-links/${till}/retire`)).status).toBe(200);
  });

  it('asked to respond at once answers 202 with the address where the rest is told', async () => {
    const till = await shop.openTill();
    const answer = await shop.sell(till, {}, { prefer: 'respond-async' });
    expect(answer).toMatchObject({ status: 202, body: { paymentLinkId: till } });
    const location = answer.headers.get('location') ?? '';
    expect(location).toBe(`/v1/payment-requests/${String(answer.body['id'])}`);
    await eventually(async () => (await shop.pos.get(location)).body['status'] === 'active');
    const cancelled = await shop.pos.post(`${location}/cancel`, {}, { prefer: 'respond-async' });
    expect(cancelled).toMatchObject({ status: 202 });
    await eventually(async () => (await shop.pos.get(location)).body['status'] === 'cancelled');
  });

  it('takes seconds and no due date, and says which field is wrong', async () => {
    const till = await shop.openTill();
    const wrong: readonly (readonly [object, string])[] = [
      [{ dueDate: '2026-12-24' }, '/dueDate'],
      [{ amount: { currency: 'BRL', value: '24.9' } }, '/amount/value'],
      [{ amount: { currency: 'BRL', value: '0.00' } }, '/amount/value'],
      [{ amount: { currency: 'USD', value: '24.90' } }, '/amount/currency'],
      [{ expiresIn: 0 }, '/expiresIn'],
      [{ tip: '1.00' }, '/tip'],
    ];
    for (const [sale, pointer] of wrong) {
      expect(await shop.sell(till, sale)).toMatchObject(problem(422, 'validation-failed', { errors: [{ pointer }] }));
    }
    expect((await shop.pos.get(`/v1/payment-requests?paymentLinkId=${till}`)).body['data']).toEqual([]);
  });
});
