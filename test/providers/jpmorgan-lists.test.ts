import { afterEach, describe, expect, it } from '@jest/globals';
import type { Provider, ProviderLink } from '../../providers/provider.ts';
import { aBank, aProvider, call, details, failureOf, type StubBank } from './builders.ts';

const open: { close(): Promise<void> }[] = [];
afterEach(async () => {
  for (const one of open.splice(0)) await one.close();
});

async function provider(
  answer: Parameters<typeof aBank>[0],
): Promise<{ readonly jpmorgan: Provider; readonly bank: StubBank }> {
  const bank = await aBank(answer);
  const jpmorgan = aProvider(bank.url);
  open.push(jpmorgan, bank);
  return { jpmorgan, bank };
}

const range = { from: new Date('2024-10-01T00:00:00.000Z'), to: new Date('2024-10-31T00:00:00.000Z') };

async function all(links: AsyncIterable<ProviderLink>): Promise<string[]> {
  const ids: string[] = [];
  for await (const link of links) ids.push(link.providerLinkId);
  return ids;
}

function aLink(id: string, createdAt: string): Record<string, unknown> {
  return { id, url: `https://bank.example/pix/${id}`, expirationType: 'IMMEDIATE', country: 'BR', createdAt };
}

describe('the list of links', () => {
  it('follows the cursor to the end and is sorted oldest first', async () => {
    const { jpmorgan, bank } = await provider((_, count) =>
      count === 1
        ? {
            json: {
              paymentLinks: [aLink('c', '2024-10-03T00:00:00Z'), { id: 'unreadable' }],
              metadata: { cursor: { first: 'MTB8MQ==', this: 'MTB8MQ==', next: 'Mnwy+/' } },
            },
          }
        : { json: { paymentLinks: [aLink('b', '2024-10-02T00:00:00Z'), aLink('a', '2024-10-01T00:00:00-03:00')] } },
    );
    expect(await all(jpmorgan.listLinks(range, call()))).toEqual(['a', 'b', 'c']);
    const queries = bank.received.map(({ url }) => new URL(url, 'http://bank').searchParams);
    expect(queries.map((query) => query.get('cursor'))).toEqual([null, 'Mnwy+/']);
    expect(queries[1]?.get('fromDate')).toBe('2024-10-01T00:00:00.000Z');
    expect(queries[1]?.get('toDate')).toBe('2024-10-31T00:00:00.000Z');
  });

  it('does not follow a cursor in a circle', async () => {
    const { jpmorgan, bank } = await provider(() => ({
      json: { paymentLinks: [], metadata: { cursor: { next: 'same' } } },
    }));
    expect((await failureOf(all(jpmorgan.listLinks(range, call())))).kind).toBe('retryable');
    expect(bank.received).toHaveLength(2);
  });
});

describe('a search', () => {
  it('asks by creation time, a full page, and answers oldest first with the requests it can read', async () => {
    const requests = [
      details({ id: 'younger', createdAt: '2024-10-02T00:00:00Z' }),
      { id: 'static-code', status: 'ACTIVE' },
      details({ id: 'older', createdAt: '2024-10-01T00:00:00Z' }),
    ];
    const { jpmorgan, bank } = await provider(() => ({ json: { requests } }));
    const page = await jpmorgan.searchRequests(range, call());
    expect(page.requests.map(({ requestId }) => requestId)).toEqual(['older', 'younger']);
    expect(page.truncated).toBe(false);
    expect(bank.received[0]).toMatchObject({ method: 'POST', url: '/payment-requests/search' });
    expect(JSON.parse(bank.received[0]?.body ?? '')).toEqual({
      'createdDate.gte': '2024-10-01T00:00:00.000Z',
      'createdDate.lte': '2024-10-31T00:00:00.000Z',
      pageSize: 99,
    });
  });

  it('is truncated when the page was full, also when some of it could not be read', async () => {
    const requests = Array.from({ length: 99 }, (_, number) => (number === 0 ? {} : details({ id: `r${number}` })));
    const { jpmorgan } = await provider(() => ({ json: { requests } }));
    const page = await jpmorgan.searchRequests(range, call());
    expect(page.truncated).toBe(true);
    expect(page.requests).toHaveLength(98);
  });
});
