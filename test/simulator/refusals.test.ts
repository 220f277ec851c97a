/** What is refused around a body: ids, queries, methods, cancellations. */
import { describe, expect, it } from '@jest/globals';

import { requestId, sale, startBank } from './bank.ts';

describe('everything around a body', () => {
  it.each([
    ['PUT', '/payment-requests/a36c-too-short', '10103', 'id', 'PATH'],
    ['PUT', `/payment-requests/${'x'.repeat(36)}`, '10103', 'id', 'PATH'],
    ['GET', '/payment-requests/no%20spaces', '10103', 'id', 'PATH'],
    ['GET', '/payment-links/under_score', '10103', 'id', 'PATH'],
    ['GET', '/payment-links?fromDate=2026-01-01T00:00:00Z', '10001', 'toDate', 'QUERY'],
    ['GET', '/payment-links?pageSize=0', '10100', 'pageSize', 'QUERY'],
    ['GET', '/payment-links?pageSize=100', '10101', 'pageSize', 'QUERY'],
    ['GET', '/payment-links?colour=red', '10105', 'colour', 'QUERY'],
    ['GET', '/payment-links?cursor=nonsense', '10103', 'cursor', 'QUERY'],
  ])('%s %s is refused with %s on %s (%s)', async (method, path, code, field, location) => {
    const bank = await startBank();
    const answer = await bank.call(method, path, method === 'PUT' ? sale() : undefined);
    expect(answer).toMatchObject({ status: 400, body: { context: [{ code, field, location }] } });
  });

  it('what is not there is 404, and what cannot be done to it 405', async () => {
    const bank = await startBank();
    expect(await bank.call('GET', `/payment-requests/${requestId()}`)).toMatchObject({
      status: 404,
      body: { title: 'Not Found', httpStatus: 404 },
    });
    expect(await bank.call('GET', '/nowhere')).toMatchObject({ status: 404 });
    expect(await bank.call('DELETE', '/payment-links')).toMatchObject({
      status: 405,
      body: { title: 'Method not allowed', httpStatus: 405 },
    });
    expect((await bank.call('GET', `/payment-links/${requestId()}`)).body.context[0]?.message).toBe(
      'The informed Payment Link was not found',
    );
  });

  it('a cancellation wants a reason and at most ten lines', async () => {
    const bank = await startBank();
    const id = requestId();
    await bank.put(id);
    expect((await bank.call('POST', `/payment-requests/${id}/cancel`, {})).body.context).toMatchObject([
      { code: '10001', field: '$.reason' },
    ]);
    const metaData = Array.from({ length: 11 }, () => ({ valueType: 'a', text: 'b' }));
    expect(
      (await bank.call('POST', `/payment-requests/${id}/cancel`, { reason: 'x', metaData })).body.context,
    ).toMatchObject([{ code: '10003', field: '$.metaData' }]);
  });

  it('a bank in a bad mood leaves the context out', async () => {
    const bank = await startBank();
    await bank.control('/behaviour', { errorsWithoutContext: true });
    const answer = await bank.call('PUT', `/payment-requests/${requestId()}`, {});
    expect(answer.status).toBe(400);
    expect(answer.body.context).toBeUndefined();
  });
});
