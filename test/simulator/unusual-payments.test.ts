/** Payments that no bank should take, and does all the same; and money that goes back. */
import { describe, expect, it } from '@jest/globals';

import { requestId, startBank } from './bank.ts';
import type { TestBank } from './bank.ts';

const read = async (bank: TestBank, id: string) => (await bank.call('GET', `/payment-requests/${id}`)).body;

describe('a payment that no bank should take', () => {
  it.each([
    ['an expired', { duration: 0 }, false],
    ['a cancelled', {}, true],
  ])('late: settles %s request all the same', async (_named, change, cancel) => {
    const bank = await startBank();
    const id = requestId();
    await bank.put(id, undefined, change);
    if (cancel) await bank.call('POST', `/payment-requests/${id}/cancel`, { reason: 'x' });
    expect((await bank.control('/pay', { paymentRequestId: id, how: 'late' })).status).toBe(200);
    expect(await read(bank, id)).toMatchObject({
      status: 'SETTLED',
      settlementSummary: { payment: { amount: '24.90' } },
    });
  });

  it('late: is refused while an ordinary payment would do', async () => {
    const bank = await startBank();
    const id = requestId();
    await bank.put(id);
    expect((await bank.control('/pay', { paymentRequestId: id, how: 'late' })).body.because).toBe('still-active');
  });

  it('late: goes to its own request, not to whoever is on the link now', async () => {
    const bank = await startBank();
    const link = await bank.openLink();
    const [gone, present] = [requestId(), requestId()];
    await bank.put(gone, link.id, { duration: 0 });
    await bank.put(present, link.id);
    await bank.control('/pay', { paymentRequestId: gone, how: 'late' });
    expect((await read(bank, gone)).status).toBe('SETTLED');
    expect((await read(bank, present)).status).toBe('ACTIVE');
    expect((await bank.call('GET', `/payment-links/${link.id}`)).body.paymentRequestId).toBe(present);
  });

  it('again: a second payment has an id of its own', async () => {
    const bank = await startBank();
    const id = requestId();
    await bank.put(id);
    const again = { paymentRequestId: id, how: 'again' };
    expect((await bank.control('/pay', again)).body.because).toBe('not-paid');
    const first = await bank.control('/pay', { paymentRequestId: id });
    const second = await bank.control('/pay', again);
    expect(second.body.endToEndId).not.toBe(first.body.endToEndId);
    const { paymentRequests } = (await bank.control('/payment-requests')).body;
    expect(paymentRequests[0]?.payments).toMatchObject([
      { endToEndId: first.body.endToEndId },
      { endToEndId: second.body.endToEndId },
    ]);
  });

  it('in-flight: nobody sees it until the request is cancelled, and then it settles', async () => {
    const bank = await startBank();
    const id = requestId();
    await bank.put(id);
    const order = { paymentRequestId: id, how: 'in-flight', delayMs: 60_000 };
    expect(await bank.control('/pay', order)).toMatchObject({ status: 202, body: { status: 'ACTIVE' } });
    expect((await read(bank, id)).status).toBe('ACTIVE');
    expect((await bank.call('POST', `/payment-requests/${id}/cancel`, { reason: 'x' })).status).toBe(200);
    expect((await read(bank, id)).status).toBe('CANCELLED');
    await bank.control('/clock', { advanceSeconds: 60 });
    expect((await read(bank, id)).status).toBe('SETTLED');
  });

  it('in-flight: on a request that was cancelled already, settles at once', async () => {
    const bank = await startBank();
    const id = requestId();
    await bank.put(id);
    await bank.call('POST', `/payment-requests/${id}/cancel`, { reason: 'x' });
    await bank.control('/pay', { paymentRequestId: id, how: 'in-flight' });
    expect((await read(bank, id)).status).toBe('SETTLED');
  });

  it('wrong: any amount, any currency, and parts of any size', async () => {
    const bank = await startBank();
    const id = requestId();
    await bank.put(id);
    const amount = { currency: 'USD', value: '1.00' };
    await bank.control('/pay', { paymentRequestId: id, how: 'wrong', amount, parts: { interest: '0.50' } });
    expect((await read(bank, id)).settlementSummary.payment).toMatchObject({
      currency: 'USD',
      amount: '1.00',
      interest: '0.50',
    });
  });
});

describe('a payment with parts', () => {
  const parts = { interest: '1.00', penalty: '0.50', discount: '0.20', reduction: '0.10' };

  it('is of the face value with interest and penalty, less discount and reduction', async () => {
    const bank = await startBank();
    const [named, unnamed] = [requestId(), requestId()];
    for (const id of [named, unnamed]) await bank.put(id);
    const face = { currency: 'BRL', value: '24.90' };
    const refused = await bank.control('/pay', { paymentRequestId: named, parts, amount: face });
    expect(refused.body.because).toBe('wrong-amount');
    const amount = { currency: 'BRL', value: '26.10' };
    expect((await bank.control('/pay', { paymentRequestId: named, parts, amount })).status).toBe(200);
    expect((await bank.control('/pay', { paymentRequestId: unnamed, parts })).body.amount).toEqual(amount);
  });

  it.each([
    ['total', '26.10'],
    ['face', '24.90'],
  ])('is settled as its %s', async (settlementAmount, amount) => {
    const bank = await startBank();
    await bank.control('/behaviour', { settlementAmount });
    const id = requestId();
    await bank.put(id);
    await bank.control('/pay', { paymentRequestId: id, parts });
    expect((await read(bank, id)).settlementSummary.payment).toMatchObject({ amount, ...parts });
    expect((await bank.control('/payment-requests')).body.paymentRequests[0]?.payments).toMatchObject([
      { amount: { currency: 'BRL', value: '26.10' } },
    ]);
  });

  it('whose discounts leave nothing to pay is refused', async () => {
    const bank = await startBank();
    const id = requestId();
    await bank.put(id);
    const order = { paymentRequestId: id, parts: { discount: '24.90' } };
    expect((await bank.control('/pay', order)).body.because).toBe('wrong-amount');
  });
});

describe('a return that nobody asked for', () => {
  it('is added to the settlement and never changes the status', async () => {
    const bank = await startBank();
    const id = requestId();
    await bank.put(id);
    await bank.control('/pay', { paymentRequestId: id });
    const before = await bank.call('GET', `/payment-requests/${id}`);
    const amount = { currency: 'BRL', value: '10.00' };
    expect((await bank.control('/return', { paymentRequestId: id, amount })).status).toBe(200);
    await bank.control('/return', { paymentRequestId: id });
    const after = await bank.call('GET', `/payment-requests/${id}`);
    expect(after.body.status).toBe('SETTLED');
    expect(after.etag).not.toBe(before.etag);
    expect(after.body.settlementSummary.returns).toMatchObject([
      { currency: 'BRL', amount: '10.00', type: 'OPERATIONAL', status: 'COMPLETED' },
      { currency: 'BRL', amount: '14.90', type: 'OPERATIONAL', status: 'COMPLETED' },
    ]);
    expect((await bank.control('/return', { paymentRequestId: id, amount })).body.because).toBe('too-much');
  });

  it('is of the payment it names, or of the latest', async () => {
    const bank = await startBank();
    const id = requestId();
    await bank.put(id);
    const first = await bank.control('/pay', { paymentRequestId: id });
    const second = await bank.control('/pay', {
      paymentRequestId: id,
      how: 'again',
      amount: { currency: 'BRL', value: '5.00' },
    });
    await bank.control('/return', { paymentRequestId: id });
    await bank.control('/return', { paymentRequestId: id, endToEndId: first.body.endToEndId, status: 'PENDING' });
    expect((await bank.control('/payment-requests')).body.paymentRequests[0]?.returns).toMatchObject([
      { endToEndId: second.body.endToEndId, status: 'COMPLETED', amount: { value: '5.00' } },
      { endToEndId: first.body.endToEndId, status: 'PENDING', amount: { value: '24.90' } },
    ]);
    const unpaid = { paymentRequestId: id, endToEndId: 'E0' };
    expect((await bank.control('/return', unpaid)).body.because).toBe('not-paid');
  });

  it('that failed has taken nothing, and says why', async () => {
    const bank = await startBank();
    const id = requestId();
    await bank.put(id);
    await bank.control('/pay', { paymentRequestId: id });
    await bank.control('/return', { paymentRequestId: id, status: 'FAILED' });
    await bank.control('/return', { paymentRequestId: id });
    expect((await read(bank, id)).settlementSummary.returns).toMatchObject([
      { amount: '24.90', status: 'FAILED', statusReason: 'REJECTED AM04' },
      { amount: '24.90', status: 'COMPLETED' },
    ]);
  });

  it('needs a payment', async () => {
    const bank = await startBank();
    const id = requestId();
    await bank.put(id);
    expect(await bank.control('/return', { paymentRequestId: id })).toMatchObject({
      status: 409,
      body: { because: 'not-paid' },
    });
  });
});
