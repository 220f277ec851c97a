/** A request from its creation to its end: revisions, ETags, expiry, and what is refused afterwards. */
import { describe, expect, it } from '@jest/globals';

import { bill, requestId, sale, startBank } from './bank.ts';

const inactive = { status: 400, body: { context: [{ code: '10104', location: 'PATH', field: 'id' }] } };

describe('a request', () => {
  it('is created at revision 0 under the id of the client, and read back the same', async () => {
    const bank = await startBank();
    const link = await bank.openLink();
    const id = requestId();
    const created = await bank.put(id, link.id);
    expect(created).toMatchObject({
      status: 200,
      body: {
        id,
        revisionNumber: 0,
        country: 'BR',
        status: 'ACTIVE',
        request: {
          paymentAmount: '24.90',
          currency: 'BRL',
          expirationType: 'IMMEDIATE',
          duration: 1800,
          reference: 'Sale 7',
        },
        requestMethod: { qrCodeType: 'DYNAMIC', paymentLink: { id: link.id, url: link.url, paymentRequestId: id } },
      },
    });
    expect(created.body.requestMethod.text).toContain(link.url.replace('https://', ''));
    expect(created.body.requestMethod.image).toBeUndefined();
    expect(created.body.settlementSummary).toBeUndefined();
    expect(Date.parse(created.body.expiresAt) - Date.parse(created.body.createdAt)).toBe(1_800_000);
    const read = await bank.call('GET', `/payment-requests/${id}`);
    expect(read.body).toEqual(created.body);
    expect(read.etag).toBe(created.etag);
    expect(read.etag).toMatch(/^"[^"]{1,98}"$/);
  });

  it('gets an id and an image from the bank when the client sends neither id nor TEXT_ONLY', async () => {
    const bank = await startBank();
    const created = await bank.call('POST', '/payment-requests', {
      ...sale(),
      requestMethod: { qrCodeType: 'DYNAMIC' },
    });
    expect(created.status).toBe(201);
    expect(created.body.id).toMatch(/^[a-z0-9]{32}$/);
    expect(created.body.requestMethod).toMatchObject({
      mimeType: 'image/png',
      imageWidth: 400,
      image: expect.any(String),
    });
  });

  it('grows by one revision with each PUT that changes something, and only then', async () => {
    const bank = await startBank();
    const id = requestId();
    const first = await bank.put(id);
    const same = await bank.put(id);
    expect(same.body.revisionNumber).toBe(0);
    expect(same.etag).toBe(first.etag);
    const changed = await bank.put(id, undefined, { paymentAmount: '30.00' });
    expect(changed.body).toMatchObject({
      revisionNumber: 1,
      request: { paymentAmount: '30.00' },
      createdAt: first.body.createdAt,
    });
    expect(changed.etag).not.toBe(first.etag);
  });

  it('still shows every earlier revision', async () => {
    const bank = await startBank();
    const id = requestId();
    await bank.put(id);
    await bank.put(id, undefined, { paymentAmount: '30.00' });
    const read = (revision: number) => bank.call('GET', `/payment-requests/${id}?revisionNumber=${revision}`);
    expect((await read(0)).body).toMatchObject({ revisionNumber: 0, request: { paymentAmount: '24.90' } });
    expect((await read(1)).body).toMatchObject({ revisionNumber: 1, request: { paymentAmount: '30.00' } });
    expect((await read(2)).status).toBe(404);
    expect((await read(0)).etag).not.toBe((await read(1)).etag);
  });

  it('refuses a stale If-Match and changes nothing', async () => {
    const bank = await startBank();
    const id = requestId();
    const { etag } = await bank.put(id);
    await bank.put(id, undefined, { paymentAmount: '30.00' }, { 'if-match': etag ?? '' });
    const stale = await bank.put(id, undefined, { paymentAmount: '40.00' }, { 'if-match': etag ?? '' });
    expect(stale).toMatchObject({
      status: 412,
      body: { title: 'Precondition failed', httpStatus: 412, context: [{ field: 'If-Match', location: 'HEADER' }] },
    });
    expect((await bank.call('GET', `/payment-requests/${id}`)).body.request.paymentAmount).toBe('30.00');
    expect((await bank.put(id, undefined, { paymentAmount: '40.00' }, { 'if-match': '*' })).status).toBe(200);
  });

  it('does not come to be under an If-Match', async () => {
    const bank = await startBank();
    const id = requestId();
    expect((await bank.put(id, undefined, {}, { 'if-match': '"anything"' })).status).toBe(412);
    expect((await bank.call('GET', `/payment-requests/${id}`)).status).toBe(404);
  });

  it('takes a hundred changes and no more', async () => {
    const bank = await startBank();
    const id = requestId();
    for (let cents = 0; cents <= 100; cents += 1) {
      const value = `10.${String(cents).padStart(2, '0')}`;
      const paymentAmount = cents === 100 ? '11.00' : value;
      expect((await bank.put(id, undefined, { paymentAmount })).body.revisionNumber).toBe(cents);
    }
    expect(await bank.put(id, undefined, { paymentAmount: '12.00' })).toMatchObject(inactive);
    expect((await bank.put(id, undefined, { paymentAmount: '11.00' })).body.revisionNumber).toBe(100);
  });

  it('keeps expiry kind and account when an update leaves them out', async () => {
    const bank = await startBank();
    const id = requestId();
    await bank.put(id);
    const update = sale(undefined, {
      expirationType: undefined,
      creditor: { name: 'Outra Padaria' },
      paymentAmount: '9.00',
    });
    const answer = await bank.call('PUT', `/payment-requests/${id}`, update);
    expect(answer.body.request).toMatchObject({
      expirationType: 'IMMEDIATE',
      creditor: { name: 'Outra Padaria', account: { alternateAccountIdentifier: '70204587000136' } },
    });
  });

  it('anchors the expiry of an update on its creation', async () => {
    const bank = await startBank();
    const id = requestId();
    const { body } = await bank.put(id);
    await bank.control('/clock', { advanceSeconds: 200 });
    const updated = (await bank.put(id, undefined, { duration: 600 })).body;
    expect(Date.parse(updated.expiresAt) - Date.parse(body.createdAt)).toBe(600_000);
    expect(Date.parse(updated.updatedAt) - Date.parse(body.createdAt)).toBeGreaterThanOrEqual(200_000);
  });

  it('of one day is what a request without duration gets', async () => {
    const bank = await startBank();
    const { body } = await bank.put(requestId(), undefined, { duration: undefined });
    expect(body.request.duration).toBe(86_400);
    expect(Date.parse(body.expiresAt) - Date.parse(body.createdAt)).toBe(86_400_000);
  });

  it('with a due date ends at midnight UTC after the last day of grace', async () => {
    const bank = await startBank();
    const terms = { paymentDueDate: '2999-11-21', gracePeriod: 5 };
    const { body } = await bank.call('PUT', `/payment-requests/${requestId()}`, bill(undefined, terms));
    expect(body.expiresAt).toBe('2999-11-27T00:00:00Z');
    expect(body.requestMethod.paymentLink.url).toContain('/pix/cobv/');
  });

  it('expires by the bank’s clock, to the second', async () => {
    const bank = await startBank();
    const id = requestId();
    await bank.put(id);
    const status = async (): Promise<unknown> => (await bank.call('GET', `/payment-requests/${id}`)).body.status;
    await bank.control('/clock', { advanceSeconds: 1_790 });
    expect(await status()).toBe('ACTIVE');
    await bank.control('/clock', { advanceSeconds: 10 });
    expect(await status()).toBe('EXPIRED');
    await bank.control('/clock', { reset: true });
    expect(await status()).toBe('EXPIRED');
  });

  it('is cancelled once; afterwards nothing can be changed', async () => {
    const bank = await startBank();
    const id = requestId();
    await bank.put(id);
    const cancel = () => bank.call('POST', `/payment-requests/${id}/cancel`, { reason: 'Client Request' });
    expect(await cancel()).toMatchObject({ status: 200, body: { message: 'Payment request cancelled successfully' } });
    expect((await bank.call('GET', `/payment-requests/${id}`)).body.status).toBe('CANCELLED');
    expect(await cancel()).toMatchObject(inactive);
    expect(await bank.put(id, undefined, { paymentAmount: '1.00' })).toMatchObject(inactive);
  });

  it('that is paid or expired can be neither changed nor cancelled', async () => {
    const bank = await startBank();
    const [paid, expired] = [requestId(), requestId()];
    await bank.put(paid);
    await bank.control('/pay', { paymentRequestId: paid });
    await bank.put(expired, undefined, { duration: 0 });
    for (const id of [paid, expired]) {
      expect(await bank.put(id, undefined, { paymentAmount: '1.00' })).toMatchObject(inactive);
      expect(await bank.call('POST', `/payment-requests/${id}/cancel`, { reason: 'x' })).toMatchObject(inactive);
    }
  });

  it('made under an idempotency key is made once', async () => {
    const bank = await startBank();
    const create = (body: object) =>
      bank.call('POST', '/payment-requests', body, { 'idempotency-key': 'k'.repeat(36) });
    const first = await create(sale());
    expect((await create(sale())).body.id).toBe(first.body.id);
    expect(await create(sale(undefined, { reference: 'Sale 8' }))).toMatchObject({
      status: 400,
      body: { context: [{ code: '10106' }] },
    });
    await bank.control('/behaviour', { idempotencyKeys: 'conflict' });
    expect((await create(sale())).status).toBe(400);
    await bank.control('/behaviour', { idempotencyKeys: 'ignore' });
    expect((await create(sale())).body.id).not.toBe(first.body.id);
    const short = await bank.call('POST', '/payment-requests', sale(), { 'idempotency-key': 'short' });
    expect(short.status).toBe(201);
    await bank.control('/behaviour', { reset: true });
    expect((await bank.call('POST', '/payment-requests', sale(), { 'idempotency-key': 'short' })).status).toBe(400);
  });
});
