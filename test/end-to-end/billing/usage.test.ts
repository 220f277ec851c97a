/** Usage on a printed code: nothing to pay before the reading, exactly the right amount after it, and never twice. */
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { openShop, type Shop } from '../../support/shop.ts';
import { eventually } from '../../limits/until.ts';
import { aReadingOf, daysAgo, openUtility, type SuppliedAccount, type Utility } from '../../support/utility.ts';

let shop: Shop;
let utility: Utility;

beforeAll(async () => {
  shop = await openShop();
  utility = openUtility(shop);
});
afterAll(async () => {
  await utility.close();
  await shop.close();
});

async function signal({ paymentLinkId }: SuppliedAccount, message: object = {}): Promise<void> {
  await shop.signalUsage(paymentLinkId, message);
}

async function scan({ paymentLinkId }: SuppliedAccount) {
  const { qr } = await shop.link(paymentLinkId);
  return shop.scan((qr as { readonly text: string }).text);
}

async function asks(supplied: SuppliedAccount, value: string): Promise<string> {
  await eventually(async () => {
    const { amount } = await scan(supplied);
    return (amount as { readonly value: string } | undefined)?.value === value;
  });
  const { paymentRequestId } = await scan(supplied);
  return String(paymentRequestId);
}

async function rests(supplied: SuppliedAccount): Promise<void> {
  await eventually(async () => {
    const [row] = await shop.rows<{ rated: boolean; status: string }>(
      `select a.usage_rated = a.usage_wanted as rated, l.status from service_account a join payment_link l
        using (payment_link_id)
        where a.account_id = $1`,
      [supplied.accountId],
    );
    return row?.rated === true && (row.status === 'free' || row.status === 'linked');
  });
}

describe('a printed code of a metered account', () => {
  it('asks for nothing before the reading, and for what was used after it', async () => {
    const flat = await utility.supply();
    expect(await scan(flat)).toMatchObject({ payable: false, because: 'empty' });
    await utility.store(aReadingOf(flat, 1, '00120'));
    await signal(flat);
    // 10.00 fixed, 100 at 0.50 and 20 at 1.00.
    const requestId = await asks(flat, '80.00');
    await shop.untilRequest(requestId, 'active');
    const [bill] = await utility.bills(flat);
    expect(bill).toMatchObject({ bill_id: requestId, number: 1, status: 'billed', request: 'active' });
    expect(bill?.lines.map(({ text }) => text)).toEqual([
      'fixed charge = 10.00',
      '100 m³ × 0.50 = 50.00',
      '20 m³ × 1.00 = 20.00',
    ]);
  });

  it('asks for the new amount when another reading comes before the payment, on the same request', async () => {
    const flat = await utility.supply();
    await utility.store(aReadingOf(flat, 2, '00150', { readAt: daysAgo(2) }));
    await signal(flat);
    const first = await asks(flat, '110.00');
    await utility.store(aReadingOf(flat, 1, '00130', { readAt: daysAgo(3) }));
    await signal(flat);
    await rests(flat);
    await utility.store(aReadingOf(flat, 3, '00160', { readAt: daysAgo(1) }));
    await signal(flat);
    expect(await asks(flat, '120.00')).toBe(first);
    const revisions = await shop.rows('select from request_revision where payment_request_id = $1', [first]);
    expect(revisions).toHaveLength(2);
  });

  it('is free after the payment, and the next bill begins where the paid one ended', async () => {
    const flat = await utility.supply();
    await utility.store(aReadingOf(flat, 1, '00100', { readAt: daysAgo(5) }));
    await signal(flat);
    const first = await asks(flat, '60.00');
    await shop.pay(first);
    await shop.untilRequest(first, 'paid');
    await eventually(async () => (await scan(flat))['payable'] === false);
    await utility.store(aReadingOf(flat, 2, '00110'));
    await signal(flat);
    expect(await asks(flat, '15.00')).not.toBe(first);
  });

  it('bills what came too late for a payment on the next bill, and the paid one says what was paid', async () => {
    const flat = await utility.supply();
    await utility.store(aReadingOf(flat, 1, '00100', { readAt: daysAgo(5) }));
    await signal(flat);
    const first = await asks(flat, '60.00');
    await shop.untilRequest(first, 'active');
    await shop.control('faults', { callbacks: 'drop' });
    await shop.pay(first);
    await utility.store(aReadingOf(flat, 2, '00110'));
    await signal(flat);
    expect(await asks(flat, '15.00')).not.toBe(first);
    await shop.reset();
    const { body } = await shop.pos.get(`/v1/bills/${first}`);
    expect(body).toMatchObject({ request: 'paid', total: { currency: 'BRL', value: '60.00' }, usage: '100' });
  });

  it('takes a reading that comes with the message itself, from whoever holds a Temporal client', async () => {
    const flat = await utility.supply();
    await signal(flat, { readings: [aReadingOf(flat, 1, '00040')] });
    await asks(flat, '30.00');
    expect(await shop.rows('select outcome from meter_reading where meter_id = $1', [flat.meterId])).toEqual([
      { outcome: 'billed' },
    ]);
  });

  it('rates what was stored while its workflow was terminated, as soon as anything wakes it', async () => {
    const flat = await utility.supply();
    await shop.client.workflow.getHandle(shop.workflowId(flat.paymentLinkId, 'bill')).terminate();
    await utility.store(aReadingOf(flat, 1, '00040'));
    await shop.client.workflow.start('paymentLink', {
      workflowId: shop.workflowId(flat.paymentLinkId, 'bill'),
      taskQueue: shop.config.taskQueue,
      args: [{ merchantId: shop.merchantId, paymentLinkId: flat.paymentLinkId }],
      workflowIdConflictPolicy: 'USE_EXISTING',
    });
    expect(await asks(flat, '30.00')).toBe((await utility.bills(flat))[0]?.bill_id);
  });
});

describe('a correction', () => {
  it('before the payment is a charge update, after it a line on the next bill, never an edit', async () => {
    const flat = await utility.supply();
    const wrong = aReadingOf(flat, 1, '00130', { readAt: daysAgo(6) });
    await utility.store(wrong);
    await signal(flat);
    const first = await asks(flat, '90.00');
    const { deviceId, sequence } = wrong;
    await utility.store(aReadingOf(flat, 2, '00120', { readAt: daysAgo(6), corrects: { deviceId, sequence } }));
    await signal(flat);
    expect(await asks(flat, '80.00')).toBe(first);
    await shop.pay(first);
    await shop.untilRequest(first, 'paid');
    await rests(flat);
    await utility.store(aReadingOf(flat, 3, '00110', { readAt: daysAgo(6), corrects: { deviceId, sequence: 2 } }));
    await signal(flat);
    await rests(flat);
    expect(await scan(flat)).toMatchObject({ payable: false });
    await utility.store(aReadingOf(flat, 4, '00140'));
    await signal(flat);
    // 30 m³ since 110, 10.00 fixed, and 10.00 less for the bill before.
    await asks(flat, '15.00');
    const [paid, next] = await utility.bills(flat);
    expect(paid).toMatchObject({ total_minor: '8000', request: 'paid' });
    expect(next?.lines.map(({ text }) => text)).toEqual([
      'fixed charge = 10.00',
      '30 m³ × 0.50 = 15.00',
      'correction of bill 1: 70.00 − 80.00 = -10.00',
    ]);
  });
});

describe('every promise', () => {
  it('still holds', async () => {
    expect(await shop.violations('with its histories')).toEqual([]);
  });
});
