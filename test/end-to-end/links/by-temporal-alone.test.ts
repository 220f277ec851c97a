/** A POS that talks to Temporal and not to us: `temporal workflow signal`, and the sale is like any other. */
import { execFile } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { cacheDir } from '../../../embedded/services.ts';
import { findTemporal } from '../../../embedded/temporal-binary.ts';
import { brl, openShop, type Shop } from '../../support/shop.ts';
import { eventually } from '../../limits/until.ts';

const run = promisify(execFile);

describe('a sale by Temporal alone', () => {
  let shop: Shop;
  let temporal: string;
  beforeAll(async () => {
    temporal = findTemporal(cacheDir()).file;
    shop = await openShop();
  });
  afterAll(async () => {
    await shop?.close();
  });

  /** As an operator or a POS types it. */
  async function signal(till: string, name: string, input: object): Promise<void> {
    const { address, namespace } = shop.config.temporal;
    const where = ['--address', address, '--namespace', namespace, '--workflow-id', shop.workflowId(till)];
    await run(temporal, ['workflow', 'signal', ...where, '--name', name, '--input', JSON.stringify(input)]);
  }
  const newId = (): string => randomBytes(16).toString('hex');
  const whatHappened = async (till: string): Promise<readonly unknown[]> => {
    const { body } = await shop.pos.get(`/v1/payment-links/${till}/history`);
    return (body['data'] as readonly { readonly what: string }[]).map(({ what }) => what);
  };
  const charge = { amount: brl('24.90'), reference: 'cart 7' };

  it('is linked, changed and paid by signals, and appears in every read as one through the API does', async () => {
    const [byApi, bySignal] = [await shop.openTill(), await shop.openTill()];
    const told = await shop.sold(byApi, { reference: 'cart 7' });
    await shop.change(told, '31.00', '"0"');
    const requestId = newId();
    await signal(bySignal, 'link', { requestId, charge });
    expect(await shop.untilLink(bySignal, 'linked')).toMatchObject({ currentPaymentRequestId: requestId });
    await signal(bySignal, 'updateCharge', { requestId, charge: { amount: brl('31.00') } });
    await eventually(async () => (await shop.request(requestId))['revision'] === 1);
    const { text } = (await shop.link(bySignal))['qr'] as { readonly text: string };
    expect(await shop.scan(text)).toMatchObject({ payable: true, amount: brl('31.00'), reference: 'cart 7' });
    for (const id of [told, requestId]) {
      await shop.pay(id);
      await shop.untilRequest(id, 'paid');
    }
    await Promise.all([byApi, bySignal].map(async (till) => shop.untilLink(till, 'free')));
    expect(await likeAnyOther(requestId, bySignal)).toEqual(await likeAnyOther(told, byApi));
    const list = await shop.pos.get(`/v1/payment-requests?paymentLinkId=${bySignal}&status=paid`);
    expect(list.body['data']).toMatchObject([{ id: requestId, amount: brl('31.00') }]);
  });

  /** Everything a reader sees of a sale that is not an id or a time. */
  async function likeAnyOther(id: string, till: string): Promise<object> {
    const { status, payable, revision, amount, reference, description, exceptions, settlement } =
      await shop.request(id);
    const { payments, amount: settled } = settlement as {
      readonly payments: readonly object[];
      readonly amount: object;
    };
    const outcomes = payments.map((payment) => (payment as { readonly outcome: string }).outcome);
    const ledger = await shop.ledger(id);
    const seen = { status, payable, revision, amount, reference, description, exceptions, settled, outcomes, ledger };
    return { ...seen, events: await shop.events(id), history: await whatHappened(till) };
  }

  it('needs nothing but an amount', async () => {
    const till = await shop.openTill();
    await signal(till, 'link', { charge: { amount: brl('7.00') } });
    const { currentPaymentRequestId } = await shop.untilLink(till, 'linked');
    expect(await shop.request(String(currentPaymentRequestId))).toMatchObject({
      status: 'active',
      amount: brl('7.00'),
    });
    await signal(till, 'unlink', {});
    await shop.untilLink(till, 'free');
    expect(await shop.request(String(currentPaymentRequestId))).toMatchObject({ status: 'cancelled' });
  });

  it('changes nothing by a forged paid signal, which is recorded as ignored with its reason', async () => {
    const till = await shop.openTill();
    const id = await shop.sold(till);
    await signal(till, 'paid', { requestId: id });
    const ignored = async () =>
      shop.rows<{ sentence: string }>(
        "select sentence from timeline where payment_request_id = $1 and what = 'notice-ignored'",
        [id],
      );
    await eventually(async () => (await ignored()).length === 1);
    expect((await ignored())[0]?.sentence).toMatch(/nothing was booked/);
    expect(await whatHappened(till)).toContain('notice-ignored');
    expect(await shop.request(id)).toMatchObject({ status: 'active', payable: true, settlement: null });
    expect(await shop.ledger(id)).toEqual([]);
    expect(await shop.events(id)).toEqual(['payment_request.linked']);
    await shop.pay(id);
    await shop.untilRequest(id, 'paid');
  });

  it('that cannot be read, or names another request, harms no sale', async () => {
    const till = await shop.openTill();
    const id = await shop.sold(till);
    await signal(till, 'link', { charge: { amount: { currency: 'BRL', value: 24.9 } } });
    await signal(till, 'link', { charge: 'a coffee' });
    await signal(till, 'updateCharge', { requestId: newId(), charge: { amount: brl('0.01') } });
    await signal(till, 'paid', { requestId: newId() });
    await signal(till, 'expired', {});
    await signal(till, 'updateCharge', { requestId: id, charge: { amount: brl('25.00') } });
    await eventually(async () => (await shop.request(id))['revision'] === 1);
    expect(await shop.request(id)).toMatchObject({ status: 'active', payable: true, amount: brl('25.00') });
    const list = await shop.pos.get(`/v1/payment-requests?paymentLinkId=${till}`);
    expect(list.body['data']).toHaveLength(1);
  });
});
