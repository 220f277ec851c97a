/** The returns API of the bank: how a return goes its way, what a repeated key does, and what is refused. */
import { describe, expect, it } from '@jest/globals';

import { requestId, startBank } from './bank.ts';
import type { TestBank, TestBankAnswer } from './bank.ts';

interface PaidRequest {
  readonly bank: TestBank;
  readonly id: string;
  readonly endToEndId: string;
  /** A body for this payment; `change` goes over it. */
  readonly order: (change?: object) => Record<string, unknown>;
}

async function paidRequest(behaviour: object = {}): Promise<PaidRequest> {
  const bank = await startBank();
  await bank.control('/behaviour', behaviour);
  const id = requestId();
  await bank.put(id);
  const { endToEndId } = (await bank.control('/pay', { paymentRequestId: id })).body;
  return { bank, id, endToEndId, order: (change = {}) => orderOf(endToEndId, change) };
}

function orderOf(clearingSystemReference: string, change: object): Record<string, unknown> {
  return {
    paymentType: 'RTP',
    country: 'BR',
    originalPaymentIdentifiers: { clearingSystemReference },
    paymentIdentifiers: { endToEndId: 'R-1' },
    returnType: 'PARTIAL',
    value: { amount: '4.90', currency: 'BRL' },
    ...change,
  };
}

const keyed = (key: string) => ({ 'idempotency-key': key });

async function returnsOf({ bank, id }: PaidRequest): Promise<readonly object[]> {
  return (await bank.call('GET', `/payment-requests/${id}`)).body.settlementSummary.returns ?? [];
}

function refusal({ status, body }: TestBankAnswer): readonly unknown[] {
  return [status, ...body.context.map(({ code, field }) => `${code} ${field}`)];
}

describe('a return', () => {
  it('has ended at once unless the bank takes its time, and shows in both APIs', async () => {
    const paid = await paidRequest();
    const created = await paid.bank.returns('POST', '', paid.order());
    expect(created).toMatchObject({
      status: 201,
      body: { returnStatus: 'COMPLETED', paymentIdentifiers: { endToEndId: 'R-1' }, paymentType: 'RTP' },
    });
    const { returnId } = created.body;
    expect((await paid.bank.returns('GET', `/${returnId}`)).body).toMatchObject({
      returnId,
      returnStatus: 'COMPLETED',
      originalPaymentIdentifiers: { clearingSystemReference: paid.endToEndId },
      value: { amount: '4.90', currency: 'BRL' },
    });
    expect(await returnsOf(paid)).toEqual([
      {
        id: returnId,
        referenceId: 'R-1',
        currency: 'BRL',
        amount: '4.90',
        type: 'USER_REQUEST',
        createdAt: expect.any(String),
        settledAt: expect.any(String),
        status: 'COMPLETED',
      },
    ]);
  });

  it('is received, then processed, then completed, by the clock of the bank', async () => {
    const paid = await paidRequest({ returnMs: 60_000 });
    const created = await paid.bank.returns('POST', '', paid.order());
    const seen: unknown[] = [created.body.returnStatus];
    for (const advanceSeconds of [31, 30]) {
      seen.push(...(await returnsOf(paid)).map((each) => ('status' in each ? each.status : '')));
      await paid.bank.control('/clock', { advanceSeconds });
      seen.push((await paid.bank.returns('GET', `/${created.body.returnId}`)).body.returnStatus);
    }
    expect(seen).toEqual(['RECEIVED', 'PENDING', 'PROCESSING', 'PENDING', 'COMPLETED']);
  });

  it.each([
    ['REJECTED', 'AM04'],
    ['CANCELED', 'DS02'],
  ])('that ends as %s says why, has taken nothing and can be made again', async (returnEndsIn, code) => {
    const paid = await paidRequest({ returnEndsIn });
    const full = paid.order({ returnType: 'FULL', value: undefined });
    const { returnId } = (await paid.bank.returns('POST', '', full)).body;
    expect((await paid.bank.returns('GET', `/${returnId}`)).body).toMatchObject({
      returnStatus: returnEndsIn,
      exceptions: [{ additionalContext: [{ code, type: 'ISO20022' }] }],
    });
    expect(await returnsOf(paid)).toMatchObject([{ status: 'FAILED', statusReason: `${returnEndsIn} ${code}` }]);
    await paid.bank.control('/behaviour', { returnEndsIn: 'COMPLETED' });
    expect((await paid.bank.returns('POST', '', full)).status).toBe(201);
  });

  it('that was completed comes back days later, and then can be made again', async () => {
    const paid = await paidRequest({ returnFailsLaterMs: 172_800_000 });
    const full = paid.order({ returnType: 'FULL', value: undefined });
    const { returnId } = (await paid.bank.returns('POST', '', full)).body;
    await paid.bank.control('/behaviour', { returnFailsLaterMs: 0 });
    expect(refusal(await paid.bank.returns('POST', '', full))).toEqual([400, '10104 $.value.amount']);
    await paid.bank.control('/clock', { advanceSeconds: 172_801 });
    expect((await paid.bank.returns('GET', `/${returnId}`)).body.returnStatus).toBe('RETURNED');
    expect(await returnsOf(paid)).toMatchObject([{ status: 'FAILED', statusReason: 'RETURNED AC04' }]);
    expect((await paid.bank.returns('POST', '', full)).status).toBe(201);
  });

  it('changes the ETag and never the status of its request, and is not called back', async () => {
    const paid = await paidRequest();
    const before = await paid.bank.call('GET', `/payment-requests/${paid.id}`);
    const callbacks = (await paid.bank.control('/callbacks')).body;
    await paid.bank.returns('POST', '', paid.order());
    const after = await paid.bank.call('GET', `/payment-requests/${paid.id}`);
    expect([after.body.status, after.etag === before.etag]).toEqual(['SETTLED', false]);
    expect((await paid.bank.control('/callbacks')).body).toEqual(callbacks);
  });

  it('is found by a search for its request', async () => {
    const paid = await paidRequest();
    await paid.bank.returns('POST', '', paid.order());
    const range = { 'createdDate.gte': '2020-01-01T00:00:00Z', 'createdDate.lte': '2099-01-01T00:00:00Z' };
    const { requests } = (await paid.bank.call('POST', '/payment-requests/search', range)).body;
    expect(requests).toMatchObject([{ settlementSummary: { returns: [{ referenceId: 'R-1' }] } }]);
  });

  it('is told to checkers with its payment, its reference and both words for its status', async () => {
    const paid = await paidRequest({ returnMs: 60_000 });
    const { returnId } = (await paid.bank.returns('POST', '', paid.order(), keyed('k1'))).body;
    expect((await paid.bank.control('/payment-requests')).body.paymentRequests[0]?.returns).toEqual([
      {
        id: returnId,
        endToEndId: paid.endToEndId,
        referenceId: 'R-1',
        amount: { currency: 'BRL', value: '4.90' },
        type: 'USER_REQUEST',
        status: 'PENDING',
        returnStatus: 'RECEIVED',
        createdAt: expect.any(String),
        idempotencyKey: 'k1',
      },
    ]);
  });
});

describe('a key that comes again', () => {
  it('with the same body is answered by the earlier return, and no money moves', async () => {
    const paid = await paidRequest();
    const { returnId } = (await paid.bank.returns('POST', '', paid.order(), keyed('k1'))).body;
    expect(await paid.bank.returns('POST', '', paid.order(), keyed('k1'))).toMatchObject({
      status: 200,
      body: {
        duplicateOf: { returnId, paymentIdentifiers: { endToEndId: 'R-1' } },
        links: { paymentReturn: `/payment/v2/payments/returns/${returnId}` },
        reason: { code: '11909' },
      },
    });
    expect(await returnsOf(paid)).toHaveLength(1);
  });

  it('with another body is refused', async () => {
    const paid = await paidRequest();
    await paid.bank.returns('POST', '', paid.order(), keyed('k1'));
    const other = paid.order({ value: { amount: '1.00' } });
    expect(refusal(await paid.bank.returns('POST', '', other, keyed('k1')))).toEqual([422, '10106 Idempotency-Key']);
  });

  it('after its day makes a second return', async () => {
    const paid = await paidRequest();
    const order = async (): Promise<number> => (await paid.bank.returns('POST', '', paid.order(), keyed('k1'))).status;
    const statuses = [await order()];
    for (const advanceSeconds of [86_390, 20, 0]) {
      await paid.bank.control('/clock', { advanceSeconds });
      statuses.push(await order());
    }
    expect(statuses).toEqual([201, 200, 201, 200]);
    expect(await returnsOf(paid)).toHaveLength(2);
  });

  it('after a refusal is as good as new', async () => {
    const paid = await paidRequest();
    const tooMuch = paid.order({ value: { amount: '24.91' } });
    expect((await paid.bank.returns('POST', '', tooMuch, keyed('k1'))).status).toBe(400);
    expect((await paid.bank.returns('POST', '', paid.order(), keyed('k1'))).status).toBe(201);
  });
});

describe('the bank refuses a return', () => {
  it.each([
    ['without a payment', { originalPaymentIdentifiers: {} }, '10001 $.originalPaymentIdentifiers'],
    [
      'of a payment that is not known',
      { originalPaymentIdentifiers: { paymentId: 'x' } },
      '10104 $.originalPaymentIdentifiers',
    ],
    ['of more than was paid', { value: { amount: '24.91' } }, '10104 $.value.amount'],
    ['of a part that is named FULL', { returnType: 'FULL' }, '10104 $.value.amount'],
    ['of a part without its value', { value: undefined }, '10001 $.value'],
    ['of nothing', { value: { amount: '0.00' } }, '10100 $.value.amount'],
    ['in another currency', { value: { amount: '1.00', currency: 'USD' } }, '10104 $.value.currency'],
    ['as a number', { value: { amount: 1 } }, '10103 $.value.amount'],
    ['for a reason that is too long', { reason: { proprietary: 'x'.repeat(36) } }, '10003 $.reason.proprietary'],
    ['for two reasons', { reason: { proprietary: 'x', code: 'MD06' } }, '10104 $.reason'],
    ['of another kind', { paymentType: 'ACH' }, '10104 $.paymentType'],
    ['with a field of its own', { speed: 'fast' }, '10105 $.speed'],
  ])('%s', async (_named, change, context) => {
    const paid = await paidRequest();
    expect(refusal(await paid.bank.returns('POST', '', paid.order(change)))).toEqual([400, context]);
    expect(await returnsOf(paid)).toEqual([]);
  });

  it('of more than is left of the payment it names, whatever else was paid for the request', async () => {
    const paid = await paidRequest();
    await paid.bank.control('/pay', { paymentRequestId: paid.id, how: 'again' });
    await paid.bank.returns('POST', '', paid.order());
    const rest = paid.order({ value: { amount: '20.01' } });
    expect(refusal(await paid.bank.returns('POST', '', rest))).toEqual([400, '10104 $.value.amount']);
    expect((await paid.bank.returns('POST', '', paid.order({ value: { amount: '20.00' } }))).status).toBe(201);
  });

  it('that is the eleventh of a request', async () => {
    const paid = await paidRequest();
    const cent = paid.order({ value: { amount: '0.01' } });
    for (let count = 0; count < 10; count += 1) await paid.bank.returns('POST', '', cent);
    expect((await paid.bank.returns('POST', '', cent)).status).toBe(400);
  });

  it('with a key that is too long, without a token, and by another verb', async () => {
    const { bank, order } = await paidRequest();
    const long = await bank.returns('POST', '', order(), keyed('k'.repeat(37)));
    expect(refusal(long)).toEqual([400, '10003 Idempotency-Key']);
    expect((await bank.returns('POST', '', order(), { authorization: 'Bearer no' })).status).toBe(401);
    expect((await bank.returns('PUT', '', order())).status).toBe(405);
    expect((await bank.returns('GET', '/unknown')).status).toBe(404);
  });

  it('names the payment by its own id, value and date as well', async () => {
    const { bank, order, endToEndId } = await paidRequest();
    const valueDate = new Date().toISOString().slice(0, 10);
    const described = (amount: string) =>
      order({ originalPaymentIdentifiers: { endToEndId, valueDate, originalValue: { amount, currency: 'BRL' } } });
    expect((await bank.returns('POST', '', described('24.91'))).status).toBe(400);
    expect((await bank.returns('POST', '', described('24.90'))).status).toBe(201);
  });
});

describe('bad luck of a return', () => {
  it('is ordered and counted like that of any other call', async () => {
    const paid = await paidRequest();
    await paid.bank.control('/calls', undefined, 'DELETE');
    await paid.bank.control('/faults', { timeout: 'after', times: 1, path: '/payments/returns' });
    await expect(paid.bank.returns('POST', '', paid.order(), keyed('k1'))).rejects.toThrow('fetch failed');
    expect((await paid.bank.returns('POST', '', paid.order(), keyed('k1'))).status).toBe(200);
    await paid.bank.control('/faults', { status: 422, times: 1 });
    const concurrent = await paid.bank.returns('POST', '', paid.order(), keyed('k1'));
    expect(refusal(concurrent)).toEqual([422, '10107 Idempotency-Key']);
    expect((await paid.bank.control('/calls')).body).toEqual({ 'POST /payments/returns': 3 });
    expect(await returnsOf(paid)).toHaveLength(1);
  });

  it('lets a return under way land when its repeat has been carried out, and makes one of both', async () => {
    const paid = await paidRequest({ lateWriteMs: 1_000 });
    await paid.bank.control('/faults', { timeout: 'after', times: 1, holdMs: 0 });
    await expect(paid.bank.returns('POST', '', paid.order(), keyed('k1'))).rejects.toThrow('fetch failed');
    expect((await paid.bank.returns('POST', '', paid.order(), keyed('k1'))).status).toBe(201);
    await new Promise((resolve) => setTimeout(resolve, 1_100));
    expect(await returnsOf(paid)).toHaveLength(1);
  });
});
