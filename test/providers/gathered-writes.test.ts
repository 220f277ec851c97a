/**
 * Bills that arrive together, over real HTTP: how few calls they cost, and that each caller learns what became of its
 * own.
 */
import { setTimeout as later } from 'node:timers/promises';
import { afterAll, afterEach, beforeAll, describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { ProviderFailure, type Provider, type RequestWrite } from '../../providers/provider.ts';
import { aCharge, call, newId } from './builders.ts';
import {
  aBankOfBills,
  aBill,
  BULK,
  expectOwn,
  LOOK,
  PUT,
  putAll,
  READ,
  SEARCH,
  type BankOfBills,
  type ProviderAnswer,
} from './many-bills.ts';

let bank: BankOfBills;
beforeAll(async () => {
  bank = await aBankOfBills();
});
afterEach(() => bank.reset());
afterAll(() => bank.close());

describe('how many calls bills cost', () => {
  it('a bill that comes alone goes out alone, and so does the next one', async () => {
    const provider = bank.gathered();
    const writes = await bank.bills(2);
    const calls = await bank.callsOf(async () => {
      for (const write of writes) expectOwn(await putAll(provider, [write]), [write]);
    });
    expect(calls).toEqual({ [PUT]: 2 });
  });

  it('sixty at once are one write and three bulks, and each caller gets its own request', async () => {
    const writes = await bank.bills(60);
    let answers: readonly ProviderAnswer[] = [];
    const calls = await bank.callsOf(async () => {
      answers = await putAll(bank.gathered(), writes);
    });
    expect(calls).toEqual({ [PUT]: 1, [BULK]: 3, [LOOK]: 3, [SEARCH]: 3 });
    expectOwn(answers, writes);
    expect(answers.every((one) => 'expiresAt' in one && one.expiresAt !== undefined)).toBe(true);
  });

  it('four that gathered go singly: a bulk would save nothing', async () => {
    const writes = await bank.bills(5);
    expect(await bank.callsOf(async () => expectOwn(await putAll(bank.gathered(), writes), writes))).toEqual({
      [PUT]: 5,
    });
  });

  it('sales, charge updates and writes that may find their request there pass through while bills gather', async () => {
    const provider = bank.gathered();
    const [guarded, unguarded, ...others] = await bank.bills(8);
    if (unguarded === undefined) throw new Error('no bill');
    const { etag = '' } = await bank.jpmorgan.putRequest(guarded, call());
    await bank.jpmorgan.putRequest(unguarded, call());
    const { providerLinkId } = await bank.jpmorgan.openLink('till', call());
    const charge = aBill('corrected');
    const sale: RequestWrite = { requestId: newId(), providerLinkId, kind: 'till', charge: aCharge(), creates: true };
    const { creates: _, ...update } = { ...unguarded, charge };
    const calls = await bank.callsOf(async () => {
      const answers = await putAll(provider, [...others, sale, { ...guarded, charge, baseline: etag }, update]);
      expectOwn(answers.slice(0, 7), [...others, sale]);
      expect(answers.slice(7)).toMatchObject([{ revision: 1 }, { revision: 1 }]);
    });
    expect(calls).toEqual({ [PUT]: 4, [BULK]: 1, [LOOK]: 1, [SEARCH]: 1 });
  });

  it('a bulk that takes its time is looked at again, and its rows are read back once', async () => {
    await bank.control('behaviour', { bulkMs: 600 });
    const writes = await bank.bills(11);
    const calls = await bank.callsOf(async () => expectOwn(await putAll(bank.gathered(), writes), writes));
    expect(calls).toMatchObject({ [PUT]: 1, [BULK]: 1, [SEARCH]: 1 });
    expect(calls[LOOK]).toBeGreaterThan(1);
    expect(calls[LOOK]).toBeLessThan(6);
  });

  it('what a search does not show is read by id, and so is everything when the search fails', async () => {
    const writes = await bank.bills(11);
    const hidden = writes[4]?.requestId;
    const blind = bank.gathered({
      searchRequests: async (range, share) => {
        const page = await bank.jpmorgan.searchRequests(range, share);
        return { ...page, requests: page.requests.filter(({ requestId }) => requestId !== hidden) };
      },
    });
    expect(await bank.callsOf(async () => expectOwn(await putAll(blind, writes), writes))).toMatchObject({ [READ]: 1 });
    const more = await bank.bills(11);
    await bank.control('faults', { status: 503, path: '/search', times: 1 });
    expect(await bank.callsOf(async () => expectOwn(await putAll(bank.gathered(), more), more))).toMatchObject({
      [READ]: 10,
    });
  });

  it('a bank that asks for a pause instead of searching is not asked for each row', async () => {
    await bank.control('faults', { status: 429, retryAfterSeconds: 3, path: '/search', times: 1 });
    const [first, ...rest] = await bank.bills(9);
    const calls = await bank.callsOf(async () => {
      const [answer, ...failures] = await putAll(bank.gathered(), [first, ...rest]);
      expectOwn(
        [answer].filter((one) => one !== undefined),
        [first],
      );
      expect(failures).toMatchObject(rest.map(() => ({ kind: 'unknown', retryAfterMs: 3_000 })));
    });
    expect(calls).toEqual({ [PUT]: 1, [BULK]: 1, [LOOK]: 1, [SEARCH]: 1 });
  });
});

describe('each row fails for itself', () => {
  it('a refused row is refused with its own reasons, and the rest is as if it had not been there', async () => {
    const writes = await bank.bills(12);
    const [, busy, , stray] = writes;
    if (busy === undefined || stray === undefined) throw new Error('no bill');
    await bank.jpmorgan.putRequest({ ...busy, requestId: newId() }, call());
    const asked = writes.map((write) => (write === stray ? { ...write, providerLinkId: newId() } : write));
    const answers = await putAll(bank.gathered(), asked);
    expect(answers[1]).toMatchObject({ kind: 'refused', reasons: ['10104 $.requestMethod.paymentLinkId'] });
    expect(answers[3]).toMatchObject({ kind: 'refused' });
    const good = (_: unknown, at: number): boolean => at !== 1 && at !== 3;
    expectOwn(answers.filter(good), writes.filter(good));
  });

  it('a row that the contract has no room for goes by itself, and the others still go together', async () => {
    const writes = (await bank.bills(12)).map((write, at) => (at === 5 ? { ...write, charge: aCharge() } : write));
    let answers: readonly ProviderAnswer[] = [];
    const calls = await bank.callsOf(async () => {
      answers = await putAll(bank.gathered(), writes);
    });
    expect(calls).toEqual({ [PUT]: 1, [BULK]: 1, [LOOK]: 1, [SEARCH]: 1 });
    expect(answers[5]).toMatchObject({ kind: 'refused', reasons: ['expiry'] });
    expectOwn(answers.toSpliced(5, 1), writes.toSpliced(5, 1));
  });

  it('a bulk that is refused whole goes row by row, and the next one goes as a bulk again', async () => {
    const provider = bank.gathered();
    await bank.control('faults', { status: 400, path: '/bulk', method: 'POST', times: 1 });
    const [first, second] = [await bank.bills(11), await bank.bills(11)];
    expect(await bank.callsOf(async () => expectOwn(await putAll(provider, first), first))).toEqual({
      [PUT]: 11,
      [BULK]: 1,
    });
    expect(await bank.callsOf(async () => expectOwn(await putAll(provider, second), second))).toMatchObject({
      [BULK]: 1,
    });
  });

  it('where bulks are not for us they are left alone for a while', async () => {
    const provider = bank.gathered();
    await bank.control('faults', { status: 403, path: '/bulk', method: 'POST' });
    const [first, second] = [await bank.bills(11), await bank.bills(11)];
    expect(await bank.callsOf(async () => expectOwn(await putAll(provider, first), first))).toEqual({
      [PUT]: 11,
      [BULK]: 1,
    });
    expect(await bank.callsOf(async () => expectOwn(await putAll(provider, second), second))).toEqual({ [PUT]: 11 });
  });

  it('a bulk that meets a limit fails each of its rows as one write would, and nothing of it is there', async () => {
    await bank.control('faults', { status: 429, retryAfterSeconds: 7, path: '/bulk', method: 'POST', times: 1 });
    const [alone, ...rest] = await bank.bills(9);
    const [answer, ...failures] = await putAll(
      bank.gathered(),
      [alone, ...rest].filter((one) => one !== undefined),
    );
    expect(answer).toMatchObject({ requestId: alone?.requestId });
    expect(failures).toMatchObject(rest.map(() => ({ kind: 'retryable', retryAfterMs: 7_000, status: 429 })));
    for (const { requestId } of rest) expect(await bank.jpmorgan.getRequest(requestId, call())).toBeUndefined();
  });
});

describe('whatever arrives when', () => {
  interface WriteArrival {
    readonly afterMs: number;
    readonly fate: 'stays' | 'leaves' | 'busy';
  }
  const arrivals: fc.Arbitrary<readonly WriteArrival[]> = fc.array(
    fc.record({
      // Half of them in the same moment, as a bill run has it.
      afterMs: fc.oneof(fc.constant(0), fc.integer({ min: 0, max: 150 })),
      fate: fc.constantFrom('stays', 'stays', 'stays', 'stays', 'leaves', 'busy'),
    }),
    { minLength: 1, maxLength: 45 },
  );

  async function arrive(
    provider: Provider,
    write: RequestWrite,
    { afterMs, fate }: WriteArrival,
  ): Promise<ProviderAnswer> {
    await later(afterMs);
    const leaving = new AbortController();
    const answer = provider.putRequest(write, call(undefined, leaving.signal));
    if (fate === 'leaves') setTimeout(() => leaving.abort(), afterMs % 40);
    return answer.catch((error: unknown) => error as ProviderFailure);
  }

  function wrongIn(
    answer: ProviderAnswer,
    fate: WriteArrival['fate'] | undefined,
    requestId: string | undefined,
  ): string | undefined {
    if (!(answer instanceof ProviderFailure)) {
      if (answer.requestId !== requestId) return `asked for ${requestId}, told of ${answer.requestId}`;
      return fate === 'busy' ? 'two bills on one code' : undefined;
    }
    const expected: readonly string[] =
      fate === 'busy' ? ['refused'] : fate === 'leaves' ? ['retryable', 'unknown'] : [];
    return expected.includes(answer.kind) ? undefined : `${fate}: ${answer.message}`;
  }

  it('each caller learns of its own bill, and no bill costs a write more than it would alone', async () => {
    const play = async (coming: readonly WriteArrival[], bulkMs: number): Promise<void> => {
      const writes = await bank.bills(coming.length);
      for (const [at, { fate }] of coming.entries()) {
        const write = writes[at];
        if (fate === 'busy' && write) await bank.jpmorgan.putRequest({ ...write, requestId: newId() }, call());
      }
      await bank.control('behaviour', { bulkMs });
      const provider = bank.gathered();
      let answers: readonly ProviderAnswer[] = [];
      const calls = await bank.callsOf(async () => {
        answers = await Promise.all(
          coming.map(async (arrival, at) => arrive(provider, writes[at] ?? writes[0], arrival)),
        );
      });
      expect((calls[PUT] ?? 0) + (calls[BULK] ?? 0)).toBeLessThanOrEqual(coming.length);
      const wrong = answers.map((answer, at) => wrongIn(answer, coming[at]?.fate, writes[at]?.requestId));
      expect(wrong.filter((words) => words !== undefined)).toEqual([]);
    };
    await fc.assert(fc.asyncProperty(arrivals, fc.constantFrom(0, 60, 250), play), { numRuns: 12 });
  });
});
