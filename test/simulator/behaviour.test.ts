/** The bank's undocumented choices, each under its switch. */
import { eventually } from '../limits/until.ts';
import { describe, expect, it } from '@jest/globals';

import { requestId, sale, startBank, startReceiver } from './bank.ts';
import type { TestBank } from './bank.ts';

async function linkedSale(bank: TestBank): Promise<{ id: string; linkId: string; text: string }> {
  const link = await bank.openLink();
  const id = requestId();
  const { body } = await bank.put(id, link.id);
  return { id, linkId: link.id, text: body.requestMethod.text };
}

const read = async (bank: TestBank, id: string) => (await bank.call('GET', `/payment-requests/${id}`)).body;
const shownOn = async (bank: TestBank, linkId: string): Promise<unknown> =>
  (await bank.call('GET', `/payment-links/${linkId}`)).body.paymentRequestId;

describe('the bank’s behaviour', () => {
  it('linkFreedBy next: a finished request stays shown until another takes its place', async () => {
    const bank = await startBank();
    await bank.control('/behaviour', { linkFreedBy: 'next' });
    const { id, linkId, text } = await linkedSale(bank);
    await bank.control('/pay', { paymentRequestId: id });
    expect(await shownOn(bank, linkId)).toBe(id);
    expect((await bank.control('/scan', { text })).body).toMatchObject({ payable: false, because: 'paid' });
    const next = requestId();
    expect((await bank.put(next, linkId)).status).toBe(200);
    expect(await shownOn(bank, linkId)).toBe(next);
  });

  it('absentPaymentLinkId: an update without a link keeps it, or takes the request off it', async () => {
    const bank = await startBank();
    const { id, linkId } = await linkedSale(bank);
    await bank.put(id, undefined, { paymentAmount: '1.00' });
    expect(await shownOn(bank, linkId)).toBe(id);
    await bank.control('/behaviour', { absentPaymentLinkId: 'unlink' });
    const { body } = await bank.put(id, undefined, { paymentAmount: '2.00' });
    expect(body.requestMethod.paymentLink).toBeUndefined();
    expect(body.status).toBe('ACTIVE');
    expect(await shownOn(bank, linkId)).toBeUndefined();
    expect((await bank.put(requestId(), linkId)).status).toBe(200);
  });

  it('etags off: none is given and If-Match is not looked at', async () => {
    const bank = await startBank();
    await bank.control('/behaviour', { etags: 'off' });
    const id = requestId();
    expect((await bank.put(id)).etag).toBeNull();
    expect((await bank.put(id, undefined, { paymentAmount: '1.00' }, { 'if-match': '"stale"' })).status).toBe(200);
  });

  it('noOpPutBumpsRevision: a PUT that changes nothing is a revision too', async () => {
    const bank = await startBank();
    await bank.control('/behaviour', { noOpPutBumpsRevision: true });
    const id = requestId();
    const first = await bank.put(id);
    const second = await bank.put(id);
    expect(second.body.revisionNumber).toBe(1);
    expect(second.etag).not.toBe(first.etag);
  });

  it('readLagMs: a read is behind the callback, for request, link and search', async () => {
    const receiver = await startReceiver();
    const bank = await startBank({ callbackUrl: receiver.url });
    const { id, linkId } = await linkedSale(bank);
    await bank.control('/behaviour', { readLagMs: 600 });
    await bank.control('/pay', { paymentRequestId: id });
    await eventually(() => receiver.statuses().includes('SETTLED'));
    expect(receiver.statuses()).toContain('SETTLED');
    expect((await read(bank, id)).status).toBe('ACTIVE');
    expect(await shownOn(bank, linkId)).toBe(id);
    const { createdAt } = await read(bank, id);
    const search = await bank.call('POST', '/payment-requests/search', {
      'createdDate.gte': createdAt,
      'createdDate.lte': createdAt,
    });
    expect(search.body.requests).toMatchObject([{ id, status: 'ACTIVE' }]);
    await eventually(async () => (await read(bank, id)).status === 'SETTLED');
    expect(await read(bank, id)).toMatchObject({
      status: 'SETTLED',
      settlementSummary: { payment: { amount: '24.90' } },
    });
    expect(await shownOn(bank, linkId)).toBeUndefined();
  });

  it('activeCallbacks off: a new request is not called back', async () => {
    const receiver = await startReceiver();
    const bank = await startBank({ callbackUrl: receiver.url });
    await bank.control('/behaviour', { activeCallbacks: false });
    const { id } = await linkedSale(bank);
    await bank.control('/pay', { paymentRequestId: id });
    await eventually(() => receiver.received.length > 0);
    expect(receiver.statuses()).toEqual(['SETTLED']);
  });

  it('settledWithoutSummary: so many reads of a settled request lack the money', async () => {
    const bank = await startBank();
    const { id } = await linkedSale(bank);
    await bank.control('/behaviour', { settledWithoutSummary: 2 });
    expect((await read(bank, id)).settlementSummary).toBeUndefined();
    await bank.control('/pay', { paymentRequestId: id });
    const reads = [await read(bank, id), await read(bank, id), await read(bank, id)];
    expect(reads.map(({ status }) => status)).toEqual(['SETTLED', 'SETTLED', 'SETTLED']);
    expect(reads.map(({ settlementSummary }) => settlementSummary !== undefined)).toEqual([false, false, true]);
  });

  it('lateWriteMs: a write whose answer was lost lands only then', async () => {
    const bank = await startBank();
    await bank.control('/behaviour', { lateWriteMs: 1_000 });
    await bank.control('/faults', { timeout: 'after', times: 1, holdMs: 10, method: 'PUT' });
    const id = requestId();
    await expect(bank.put(id)).rejects.toThrow('fetch failed');
    expect((await bank.call('GET', `/payment-requests/${id}`)).status).toBe(404);
    await eventually(async () => (await bank.call('GET', `/payment-requests/${id}`)).status === 200);
    expect((await bank.call('GET', `/payment-requests/${id}`)).status).toBe(200);
  });

  it('lateWriteMs: a late update is judged when it lands', async () => {
    const bank = await startBank();
    const { id } = await linkedSale(bank);
    await bank.control('/behaviour', { lateWriteMs: 1_000 });
    await bank.control('/faults', { timeout: 'after', times: 1, holdMs: 10, method: 'PUT' });
    await expect(bank.put(id, undefined, { paymentAmount: '1.00' })).rejects.toThrow('fetch failed');
    await bank.control('/pay', { paymentRequestId: id });
    await new Promise((resolve) => setTimeout(resolve, 1_100));
    expect(await read(bank, id)).toMatchObject({ status: 'SETTLED', revisionNumber: 0 });
  });

  it('processingMs: a payment is under way for a while and then settles', async () => {
    const receiver = await startReceiver();
    const bank = await startBank({ callbackUrl: receiver.url });
    const { id, text } = await linkedSale(bank);
    await bank.control('/behaviour', { processingMs: 60_000 });
    expect(await bank.control('/pay', { text })).toMatchObject({
      status: 202,
      body: { status: 'PROCESSING', endToEndId: expect.any(String) },
    });
    expect((await read(bank, id)).settlementSummary).toBeUndefined();
    expect((await bank.control('/pay', { text })).body).toMatchObject({ because: 'processing' });
    expect((await bank.call('POST', `/payment-requests/${id}/cancel`, { reason: 'x' })).status).toBe(400);
    expect((await bank.put(id, undefined, { paymentAmount: '1.00' })).status).toBe(400);
    await bank.control('/clock', { advanceSeconds: 60 });
    expect((await read(bank, id)).status).toBe('SETTLED');
    await eventually(() => receiver.received.length >= 3);
    expect(receiver.statuses().toSorted()).toEqual(['ACTIVE', 'PROCESSING', 'SETTLED']);
  });

  it('processingEndsIn active: the payment fails, and the request can be paid again or has expired meanwhile', async () => {
    const bank = await startBank();
    await bank.control('/behaviour', { processingMs: 60_000, processingEndsIn: 'active' });
    const [lasting, short] = [requestId(), requestId()];
    await bank.put(lasting);
    await bank.put(short, undefined, { duration: 30 });
    for (const paymentRequestId of [lasting, short]) await bank.control('/pay', { paymentRequestId });
    await bank.control('/clock', { advanceSeconds: 40 });
    expect((await read(bank, short)).status).toBe('PROCESSING');
    await bank.control('/clock', { advanceSeconds: 30 });
    expect((await read(bank, lasting)).status).toBe('ACTIVE');
    expect((await read(bank, short)).status).toBe('EXPIRED');
    expect((await read(bank, lasting)).settlementSummary).toBeUndefined();
  });

  it('secondPaymentShows: the latest of two payments, or each in turn', async () => {
    const bank = await startBank();
    const { id } = await linkedSale(bank);
    const first = (await bank.control('/pay', { paymentRequestId: id })).body.endToEndId;
    const second = (await bank.control('/pay', { paymentRequestId: id, how: 'again' })).body.endToEndId;
    const shown = async (): Promise<string> => (await read(bank, id)).settlementSummary.payment.endToEndId;
    expect([await shown(), await shown()]).toEqual([second, second]);
    await bank.control('/behaviour', { secondPaymentShows: 'alternate' });
    expect([await shown(), await shown()].toSorted()).toEqual([first, second].toSorted());
  });

  it('is in force until it is reset, and refuses a switch that it does not have', async () => {
    const bank = await startBank();
    await bank.control('/behaviour', { processingMs: 5 });
    expect((await bank.control('/behaviour', { linkFreedBy: 'next' })).body).toMatchObject({
      processingMs: 5,
      linkFreedBy: 'next',
    });
    expect((await bank.control('/behaviour', { reset: true })).body).toMatchObject({
      processingMs: 0,
      linkFreedBy: 'terminal',
      acceptOneCent: true,
    });
    expect((await bank.control('/behaviour', { colour: 'red' })).status).toBe(400);
    expect((await bank.call('PUT', `/payment-requests/${requestId()}`, sale())).status).toBe(200);
  });
});
