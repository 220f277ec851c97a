import { createHash } from 'node:crypto';
import { afterEach, describe, expect, it } from '@jest/globals';
import type { Provider } from '../../providers/provider.ts';
import {
  aBank,
  aClosedPort,
  aProvider,
  aServerThat,
  aWrite,
  call,
  details,
  failureOf,
  REQUEST_ID,
  SECRET,
  type StubBank,
  type StubReply,
} from './builders.ts';

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

function problem(status: number, more: Record<string, unknown> = {}): StubReply {
  return { status, json: { title: 'Problem', httpStatus: status, ...more } };
}

type Row = readonly [name: string, reply: StubReply | 'cut', read: string, write: string];

const TABLE: readonly Row[] = [
  ['a cut after the request', 'cut', 'retryable', 'unknown'],
  ['a truncated answer', { text: '{"id":', truncated: true }, 'retryable', 'unknown'],
  ['an answer that is not JSON', { text: '<html>' }, 'retryable', 'unknown'],
  ['an answer in other words', { json: { hello: 'world' } }, 'retryable', 'unknown'],
  ['an answer about another request', { json: details({ id: 'another' }) }, 'retryable', 'unknown'],
  ['400', problem(400), 'refused', 'refused'],
  ['401', problem(401), 'retryable', 'retryable'],
  ['403', problem(403), 'refused', 'refused'],
  ['404 of a proxy', { status: 404, text: 'not found' }, 'retryable', 'retryable'],
  ['405', problem(405), 'refused', 'refused'],
  ['409, which is not documented', problem(409), 'refused', 'refused'],
  ['412', problem(412), 'stale', 'stale'],
  ['429', problem(429), 'retryable', 'retryable'],
  ['500', problem(500), 'retryable', 'unknown'],
  ['502 without a body', { status: 502, text: '' }, 'retryable', 'unknown'],
  ['503', problem(503), 'retryable', 'retryable'],
  ['a redirect', { status: 302, headers: { location: '/elsewhere' } }, 'refused', 'refused'],
];

describe('a read that fails', () => {
  it.each(TABLE)('with %s', async (_name, reply, read) => {
    const { jpmorgan } = await provider(() => reply);
    expect((await failureOf(jpmorgan.getRequest(REQUEST_ID, call()))).kind).toBe(read);
  });
});

describe('a write that fails', () => {
  it.each(TABLE)('with %s', async (_name, reply, _read, write) => {
    const { jpmorgan, bank } = await provider(() => reply);
    expect((await failureOf(jpmorgan.putRequest(aWrite(), call()))).kind).toBe(write);
    // Repeating a write is the engine's decision: an adapter that does it by itself hides an unknown outcome.
    expect(bank.received).toHaveLength(1);
  });

  it('is unknown when the server hangs up in the middle of the request', async () => {
    const server = await aServerThat('hangs up');
    const jpmorgan = aProvider(server.url);
    open.push(jpmorgan, server);
    expect((await failureOf(jpmorgan.putRequest(aWrite(), call()))).kind).toBe('unknown');
  });

  it('is retryable when nobody listens', async () => {
    const jpmorgan = aProvider(await aClosedPort());
    open.push(jpmorgan);
    expect((await failureOf(jpmorgan.putRequest(aWrite(), call()))).kind).toBe('retryable');
  });

  it('is retryable when the name of the bank does not resolve', async () => {
    const jpmorgan = aProvider('http://bank.invalid');
    open.push(jpmorgan);
    expect((await failureOf(jpmorgan.openLink('till', call()))).kind).toBe('retryable');
  });

  it('is retryable when the connection is never made', async () => {
    const server = await aServerThat('is silent');
    const jpmorgan = aProvider(server.url.replace('http:', 'https:'));
    open.push(jpmorgan, server);
    expect((await failureOf(jpmorgan.putRequest(aWrite(), call(150)))).kind).toBe('retryable');
  });

  it('is retryable while it waits for a connection, and is not sent after its time', async () => {
    const { jpmorgan, bank } = await provider(() => ({ json: details(), afterMs: 400 }));
    const crowd = Array.from({ length: 64 }, () => jpmorgan.getRequest(REQUEST_ID, call()));
    expect((await failureOf(jpmorgan.putRequest(aWrite(), call(150)))).kind).toBe('retryable');
    await Promise.all(crowd);
    await jpmorgan.getRequest(REQUEST_ID, call());
    expect(bank.received.map(({ method }) => method)).toEqual(Array.from({ length: 65 }, () => 'GET'));
  });

  it('is unknown when the answer takes too long', async () => {
    const { jpmorgan } = await provider(() => 'silence');
    const failure = await failureOf(jpmorgan.putRequest(aWrite(), call(150)));
    expect(failure.kind).toBe('unknown');
  });

  it('is unknown when the attempt is cancelled after the request went out', async () => {
    const attempt = new AbortController();
    const { jpmorgan } = await provider(() => {
      setTimeout(() => attempt.abort(), 10);
      return 'silence';
    });
    expect((await failureOf(jpmorgan.cancelRequest(REQUEST_ID, 'r', call(undefined, attempt.signal)))).kind).toBe(
      'unknown',
    );
  });

  it('is retryable, and is never sent, when the attempt was cancelled before', async () => {
    const { jpmorgan, bank } = await provider(() => ({ json: details() }));
    const failure = await failureOf(jpmorgan.putRequest(aWrite(), call(undefined, AbortSignal.abort())));
    expect(failure.kind).toBe('retryable');
    expect(bank.received).toHaveLength(0);
  });

  it('is unknown when the answer to an opened link is lost', async () => {
    const { jpmorgan } = await provider(() => 'cut');
    expect((await failureOf(jpmorgan.openLink('till', call()))).kind).toBe('unknown');
  });

  it('names the codes, the fields and the trace, and nothing that was sent', async () => {
    const context = [
      {
        code: '10104',
        message: `in use, said about ${SECRET}`,
        field: '$.requestMethod.paymentLinkId',
        location: 'BODY',
      },
      { message: 'no code and no field' },
    ];
    const { jpmorgan } = await provider(() => problem(400, { traceId: 't-1', context }));
    const failure = await failureOf(jpmorgan.putRequest(aWrite(), call()));
    expect(failure).toMatchObject({
      kind: 'refused',
      status: 400,
      reasons: ['10104 $.requestMethod.paymentLinkId', 'trace t-1'],
      message: 'put request: the bank refused (status 400)',
    });
    expect(JSON.stringify([failure.message, failure.reasons, failure.cause])).not.toContain(SECRET);
  });
});

describe('a search that fails', () => {
  it('is a read, although it is a POST', async () => {
    const { jpmorgan } = await provider(() => problem(500));
    const range = { from: new Date(0), to: new Date(1) };
    expect((await failureOf(jpmorgan.searchRequests(range, call()))).kind).toBe('retryable');
  });
});

describe('Retry-After', () => {
  it('is taken in seconds', async () => {
    const { jpmorgan } = await provider(() => ({ ...problem(429), headers: { 'retry-after': '7' } }));
    expect((await failureOf(jpmorgan.putRequest(aWrite(), call()))).retryAfterMs).toBe(7000);
  });

  it('is taken as a date', async () => {
    const at = new Date(Date.now() + 60_000).toUTCString();
    const { jpmorgan } = await provider(() => ({ ...problem(503), headers: { 'retry-after': at } }));
    const { retryAfterMs } = await failureOf(jpmorgan.getRequest(REQUEST_ID, call()));
    expect(retryAfterMs).toBeGreaterThan(50_000);
    expect(retryAfterMs).toBeLessThanOrEqual(60_000);
  });

  it('is absent when the bank gives none, or nonsense', async () => {
    const { jpmorgan } = await provider((_, count) => ({
      ...problem(429),
      ...(count === 2 && { headers: { 'retry-after': 'soon' } }),
    }));
    expect((await failureOf(jpmorgan.getRequest(REQUEST_ID, call()))).retryAfterMs).toBeUndefined();
    expect((await failureOf(jpmorgan.getRequest(REQUEST_ID, call()))).retryAfterMs).toBeUndefined();
  });
});

describe('absence', () => {
  it("is the bank's own 404 to a read, and only that", async () => {
    const { jpmorgan } = await provider(() => problem(404));
    expect(await jpmorgan.getRequest(REQUEST_ID, call())).toBeUndefined();
    expect(await jpmorgan.getLink('a-link', call())).toBeUndefined();
    expect((await failureOf(jpmorgan.cancelRequest(REQUEST_ID, 'r', call()))).kind).toBe('refused');
    expect((await failureOf(jpmorgan.putRequest(aWrite(), call()))).kind).toBe('refused');
  });

  it.each(['', '.', '..'])('is not asked about the id "%s", which names something else', async (id) => {
    const { jpmorgan, bank } = await provider(() => problem(404));
    expect((await failureOf(jpmorgan.getRequest(id, call()))).kind).toBe('refused');
    expect((await failureOf(jpmorgan.getLink(id, call()))).kind).toBe('refused');
    expect(bank.received).toHaveLength(0);
  });
});

describe('a call that succeeds', () => {
  it('carries the baseline verbatim, returns the ETag verbatim and hashes the raw answer', async () => {
    const text = JSON.stringify(details({ revisionNumber: 4 }), undefined, 3);
    const { jpmorgan, bank } = await provider(() => ({ text, headers: { etag: 'W/"v 5"' } }));
    const request = await jpmorgan.putRequest(aWrite({ baseline: '"v4"' }), call());
    expect(bank.received[0]).toMatchObject({ method: 'PUT', url: `/payment-requests/${REQUEST_ID}` });
    expect(bank.received[0]?.headers['if-match']).toBe('"v4"');
    expect(request).toMatchObject({ revision: 4, etag: 'W/"v 5"' });
    expect(request.evidence).toBe(createHash('sha256').update(text).digest('hex'));
  });

  it('sends no baseline with a create', async () => {
    const { jpmorgan, bank } = await provider(() => ({ json: details() }));
    expect(await jpmorgan.putRequest(aWrite(), call())).not.toHaveProperty('etag');
    expect(bank.received[0]?.headers).not.toHaveProperty('if-match');
  });

  it('gives the bank a reason for a cancellation, also when we have none', async () => {
    const { jpmorgan, bank } = await provider(() => ({ json: { message: 'Payment request cancelled successfully' } }));
    await jpmorgan.cancelRequest(REQUEST_ID, 'the till was cleared', call());
    await jpmorgan.cancelRequest(REQUEST_ID, ' ', call());
    expect(bank.received.map(({ body }) => JSON.parse(body) as unknown)).toEqual([
      { reason: 'the till was cleared' },
      { reason: 'Client Request' },
    ]);
    expect(bank.received[0]?.url).toBe(`/payment-requests/${REQUEST_ID}/cancel`);
  });

  it('reuses its connections', async () => {
    const { jpmorgan, bank } = await provider(() => ({ json: details() }));
    for (let count = 0; count < 10; count += 1) await jpmorgan.getRequest(REQUEST_ID, call());
    expect(bank.received).toHaveLength(10);
    // A second one may open, because an answer is handed out a moment before its connection is free again.
    expect(new Set(bank.received.map(({ port }) => port)).size).toBeLessThanOrEqual(2);
  });
});
