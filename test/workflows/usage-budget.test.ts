/**
 * What usage costs in Temporal: events and billable Actions of a reading, however many messages tell of it. Counted,
 * never timed.
 */
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { MERCHANT, startEngine, type Engine } from '../support/engine.ts';
import { costOf, historiesOf, untilIdle, type HistoryCost } from '../support/history.ts';
import { eventually } from '../limits/until.ts';
import { aReadingOf, daysAgo, openUtility, type SuppliedAccount, type Utility } from '../support/utility.ts';

describe('the budget of usage', () => {
  let engine: Engine;
  let utility: Utility;
  beforeAll(async () => {
    engine = await startEngine();
    const { databaseUrl } = engine;
    utility = openUtility({ databaseUrl, merchantId: MERCHANT, openBill: async () => engine.openLink('bill') });
  });
  afterAll(async () => {
    await utility.close();
    await engine.stop();
  });

  async function history({ paymentLinkId }: SuppliedAccount) {
    await untilIdle(engine.client, engine.workflowId(paymentLinkId, 'bill'));
    return (await historiesOf(engine.client, engine.workflowId(paymentLinkId, 'bill'))).flat();
  }
  async function cost(supplied: SuppliedAccount): Promise<HistoryCost> {
    return costOf(await history(supplied));
  }
  async function ratings(supplied: SuppliedAccount): Promise<number> {
    const events = await history(supplied);
    return events.filter(({ activityTaskScheduledEventAttributes: of }) => of?.activityType?.name === 'rateUsage')
      .length;
  }
  async function tell(supplied: SuppliedAccount): Promise<void> {
    await engine.signal(supplied.paymentLinkId, 'usage', {}, 'bill');
  }
  async function rated(supplied: SuppliedAccount): Promise<void> {
    await eventually(async () => {
      const [row] = await engine.query<{ rated: boolean }>(
        'select usage_rated = usage_wanted as rated from service_account where account_id = $1',
        [supplied.accountId],
      );
      const { phase } = await engine.state(supplied.paymentLinkId, 'bill');
      return row?.rated === true && (phase.is === 'free' || phase.is === 'linked');
    });
  }

  it('is at most 17 events and 4 Actions for a reading that becomes a bill, its expiry timer included, and 11 and 2 for one that changes nothing', async () => {
    const flat = await utility.supply();
    const before = await cost(flat);
    await utility.store(aReadingOf(flat, 1, '00040', { readAt: daysAgo(1) }));
    await tell(flat);
    await rated(flat);
    const billed = await cost(flat);
    await utility.store(aReadingOf(flat, 2, '00020', { readAt: daysAgo(5) }));
    await tell(flat);
    await rated(flat);
    const after = await cost(flat);
    const [first, second] = [
      [billed.events - before.events, billed.actions - before.actions],
      [after.events - billed.events, after.actions - billed.actions],
    ];
    console.log(
      `a reading that becomes a bill: ${first.join(' events and ')} Actions; one between two others: ${second.join(' and ')}`,
    );
    expect(first[0]).toBeLessThanOrEqual(17);
    expect(first[1]).toBeLessThanOrEqual(4);
    expect(second[0]).toBeLessThanOrEqual(11);
    expect(second[1]).toBeLessThanOrEqual(2);
  });

  it('is a few ratings for fifty messages that come at once, not fifty', async () => {
    const flat = await utility.supply();
    await utility.store(aReadingOf(flat, 1, '00040'));
    await Promise.all(Array.from({ length: 50 }, async () => tell(flat)));
    await rated(flat);
    const ran = await ratings(flat);
    console.log(`50 messages at once: ${ran} ratings`);
    expect(ran).toBeLessThan(25);
  });
});
