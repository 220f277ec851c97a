/** Returns: our adapter and the simulator's returns API, which were written apart from the same contract. */
import { afterAll, afterEach, beforeAll, describe, expect, it } from '@jest/globals';
import { anOrder, brl, call, failureOf } from './builders.ts';
import { aSimulatedBank, type SimulatedBank } from './simulated-bank.ts';

let bank: SimulatedBank;
beforeAll(async () => {
  bank = await aSimulatedBank();
});
afterEach(async () => {
  await bank.control('faults', { reset: true });
  await bank.control('behaviour', { reset: true });
  await bank.control('clock', { reset: true });
});
afterAll(() => bank.close());

describe('a return at the simulator', () => {
  it('is of a part or of the whole, and its request shows it under our reference', async () => {
    const { requestId, endToEndId } = await bank.paid();
    const part = anOrder(endToEndId);
    const made = await bank.jpmorgan.returnMoney(part, call());
    expect(made).toEqual({ id: expect.any(String), reference: part.returnId, status: 'completed' });
    expect((await bank.read(requestId)).returns).toEqual([{ ...made, amount: brl('490') }]);
    expect(await bank.jpmorgan.getReturn(made.id, call())).toEqual({ ...made, amount: brl('490') });

    const other = await bank.paid();
    const whole = anOrder(other.endToEndId, { amount: brl('2490'), whole: true });
    expect((await bank.jpmorgan.returnMoney(whole, call())).status).toBe('completed');
  });

  it('is pending until the bank has carried it out', async () => {
    await bank.control('behaviour', { returnMs: 60_000 });
    const { requestId, endToEndId } = await bank.paid();
    const { id, status } = await bank.jpmorgan.returnMoney(anOrder(endToEndId), call());
    const seen: unknown[] = [status];
    for (const advanceSeconds of [31, 30]) {
      await bank.control('clock', { advanceSeconds });
      seen.push((await bank.jpmorgan.getReturn(id, call()))?.status, (await bank.read(requestId)).returns[0]?.status);
    }
    expect(seen).toEqual(['pending', 'pending', 'pending', 'completed', 'completed']);
  });

  it.each([
    ['REJECTED', 'REJECTED AM04'],
    ['CANCELED', 'CANCELED DS02'],
  ])('that ends as %s has failed, and both reads say why', async (returnEndsIn, because) => {
    await bank.control('behaviour', { returnMs: 1_000, returnEndsIn });
    const { requestId, endToEndId } = await bank.paid();
    const { id, status } = await bank.jpmorgan.returnMoney(anOrder(endToEndId), call());
    expect(status).toBe('pending');
    await bank.control('clock', { advanceSeconds: 1 });
    expect(await bank.jpmorgan.getReturn(id, call())).toMatchObject({ status: 'failed', because });
    expect((await bank.read(requestId)).returns).toMatchObject([{ id, status: 'failed', because }]);
  });

  it('that was completed fails days later', async () => {
    await bank.control('behaviour', { returnFailsLaterMs: 172_800_000 });
    const { requestId, endToEndId } = await bank.paid();
    const { id, status } = await bank.jpmorgan.returnMoney(anOrder(endToEndId), call());
    expect(status).toBe('completed');
    await bank.control('clock', { advanceSeconds: 172_801 });
    expect(await bank.jpmorgan.getReturn(id, call())).toMatchObject({ status: 'failed', because: 'RETURNED' });
    expect((await bank.read(requestId)).returns).toMatchObject([{ status: 'failed', because: 'RETURNED AC04' }]);
  });

  it('of more than was paid is refused, by a reason that names the amount', async () => {
    const { requestId, endToEndId } = await bank.paid();
    const failure = await failureOf(bank.jpmorgan.returnMoney(anOrder(endToEndId, { amount: brl('2491') }), call()));
    expect(failure).toMatchObject({ kind: 'refused', status: 400 });
    expect(failure.reasons).toContainEqual('10104 $.value.amount');
    expect((await bank.read(requestId)).returns).toEqual([]);
  });

  it('of a payment that the bank does not know is refused', async () => {
    expect((await failureOf(bank.jpmorgan.returnMoney(anOrder('E0'), call()))).kind).toBe('refused');
  });

  it('that nobody ordered is not there', async () => {
    expect(await bank.jpmorgan.getReturn('253f67f3-b640-44cb-aabd-2cc348b52678', call())).toBeUndefined();
  });

  it('that the bank made by itself has no reference', async () => {
    const { requestId } = await bank.paid();
    await bank.control('return', { paymentRequestId: requestId });
    const { returns } = await bank.read(requestId);
    expect(returns).toEqual([{ id: expect.any(String), amount: brl('2490'), status: 'completed' }]);
  });

  it('is found by the search for its request', async () => {
    const { requestId, endToEndId } = await bank.paid();
    const { returnId: reference } = anOrder(endToEndId);
    await bank.jpmorgan.returnMoney(anOrder(endToEndId, { returnId: reference }), call());
    const from = new Date((await bank.read(requestId)).createdAt);
    const { requests } = await bank.jpmorgan.searchRequests({ from, to: new Date(from.getTime() + 1_000) }, call());
    const found = requests.find((request) => request.requestId === requestId);
    expect(found?.returns).toMatchObject([{ reference, status: 'completed' }]);
  });
});

describe('the same order again', () => {
  it('is the same return, as it stands by then', async () => {
    await bank.control('behaviour', { returnMs: 1_000 });
    const { requestId, endToEndId } = await bank.paid();
    const order = anOrder(endToEndId);
    const first = await bank.jpmorgan.returnMoney(order, call());
    await bank.control('clock', { advanceSeconds: 1 });
    const again = await bank.jpmorgan.returnMoney(order, call());
    expect(again).toEqual({ ...first, status: 'completed', amount: brl('490') });
    expect((await bank.read(requestId)).returns).toHaveLength(1);
  });

  it.each([
    [{ timeout: 'after' }, 'unknown'],
    [{ timeout: 'before' }, 'unknown'],
    [{ body: 'truncated' }, 'unknown'],
    [{ status: 500 }, 'unknown'],
    [{ status: 503 }, 'retryable'],
    [{ status: 422 }, 'retryable'],
  ] as const)('after %j, which is %s, makes one return', async (fault, kind) => {
    const { requestId, endToEndId } = await bank.paid();
    const order = anOrder(endToEndId);
    await bank.control('faults', { ...fault, times: 1, path: '/payments/returns' });
    expect((await failureOf(bank.jpmorgan.returnMoney(order, call()))).kind).toBe(kind);
    const { id, status } = await bank.jpmorgan.returnMoney(order, call());
    expect(status).toBe('completed');
    expect((await bank.read(requestId)).returns).toMatchObject([{ id, reference: order.returnId }]);
  });

  it('with another amount under its id is refused', async () => {
    const { endToEndId } = await bank.paid();
    const order = anOrder(endToEndId);
    await bank.jpmorgan.returnMoney(order, call());
    const failure = await failureOf(bank.jpmorgan.returnMoney({ ...order, amount: brl('100') }, call()));
    expect(failure).toMatchObject({ kind: 'refused', status: 422 });
    expect(failure.reasons).toContainEqual('10106 Idempotency-Key');
  });

  it('pays twice once the bank has forgotten the key, which is why the port says for how long it holds', async () => {
    const { requestId, endToEndId } = await bank.paid();
    const order = anOrder(endToEndId);
    const first = await bank.jpmorgan.returnMoney(order, call());
    await bank.control('clock', { advanceSeconds: bank.jpmorgan.returnKeyHours * 3_600 });
    const second = await bank.jpmorgan.returnMoney(order, call());
    expect(second.id).not.toBe(first.id);
    const { returns } = await bank.read(requestId);
    expect(returns.map(({ id, reference }) => [id, reference])).toEqual([
      [first.id, order.returnId],
      [second.id, order.returnId],
    ]);
  });

  it('is known by its id when only the read of how it stands fails', async () => {
    const { endToEndId } = await bank.paid();
    const order = anOrder(endToEndId);
    const { id } = await bank.jpmorgan.returnMoney(order, call());
    await bank.control('faults', { status: 503, method: 'GET', path: '/payments/returns' });
    const again = await bank.jpmorgan.returnMoney(order, call());
    expect(again).toEqual({ id, reference: order.returnId, status: 'pending' });
  });
});
