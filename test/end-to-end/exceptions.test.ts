/** Money that fits nowhere has an owner, a policy and a deadline, and somebody decides; the code sells on meanwhile. */
import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { exceptionWorkflowId } from '../../workflows/messages.ts';
import { eventually } from '../support/engine.ts';
import { brl, openShop, type Shop } from '../support/shop.ts';

interface Shown {
  readonly id: string;
  readonly kind: string;
  readonly status: string;
  readonly left: { readonly value: string } | null;
}

const BECAUSE = { operator: 'ana', reason: 'the customer called' };

describe('an exception', () => {
  let shop: Shop;
  let till: string;
  beforeAll(async () => {
    shop = await openShop();
    till = await shop.openTill();
  });
  afterAll(async () => {
    await shop?.close();
  });

  const exceptionsOf = async (id: string): Promise<readonly Shown[]> =>
    (await shop.pos.get(`/v1/exceptions?paymentRequestId=${id}`)).body['data'] as readonly Shown[];
  const decide = async (exceptionId: string, decision: string, more: object = {}, key: string = randomUUID()) =>
    shop.pos.post(
      `/v1/exceptions/${exceptionId}/resolve`,
      { decision, ...BECAUSE, ...more },
      { 'idempotency-key': key },
    );
  const policy = async (kind: string, name: string, more: object = {}) =>
    shop.pos.put(`/v1/exception-policies/${kind}`, { policy: name, reason: 'house rule', ...more });
  const balance = async (account: string): Promise<number> => {
    const [row] = await shop.rows<{ sum: string }>(
      'select coalesce(sum(amount_minor), 0)::text as sum from ledger_entry where account = $1',
      [account],
    );
    return Number(row?.sum ?? 0);
  };

  /** A sale that got other money than it asked for, and the exception that owns the difference. */
  async function odd(kind: 'partial' | 'over' | 'late'): Promise<{ readonly id: string; readonly exception: Shown }> {
    const id = await shop.sold(till);
    if (kind === 'late') await shop.cancel(id);
    const amounts = { partial: { how: 'wrong', amount: brl('20.00') }, over: { how: 'wrong', amount: brl('30.00') } };
    await shop.pay(id, kind === 'late' ? { how: 'late' } : amounts[kind]);
    await eventually(async () => (await exceptionsOf(id)).length === 1);
    await shop.untilLink(till, 'free');
    const [exception] = await exceptionsOf(id);
    if (exception === undefined) throw new Error('no exception');
    return { id, exception };
  }

  it('says who owns it, until when, and what may be decided; Temporal UI says the same', async () => {
    const { exception } = await odd('late');
    const read = await shop.pos.get(`/v1/exceptions/${exception.id}`);
    expect(read.body).toMatchObject({
      kind: 'late',
      status: 'open',
      policy: 'hold',
      owner: 'operations',
      left: brl('24.90'),
      may: ['acceptAsIs', 'returnMoney', 'keepAsCredit', 'applyTo', 'writeOff'],
      escalated: false,
    });
    expect(Date.parse(String(read.body['deadlineAt'])) - Date.now()).toBeGreaterThan(80_000_000);
    const handle = shop.client.workflow.getHandle(exceptionWorkflowId(shop.merchantId, exception.id));
    expect((await handle.describe()).status.name).toBe('RUNNING');
  });

  it('never blocks the next sale on its code', async () => {
    await odd('partial');
    const next = await shop.sold(till, { amount: brl('3.00') });
    await shop.pay(next);
    await shop.untilRequest(next, 'paid');
    await shop.untilLink(till, 'free');
  });

  it.each([
    ['late', 'acceptAsIs', 'collected', -2490],
    ['late', 'keepAsCredit', 'credit', -2490],
    ['late', 'writeOff', 'written-off', -2490],
    ['over', 'writeOff', 'written-off', -510],
    ['partial', 'acceptAsIs', 'collected', -2000],
  ] as const)('%s, decided by %s, moves its money to %s', async (kind, decision, account, minor) => {
    const { id, exception } = await odd(kind);
    const before = { there: await balance(account), here: await balance('unapplied') };
    const left = kind === 'partial' ? 2000 : kind === 'over' ? 510 : 2490;
    expect(await decide(exception.id, decision)).toMatchObject({
      status: 200,
      body: {
        status: 'resolved',
        left: brl('0.00'),
        may: [],
        resolution: { decision, by: 'ana', reason: BECAUSE.reason },
      },
    });
    expect((await balance(account)) - before.there).toBe(minor);
    expect((await balance('unapplied')) - before.here).toBe(left);
    const history = await shop.pos.get(`/v1/payment-links/${till}/history?limit=100`);
    expect(history.body['data']).toEqual(
      expect.arrayContaining([
        expect.objectContaining({
          what: 'decided',
          actor: 'ana',
          paymentRequestId: id,
          sentence: expect.stringContaining(BECAUSE.reason),
        }),
      ]),
    );
    const handle = shop.client.workflow.getHandle(exceptionWorkflowId(shop.merchantId, exception.id));
    await eventually(async () => (await handle.describe()).status.name === 'COMPLETED');
  });

  it('partial and written off: what the bill lacked is forgiven, and only then it is paid', async () => {
    const { id, exception } = await odd('partial');
    expect(await shop.request(id)).toMatchObject({ status: 'underpaid' });
    const before = { collected: await balance('collected'), lost: await balance('written-off') };
    expect(await decide(exception.id, 'writeOff')).toMatchObject({ status: 200 });
    expect(await shop.request(id)).toMatchObject({ status: 'paid', because: 'written-off' });
    expect((await balance('collected')) - before.collected).toBe(-2490);
    expect((await balance('written-off')) - before.lost).toBe(490);
    expect(await shop.events(id)).toEqual(
      expect.arrayContaining(['payment_request.underpaid', 'payment_request.paid']),
    );
  });

  it('pays another bill: one that can be paid still is taken off its code first', async () => {
    const { exception } = await odd('late');
    const other = await shop.sold(till);
    expect(await decide(exception.id, 'applyTo', { paymentRequestId: other })).toMatchObject({
      status: 200,
      body: { status: 'resolved', resolution: { paymentRequestId: other } },
    });
    expect(await shop.request(other)).toMatchObject({ status: 'paid', because: 'applied' });
    expect(
      await shop.scan((await shop.link(till))['qr'] && ((await shop.link(till))['qr'] as { text: string }).text),
    ).toMatchObject({
      payable: false,
    });
    await shop.untilLink(till, 'free');
    // The money of that bill can go back like any other's.
    expect(await shop.pos.post(`/v1/payment-requests/${other}/returns`, { reason: 'broken cup' })).toMatchObject({
      status: 201,
      body: { amount: brl('24.90') },
    });
  });

  it('pays a dearer bill in part, and a cheaper one in full: the rest stays where it was', async () => {
    const first = await odd('late');
    const dear = await shop.sold(till, { amount: brl('30.00') });
    expect(await decide(first.exception.id, 'applyTo', { paymentRequestId: dear })).toMatchObject({ status: 200 });
    expect(await shop.request(dear)).toMatchObject({ status: 'underpaid' });
    const second = await odd('late');
    const cheap = await shop.sold(till, { amount: brl('4.90') });
    expect(await decide(second.exception.id, 'applyTo', { paymentRequestId: cheap })).toMatchObject({
      status: 200,
      body: { status: 'open', left: brl('20.00') },
    });
    expect(await shop.request(cheap)).toMatchObject({ status: 'paid' });
    expect(await decide(second.exception.id, 'returnMoney', { amount: brl('5.00') })).toMatchObject({
      body: { status: 'open', left: brl('15.00') },
    });
    expect(await decide(second.exception.id, 'returnMoney', { amount: brl('15.01') })).toMatchObject({
      status: 409,
      body: { type: expect.stringMatching(/exceeds-received$/) },
    });
    expect(await decide(second.exception.id, 'acceptAsIs')).toMatchObject({
      body: { status: 'resolved', left: brl('0.00') },
    });
  });

  it('is decided once: the same key gets the same answer, another one is refused, and nothing moves twice', async () => {
    const { exception } = await odd('late');
    const before = await balance('collected');
    const answers = await Promise.all(
      ['one', 'one', 'one'].map(async (key) => decide(exception.id, 'acceptAsIs', {}, `${exception.id}-${key}`)),
    );
    expect(new Set(answers.map(({ status, text }) => `${status} ${text}`)).size).toBe(1);
    expect(answers[0]).toMatchObject({ status: 200 });
    expect(await decide(exception.id, 'returnMoney')).toMatchObject({
      status: 409,
      body: { type: expect.stringMatching(/exception-resolved$/) },
    });
    expect((await balance('collected')) - before).toBe(-2490);
  });

  it('asks who and why, and refuses what makes no sense, storing nothing', async () => {
    const { exception } = await odd('late');
    const to = `/v1/exceptions/${exception.id}/resolve`;
    for (const body of [
      { decision: 'acceptAsIs', reason: 'because' },
      { decision: 'acceptAsIs', operator: 'ana' },
      { decision: 'acceptAsIs', operator: ' ', reason: 'because' },
      { decision: 'burn', ...BECAUSE },
      { decision: 'applyTo', ...BECAUSE },
      { decision: 'acceptAsIs', ...BECAUSE, paymentRequestId: '0'.repeat(32) },
    ]) {
      expect(await shop.pos.post(to, body)).toMatchObject({ status: 422, body: { errors: expect.any(Array) } });
    }
    expect(await decide(exception.id, 'applyTo', { paymentRequestId: 'a'.repeat(32) })).toMatchObject({ status: 404 });
    expect(await decide('0'.repeat(32), 'acceptAsIs')).toMatchObject({ status: 404 });
    expect(
      (await exceptionsOf(String((await shop.pos.get(`/v1/exceptions/${exception.id}`)).body['paymentRequestId'])))[0],
    ).toMatchObject({ status: 'open' });
  });

  it('is decided by an Update of its workflow just as well, by a system that has a Temporal client', async () => {
    const { exception } = await odd('late');
    const handle = shop.client.workflow.getHandle(exceptionWorkflowId(shop.merchantId, exception.id));
    await expect(handle.executeUpdate('acceptAsIs', { args: [{ operator: 'bo' }] })).rejects.toMatchObject({
      cause: { message: expect.stringContaining('reason') },
    });
    expect(
      await handle.executeUpdate('acceptAsIs', { args: [{ operator: 'bo', reason: 'seen at the till' }] }),
    ).toMatchObject({
      is: 'resolved',
    });
    expect(await shop.pos.get(`/v1/exceptions/${exception.id}`)).toMatchObject({
      body: { status: 'resolved', resolution: { by: 'bo', reason: 'seen at the till' } },
    });
  });

  it('follows the policy of its merchant by itself: accept, credit, return', async () => {
    for (const [name, account] of [
      ['accept', 'collected'],
      ['credit', 'credit'],
    ] as const) {
      expect(await policy('late', name)).toMatchObject({ status: 200, body: { policy: name } });
      const before = await balance(account);
      const { exception } = await odd('late');
      await eventually(
        async () => (await shop.pos.get(`/v1/exceptions/${exception.id}`)).body['status'] === 'resolved',
      );
      expect((await balance(account)) - before).toBe(-2490);
    }
    await policy('over', 'return');
    const { id, exception } = await odd('over');
    await eventually(async () => (await shop.pos.get(`/v1/exceptions/${exception.id}`)).body['status'] === 'resolved');
    await eventually(
      async () => ((await shop.request(id))['returns'] as readonly { status: string }[])[0]?.status === 'completed',
    );
    expect(await shop.request(id)).toMatchObject({
      status: 'paid',
      returns: [{ amount: brl('5.10'), origin: 'policy' }],
    });
    await policy('over', 'hold');
    await policy('late', 'hold');
    const policies = await shop.pos.get('/v1/exception-policies');
    expect(policies.body['data']).toContainEqual(expect.objectContaining({ kind: 'second', policy: 'return' }));
    expect(await policy('drift', 'return')).toMatchObject({ status: 409 });
    expect(await policy('nothing', 'hold')).toMatchObject({ status: 404 });
  });

  it('that nobody decides about before its deadline is told to those above its owner, once, and the money stays', async () => {
    await policy('late', 'hold', { deadlineSeconds: 1, owner: 'night shift' });
    const { id, exception } = await odd('late');
    await eventually(async () => (await shop.pos.get(`/v1/exceptions/${exception.id}`)).body['escalated'] === true);
    await policy('late', 'hold');
    expect((await shop.events(id)).filter((name) => name === 'exception.overdue')).toHaveLength(1);
    expect(await shop.pos.get(`/v1/exceptions/${exception.id}`)).toMatchObject({
      body: { status: 'open', left: brl('24.90'), owner: 'night shift' },
    });
    expect(await decide(exception.id, 'returnMoney')).toMatchObject({ status: 200 });
  });

  it('comes back after its workflow was terminated, and when its command was lost', async () => {
    const { exception } = await odd('late');
    const handle = shop.client.workflow.getHandle(exceptionWorkflowId(shop.merchantId, exception.id));
    await handle.terminate('an operator made a mistake');
    expect(await decide(exception.id, 'acceptAsIs')).toMatchObject({ status: 200, body: { status: 'resolved' } });
    const second = await odd('late');
    await shop.client.workflow.getHandle(exceptionWorkflowId(shop.merchantId, second.exception.id)).terminate('again');
    await shop.rows('update exception set next_check_at = now() where exception_id = $1', [second.exception.id]);
    await shop.watch();
    const again = shop.client.workflow.getHandle(exceptionWorkflowId(shop.merchantId, second.exception.id));
    await eventually(async () => (await again.describe()).status.name === 'RUNNING');
  });

  it('leaves nothing unowned: what is unapplied is what open exceptions hold', async () => {
    const [sums] = await shop.rows<{ unapplied: string; held: string }>(
      `select (select -sum(amount_minor) from ledger_entry where account = 'unapplied')::text as unapplied,
              (select -sum(e.amount_minor) from ledger_entry e join ledger_transaction t using (transaction_id)
                 join exception x on x.exception_id = t.exception_id
                where e.account = 'unapplied' and x.status = 'open')::text as held`,
    );
    expect(sums?.unapplied).toBe(sums?.held);
    expect(Number(sums?.unapplied)).toBeGreaterThan(0);
    const balances = await shop.pos.get('/v1/balances');
    const data = balances.body['data'] as readonly { account: string; amount: { value: string } }[];
    expect(data.find(({ account }) => account === 'unapplied')?.amount.value).toBe(
      `-${(Number(sums?.unapplied) / 100).toFixed(2)}`,
    );
    expect((await shop.pos.get('/v1/balances?at=2020-01-01T00:00:00Z')).body['data']).toEqual([]);
  });
});
