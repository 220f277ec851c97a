/**
 * The bank's undocumented choices, each under the four things that must end right: a sale, an update, a cancel, and
 * money that comes late. Whichever way the bank chose, the ledger, the request and the code come out the same.
 */
import { afterAll, afterEach, beforeAll, describe, expect, it } from '@jest/globals';
import { brl, openShop, type Shop } from '../../support/shop.ts';
import { eventually } from '../../limits/until.ts';

interface Choice {
  readonly name: string;
  readonly behaviour: object;
  /** Bad luck without which the choice is never seen. */
  readonly fault?: object;
}

const choices: readonly Choice[] = [
  { name: 'a finished request stays on its code until the next one comes', behaviour: { linkFreedBy: 'next' } },
  { name: 'a PUT without a link id takes the request off its code', behaviour: { absentPaymentLinkId: 'unlink' } },
  { name: 'there are no ETags', behaviour: { etags: 'off' } },
  { name: 'a PUT that changes nothing makes a revision', behaviour: { noOpPutBumpsRevision: true } },
  { name: 'reads lag behind callbacks', behaviour: { readLagMs: 700 } },
  { name: 'ACTIVE is not called back', behaviour: { activeCallbacks: false } },
  { name: 'the first reads of a settled request lack its payment', behaviour: { settledWithoutSummary: 2 } },
  {
    name: 'a write whose answer was lost lands later',
    behaviour: { lateWriteMs: 600 },
    fault: { timeout: 'after', method: 'PUT', times: 1 },
  },
  { name: 'a payment is PROCESSING before it settles', behaviour: { processingMs: 600 } },
  { name: 'errors come without their context', behaviour: { errorsWithoutContext: true } },
];

describe('whichever way the bank chose', () => {
  let shop: Shop;
  beforeAll(async () => {
    shop = await openShop();
  });
  afterEach(async () => {
    await shop.reset();
  });
  afterAll(async () => {
    await shop?.close();
  });

  async function choose({ behaviour, fault }: Choice): Promise<void> {
    await shop.control('behaviour', behaviour);
    if (fault !== undefined) await shop.control('faults', fault);
  }

  /** What a till does with a 202: it waits for the status. */
  async function payable(till: string, sale: object = {}): Promise<string> {
    const answer = await shop.sell(till, sale);
    if (answer.status !== 201 && answer.status !== 202) throw new Error(answer.text);
    const id = String(answer.body['id']);
    await healed(async () => (await shop.request(id))['status'] === 'active');
    return id;
  }

  /** Callbacks and `watch` together, as long as it takes; a round comes when nothing else helps. */
  async function healed(holds: () => Promise<boolean>): Promise<void> {
    let looks = 0;
    await eventually(async () => {
      looks += 1;
      if (looks % 40 === 0) await shop.watch();
      return holds();
    }, 50);
  }
  const becomes = async (id: string, status: string) =>
    healed(async () => (await shop.request(id))['status'] === status);

  const textOf = async (till: string): Promise<string> => {
    const { text } = (await shop.link(till))['qr'] as { readonly text: string };
    return text;
  };
  const free = async (till: string) => healed(async () => (await shop.link(till))['status'] === 'free');
  const booked = (kind: string, minor: number, other = 'collected') => [
    { kind, account: 'provider', currency: 'BRL', amount_minor: String(minor) },
    { kind, account: other, currency: 'BRL', amount_minor: String(-minor) },
  ];

  it.each(choices)('a sale is paid when $name', async (choice) => {
    const till = await shop.openTill();
    await choose(choice);
    const id = await payable(till);
    await shop.control('pay', { text: await textOf(till) });
    await becomes(id, 'paid');
    await free(till);
    expect(await shop.ledger(id)).toEqual(booked('exact', 2490));
    expect(await shop.events(id)).toEqual(['payment_request.linked', 'payment_request.paid']);
    const next = await payable(till, { amount: brl('3.00') });
    expect(await shop.scan(await textOf(till))).toMatchObject({ payable: true, paymentRequestId: next });
  });

  it.each(choices)('an update comes into force and is what is paid when $name', async (choice) => {
    const till = await shop.openTill();
    const id = await payable(till);
    await choose(choice);
    const answer = await shop.change(id, '31.00', '"0"');
    expect([200, 202]).toContain(answer.status);
    await healed(async () => (await shop.request(id))['revision'] === 1);
    expect(await shop.request(id)).toMatchObject({ status: 'active', amount: brl('31.00') });
    expect(await shop.scan(await textOf(till))).toMatchObject({ payable: true, amount: brl('31.00') });
    await shop.control('pay', { text: await textOf(till) });
    await becomes(id, 'paid');
    expect(await shop.ledger(id)).toEqual(booked('exact', 3100));
    expect(await shop.request(id)).toMatchObject({ exceptions: [], settlement: { payments: [{ revision: 1 }] } });
  });

  it.each(choices)('a cancel takes the sale off the code when $name', async (choice) => {
    const till = await shop.openTill();
    await choose(choice);
    const id = await payable(till);
    const receipt = await shop.cancel(id);
    expect([200, 202]).toContain(receipt.status);
    await becomes(id, 'cancelled');
    await free(till);
    expect(await shop.atBank(id)).toMatchObject({ status: 'CANCELLED' });
    expect(await shop.scan(await textOf(till))).toMatchObject({ payable: false });
    expect(await shop.ledger(id)).toEqual([]);
    expect(await shop.request(id)).toMatchObject({ exceptions: [] });
  });

  it.each(choices)('late money is booked to its own request when $name', async (choice) => {
    const till = await shop.openTill();
    const id = await payable(till);
    await shop.cancel(id);
    await choose(choice);
    const next = await payable(till, { amount: brl('3.00') });
    await shop.pay(id, { how: 'late' });
    await becomes(id, 'paid');
    expect(await shop.ledger(id)).toEqual(booked('late', 2490, 'unapplied'));
    expect(await shop.request(id)).toMatchObject({ exceptions: [{ kind: 'late', amount: brl('24.90') }] });
    expect(await shop.request(next)).toMatchObject({ status: 'active', payable: true, settlement: null });
    expect(await shop.ledger(next)).toEqual([]);
  });

  it('a payment that falls back to ACTIVE leaves the sale payable, to change, to cancel and to pay', async () => {
    const till = await shop.openTill();
    const id = await payable(till);
    await shop.control('behaviour', { processingMs: 400, processingEndsIn: 'active' });
    await shop.pay(id);
    await healed(async () => (await shop.atBank(id))?.['status'] === 'ACTIVE');
    await shop.reset();
    await becomes(id, 'active');
    expect(await shop.change(id, '31.00', '"0"')).toMatchObject({ status: 200, body: { revision: 1 } });
    await shop.pay(id);
    await becomes(id, 'paid');
    expect(await shop.ledger(id)).toEqual(booked('exact', 3100));
    const second = await payable(till);
    await shop.control('behaviour', { processingMs: 400, processingEndsIn: 'active' });
    await shop.pay(second);
    await healed(async () => (await shop.atBank(second))?.['status'] === 'ACTIVE');
    await shop.reset();
    expect(await shop.cancel(second)).toMatchObject({ status: 200, body: { found: 'cancelled' } });
    await shop.pay(second, { how: 'late' });
    await becomes(second, 'paid');
    expect(await shop.request(second)).toMatchObject({ exceptions: [{ kind: 'late' }] });
  });

  it('a payment under way that nobody called back about is seen by watch, and so is its falling through', async () => {
    const till = await shop.openTill();
    const id = await payable(till);
    await shop.control('faults', { callbacks: 'drop' });
    await shop.control('behaviour', { processingMs: 300_000, processingEndsIn: 'active' });
    await shop.pay(id);
    await shop.watch();
    expect(await shop.untilRequest(id, 'processing')).toMatchObject({ payable: false });
    await shop.control('clock', { advanceSeconds: 301 });
    expect(await shop.atBank(id)).toMatchObject({ status: 'ACTIVE' });
    await shop.watch();
    expect(await shop.untilRequest(id, 'active')).toMatchObject({ payable: true });
    await shop.reset();
    await shop.pay(id);
    await becomes(id, 'paid');
    expect(await shop.ledger(id)).toEqual(booked('exact', 2490));
  });
});
