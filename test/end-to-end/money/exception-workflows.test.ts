/** Exceptions by themselves: policies, deadlines, Updates of their workflow, and workflows that were lost. */
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { exceptionWorkflowId } from '../../../workflows/messages.ts';
import { brl, openShop, type Shop } from '../../support/shop.ts';
import { eventually } from '../../limits/until.ts';
import { openDesk } from './exception-desk.ts';

describe('an exception’s workflow', () => {
  let shop: Shop;
  let till: string;
  let desk: ReturnType<typeof openDesk>;
  beforeAll(async () => {
    shop = await openShop();
    till = await shop.openTill();
    desk = openDesk(shop, till);
  });
  afterAll(async () => {
    await shop?.close();
  });

  it('is decided by an Update of its workflow just as well, by a system that has a Temporal client', async () => {
    const { exception } = await desk.odd('late');
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
      expect(await desk.policy('late', name)).toMatchObject({ status: 200, body: { policy: name } });
      const before = await desk.balance(account);
      const { exception } = await desk.odd('late');
      await eventually(
        async () => (await shop.pos.get(`/v1/exceptions/${exception.id}`)).body['status'] === 'resolved',
      );
      expect((await desk.balance(account)) - before).toBe(-2490);
    }
    await desk.policy('over', 'return');
    const { id, exception } = await desk.odd('over');
    await eventually(async () => (await shop.pos.get(`/v1/exceptions/${exception.id}`)).body['status'] === 'resolved');
    await eventually(
      async () => ((await shop.request(id))['returns'] as readonly { status: string }[])[0]?.status === 'completed',
    );
    expect(await shop.request(id)).toMatchObject({
      status: 'paid',
      returns: [{ amount: brl('5.10'), origin: 'policy' }],
    });
    await desk.policy('over', 'hold');
    await desk.policy('late', 'hold');
    const policies = await shop.pos.get('/v1/exception-policies');
    expect(policies.body['data']).toContainEqual(expect.objectContaining({ kind: 'second', policy: 'return' }));
    expect(await desk.policy('drift', 'return')).toMatchObject({ status: 409 });
    expect(await desk.policy('nothing', 'hold')).toMatchObject({ status: 404 });
  });

  it('that nobody decides about before its deadline is told to those above its owner, once, and the money stays', async () => {
    await desk.policy('late', 'hold', { deadlineSeconds: 1, owner: 'night shift' });
    const { id, exception } = await desk.odd('late');
    await eventually(async () => (await shop.pos.get(`/v1/exceptions/${exception.id}`)).body['escalated'] === true);
    await desk.policy('late', 'hold');
    expect((await shop.events(id)).filter((name) => name === 'exception.overdue')).toHaveLength(1);
    expect(await shop.pos.get(`/v1/exceptions/${exception.id}`)).toMatchObject({
      body: { status: 'open', left: brl('24.90'), owner: 'night shift' },
    });
    expect(await desk.decide(exception.id, 'returnMoney')).toMatchObject({ status: 200 });
  });

  it('comes back after its workflow was terminated, and when its command was lost', async () => {
    const { exception } = await desk.odd('late');
    const handle = shop.client.workflow.getHandle(exceptionWorkflowId(shop.merchantId, exception.id));
    await handle.terminate('an operator made a mistake');
    expect(await desk.decide(exception.id, 'acceptAsIs')).toMatchObject({ status: 200, body: { status: 'resolved' } });
    const second = await desk.odd('late');
    await shop.client.workflow.getHandle(exceptionWorkflowId(shop.merchantId, second.exception.id)).terminate('again');
    const again = shop.client.workflow.getHandle(exceptionWorkflowId(shop.merchantId, second.exception.id));
    // What a round could not wake, the next one does.
    await eventually(async () => {
      await shop.rows('update exception set next_check_at = now() where exception_id = $1', [second.exception.id]);
      await shop.watch();
      return (await again.describe()).status.name === 'RUNNING';
    }, 500);
  });

  it('ends as soon as it is asked to look, when what it holds was given back without it', async () => {
    const { id, exception } = await desk.odd('late');
    const workflow = shop.client.workflow.getHandle(exceptionWorkflowId(shop.merchantId, exception.id));
    const waits = async () =>
      (await workflow.fetchHistory()).events?.some((event) => event.timerStartedEventAttributes);
    await eventually(async () => (await waits()) === true);
    const given = await shop.pos.post(
      `/v1/payment-requests/${id}/returns`,
      { reason: 'came to the till' },
      { 'idempotency-key': `given-back-${id}` },
    );
    expect(given).toMatchObject({ status: 201 });
    expect(await shop.pos.get(`/v1/exceptions/${exception.id}`)).toMatchObject({ body: { status: 'resolved' } });
    await workflow.signal('look');
    await eventually(async () => (await workflow.describe()).status.name === 'COMPLETED');
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
