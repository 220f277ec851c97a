/** Bad luck with bank calls: what was done, and what the caller learns of it. */
import { eventually } from '../limits/until.ts';
import { describe, expect, it } from '@jest/globals';

import { requestId, startBank } from './bank.ts';

describe('a fault', () => {
  it('timeout before: the caller hears nothing and nothing has happened', async () => {
    const bank = await startBank();
    const id = requestId();
    await bank.control('/faults', { timeout: 'before', times: 1, holdMs: 5 });
    await expect(bank.put(id)).rejects.toThrow('fetch failed');
    expect((await bank.call('GET', `/payment-requests/${id}`)).status).toBe(404);
  });

  it('timeout after: the caller hears nothing although it has happened', async () => {
    const bank = await startBank();
    const id = requestId();
    await bank.control('/faults', { timeout: 'after', times: 1, holdMs: 5 });
    await expect(bank.put(id)).rejects.toThrow('fetch failed');
    expect((await bank.call('GET', `/payment-requests/${id}`)).body.revisionNumber).toBe(0);
  });

  it('holds the connection as long as it was told to', async () => {
    const bank = await startBank();
    await bank.control('/faults', { timeout: 'before', times: 1, holdMs: 200 });
    const began = performance.now();
    await expect(bank.put(requestId())).rejects.toThrow('fetch failed');
    expect(performance.now() - began).toBeGreaterThanOrEqual(190);
  });

  it.each([
    [401, 'Unauthorized'],
    [429, 'Too Many Requests'],
    [503, 'System Error'],
  ])('status %i: the documented body, and nothing has happened', async (status, title) => {
    const bank = await startBank();
    const id = requestId();
    await bank.control('/faults', { status, times: 1 });
    const answer = await bank.put(id);
    expect(answer).toMatchObject({ status, body: { title, httpStatus: status } });
    expect((await bank.call('GET', `/payment-requests/${id}`)).status).toBe(404);
    expect((await bank.put(id)).status).toBe(200);
  });

  it('carries Retry-After when it was named', async () => {
    const bank = await startBank();
    await bank.control('/faults', { status: 429, retryAfterSeconds: 7 });
    expect(await bank.call('GET', '/payment-links')).toMatchObject({ status: 429, retryAfter: '7' });
  });

  it.each([
    ['truncated', /terminated/],
    ['unreadable', /JSON/],
  ])('body %s: it has happened and the answer cannot be read', async (body, trouble) => {
    const bank = await startBank();
    const id = requestId();
    await bank.control('/faults', { body, times: 1 });
    await expect(bank.put(id)).rejects.toThrow(trouble);
    expect((await bank.call('GET', `/payment-requests/${id}`)).status).toBe(200);
  });

  it('slowMs: it has happened long before the caller learns of it', async () => {
    const bank = await startBank();
    const id = requestId();
    await bank.control('/faults', { slowMs: 60_000, times: 1 });
    let answered = false;
    const put = bank.put(id).then(
      () => (answered = true),
      () => undefined,
    );
    await eventually(async () => (await bank.call('GET', `/payment-requests/${id}`)).status === 200);
    expect((await bank.call('GET', `/payment-requests/${id}`)).status).toBe(200);
    expect(answered).toBe(false);
    void put;
  });

  it('strikes so many times and then no more', async () => {
    const bank = await startBank();
    await bank.control('/faults', { status: 503, times: 2 });
    const statuses = [];
    for (let call = 0; call < 4; call += 1) statuses.push((await bank.call('GET', '/payment-links')).status);
    expect(statuses).toEqual([503, 503, 200, 200]);
  });

  it('strikes a share of the calls, the same ones under the same seed', async () => {
    const bank = await startBank();
    const run = async (): Promise<number[]> => {
      await bank.control('/faults', { reset: true });
      await bank.control('/faults', { status: 503, rate: 0.5, seed: 7 });
      const statuses = [];
      for (let call = 0; call < 40; call += 1) statuses.push((await bank.call('GET', '/payment-links')).status);
      return statuses;
    };
    const first = await run();
    const struck = first.filter((status) => status === 503).length;
    expect(struck).toBeGreaterThan(8);
    expect(struck).toBeLessThan(32);
    expect(await run()).toEqual(first);
  });

  it('can be meant for one method and one path', async () => {
    const bank = await startBank();
    await bank.control('/faults', { status: 503, method: 'put' });
    await bank.control('/faults', { status: 429, path: '/cancel' });
    const id = requestId();
    expect((await bank.put(id)).status).toBe(503);
    expect((await bank.call('GET', '/payment-links')).status).toBe(200);
    expect((await bank.call('POST', `/payment-requests/${id}/cancel`, { reason: 'x' })).status).toBe(429);
    await bank.control('/faults', { reset: true });
    expect((await bank.put(id)).status).toBe(200);
  });

  it('for so many calls goes before one without end', async () => {
    const bank = await startBank();
    await bank.control('/faults', { status: 503 });
    await bank.control('/faults', { status: 429, times: 1 });
    const list = async (): Promise<number> => (await bank.call('GET', '/payment-links')).status;
    expect([await list(), await list()]).toEqual([429, 503]);
    expect((await bank.control('/faults')).body.calls).toMatchObject([{ is: 'status', status: 503 }]);
  });

  it('that names nothing is refused', async () => {
    const bank = await startBank();
    expect((await bank.control('/faults', { times: 3 })).status).toBe(400);
    expect((await bank.control('/faults', { timeout: 'sometimes' })).status).toBe(400);
  });
});
