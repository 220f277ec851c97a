/** The payer: what a scan shows, which payments a bank refuses, and what goes wrong all the same. */
import { describe, expect, it } from '@jest/globals';

import { bill, requestId, startBank } from './bank.ts';
import type { TestBank } from './bank.ts';
import { encodeBrCode } from '../../domain/codes/br-code.ts';

const printed = (url: string): string => encodeBrCode({ url, merchantName: 'Padaria', merchantCity: 'Sao Paulo' });
const read = async (bank: TestBank, id: string) => (await bank.call('GET', `/payment-requests/${id}`)).body;
const scan = async (bank: TestBank, text: string) => (await bank.control('/scan', { text })).body;

describe('a scan', () => {
  it('of the printed code shows what is asked for now', async () => {
    const bank = await startBank();
    const link = await bank.openLink();
    const id = requestId();
    const additionalInformation = [{ valueType: 'description', text: 'Two rolls' }];
    await bank.put(id, link.id, { additionalInformation });
    expect(await scan(bank, printed(link.url))).toEqual({
      payable: true,
      amount: { currency: 'BRL', value: '24.90' },
      payee: 'Padaria do Joao',
      reference: 'Sale 7',
      description: 'Two rolls',
      paymentRequestId: id,
      revision: 0,
      expiresAt: expect.stringMatching(/^\d{4}-.*Z$/),
    });
    await bank.put(id, link.id, { paymentAmount: '30.00' });
    expect(await scan(bank, printed(link.url))).toMatchObject({ amount: { value: '30.00' }, revision: 1 });
  });

  it('of a request code shows what the bank says now, not what the code says', async () => {
    const bank = await startBank();
    const link = await bank.openLink();
    const id = requestId();
    const text = (await bank.put(id, link.id)).body.requestMethod.text;
    await bank.put(id, link.id, { paymentAmount: '30.00' });
    expect(await scan(bank, text)).toMatchObject({ payable: true, amount: { value: '30.00' } });
  });

  it('says why there is nothing to pay, in a sentence', async () => {
    const bank = await startBank();
    const link = await bank.openLink();
    const text = printed(link.url);
    const becauses = async (): Promise<unknown> => {
      const { payable, because, sentence } = await scan(bank, text);
      expect([payable, typeof sentence]).toEqual([false, 'string']);
      return because;
    };
    expect(await becauses()).toBe('empty');
    await bank.put(requestId(), link.id);
    await bank.control('/pay', { text });
    expect(await becauses()).toBe('paid');
    await bank.put(requestId(), link.id, { duration: 0 });
    expect(await becauses()).toBe('expired');
    const cancelled = requestId();
    await bank.put(cancelled, link.id);
    await bank.call('POST', `/payment-requests/${cancelled}/cancel`, { reason: 'x' });
    expect(await becauses()).toBe('empty');
    await bank.control('/behaviour', { processingMs: 60_000 });
    await bank.put(requestId(), link.id);
    await bank.control('/pay', { text });
    expect(await becauses()).toBe('processing');
  });

  it('of something else is told apart from a code that nobody knows', async () => {
    const bank = await startBank();
    expect(await scan(bank, 'https://example.com')).toMatchObject({ payable: false, because: 'not-a-code' });
    expect(await scan(bank, printed('https://elsewhere.example/pix/1'))).toMatchObject({
      payable: false,
      because: 'unknown',
    });
  });
});

describe('an ordinary payment', () => {
  it('settles the request, and the read shows it once and for all', async () => {
    const bank = await startBank();
    const link = await bank.openLink();
    const id = requestId();
    await bank.put(id, link.id);
    const paid = await bank.control('/pay', { text: printed(link.url) });
    expect(paid).toMatchObject({
      status: 200,
      body: { paymentRequestId: id, revision: 0, status: 'SETTLED', amount: { currency: 'BRL', value: '24.90' } },
    });
    expect(paid.body.endToEndId).toMatch(/^E\d{8}\d{12}[a-z0-9]{11}$/);
    const after = await read(bank, id);
    expect(after).toMatchObject({ status: 'SETTLED', revisionNumber: 0 });
    expect(after.settlementSummary).toEqual({
      payment: { endToEndId: paid.body.endToEndId, currency: 'BRL', amount: '24.90', settledAt: paid.body.settledAt },
    });
  });

  it.each([
    ['another amount', { amount: { currency: 'BRL', value: '24.91' } }, 'wrong-amount'],
    ['another currency', { amount: { currency: 'USD', value: '24.90' } }, 'wrong-currency'],
  ])('of %s is refused', async (_named, order, because) => {
    const bank = await startBank();
    const id = requestId();
    await bank.put(id);
    expect(await bank.control('/pay', { paymentRequestId: id, ...order })).toMatchObject({
      status: 409,
      body: { because, sentence: expect.any(String) },
    });
    expect((await read(bank, id)).status).toBe('ACTIVE');
  });

  it('of an amount that has changed since the scan is refused', async () => {
    const bank = await startBank();
    const id = requestId();
    await bank.put(id);
    await bank.put(id, undefined, { paymentAmount: '30.00' });
    const amount = { currency: 'BRL', value: '24.90' };
    expect((await bank.control('/pay', { paymentRequestId: id, amount })).body.because).toBe('wrong-amount');
  });

  it('of any amount is taken where the payer may change it', async () => {
    const bank = await startBank();
    const id = requestId();
    await bank.put(id, undefined, { isAmountAdjustable: true });
    const amount = { currency: 'BRL', value: '50.00' };
    expect((await bank.control('/pay', { paymentRequestId: id, amount })).status).toBe(200);
  });

  it('of a bill pays its face value', async () => {
    const bank = await startBank();
    const id = requestId();
    await bank.call('PUT', `/payment-requests/${id}`, bill());
    await bank.control('/pay', { paymentRequestId: id });
    expect((await read(bank, id)).settlementSummary.payment).toMatchObject({ amount: '24.90', currency: 'BRL' });
  });

  it('of what is paid, expired, withdrawn, empty or unknown is refused by name', async () => {
    const bank = await startBank();
    const link = await bank.openLink();
    const [paid, expired, cancelled] = [requestId(), requestId(), requestId()];
    for (const id of [paid, cancelled]) await bank.put(id);
    await bank.put(expired, undefined, { duration: 0 });
    await bank.control('/pay', { paymentRequestId: paid });
    await bank.call('POST', `/payment-requests/${cancelled}/cancel`, { reason: 'x' });
    const because = async (order: object): Promise<unknown> => {
      const { status, body } = await bank.control('/pay', order);
      return [status, body.because];
    };
    expect(await because({ paymentRequestId: paid })).toEqual([409, 'paid']);
    expect(await because({ paymentRequestId: expired })).toEqual([409, 'expired']);
    expect(await because({ paymentRequestId: cancelled })).toEqual([409, 'cancelled']);
    expect(await because({ text: printed(link.url) })).toEqual([409, 'empty']);
    expect(await because({ paymentRequestId: requestId() })).toEqual([404, 'unknown']);
  });

  it('names exactly one of text and request, and an amount in its form', async () => {
    const bank = await startBank();
    expect((await bank.control('/pay', {})).status).toBe(400);
    expect((await bank.control('/pay', { text: 'x', paymentRequestId: 'y' })).status).toBe(400);
    const amount = { currency: 'BRL', value: 24.9 };
    expect((await bank.control('/pay', { paymentRequestId: requestId(), amount })).status).toBe(400);
  });
});
