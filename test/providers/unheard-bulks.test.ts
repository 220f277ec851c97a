/**
 * Bulks whose callers leave, or of which nothing is heard: what may be believed, and that a repeat makes nothing twice.
 */
import { afterAll, afterEach, beforeAll, describe, expect, it } from '@jest/globals';
import { ProviderFailure, type Provider, type ProviderRequest, type RequestWrite } from '../../providers/provider.ts';
import { call, failureOf } from './builders.ts';
import { aBankOfBills, aBill, expectOwn, PUT, putAll, READ, type BankOfBills } from './many-bills.ts';

let bank: BankOfBills;
beforeAll(async () => {
  bank = await aBankOfBills();
});
afterEach(() => bank.reset());
afterAll(() => bank.close());

describe('who leaves', () => {
  it('before anything was sent may ask again, and its bill is nowhere', async () => {
    const [first, gone, ...others] = await bank.bills(8);
    if (first === undefined || gone === undefined) throw new Error('no bill');
    const provider = bank.gathered();
    const leaving = new AbortController();
    const staying = putAll(provider, [first, ...others]);
    const left = failureOf(provider.putRequest(gone, call(undefined, leaving.signal)));
    leaving.abort();
    expect(await left).toMatchObject({ kind: 'retryable' });
    expectOwn(await staying, [first, ...others]);
    expect(await bank.jpmorgan.getRequest(gone.requestId, call())).toBeUndefined();
    expect(await failureOf(provider.putRequest(gone, call(undefined, AbortSignal.abort())))).toMatchObject({
      kind: 'retryable',
    });
  });

  it('after it was sent does not know, and the others go on', async () => {
    const leaving = new AbortController();
    const provider = bank.gathered({
      readBulk: async (bulkId, share) => {
        leaving.abort();
        return bank.jpmorgan.readBulk(bulkId, share);
      },
    });
    const [first, gone, ...others] = await bank.bills(8);
    if (first === undefined || gone === undefined) throw new Error('no bill');
    const staying = putAll(provider, [first, ...others]);
    expect(await failureOf(provider.putRequest(gone, call(undefined, leaving.signal)))).toMatchObject({
      kind: 'unknown',
    });
    expectOwn(await staying, [first, ...others]);
    expect(await bank.read(gone.requestId)).toMatchObject({ status: 'active' });
  });
});

describe('who has less time than the others', () => {
  it('is told of a row that is done while theirs are still pending', async () => {
    await bank.control('behaviour', { bulkMs: 5_000 });
    const [first, hurried, ...others] = await bank.bills(11);
    if (hurried === undefined) throw new Error('no bill');
    const provider = bank.gathered();
    const [before, answer] = [putAll(provider, [first]), putAll(provider, [hurried], 3_000)];
    const after = putAll(provider, others);
    expect(await answer).toMatchObject([{ requestId: hurried.requestId }]);
    expectOwn([...(await before), ...(await after)], [first, ...others]);
  });
});

describe('a bulk of which nothing is heard', () => {
  /** As the activity repeats: read by id, and write only what is not there. */
  async function repeat(provider: Provider, write: RequestWrite): Promise<ProviderRequest> {
    return (await provider.getRequest(write.requestId, call())) ?? provider.putRequest(write, call());
  }

  it.each(['before', 'after'] as const)('is unknown, and a repeat makes one request of each: cut %s', async (when) => {
    const provider = bank.gathered();
    await bank.control('faults', { timeout: when, path: '/bulk', method: 'POST', times: 1 });
    const [first, ...rest] = await bank.bills(9);
    const failures = await putAll(
      provider,
      [first, ...rest].filter((one) => one !== undefined),
    );
    expect(failures.slice(1)).toMatchObject(rest.map(() => ({ kind: 'unknown' })));
    const calls = await bank.callsOf(async () => {
      expectOwn(await Promise.all(rest.map(async (write) => repeat(provider, write))), rest);
    });
    expect(calls).toEqual({ [READ]: 8, ...(when === 'before' ? { [PUT]: 8 } : {}) });
  });

  it('is unknown when its rows are pending to the end, and bills go singly for a while', async () => {
    const provider = bank.gathered();
    await bank.control('behaviour', { bulkMs: 600_000 });
    const [first, ...rest] = await bank.bills(9);
    const failures = await putAll(
      provider,
      [first, ...rest].filter((one) => one !== undefined),
      2_000,
    );
    expect(failures.slice(1)).toMatchObject(rest.map(() => ({ kind: 'unknown' })));
    const more = await bank.bills(9);
    expect(await bank.callsOf(async () => expectOwn(await putAll(provider, more), more))).toEqual({ [PUT]: 9 });
  });

  it('writes over nothing when it is carried out at last', async () => {
    const provider = bank.gathered();
    await bank.control('behaviour', { bulkMs: 600_000 });
    const [first, ...rest] = await bank.bills(9);
    await putAll(
      provider,
      [first, ...rest].filter((one) => one !== undefined),
      2_000,
    );
    const charge = aBill('corrected');
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
    const [first, ...rest] = await bank.bills(9);
    const paid = rest[2]?.requestId ?? '';
    const provider = bank.gathered({
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
