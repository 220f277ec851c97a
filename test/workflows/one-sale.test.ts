/** One sale by Temporal alone: no API, no callback, the bank over HTTP, the ledger in Postgres. */
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { startEngine, type Engine } from '../support/engine.ts';
import { eventually } from '../limits/until.ts';

describe('one sale', () => {
  let engine: Engine;
  beforeAll(async () => {
    engine = await startEngine();
  });
  afterAll(async () => {
    await engine.stop();
  });

  const charge = { amount: { currency: 'BRL', value: '24.90' }, reference: 'cart 1' };

  async function statusOf(requestId: string): Promise<string | undefined> {
    const rows = await engine.query<{ status: string }>(
      'select status from payment_request where payment_request_id = $1',
      [requestId],
    );
    return rows[0]?.status;
  }

  it('is linked, paid, booked once, and leaves the code free', async () => {
    const link = await engine.openLink();
    const answer = await engine.update(link, 'link', { charge });
    expect(answer).toMatchObject({ is: 'linked', revision: 0 });
    const requestId = answer.is === 'linked' ? answer.requestId : '';
    expect(await statusOf(requestId)).toBe('active');
    await engine.control('pay', { paymentRequestId: requestId });
    await engine.signal(link, 'paid', { requestId });
    await eventually(async () => (await statusOf(requestId)) === 'paid');
    await eventually(async () => (await engine.state(link)).phase.is === 'free');
    const entries = await engine.query('select account, amount_minor from ledger_entry order by line');
    expect(entries).toEqual([
      { account: 'provider', amount_minor: '2490' },
      { account: 'collected', amount_minor: '-2490' },
    ]);
  });

  it('works by signals alone, with nothing but an amount', async () => {
    const link = await engine.openLink();
    await engine.signal(link, 'link', { charge: { amount: { currency: 'BRL', value: '7.00' } } });
    await eventually(async () => (await engine.state(link)).phase.is === 'linked');
    const { phase } = await engine.state(link);
    const requestId = phase.is === 'linked' ? phase.sale.requestId : '';
    await engine.signal(link, 'updateCharge', { requestId, charge: { amount: { currency: 'BRL', value: '8.00' } } });
    await eventually(async () => {
      const now = (await engine.state(link)).phase;
      return now.is === 'linked' && now.sale.revision === 1;
    });
    await engine.control('pay', { paymentRequestId: requestId });
    await engine.signal(link, 'paid', { requestId });
    await eventually(async () => (await statusOf(requestId)) === 'paid');
    const rows = await engine.query(
      'select sum(amount_minor) as sum from ledger_entry e join ledger_transaction t using (transaction_id) where payment_request_id = $1 and amount_minor > 0',
      [requestId],
    );
    expect(rows).toEqual([{ sum: '800' }]);
  });

  it('books nothing on a forged notice, and keeps the reason', async () => {
    const link = await engine.openLink();
    const answer = await engine.update(link, 'link', { charge });
    const requestId = answer.is === 'linked' ? answer.requestId : '';
    await engine.signal(link, 'paid', { requestId });
    const ignored = async () =>
      engine.query<{ sentence: string }>(
        `select sentence from timeline where payment_request_id = $1 and what = 'notice-ignored'`,
        [requestId],
      );
    await eventually(async () => (await ignored()).length === 1);
    expect((await ignored())[0]?.sentence).toContain('nothing was booked');
    expect(await statusOf(requestId)).toBe('active');
    expect(await engine.query('select from ledger_transaction where payment_request_id = $1', [requestId])).toEqual([]);
  });

  it('is unlinked, and the code is free for the next one', async () => {
    const link = await engine.openLink();
    const first = await engine.update(link, 'link', { charge });
    const requestId = first.is === 'linked' ? first.requestId : '';
    await expect(engine.update(link, 'link', { charge })).rejects.toMatchObject({
      cause: { type: 'Refused', details: [{ because: 'busy', requestId }] },
    });
    expect(await engine.update(link, 'unlink', {})).toEqual({ is: 'unlinked', found: 'cancelled', requestId });
    expect(await statusOf(requestId)).toBe('cancelled');
    expect(await engine.update(link, 'link', { charge })).toMatchObject({ is: 'linked' });
  });

  it('gives way to another one when told to, and the money of the first is still booked to the first', async () => {
    const link = await engine.openLink();
    const first = await engine.update(link, 'link', { charge });
    const requestId = first.is === 'linked' ? first.requestId : '';
    await engine.control('pay', { paymentRequestId: requestId });
    const second = await engine.update(link, 'link', { charge, onBusy: 'replace' });
    expect(second).toMatchObject({ is: 'linked' });
    expect(await statusOf(requestId)).toBe('paid');
  });

  it('survives a terminate: the next message brings the link back', async () => {
    const link = await engine.openLink();
    const first = await engine.update(link, 'link', { charge });
    const requestId = first.is === 'linked' ? first.requestId : '';
    await engine.client.workflow.getHandle(engine.workflowId(link)).terminate('an operator was curious');
    await engine.control('pay', { paymentRequestId: requestId });
    await engine.signal(link, 'paid', { requestId });
    await eventually(async () => (await statusOf(requestId)) === 'paid');
    await eventually(async () => (await engine.state(link)).phase.is === 'free');
    expect(await engine.update(link, 'link', { charge })).toMatchObject({ is: 'linked' });
  });
});
