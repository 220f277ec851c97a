/** Links: what may stand on them, one at a time, and how they are listed. */
import { describe, expect, it } from '@jest/globals';
import { present } from '../../domain/present.ts';

import { bill, requestId, startBank } from './bank.ts';

describe('a payment link', () => {
  it('is created with a URL short enough for a code, and read back the same', async () => {
    const bank = await startBank();
    const created = await bank.call('POST', '/payment-links', { expirationType: 'IMMEDIATE', country: 'BR' });
    expect(created).toMatchObject({ status: 201, body: { expirationType: 'IMMEDIATE', country: 'BR' } });
    expect(Object.keys(created.body).toSorted()).toEqual(
      ['alternateIdentifier', 'country', 'createdAt', 'expirationType', 'id', 'url'].toSorted(),
    );
    expect((created.body.url as string).replace('https://', '').length).toBeLessThanOrEqual(77);
    expect((await bank.call('GET', `/payment-links/${created.body.id}`)).body).toEqual(created.body);
  });

  it('is refused with the code of each mistake', async () => {
    const bank = await startBank();
    const { body } = await bank.call('POST', '/payment-links', { expirationType: 'SCHEDULED', label: 'till 1' });
    expect(body.context).toMatchObject([
      { code: '10104', field: '$.expirationType' },
      { code: '10001', field: '$.country' },
      { code: '10105', field: '$.label' },
    ]);
  });

  it('carries one request at a time', async () => {
    const bank = await startBank();
    const link = await bank.openLink();
    const first = requestId();
    await bank.put(first, link.id);
    expect(await bank.put(requestId(), link.id)).toMatchObject({
      status: 400,
      body: { context: [{ code: '10104', field: '$.requestMethod.paymentLinkId', location: 'BODY' }] },
    });
    expect((await bank.call('GET', `/payment-links/${link.id}`)).body.paymentRequestId).toBe(first);
  });

  it.each(['paid', 'expired'])('is free again once its request is %s', async (how) => {
    const bank = await startBank();
    const link = await bank.openLink();
    const first = requestId();
    await bank.put(first, link.id);
    if (how === 'paid') await bank.control('/pay', { paymentRequestId: first });
    else await bank.control('/clock', { advanceSeconds: 3_600 });
    expect((await bank.call('GET', `/payment-links/${link.id}`)).body.paymentRequestId).toBeUndefined();
    const second = requestId();
    expect((await bank.put(second, link.id)).status).toBe(200);
    expect((await bank.call('GET', `/payment-links/${link.id}`)).body.paymentRequestId).toBe(second);
  });

  it('takes only requests of its own kind', async () => {
    const bank = await startBank();
    const [till, printed] = [await bank.openLink('IMMEDIATE'), await bank.openLink('DUE_DATE')];
    const mismatch = { status: 400, body: { context: [{ code: '10104', field: '$.request.expirationType' }] } };
    expect(await bank.put(requestId(), printed.id)).toMatchObject(mismatch);
    expect(await bank.call('PUT', `/payment-requests/${requestId()}`, bill(till.id))).toMatchObject(mismatch);
    expect((await bank.call('PUT', `/payment-requests/${requestId()}`, bill(printed.id))).status).toBe(200);
  });

  it('that nobody knows is not found, and no request is made', async () => {
    const bank = await startBank();
    const id = requestId();
    expect(await bank.put(id, requestId())).toMatchObject({
      status: 404,
      body: { context: [{ message: 'The informed Payment Link was not found' }] },
    });
    expect((await bank.call('GET', `/payment-requests/${id}`)).status).toBe(404);
  });

  it('is made by the bank for a request that names none', async () => {
    const bank = await startBank();
    const id = requestId();
    const { paymentLink } = (await bank.put(id)).body.requestMethod;
    expect(paymentLink).toMatchObject({ paymentRequestId: id, expirationType: 'IMMEDIATE' });
    expect(paymentLink.alternateIdentifier).toBeUndefined();
    const { paymentLinks } = (await bank.control('/payment-requests')).body;
    expect(paymentLinks).toMatchObject([{ id: paymentLink.id, incidental: true }]);
  });

  it('passes its request on to another link without a new revision', async () => {
    const bank = await startBank();
    const [from, to] = [await bank.openLink(), await bank.openLink()];
    const id = requestId();
    const before = await bank.put(id, from.id);
    const after = await bank.put(id, to.id);
    expect(after.body).toMatchObject({ revisionNumber: 0, requestMethod: { paymentLink: { id: to.id } } });
    expect(after.etag).not.toBe(before.etag);
    expect((await bank.call('GET', `/payment-links/${from.id}`)).body.paymentRequestId).toBeUndefined();
    expect((await bank.put(requestId(), from.id)).status).toBe(200);
  });
});

describe('the list of links', () => {
  const list = (bank: Awaited<ReturnType<typeof startBank>>, query: Record<string, string>) =>
    bank.call('GET', `/payment-links?${new URLSearchParams(query).toString()}`);
  const around = (days: number): Record<string, string> => ({
    fromDate: new Date(Date.now() - days * 86_400_000).toISOString(),
    toDate: new Date(Date.now() + 60_000).toISOString(),
  });

  it('comes in pages, oldest first, and ends without next', async () => {
    const bank = await startBank();
    const ids: string[] = [];
    for (let count = 0; count < 5; count += 1) ids.push((await bank.openLink()).id);
    const seen: string[] = [];
    let cursor: string | undefined;
    for (let page = 0; page < 3; page += 1) {
      const query = { ...around(1), pageSize: '2', ...present({ cursor }) };
      const { body } = await list(bank, query);
      seen.push(...(body.paymentLinks as { id: string }[]).map(({ id }) => id));
      expect(body.metadata.cursor).toMatchObject({
        first: 'Mnwx',
        this: expect.any(String),
        goodUntil: expect.any(String),
      });
      cursor = body.metadata.cursor.next;
    }
    expect(seen).toEqual(ids);
    expect(cursor).toBeUndefined();
  });

  it('can be narrowed to a kind and to links in use', async () => {
    const bank = await startBank();
    const [used, free, printed] = [await bank.openLink(), await bank.openLink(), await bank.openLink('DUE_DATE')];
    await bank.put(requestId(), used.id);
    const ids = async (query: Record<string, string>): Promise<string[]> =>
      ((await list(bank, { ...around(1), ...query })).body.paymentLinks as { id: string }[]).map(({ id }) => id);
    expect(await ids({ paymentLinkStatus: 'LINKED' })).toEqual([used.id]);
    expect(await ids({ paymentLinkStatus: 'NOT_LINKED' })).toEqual([free.id, printed.id]);
    expect(await ids({ expirationType: 'DUE_DATE' })).toEqual([printed.id]);
  });

  it('covers at most a month, and reaches back at most a year', async () => {
    const bank = await startBank();
    expect((await list(bank, around(20))).status).toBe(200);
    expect((await list(bank, around(40))).body.context).toMatchObject([{ code: '10102', field: 'toDate' }]);
    const longAgo = { fromDate: '2020-01-01T00:00:00Z', toDate: '2020-01-20T00:00:00Z' };
    expect((await list(bank, longAgo)).body.context).toMatchObject([{ code: '10102', field: 'fromDate' }]);
    const backwards = { fromDate: '2020-01-20T00:00:00Z', toDate: '2020-01-01T00:00:00Z' };
    expect((await list(bank, backwards)).body.context).toMatchObject([{ code: '10104', field: 'toDate' }]);
  });
});
