/**
 * Money that goes back: all of it or a part, once for each return, never more than arrived, and never lost on the way.
 */
import { randomUUID } from 'node:crypto';
import { afterAll, afterEach, beforeAll, describe, expect, it } from '@jest/globals';
import { brl, openShop, type Shop } from '../../support/shop.ts';
import { eventually } from '../../limits/until.ts';

describe('a return', () => {
  let shop: Shop;
  let till: string;
  beforeAll(async () => {
    shop = await openShop();
    till = await shop.openTill();
  });
  afterEach(async () => {
    await shop.reset();
  });
  afterAll(async () => {
    await shop?.close();
  });

  async function paid(value = '24.90'): Promise<string> {
    const id = await shop.sold(till, { amount: brl(value) });
    await shop.pay(id);
    await shop.untilRequest(id, 'paid');
    await shop.untilLink(till, 'free');
    return id;
  }
  const giveBack = async (id: string, more: object = {}, headers: Readonly<Record<string, string>> = {}) =>
    shop.pos.post(`/v1/payment-requests/${id}/returns`, { reason: 'customer changed their mind', ...more }, headers);
  const returned = async (returnId: unknown) => (await shop.pos.get(`/v1/returns/${String(returnId)}`)).body;
  const until = async (returnId: unknown, status: string) => {
    await eventually(async () => (await returned(returnId))['status'] === status);
    return returned(returnId);
  };
  const accounts = async (id: string) => {
    const sums: Record<string, number> = {};
    for (const { account, amount_minor: minor } of await shop.ledger(id))
      sums[account] = (sums[account] ?? 0) + Number(minor);
    return sums;
  };
  const atBank = async (id: string) =>
    ((await shop.atBank(id))?.['returns'] ?? []) as readonly { readonly status: string }[];

  it('of all that was paid goes through the provider, and the ledger follows it', async () => {
    const id = await paid();
    const answer = await giveBack(id);
    expect(answer).toMatchObject({
      status: 201,
      body: { amount: brl('24.90'), origin: 'merchant', paymentRequestId: id },
    });
    await until(answer.body['id'], 'completed');
    expect(await accounts(id)).toEqual({ provider: 0, collected: -2490, refunded: 2490, returning: 0 });
    expect(await atBank(id)).toMatchObject([{ status: 'COMPLETED' }]);
    expect(await shop.request(id)).toMatchObject({
      status: 'paid',
      returns: [{ id: answer.body['id'], status: 'completed' }],
    });
    expect(await shop.events(id)).toEqual([
      'payment_request.linked',
      'payment_request.paid',
      'payment_request.returning',
      'payment_request.returned',
    ]);
  });

  it('shows money in flight while the bank is at it', async () => {
    const id = await paid();
    await shop.control('behaviour', { returnMs: 600_000 });
    const answer = await giveBack(id, { amount: brl('10.00') });
    await eventually(async () => (await returned(answer.body['id']))['status'] === 'pending');
    expect(await accounts(id)).toEqual({ provider: 2490, collected: -2490, refunded: 1000, returning: -1000 });
    await shop.control('clock', { advanceSeconds: 601 });
    await until(answer.body['id'], 'completed');
    expect(await accounts(id)).toEqual({ provider: 1490, collected: -2490, refunded: 1000, returning: 0 });
  });

  it('may come in parts, and all of them together never exceed what was received', async () => {
    const id = await paid();
    for (const value of ['10.00', '10.00'])
      expect(await giveBack(id, { amount: brl(value) })).toMatchObject({ status: 201 });
    const tooMuch = await giveBack(id, { amount: brl('5.00') });
    expect(tooMuch).toMatchObject({ status: 409, body: { type: expect.stringMatching(/exceeds-received$/) } });
    expect(tooMuch.body['detail']).toContain('BRL 4.90');
    expect(await giveBack(id)).toMatchObject({ status: 201, body: { amount: brl('4.90') } });
    expect(await giveBack(id)).toMatchObject({
      status: 409,
      body: { type: expect.stringMatching(/nothing-to-return$/) },
    });
    await eventually(async () => (await accounts(id))['provider'] === 0);
  });

  it('asked for by fifty clicks at once, half of them double, goes out at most once for each key and never above it', async () => {
    const id = await paid();
    const keys = Array.from({ length: 25 }, () => randomUUID());
    const answers = await Promise.all(
      [...keys, ...keys].map(async (key) => giveBack(id, { amount: brl('3.00') }, { 'idempotency-key': key })),
    );
    expect(new Set(answers.map(({ status }) => status))).toEqual(new Set([201, 409]));
    const ids = new Set(answers.flatMap(({ status, body }) => (status === 201 ? [body['id']] : [])));
    expect(ids.size).toBe(8);
    await eventually(async () => (await accounts(id))['provider'] === 90);
    expect(await atBank(id)).toHaveLength(8);
  });

  it('that the bank refuses is owned by an exception, and a person has it sent again', async () => {
    const id = await paid();
    await shop.control('behaviour', { returnEndsIn: 'REJECTED' });
    const answer = await giveBack(id);
    expect(await until(answer.body['id'], 'failed')).toMatchObject({ because: expect.stringMatching(/REJECTED/) });
    expect(await accounts(id)).toMatchObject({ provider: 2490, refunded: 2490, returning: 0, unapplied: -2490 });
    await shop.reset();
    const open = await shop.pos.get(`/v1/exceptions?paymentRequestId=${id}&status=open`);
    expect(open.body['data']).toMatchObject([{ kind: 'return-failed', left: brl('24.90'), owner: 'operations' }]);
    const [exception] = open.body['data'] as readonly { readonly id: string }[];
    const decided = await shop.pos.post(`/v1/exceptions/${exception?.id}/resolve`, {
      decision: 'returnMoney',
      operator: 'ana',
      reason: 'the account is right now',
    });
    expect(decided).toMatchObject({ status: 200, body: { status: 'resolved', left: brl('0.00') } });
    await eventually(async () => (await accounts(id))['provider'] === 0);
    expect(await accounts(id)).toMatchObject({ returning: 0, unapplied: 0, refunded: 2490 });
  });

  it('that comes back after it had arrived is found, and owned by an exception', async () => {
    const id = await paid();
    await shop.control('behaviour', { returnFailsLaterMs: 600_000 });
    const answer = await giveBack(id);
    await until(answer.body['id'], 'completed');
    await shop.control('clock', { advanceSeconds: 601 });
    // Nobody calls back about it: the check of a paid request does.
    await shop.watch();
    await until(answer.body['id'], 'failed');
    expect(await accounts(id)).toMatchObject({ provider: 2490, unapplied: -2490, returning: 0, refunded: 2490 });
    const open = await shop.pos.get(`/v1/exceptions?paymentRequestId=${id}`);
    expect(open.body['data']).toMatchObject([
      { kind: 'return-failed', sentence: expect.stringMatching(/came back after/) },
    ]);
  });

  it('whose answer is lost is read back, and money leaves once', async () => {
    const id = await paid();
    await shop.control('faults', { timeout: 'after', path: '/payments/returns', times: 1 });
    const answer = await giveBack(id);
    await until(answer.body['id'], 'completed');
    expect(await atBank(id)).toHaveLength(1);
    expect(await accounts(id)).toMatchObject({ provider: 0, returning: 0 });
  });

  it('that the bank makes by itself is booked, once, when a read shows it', async () => {
    const id = await paid();
    await shop.control('return', { paymentRequestId: id, amount: brl('4.90') });
    await shop.watch();
    await eventually(async () => (await accounts(id))['provider'] === 2000);
    expect(await accounts(id)).toEqual({ provider: 2000, collected: -2490, refunded: 490 });
    await shop.watch();
    expect(await accounts(id)).toEqual({ provider: 2000, collected: -2490, refunded: 490 });
    expect(await shop.request(id)).toMatchObject({
      returns: [{ origin: 'provider', status: 'completed', amount: brl('4.90') }],
    });
    expect(await giveBack(id, { amount: brl('20.01') })).toMatchObject({ status: 409 });
    expect(await giveBack(id)).toMatchObject({ status: 201, body: { amount: brl('20.00') } });
  });

  it('of what was never paid is refused, and nothing is stored but the question', async () => {
    const id = await shop.sold(till);
    expect(await giveBack(id)).toMatchObject({
      status: 409,
      body: { type: expect.stringMatching(/nothing-to-return$/) },
    });
    await shop.cancel(id);
    expect(await shop.rows('select from money_return where payment_request_id = $1', [id])).toEqual([]);
    expect(await giveBack('0'.repeat(32))).toMatchObject({ status: 404 });
    expect(await giveBack(id, { amount: { currency: 'BRL', value: '1.5' } })).toMatchObject({ status: 422 });
  });
});
