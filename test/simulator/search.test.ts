/** Searching requests by time, and paging through them by narrowing the time. */
import { describe, expect, it } from '@jest/globals';

import { requestId, startBank } from './bank.ts';
import type { AnswerBody, TestBank } from './bank.ts';

async function search(bank: TestBank, criteria: object = {}) {
  const range = { 'createdDate.gte': '2000-01-01T00:00:00Z', 'createdDate.lte': '2999-01-01T00:00:00Z' };
  return bank.call('POST', '/payment-requests/search', { ...range, ...criteria });
}
const idsOf = (body: Pick<AnswerBody, 'requests'>): string[] => body.requests.map(({ id }) => id);

describe('a search', () => {
  it('finds the oldest first, ten at a time unless asked for more, and says when there are more', async () => {
    const bank = await startBank();
    const ids = Array.from({ length: 12 }, requestId);
    for (const id of ids) await bank.put(id);
    const first = (await search(bank)).body;
    expect(idsOf(first)).toEqual(ids.slice(0, 10));
    expect(first.metadata.cursor.next).toEqual(expect.any(String));
    const whole = (await search(bank, { pageSize: 99 })).body;
    expect(idsOf(whole)).toEqual(ids);
    expect(whole.metadata.cursor).toEqual({
      first: expect.any(String),
      this: expect.any(String),
      goodUntil: expect.any(String),
    });
  });

  it('goes on from the last time it has seen, with nothing lost', async () => {
    const bank = await startBank();
    const ids = Array.from({ length: 6 }, requestId);
    for (const id of ids) {
      await bank.put(id);
      await bank.control('/clock', { advanceSeconds: 2 });
    }
    const seen = new Set<string>();
    let from = '2000-01-01T00:00:00Z';
    for (let page = 0; page < 5; page += 1) {
      const { requests } = (await search(bank, { 'createdDate.gte': from, pageSize: 3 })).body;
      for (const { id, createdAt } of requests) {
        seen.add(id);
        from = createdAt;
      }
    }
    expect([...seen]).toEqual(ids);
  });

  it('takes both ends of the range in, and nothing beyond', async () => {
    const bank = await startBank();
    const id = requestId();
    const { createdAt } = (await bank.put(id)).body as { createdAt: string };
    const range = (from: string, to: string) => search(bank, { 'createdDate.gte': from, 'createdDate.lte': to });
    expect(idsOf((await range(createdAt, createdAt)).body)).toEqual([id]);
    const later = new Date(Date.parse(createdAt) + 1_000).toISOString();
    expect(idsOf((await range(later, '2999-01-01T00:00:00Z')).body)).toEqual([]);
    const earlier = new Date(Date.parse(createdAt) - 1_000).toISOString();
    expect(idsOf((await range('2000-01-01T00:00:00Z', earlier)).body)).toEqual([]);
  });

  it('shows requests as a read by id does, and expires what is over', async () => {
    const bank = await startBank();
    const id = requestId();
    await bank.put(id, undefined, { duration: 0 });
    const [found] = (await search(bank)).body.requests;
    expect(found?.status).toBe('EXPIRED');
    expect(found).toEqual((await bank.call('GET', `/payment-requests/${id}`)).body);
  });

  it('can be narrowed by status, amount, payment and link', async () => {
    const bank = await startBank();
    const link = await bank.openLink();
    const [open, paid] = [requestId(), requestId()];
    await bank.put(open, link.id, { paymentAmount: '5.00' });
    await bank.put(paid);
    const { endToEndId, settledAt } = (await bank.control('/pay', { paymentRequestId: paid })).body as Record<
      string,
      string
    >;
    const found = async (criteria: object): Promise<string[]> => idsOf((await search(bank, criteria)).body);
    expect(await found({ status: 'ACTIVE' })).toEqual([open]);
    expect(await found({ status: ['SETTLED', 'ACTIVE'] })).toEqual([open, paid]);
    expect(await found({ 'amount.lte': '5.00' })).toEqual([open]);
    expect(await found({ 'amount.gte': '5.01' })).toEqual([paid]);
    expect(await found({ endToEndId })).toEqual([paid]);
    expect(await found({ 'paymentDate.gte': settledAt })).toEqual([paid]);
    expect(await found({ paymentLinkStatus: 'LINKED' })).toEqual([open]);
    expect(await found({ paymentLinkStatus: 'NOT_LINKED' })).toEqual([paid]);
  });

  it.each([
    [{ pageSize: 0 }, '10100', '$.pageSize'],
    [{ pageSize: 100 }, '10101', '$.pageSize'],
    [{ 'createdDate.gte': undefined }, '10001', "$['createdDate.gte']"],
    [{ 'createdDate.lte': 'yesterday' }, '10103', "$['createdDate.lte']"],
    [{ createdDate: { gte: '2000-01-01T00:00:00Z' } }, '10105', '$.createdDate'],
    [{ cursor: 'Mnwx' }, '10105', '$.cursor'],
  ])('refuses %j', async (criteria, code, field) => {
    const bank = await startBank();
    expect(await search(bank, criteria)).toMatchObject({ status: 400, body: { context: [{ code, field }] } });
  });
});
