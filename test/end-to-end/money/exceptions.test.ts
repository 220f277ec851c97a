/** Money that fits nowhere has an owner, and somebody decides; the code sells on meanwhile. */
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { exceptionWorkflowId } from '../../../workflows/messages.ts';
import { brl, openShop, type Shop } from '../../support/shop.ts';
import { eventually } from '../../limits/until.ts';
import { BECAUSE, openDesk } from './exception-desk.ts';

describe('an exception', () => {
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

  it('says who owns it, until when, and what may be decided; Temporal UI says the same', async () => {
    const { exception } = await desk.odd('late');
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
    await desk.odd('partial');
    const next = await shop.sold(till, { amount: brl('3.00') });
    await shop.pay(next);
    expect(await shop.untilRequest(next, 'paid')).toMatchObject({ exceptions: [] });
    await shop.untilLink(till, 'free');
  });

  it.each([
    ['late', 'acceptAsIs', 'collected', -2490],
    ['late', 'keepAsCredit', 'credit', -2490],
    ['late', 'writeOff', 'written-off', -2490],
    ['over', 'writeOff', 'written-off', -510],
    ['partial', 'acceptAsIs', 'collected', -2000],
  ] as const)('%s, decided by %s, moves its money to %s', async (kind, decision, account, minor) => {
    const { id, exception } = await desk.odd(kind);
    const before = { there: await desk.balance(account), here: await desk.balance('unapplied') };
    const left = kind === 'partial' ? 2000 : kind === 'over' ? 510 : 2490;
    expect(await desk.decide(exception.id, decision)).toMatchObject({
      status: 200,
      body: {
        status: 'resolved',
        left: brl('0.00'),
        may: [],
        resolution: { decision, by: 'ana', reason: BECAUSE.reason },
      },
    });
    expect((await desk.balance(account)) - before.there).toBe(minor);
    expect((await desk.balance('unapplied')) - before.here).toBe(left);
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
    const { id, exception } = await desk.odd('partial');
    expect(await shop.request(id)).toMatchObject({ status: 'underpaid' });
    const before = { collected: await desk.balance('collected'), lost: await desk.balance('written-off') };
    expect(await desk.decide(exception.id, 'writeOff')).toMatchObject({ status: 200 });
    expect(await shop.request(id)).toMatchObject({ status: 'paid', because: 'written-off' });
    expect((await desk.balance('collected')) - before.collected).toBe(-2490);
    expect((await desk.balance('written-off')) - before.lost).toBe(490);
    expect(await shop.events(id)).toEqual(
      expect.arrayContaining(['payment_request.underpaid', 'payment_request.paid']),
    );
  });

  it('pays another bill: one that can be paid still is taken off its code first', async () => {
    const { exception } = await desk.odd('late');
    const other = await shop.sold(till);
    expect(await desk.decide(exception.id, 'applyTo', { paymentRequestId: other })).toMatchObject({
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
    const first = await desk.odd('late');
    const dear = await shop.sold(till, { amount: brl('30.00') });
    expect(await desk.decide(first.exception.id, 'applyTo', { paymentRequestId: dear })).toMatchObject({ status: 200 });
    expect(await shop.request(dear)).toMatchObject({ status: 'underpaid' });
    const second = await desk.odd('late');
    const cheap = await shop.sold(till, { amount: brl('4.90') });
    expect(await desk.decide(second.exception.id, 'applyTo', { paymentRequestId: cheap })).toMatchObject({
      status: 200,
      body: { status: 'open', left: brl('20.00') },
    });
    expect(await shop.request(cheap)).toMatchObject({ status: 'paid' });
    expect(await desk.decide(second.exception.id, 'returnMoney', { amount: brl('5.00') })).toMatchObject({
      body: { status: 'open', left: brl('15.00') },
    });
    expect(await desk.decide(second.exception.id, 'returnMoney', { amount: brl('15.01') })).toMatchObject({
      status: 409,
      body: { type: expect.stringMatching(/exceeds-received$/) },
    });
    expect(await desk.decide(second.exception.id, 'acceptAsIs')).toMatchObject({
      body: { status: 'resolved', left: brl('0.00') },
    });
  });

  it('is decided once: the same key gets the same answer, another one is refused, and nothing moves twice', async () => {
    const { exception } = await desk.odd('late');
    const before = await desk.balance('collected');
    const answers = await Promise.all(
      ['one', 'one', 'one'].map(async (key) => desk.decide(exception.id, 'acceptAsIs', {}, `${exception.id}-${key}`)),
    );
    expect(new Set(answers.map(({ status, text }) => `${status} ${text}`)).size).toBe(1);
    expect(answers[0]).toMatchObject({ status: 200 });
    expect(await desk.decide(exception.id, 'returnMoney')).toMatchObject({
      status: 409,
      body: { type: expect.stringMatching(/exception-resolved$/) },
    });
    expect((await desk.balance('collected')) - before).toBe(-2490);
  });

  it('asks who and why, and refuses what makes no sense, storing nothing', async () => {
    const { exception } = await desk.odd('late');
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
    expect(await desk.decide(exception.id, 'applyTo', { paymentRequestId: 'a'.repeat(32) })).toMatchObject({
      status: 404,
    });
    expect(await desk.decide('0'.repeat(32), 'acceptAsIs')).toMatchObject({ status: 404 });
    expect(
      (
        await desk.exceptionsOf(String((await shop.pos.get(`/v1/exceptions/${exception.id}`)).body['paymentRequestId']))
      )[0],
    ).toMatchObject({ status: 'open' });
  });
});
