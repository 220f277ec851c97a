/** Bills that arrive together, over real HTTP: how few calls they cost, and that each caller learns what became of its own. */
import { afterAll, afterEach, beforeAll, describe, expect, it } from '@jest/globals';
import { sameCharge, type Charge } from '../../domain/charge.ts';
import { gatherWrites } from '../../providers/gathered-writes.ts';
import { ProviderFailure, type Provider, type ProviderRequest, type RequestWrite } from '../../providers/provider.ts';
import { aCharge, call, failureOf, newId } from './builders.ts';
import { aSimulatedBank, type SimulatedBank } from './simulated-bank.ts';

const PUT = 'PUT /payment-requests/{id}';
const BULK = 'POST /payment-requests/bulk';
const LOOK = 'GET /payment-requests/bulk/{id}';
const SEARCH = 'POST /payment-requests/search';
const READ = 'GET /payment-requests/{id}';

let bank: SimulatedBank;
beforeAll(async () => {
  bank = await aSimulatedBank();
});
afterEach(async () => {
  for (const what of ['faults', 'behaviour', 'clock']) await bank.control(what, { reset: true });
});
afterAll(() => bank.close());

/** Every test has its own: after a bulk that did not help bills go singly for a minute. */
function gathered(differences: Partial<Provider> = {}): Provider {
  return gatherWrites({ ...bank.jpmorgan, ...differences });
}

function aBill(differences: Partial<Charge> = {}): Charge {
  return aCharge({ expiry: { is: 'due', date: '2099-11-01', graceDays: 30 }, reference: 'November', ...differences });
}

async function bills(count: number): Promise<readonly RequestWrite[]> {
  const opened = Array.from({ length: count }, async (_, n): Promise<RequestWrite> => {
    const { providerLinkId } = await bank.jpmorgan.openLink('bill', call());
    const charge = aBill({ reference: `flat ${n}` });
    return { requestId: newId(), providerLinkId, kind: 'bill', charge, creates: true };
  });
  return Promise.all(opened);
}

/** What the callers were told, in their order. */
async function told(
  work: readonly Promise<ProviderRequest>[],
): Promise<readonly (ProviderRequest | ProviderFailure)[]> {
  return Promise.all(work.map(async (one) => one.catch((error: unknown) => error as ProviderFailure)));
}

async function putAll(provider: Provider, writes: readonly RequestWrite[], timeoutMs?: number) {
  return told(writes.map(async (write) => provider.putRequest(write, call(timeoutMs))));
}

/** The calls about requests that `work` costs. */
async function callsOf(work: () => Promise<unknown>): Promise<Readonly<Record<string, number>>> {
  const before = await bank.calls();
  await work();
  const after = Object.entries(await bank.calls()).map(([name, count]) => [name, count - (before[name] ?? 0)] as const);
  return Object.fromEntries(after.filter(([name, count]) => name.includes('payment-requests') && count > 0));
}

function expectOwn(answers: readonly (ProviderRequest | ProviderFailure)[], writes: readonly RequestWrite[]): void {
  expect(answers).toMatchObject(
    writes.map(({ requestId, providerLinkId }) => ({ requestId, providerLinkId, status: 'active', revision: 0 })),
  );
  for (const [at, { charge }] of writes.entries()) {
    expect(sameCharge((answers[at] as ProviderRequest).charge, charge)).toBe(true);
  }
}

describe('how many calls bills cost', () => {
  it('a bill that comes alone goes out alone, and so does the next one', async () => {
    const provider = gathered();
    const writes = await bills(2);
    const calls = await callsOf(async () => {
      for (const write of writes) expectOwn(await putAll(provider, [write]), [write]);
    });
    expect(calls).toEqual({ [PUT]: 2 });
  });

  it('sixty at once are one write and three bulks, and each caller gets its own request', async () => {
    const writes = await bills(60);
    let answers: readonly (ProviderRequest | ProviderFailure)[] = [];
    const calls = await callsOf(async () => {
      answers = await putAll(gathered(), writes);
    });
    expect(calls).toEqual({ [PUT]: 1, [BULK]: 3, [LOOK]: 3, [SEARCH]: 3 });
    expectOwn(answers, writes);
    expect(answers.every((one) => 'expiresAt' in one && one.expiresAt !== undefined)).toBe(true);
  });

  it('four that gathered go singly: a bulk would save nothing', async () => {
    const writes = await bills(5);
    expect(await callsOf(async () => expectOwn(await putAll(gathered(), writes), writes))).toEqual({ [PUT]: 5 });
  });

  it('sales, charge updates and writes that may find their request there pass through, gathered or not', async () => {
    const provider = gathered();
    const [first, ...others] = await bills(7);
    if (first === undefined) throw new Error('no bill');
    const { etag } = await bank.jpmorgan.putRequest(first, call());
    const { providerLinkId } = await bank.jpmorgan.openLink('till', call());
    const sale = { requestId: newId(), providerLinkId, kind: 'till', charge: aCharge(), creates: true } as const;
    const { creates: _, ...update } = { ...first, charge: aBill({ reference: 'corrected' }) };
    const calls = await callsOf(async () => {
      const gathering = putAll(provider, others);
      expect(await provider.putRequest(sale, call())).toMatchObject({ requestId: sale.requestId });
      const changed = await provider.putRequest({ ...update, baseline: etag ?? '' }, call());
      expect(changed).toMatchObject({ revision: 1 });
      const unguarded = { ...update, charge: aBill({ reference: 'once more' }) };
      expect(await provider.putRequest(unguarded, call())).toMatchObject({ revision: 2 });
      await gathering;
    });
    expect(calls).toEqual({ [PUT]: 4, [BULK]: 1, [LOOK]: 1, [SEARCH]: 1 });
  });

  it('a bulk that takes its time is looked at again, and its rows are read back once', async () => {
    await bank.control('behaviour', { bulkMs: 600 });
    const writes = await bills(11);
    const calls = await callsOf(async () => expectOwn(await putAll(gathered(), writes), writes));
    expect(calls).toMatchObject({ [PUT]: 1, [BULK]: 1, [SEARCH]: 1 });
    expect(calls[LOOK]).toBeGreaterThan(1);
    expect(calls[LOOK]).toBeLessThan(6);
  });

  it('what a search does not show is read by id, and so is everything when the search fails', async () => {
    const writes = await bills(11);
    const hidden = writes[4]?.requestId;
    const blind = gathered({
      searchRequests: async (range, share) => {
        const page = await bank.jpmorgan.searchRequests(range, share);
        return { ...page, requests: page.requests.filter(({ requestId }) => requestId !== hidden) };
      },
    });
    expect(await callsOf(async () => expectOwn(await putAll(blind, writes), writes))).toMatchObject({ [READ]: 1 });
    const more = await bills(11);
    await bank.control('faults', { status: 503, path: '/search', times: 1 });
    expect(await callsOf(async () => expectOwn(await putAll(gathered(), more), more))).toMatchObject({ [READ]: 10 });
  });
});

describe('each row fails for itself', () => {
  it('a refused row is refused with its own reasons, and the rest is as if it had not been there', async () => {
    const writes = await bills(12);
    const [, busy, , stray] = writes;
    if (busy === undefined || stray === undefined) throw new Error('no bill');
    await bank.jpmorgan.putRequest({ ...busy, requestId: newId() }, call());
    const asked = writes.map((write) => (write === stray ? { ...write, providerLinkId: newId() } : write));
    const answers = await putAll(gathered(), asked);
    expect(answers[1]).toMatchObject({ kind: 'refused', reasons: ['10104 $.requestMethod.paymentLinkId'] });
    expect(answers[3]).toMatchObject({ kind: 'refused' });
    const good = (_: unknown, at: number): boolean => at !== 1 && at !== 3;
    expectOwn(answers.filter(good), writes.filter(good));
  });

  it('a row that the contract has no room for goes by itself, and the others still go together', async () => {
    const writes = (await bills(12)).map((write, at) => (at === 5 ? { ...write, charge: aCharge() } : write));
    let answers: readonly (ProviderRequest | ProviderFailure)[] = [];
    const calls = await callsOf(async () => {
      answers = await putAll(gathered(), writes);
    });
    expect(calls).toEqual({ [PUT]: 1, [BULK]: 1, [LOOK]: 1, [SEARCH]: 1 });
    expect(answers[5]).toMatchObject({ kind: 'refused', reasons: ['expiry'] });
    expectOwn(answers.toSpliced(5, 1), writes.toSpliced(5, 1));
  });

  it('a bulk that is refused whole goes row by row, and the next one goes as a bulk again', async () => {
    const provider = gathered();
    await bank.control('faults', { status: 400, path: '/bulk', method: 'POST', times: 1 });
    const [first, second] = [await bills(11), await bills(11)];
    expect(await callsOf(async () => expectOwn(await putAll(provider, first), first))).toEqual({
      [PUT]: 11,
      [BULK]: 1,
    });
    expect(await callsOf(async () => expectOwn(await putAll(provider, second), second))).toMatchObject({ [BULK]: 1 });
  });

  it('where bulks are not for us they are left alone for a while', async () => {
    const provider = gathered();
    await bank.control('faults', { status: 403, path: '/bulk', method: 'POST' });
    const [first, second] = [await bills(11), await bills(11)];
    expect(await callsOf(async () => expectOwn(await putAll(provider, first), first))).toEqual({
      [PUT]: 11,
      [BULK]: 1,
    });
    expect(await callsOf(async () => expectOwn(await putAll(provider, second), second))).toEqual({ [PUT]: 11 });
  });

  it('a bulk that meets a limit fails each of its rows as one write would, and nothing of it is there', async () => {
    await bank.control('faults', { status: 429, retryAfterSeconds: 7, path: '/bulk', method: 'POST', times: 1 });
    const [alone, ...rest] = await bills(9);
    const [answer, ...failures] = await putAll(
      gathered(),
      [alone, ...rest].filter((one) => one !== undefined),
    );
    expect(answer).toMatchObject({ requestId: alone?.requestId });
    expect(failures).toMatchObject(rest.map(() => ({ kind: 'retryable', retryAfterMs: 7_000, status: 429 })));
    for (const { requestId } of rest) expect(await bank.jpmorgan.getRequest(requestId, call())).toBeUndefined();
  });
});

describe('who leaves', () => {
  it('before anything was sent may ask again, and its bill is nowhere', async () => {
    const [first, gone, ...others] = await bills(8);
    if (first === undefined || gone === undefined) throw new Error('no bill');
    const provider = gathered();
    const leaving = new AbortController();
    const staying = putAll(provider, [first, ...others]);
    const left = failureOf(provider.putRequest(gone, call(3_000, leaving.signal)));
    leaving.abort();
    expect(await left).toMatchObject({ kind: 'retryable' });
    expectOwn(await staying, [first, ...others]);
    expect(await bank.jpmorgan.getRequest(gone.requestId, call())).toBeUndefined();
    expect(await failureOf(provider.putRequest(gone, call(3_000, AbortSignal.abort())))).toMatchObject({
      kind: 'retryable',
    });
  });

  it('after it was sent does not know, and the others go on', async () => {
    const leaving = new AbortController();
    const provider = gathered({
      readBulk: async (bulkId, share) => {
        leaving.abort();
        return bank.jpmorgan.readBulk(bulkId, share);
      },
    });
    const [first, gone, ...others] = await bills(8);
    if (first === undefined || gone === undefined) throw new Error('no bill');
    const staying = putAll(provider, [first, ...others]);
    expect(await failureOf(provider.putRequest(gone, call(3_000, leaving.signal)))).toMatchObject({ kind: 'unknown' });
    expectOwn(await staying, [first, ...others]);
    expect(await bank.read(gone.requestId)).toMatchObject({ status: 'active' });
  });
});

describe('a bulk of which nothing is heard', () => {
  /** As the activity repeats: read by id, and write only what is not there. */
  async function repeat(provider: Provider, write: RequestWrite): Promise<ProviderRequest> {
    return (await provider.getRequest(write.requestId, call())) ?? provider.putRequest(write, call());
  }

  it.each(['before', 'after'] as const)('is unknown, and a repeat makes one request of each: cut %s', async (when) => {
    const provider = gathered();
    await bank.control('faults', { timeout: when, path: '/bulk', method: 'POST', times: 1 });
    const [first, ...rest] = await bills(9);
    const failures = await putAll(
      provider,
      [first, ...rest].filter((one) => one !== undefined),
    );
    expect(failures.slice(1)).toMatchObject(rest.map(() => ({ kind: 'unknown' })));
    const calls = await callsOf(async () => {
      expectOwn(await Promise.all(rest.map(async (write) => repeat(provider, write))), rest);
    });
    expect(calls).toEqual({ [READ]: 8, ...(when === 'before' ? { [PUT]: 8 } : {}) });
  });

  it('is unknown when its rows are pending to the end, and bills go singly for a while', async () => {
    const provider = gathered();
    await bank.control('behaviour', { bulkMs: 600_000 });
    const [first, ...rest] = await bills(9);
    const failures = await putAll(
      provider,
      [first, ...rest].filter((one) => one !== undefined),
      700,
    );
    expect(failures.slice(1)).toMatchObject(rest.map(() => ({ kind: 'unknown' })));
    const more = await bills(9);
    // The last look has to find that nobody waits any more.
    await new Promise((resolve) => setTimeout(resolve, 400));
    expect(await callsOf(async () => expectOwn(await putAll(provider, more), more))).toEqual({ [PUT]: 9 });
  });

  it('writes over nothing when it is carried out at last', async () => {
    const provider = gathered();
    await bank.control('behaviour', { bulkMs: 600_000 });
    const [first, ...rest] = await bills(9);
    await putAll(
      provider,
      [first, ...rest].filter((one) => one !== undefined),
      700,
    );
    const charge = aBill({ reference: 'corrected' });
    for (const write of rest) {
      const { etag, requestId } = await repeat(provider, write);
      const { creates: _, ...update } = { ...write, charge };
      if (requestId === rest[0]?.requestId) await provider.putRequest({ ...update, baseline: etag ?? '' }, call());
    }
    const before = await Promise.all(rest.map(async ({ requestId }) => bank.read(requestId)));
    await bank.control('clock', { advanceSeconds: 601 });
    expect(await Promise.all(rest.map(async ({ requestId }) => bank.read(requestId)))).toEqual(before);
    expect(before[0]).toMatchObject({ revision: 1, charge: { reference: 'corrected' } });
  });

  it('leaves what was paid meanwhile to the read of its caller', async () => {
    const [first, ...rest] = await bills(9);
    const paid = rest[2]?.requestId ?? '';
    const provider = gathered({
      searchRequests: async (range, share) => {
        await bank.control('pay', { paymentRequestId: paid });
        return bank.jpmorgan.searchRequests(range, share);
      },
    });
    const answers = await putAll(
      provider,
      [first, ...rest].filter((one) => one !== undefined),
    );
    expect(answers[3]).toMatchObject({ kind: 'unknown' });
    expect(answers.filter((one) => one instanceof ProviderFailure)).toHaveLength(1);
  });
});
