/** Whoever stores a reading tells the link of its account; what was not told is told by `watch`. */
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { reading } from '../../api/billing/reading-desk.ts';
import { historiesOf } from '../../support/history.ts';
import { openShop, type Shop } from '../../support/shop.ts';
import { supply, wantedOf } from '../../support/supplied.ts';
import { eventually } from '../../limits/until.ts';

describe('a link that is metered', () => {
  let shop: Shop;
  beforeAll(async () => {
    shop = await openShop();
  });
  afterAll(async () => {
    await shop?.close();
  });

  /** An account with a printed code; answers its link. */
  async function metered(name: string): Promise<string> {
    const paymentLinkId = await shop.openBill();
    await supply(shop, { merchantId: shop.merchantId, accountId: name, meterId: name, paymentLinkId });
    return paymentLinkId;
  }

  /** How often its workflow was told. */
  async function told(link: string): Promise<number> {
    const histories = await historiesOf(shop.client, shop.workflowId(link, 'bill'));
    return histories.flat().filter((event) => event.workflowExecutionSignaledEventAttributes?.signalName === 'usage')
      .length;
  }

  const fallDue = async () =>
    shop.rows('update service_account set next_usage_at = now() where next_usage_at is not null');

  it('hears of a reading after the answer, once for all readings of an upload', async () => {
    const [link, other] = [await metered('A1'), await metered('A2')];
    const readings = [1, 2, 3].map((sequence) => reading('D1', sequence, { meterId: 'A1' }));
    expect((await shop.pos.post('/v1/meter-readings', { readings })).body['rows']).toMatchObject({ stored: 3 });
    await eventually(async () => (await told(link)) > 0);
    expect(await told(link)).toBe(1);
    expect(await told(other)).toBe(0);
  });

  it('hears from watch what nobody told it, until it was rated', async () => {
    const link = await metered('B1');
    // A reading was stored, and the process died before it could tell anybody.
    const mark = async () =>
      shop.rows(
        `update service_account set usage_wanted = usage_wanted + 1, next_usage_at = now() where account_id = 'B1'`,
      );
    await mark();
    await shop.watch();
    await eventually(async () => (await told(link)) === 1);
    const [row] = await shop.rows<{ later: boolean }>(
      `select next_usage_at > now() as later from service_account where account_id = 'B1'`,
    );
    expect(row?.later ?? true).toBe(true);
    await shop.rows('update service_account set usage_rated = usage_wanted');
    await fallDue();
    await shop.watch();
    expect(await told(link)).toBe(1);
    expect(await wantedOf(shop, 'B1')).toBe(0);
  });

  it('is not asked for while its account has no printed code, and is once it has one', async () => {
    await supply(shop, { merchantId: shop.merchantId, accountId: 'C1', meterId: 'C1' });
    await shop.pos.post('/v1/meter-readings', { readings: [reading('D3', 1, { meterId: 'C1' })] });
    await fallDue();
    await shop.watch();
    const link = await shop.openBill();
    expect(await told(link)).toBe(0);
    await shop.rows(`update service_account set payment_link_id = $1 where account_id = 'C1'`, [link]);
    await fallDue();
    await shop.watch();
    await eventually(async () => (await told(link)) === 1);
  });
});
