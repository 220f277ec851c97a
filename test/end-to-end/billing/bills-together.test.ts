/**
 * Many bills at the same moment go to the bank in bulks, and each one is a bill like any other. How many calls that
 * saves is counted where no machine's load has a say: test/providers/gathered-writes.test.ts.
 */
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { createProvider } from '../../../providers/from-config.ts';
import { call } from '../../providers/builders.ts';
import { brl, openShop, type Shop } from '../../support/shop.ts';
import { eventually } from '../../limits/until.ts';

const MANY = 50;

describe('fifty bills at the same moment', () => {
  let shop: Shop;
  let codes: readonly string[] = [];
  let ids: readonly string[] = [];
  let calls: Readonly<Record<string, number>> = {};
  const dueDate = new Date(Date.now() + 10 * 86_400_000).toISOString().slice(0, 10);

  beforeAll(async () => {
    shop = await openShop();
    const opened: string[] = [];
    // A small machine does not answer so many openings in time; the bills are what has to come together.
    while (opened.length < MANY) opened.push(...(await Promise.all(Array.from({ length: 10 }, shop.openBill))));
    codes = opened;
    // As a bank is to ten thousand bills: slower than they come.
    await shop.control('faults', { slowMs: 800, method: 'PUT' });
    await shop.control('faults', { slowMs: 800, method: 'POST', path: '/bulk' });
    const before = await callsAtBank();
    const sale = async (code: string, at: number): Promise<unknown> =>
      shop.sell(code, { dueDate, reference: `flat ${at}`, amount: brl(`${at + 1}.40`) });
    await Promise.all(codes.map(sale));
    await eventually(async () => (await activeByCode()).size === MANY, 100);
    const active = await activeByCode();
    ids = codes.map((code) => active.get(code) ?? '');
    const after = Object.entries(await callsAtBank());
    await shop.control('faults', { reset: true });
    calls = Object.fromEntries(after.map(([name, count]) => [name, count - (before[name] ?? 0)]));
  });
  afterAll(async () => {
    await shop?.close();
  });

  async function activeByCode(): Promise<ReadonlyMap<string, string>> {
    const active = await shop.rows<{ code: string; id: string }>(
      "select payment_link_id code, payment_request_id id from payment_request where status = 'active'",
    );
    return new Map(active.map(({ code, id }) => [code, id]));
  }

  async function callsAtBank(): Promise<Readonly<Record<string, number>>> {
    const answer = await fetch(`${shop.bankUrl}/control/calls`);
    return (await answer.json()) as Record<string, number>;
  }

  it('go there in bulks, and not each by a call of its own', () => {
    const puts = Object.entries(calls).filter(([name]) => name.startsWith('PUT /payment-requests/'));
    const alone = puts.reduce((sum, [, count]) => sum + count, 0);
    expect(calls['POST /payment-requests/bulk']).toBeGreaterThan(0);
    expect(alone).toBeLessThan(MANY);
  });

  it('are each payable, at their own amount and on their own code', async () => {
    const scans = codes.map(async (code, at) => {
      const { text } = (await shop.link(code))['qr'] as { readonly text: string };
      expect(await shop.scan(text)).toMatchObject({ payable: true, amount: brl(`${at + 1}.40`) });
      expect(await shop.request(ids[at] ?? '')).toMatchObject({ status: 'active', revision: 0, dueDate });
    });
    await Promise.all(scans);
  });

  it('are corrected and paid as a bill is that went out alone', async () => {
    const id = ids.at(-20) ?? '';
    expect(await shop.change(id, '31.40', '"0"')).toMatchObject({ status: 200, body: { revision: 1 } });
    expect(await shop.change(id, '32.40', '"1"')).toMatchObject({ status: 200, body: { revision: 2 } });
    await shop.pay(id);
    expect(await shop.untilRequest(id, 'paid')).toMatchObject({ settlement: { amount: brl('32.40') }, exceptions: [] });
  });

  it('are not written over when somebody else has changed them at the bank', async () => {
    const [bill] = await shop.rows<{ id: string }>(
      "select payment_request_id id from request_revision where etag is null and state = 'in-force'",
    );
    const id = bill?.id ?? '';
    const stranger = createProvider(shop.config.provider);
    const seen = await stranger.getRequest(id, call());
    const { providerLinkId = '', charge } = seen ?? {};
    if (charge === undefined) throw new Error('not at the bank');
    const amount = { minorUnits: '777', currency: 'BRL' } as const;
    await stranger.putRequest({ requestId: id, providerLinkId, kind: 'bill', charge: { ...charge, amount } }, call());
    expect(await shop.change(id, '31.40', '"0"')).toMatchObject({ status: 409 });
    expect(await shop.atBank(id)).toMatchObject({ amount: brl('7.77') });
    await stranger.putRequest({ requestId: id, providerLinkId, kind: 'bill', charge }, call());
    await stranger.close();
  });
});
