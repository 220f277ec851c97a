/** Money that arrives while a command is under way: it is booked, and the command is told what is true. */
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { bankRecords } from '../fault-injection/records.ts';
import { startEngine, type Engine } from '../support/engine.ts';
import { eventually } from '../limits/until.ts';

describe('a payment in the middle of a charge update', () => {
  let engine: Engine;
  beforeAll(async () => {
    engine = await startEngine();
  });
  afterAll(async () => {
    await engine.stop();
  });

  const amount = (value: string) => ({ amount: { currency: 'BRL', value } });

  async function linked(link: string): Promise<string> {
    const answer = await engine.update(link, 'link', { charge: amount('10.00') });
    if (answer.is !== 'linked') throw new Error(JSON.stringify(answer));
    return answer.requestId;
  }
  /** Past every fault of the bank's calls. */
  const atBank = async (requestId: string) =>
    (await bankRecords(engine.bankUrl)).paymentRequests.find(({ id }) => id === requestId);
  const outcomeOf = async (commandId: string) =>
    (await engine.query<{ outcome: object }>('select outcome from command where command_id = $1', [commandId]))[0]
      ?.outcome;

  it('of the new amount makes the change true, although its answer was lost', async () => {
    const link = await engine.openLink();
    const requestId = await linked(link);
    await engine.control('faults', { timeout: 'after', method: 'PUT', times: 1 });
    // Nor does it learn by a read that its change was made, until the payer was faster.
    await engine.control('faults', { status: 503, method: 'GET' });
    const changing = engine.update(link, 'updateCharge', { commandId: 'new', requestId, charge: amount('30.00') });
    await eventually(async () => (await atBank(requestId))?.amount.value === '30.00');
    await engine.control('pay', { paymentRequestId: requestId });
    await engine.control('faults', { reset: true });
    expect(await changing).toEqual({ is: 'updated', requestId, revision: 1 });
    expect(await outcomeOf('new')).toEqual({ is: 'updated', requestId, revision: 1 });
    const paid = await engine.query(
      'select status, revision, amount_minor from payment_request where payment_request_id = $1',
      [requestId],
    );
    expect(paid).toEqual([{ status: 'paid', revision: 1, amount_minor: '3000' }]);
    await eventually(async () => (await engine.state(link)).phase.is === 'free');
  });

  it('of the new amount that is still being processed makes the change true as well', async () => {
    const link = await engine.openLink();
    const requestId = await linked(link);
    await engine.control('faults', { timeout: 'after', method: 'PUT', times: 1 });
    await engine.control('faults', { status: 503, method: 'GET' });
    await engine.control('behaviour', { processingMs: 600_000 });
    const changing = engine.update(link, 'updateCharge', { commandId: 'slow', requestId, charge: amount('30.00') });
    await eventually(async () => (await atBank(requestId))?.amount.value === '30.00');
    await engine.control('pay', { paymentRequestId: requestId });
    await engine.control('behaviour', { reset: true });
    await engine.control('faults', { reset: true });
    expect(await changing).toEqual({ is: 'updated', requestId, revision: 1 });
    await engine.control('clock', { advanceSeconds: 601 });
    await eventually(async () => {
      await engine.signal(link, 'paid', { requestId });
      return (
        (await engine.query('select from ledger_transaction where payment_request_id = $1', [requestId])).length === 1
      );
    }, 500);
    expect(
      await engine.query('select kind, revision from ledger_transaction where payment_request_id = $1', [requestId]),
    ).toEqual([{ kind: 'exact', revision: 1 }]);
  });

  it('of the old amount refuses the change as already paid', async () => {
    const link = await engine.openLink();
    const requestId = await linked(link);
    await engine.control('pay', { paymentRequestId: requestId });
    const answer = await engine.update(link, 'updateCharge', { commandId: 'old', requestId, charge: amount('30.00') });
    expect(answer).toEqual({ is: 'refused', because: 'already-paid', requestId });
    expect(await outcomeOf('old')).toEqual(answer);
    const paid = await engine.query(
      'select status, revision, amount_minor from payment_request where payment_request_id = $1',
      [requestId],
    );
    expect(paid).toEqual([{ status: 'paid', revision: 0, amount_minor: '1000' }]);
  });
});
