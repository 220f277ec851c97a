/**
 * What a sale costs in Temporal: at most 22 history events and 5 billable Actions over 60 paced sales that share an
 * expiry window, a lone one 26 and 5, a change of the amount 12 events. Counted, never timed; printed, because people
 * ask.
 */
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { startEngine, type Engine } from '../support/engine.ts';
import { costOf, historiesOf, untilIdle, type HistoryCost } from '../support/history.ts';
import { eventually } from '../limits/until.ts';

/** `npm run prove:budget` paces 200: it is the same for each. */
const SALES = Number(process.env['RELINK_PACED_SALES'] ?? '60');
const SALES_A_RUN = 20;

describe('the budget of a sale', () => {
  let engine: Engine;
  beforeAll(async () => {
    // A sale is 21 events: continued as new after every so many of them.
    engine = await startEngine({ continueAsNewAfter: SALES_A_RUN * 21 });
  });
  afterAll(async () => {
    await engine.stop();
  });

  async function sell(link: string, value: string, expiresIn = 900): Promise<string> {
    const answer = await engine.update(link, 'link', {
      charge: { amount: { currency: 'BRL', value }, expiresIn },
    });
    if (answer.is !== 'linked') throw new Error(JSON.stringify(answer));
    await engine.control('pay', { paymentRequestId: answer.requestId });
    return answer.requestId;
  }

  /** Sales come one after another, each at rest before the next: at full speed tasks merge and hide events. */
  async function settle(link: string, requestId: string): Promise<void> {
    await engine.signal(link, 'paid', { requestId });
    await eventually(async () => {
      const rows = await engine.query<{ status: string }>(
        'select status from payment_link where payment_link_id = $1',
        [link],
      );
      return rows[0]?.status === 'free';
    }, 10);
    await untilIdle(engine.client, engine.workflowId(link));
  }

  async function cost(link: string): Promise<HistoryCost & { readonly runs: number }> {
    await untilIdle(engine.client, engine.workflowId(link));
    const histories = await historiesOf(engine.client, engine.workflowId(link));
    const costs = histories.map(costOf);
    return {
      runs: histories.length,
      events: costs.reduce((sum, { events }) => sum + events, 0),
      actions: costs.reduce((sum, { actions }) => sum + actions, 0),
    };
  }

  it(`stays within 22 events and 5 Actions a sale over ${SALES} sales on one printed code that never changes`, async () => {
    const link = await engine.openLink();
    const printed = async () =>
      engine.query('select qr_text, qr_crc from payment_link where payment_link_id = $1', [link]);
    const [code] = await printed();
    const before = await cost(link);
    for (let sale = 1; sale <= SALES; sale += 1) await settle(link, await sell(link, `${sale}.90`));
    const after = await cost(link);
    const events = (after.events - before.events) / SALES;
    const actions = (after.actions - before.actions) / SALES;
    console.log(
      `${SALES} sales, ${after.runs} runs: ${events.toFixed(2)} events and ${actions.toFixed(2)} Actions a sale`,
    );
    expect(after.runs).toBeGreaterThanOrEqual(SALES / SALES_A_RUN);
    expect(events).toBeLessThanOrEqual(22);
    expect(actions).toBeLessThanOrEqual(5);
    expect((await printed())[0]).toEqual(code);
    const booked = await engine.query<{ n: string; sum: string }>(
      `select count(*) as n, sum(amount_minor) as sum from ledger_entry e join ledger_transaction t
        using (transaction_id)
        where t.payment_link_id = $1 and account = 'collected'`,
      [link],
    );
    expect(booked).toEqual([{ n: String(SALES), sum: String(-((SALES * (SALES + 1)) / 2) * 100 - SALES * 90) }]);
  });

  it('is at most 26 events and 5 Actions for a lone sale, its expiry timer included', async () => {
    const link = await engine.openLink();
    const before = await cost(link);
    const requestId = await sell(link, '5.00', 5);
    await settle(link, requestId);
    // The timer of the lone sale fires two seconds after its expiry and finds nothing to do.
    await eventually(async () => {
      const histories = await historiesOf(engine.client, engine.workflowId(link));
      return histories.flat().some((event) => event.timerFiredEventAttributes);
    }, 100);
    const after = await cost(link);
    const [events, actions] = [after.events - before.events, after.actions - before.actions];
    console.log(`a lone sale: ${events} events and ${actions} Actions`);
    expect(events).toBeLessThanOrEqual(26);
    expect(actions).toBeLessThanOrEqual(5);
  });

  it('is at most 12 events for a change of the amount, and none for a refused order', async () => {
    const link = await engine.openLink();
    const requestId = await sell(link, '5.00');
    const free = await engine.openLink();
    const linked = await engine.update(free, 'link', { charge: { amount: { currency: 'BRL', value: '5.00' } } });
    const id = linked.is === 'linked' ? linked.requestId : '';
    const before = await cost(free);
    await engine.update(free, 'updateCharge', {
      requestId: id,
      charge: { amount: { currency: 'BRL', value: '6.00' } },
    });
    const changed = await cost(free);
    console.log(`a change of the amount: ${changed.events - before.events} events`);
    expect(changed.events - before.events).toBeLessThanOrEqual(12);
    await expect(
      engine.update(free, 'link', { charge: { amount: { currency: 'BRL', value: '7.00' } } }),
    ).rejects.toThrow('Workflow Update failed');
    expect((await cost(free)).events).toBe(changed.events);
    await settle(link, requestId);
  });
});
