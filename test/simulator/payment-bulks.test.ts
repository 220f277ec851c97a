/** Many requests in one call: each row ends by itself, with the documented reasons where it is refused. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { describe, expect, it } from '@jest/globals';

import { bankAt, bill, requestId, sale, startBank, startReceiver, type TestBank } from './bank.ts';
import { createSimulator } from '../../simulator/simulator.ts';
import { eventually } from '../limits/until.ts';

const row = (id: string, change: object = {}) => ({ id, ...bill(undefined, change) });

async function takenBulk(bank: TestBank, requests: readonly object[]): Promise<string> {
  const { status, body } = await bank.call('POST', '/payment-requests/bulk', { description: 'November', requests });
  expect(status).toBe(202);
  return body.id;
}

async function statuses(bank: TestBank, bulkId: string): Promise<readonly unknown[]> {
  const { body } = await bank.call('GET', `/payment-requests/bulk/${bulkId}`);
  return (body['details'] as readonly { readonly status: string }[]).map(({ status }) => status);
}

describe('a bulk', () => {
  it('is taken with an id, and told row by row when it is read', async () => {
    const bank = await startBank();
    const ids = [requestId(), requestId()];
    const made = await bank.call('POST', '/payment-requests/bulk', {
      description: 'November',
      requests: ids.map((id) => row(id)),
    });
    expect(made).toMatchObject({ status: 202, etag: expect.stringMatching(/^".+"$/) });
    expect(Object.keys(made.body).toSorted()).toEqual(['createdAt', 'description', 'id', 'updatedAt']);
    const read = await bank.call('GET', `/payment-requests/bulk/${made.body.id}`);
    expect(read).toMatchObject({
      status: 200,
      etag: made.etag,
      body: {
        ...made.body,
        refreshedAt: expect.any(String),
        details: ids.map((id) => ({ id, status: 'SUCCESS' })),
      },
    });
    expect((await bank.call('GET', `/payment-requests/${ids[0]}`)).body.status).toBe('ACTIVE');
  });

  it('refuses a row for its own mistake alone, with the documented context', async () => {
    const bank = await startBank();
    const used = requestId();
    await bank.call('PUT', `/payment-requests/${used}`, bill());
    const [good, badAmount, noCreditor, immediate] = [requestId(), requestId(), requestId(), requestId()];
    const bulkId = await takenBulk(bank, [
      row(badAmount, { paymentAmount: '24.9' }),
      row(noCreditor, { creditor: undefined }),
      { id: immediate, ...sale() },
      row(used),
      row(good),
    ]);
    const { body } = await bank.call('GET', `/payment-requests/bulk/${bulkId}`);
    expect(body['details']).toEqual([
      {
        id: badAmount,
        status: 'FAILED',
        exceptions: [
          {
            code: '10103',
            message: 'Invalid format. Value must match this regular expression ^(\\d{1,15})\\.(\\d{2})$',
            location: 'BODY',
            field: '$.request.paymentAmount',
          },
        ],
      },
      {
        id: noCreditor,
        status: 'FAILED',
        exceptions: [expect.objectContaining({ code: '10001', field: '$.request.creditor' })],
      },
      {
        id: immediate,
        status: 'FAILED',
        exceptions: [expect.objectContaining({ code: '10104', field: '$.request.expirationType' })],
      },
      { id: used, status: 'FAILED', exceptions: [expect.objectContaining({ code: '10104', field: '$.id' })] },
      { id: good, status: 'SUCCESS' },
    ]);
    expect((await bank.call('GET', `/payment-requests/${badAmount}`)).status).toBe(404);
  });

  it.each<[string, readonly object[], string, string]>([
    ['no rows', [], '10002', '$.requests'],
    ['26 rows', Array.from({ length: 26 }, () => row(requestId())), '10003', '$.requests'],
    ['an id that is none', [row('short')], '10103', '$.requests[0].id'],
    ['one id twice', [row('a'.repeat(32)), row('a'.repeat(32))], '10104', '$.requests[1].id'],
  ])('with %s is refused whole', async (_, requests, code, field) => {
    const bank = await startBank();
    const { status, body } = await bank.call('POST', '/payment-requests/bulk', { requests });
    expect(status).toBe(400);
    expect(body.context).toEqual([expect.objectContaining({ code, field })]);
  });

  it('updates rows of its own, and leaves the others', async () => {
    const bank = await startBank();
    const [first, second] = [requestId(), requestId()];
    const bulkId = await takenBulk(bank, [row(first), row(second, { paymentAmount: 'none' })]);
    const etag = (await bank.call('GET', `/payment-requests/bulk/${bulkId}`)).etag ?? '';
    const corrected = { requests: [row(second, { paymentAmount: '31.00' })] };
    const updated = await bank.call('PUT', `/payment-requests/bulk/${bulkId}`, corrected, { 'if-match': etag });
    expect(updated).toMatchObject({ status: 202, body: { id: bulkId } });
    expect(await statuses(bank, bulkId)).toEqual(['SUCCESS', 'SUCCESS']);
    const again = { requests: [row(first, { paymentAmount: '12.00' })] };
    expect((await bank.call('PUT', `/payment-requests/bulk/${bulkId}`, again, { 'if-match': etag })).status).toBe(412);
    await bank.call('PUT', `/payment-requests/bulk/${bulkId}`, again);
    const read = await bank.call('GET', `/payment-requests/${first}`);
    expect(read.body).toMatchObject({ revisionNumber: 1, request: { paymentAmount: '12.00' } });
    const strange = { requests: [row(requestId())] };
    const refused = await bank.call('PUT', `/payment-requests/bulk/${bulkId}`, strange);
    expect(refused).toMatchObject({ status: 400, body: { context: [{ field: '$.requests[0].id' }] } });
  });

  it('cannot update a request that is over', async () => {
    const bank = await startBank();
    const id = requestId();
    const bulkId = await takenBulk(bank, [row(id)]);
    await bank.call('POST', `/payment-requests/${id}/cancel`, { reason: 'moved out' });
    await bank.call('PUT', `/payment-requests/bulk/${bulkId}`, { requests: [row(id, { paymentAmount: '1.50' })] });
    const { body } = await bank.call('GET', `/payment-requests/bulk/${bulkId}`);
    expect(body['details']).toMatchObject([
      { id, status: 'FAILED', exceptions: [{ code: '10104', location: 'PATH' }] },
    ]);
  });

  it('under a repeated key is the same bulk, and another body under it is refused', async () => {
    const bank = await startBank();
    const key = { 'idempotency-key': '0'.repeat(36) };
    const body = { requests: [row(requestId())] };
    const first = await bank.call('POST', '/payment-requests/bulk', body, key);
    const again = await bank.call('POST', '/payment-requests/bulk', body, key);
    expect(again).toMatchObject({ status: 202, body: { id: first.body.id } });
    const other = await bank.call('POST', '/payment-requests/bulk', { requests: [row(requestId())] }, key);
    expect(other).toMatchObject({ status: 400, body: { context: [{ code: '10106' }] } });
  });

  it('that nobody made is not found', async () => {
    const bank = await startBank();
    expect((await bank.call('GET', `/payment-requests/bulk/${requestId()}`)).status).toBe(404);
    expect((await bank.call('GET', '/payment-requests/bulk')).status).toBe(405);
  });

  it('finds its requests by search', async () => {
    const bank = await startBank();
    const id = requestId();
    const bulkId = await takenBulk(bank, [row(id)]);
    await takenBulk(bank, [row(requestId())]);
    const [from, to] = [new Date(Date.now() - 60_000).toISOString(), new Date(Date.now() + 60_000).toISOString()];
    const criteria = { 'createdDate.gte': from, 'createdDate.lte': to, bulkId };
    const { body } = await bank.call('POST', '/payment-requests/search', criteria);
    expect(body.requests.map((one) => one.id)).toEqual([id]);
  });
});

describe('bulkMs', () => {
  it('lets rows end one by one, by the bank’s clock and without anybody asking', async () => {
    const receiver = await startReceiver();
    const bank = await startBank({ callbackUrl: receiver.url });
    await bank.control('/behaviour', { bulkMs: 3_600_000 });
    const ids = [requestId(), requestId(), requestId()];
    const bulkId = await takenBulk(
      bank,
      ids.map((id, index) => row(id, index === 1 ? { paymentAmount: 'x' } : {})),
    );
    expect(await statuses(bank, bulkId)).toEqual(['PENDING', 'PENDING', 'PENDING']);
    expect((await bank.call('GET', `/payment-requests/${ids[0]}`)).status).toBe(404);
    await bank.control('/clock', { advanceSeconds: 2_460 });
    await eventually(() => receiver.received.length > 0);
    expect(receiver.received.map(({ event }) => event.id)).toEqual([ids[0]]);
    expect(await statuses(bank, bulkId)).toEqual(['SUCCESS', 'FAILED', 'PENDING']);
    await bank.control('/clock', { advanceSeconds: 1_200 });
    expect(await statuses(bank, bulkId)).toEqual(['SUCCESS', 'FAILED', 'SUCCESS']);
  });

  it('goes on after a restart', async () => {
    const folder = mkdtempSync(path.join(tmpdir(), 'relink-bank-'));
    const stateFile = path.join(folder, 'bank.jsonl');
    const before = await startBank({ stateFile });
    await before.control('/behaviour', { bulkMs: 400 });
    const ids = [requestId(), requestId()];
    const bulkId = await takenBulk(
      before,
      ids.map((id) => row(id)),
    );
    await before.close();
    const simulator = createSimulator({ stateFile });
    const { url } = await simulator.listen(0);
    const after = await bankAt(url, () => simulator.close());
    try {
      await eventually(async () => (await after.call('GET', `/payment-requests/${ids[1]}`)).status === 200);
      expect(await statuses(after, bulkId)).toEqual(['SUCCESS', 'SUCCESS']);
    } finally {
      await after.close();
      rmSync(folder, { recursive: true });
    }
  });
});
