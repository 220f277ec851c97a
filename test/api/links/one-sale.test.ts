/** One sale over HTTP with nothing played: API, workflow, worker, Postgres, the bank and its callbacks. */
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { startApi, type RunningApi } from '../../../api/server.ts';
import { readConfig } from '../../../config.ts';
import { createApiKey } from '../../../db/merchants.ts';
import { freePort } from '../../../embedded/ports.ts';
import { MERCHANT, startEngine, type Engine } from '../../support/engine.ts';
import { PATIENT_MS } from '../../limits/limits.ts';
import { testTemporal } from '../../support/temporal.ts';
import { eventually } from '../../limits/until.ts';
import { createClient, type ApiClient } from '../client.ts';

describe('one sale over HTTP', () => {
  let engine: Engine;
  let api: RunningApi;
  let shop: ApiClient;

  beforeAll(async () => {
    const port = await freePort();
    engine = await startEngine({ callbackUrl: `http://127.0.0.1:${port}/callbacks/jpmorgan` });
    const config = readConfig({
      RELINK_ENV: 'test',
      LOG_LEVEL: 'silent',
      DATABASE_URL: engine.databaseUrl,
      TEMPORAL_ADDRESS: testTemporal().address,
      RELINK_TASK_QUEUE: engine.taskQueue,
      API_PORT: String(port),
      API_UPDATE_TIMEOUT_MS: String(PATIENT_MS),
    });
    api = await startApi(config, { provider: { ...providerOf(engine), close: async () => undefined } });
    const { key } = await createApiKey(engine.owner, MERCHANT, { label: 'test' });
    shop = createClient(api.url, key);
  });
  afterAll(async () => {
    await api.close();
    await engine.stop();
  });

  function providerOf({ provider }: Engine) {
    return {
      name: provider.name,
      authenticateCallback: provider.authenticateCallback.bind(provider),
      parseCallback: provider.parseCallback.bind(provider),
    };
  }

  async function openTill(): Promise<string> {
    const opened = await shop.post('/v1/payment-links', { kind: 'till', label: 'Till 4' });
    expect(opened.status).toBe(201);
    expect(opened.body).toMatchObject({ status: 'free', qr: { text: expect.stringContaining('br.gov.bcb.pix') } });
    return String(opened.body['id']);
  }

  const sale = { amount: { currency: 'BRL', value: '24.90' }, reference: 'cart 1' };

  it('is payable at once, and paid when the bank says so', async () => {
    const link = await openTill();
    const linked = await shop.post(`/v1/payment-links/${link}/payment-requests`, sale);
    expect(linked.status).toBe(201);
    expect(linked.body).toMatchObject({ status: 'active', payable: true, revision: 0, amount: sale.amount });
    expect(linked.headers.get('etag')).toBe('"0"');
    const id = String(linked.body['id']);
    const waiting = shop.get(`/v1/payment-requests/${id}`, { prefer: 'wait=25' });
    await engine.control('pay', { paymentRequestId: id });
    const paid = await waiting;
    expect(paid.body).toMatchObject({
      status: 'paid',
      payable: false,
      settlement: { amount: sale.amount, payments: [{ outcome: 'exact' }] },
    });
    await eventually(async () => (await shop.get(`/v1/payment-links/${link}`)).body['status'] === 'free');
    await eventually(async () => {
      const [notice] = await engine.query<{ signalled: boolean; applied: boolean }>(
        "select signalled_at is not null as signalled, applied_at is not null as applied from inbox where payment_request_id = $1 and status = 'settled'",
        [id],
      );
      return notice?.signalled === true && notice.applied;
    });
  });

  it('is refused while another one is linked, changed, and taken off', async () => {
    const link = await openTill();
    const path = `/v1/payment-links/${link}/payment-requests`;
    const first = await shop.post(path, sale);
    const id = String(first.body['id']);
    const busy = await shop.post(path, sale);
    expect(busy).toMatchObject({ status: 409, body: { currentPaymentRequestId: id } });
    const change = { amount: { currency: 'BRL', value: '30.00' } };
    const changed = await shop.patch(`/v1/payment-requests/${id}`, change, { 'if-match': '"0"' });
    expect(changed).toMatchObject({ status: 200, body: { revision: 1, ...change } });
    expect(await shop.patch(`/v1/payment-requests/${id}`, change, { 'if-match': '"0"' })).toMatchObject({
      status: 412,
    });
    const receipt = await shop.post(`/v1/payment-links/${link}/unlink`, {});
    expect(receipt).toMatchObject({
      status: 200,
      body: { found: 'cancelled', currentPaymentRequestId: null, paymentRequest: { id, status: 'cancelled' } },
    });
    expect(await shop.post(`/v1/payment-links/${link}/unlink`)).toMatchObject({
      status: 200,
      body: { found: 'nothing' },
    });
  });

  it('shows a sale that came by Temporal alone', async () => {
    const link = await openTill();
    await engine.signal(link, 'link', { charge: { amount: { currency: 'BRL', value: '7.00' } } });
    await eventually(async () => (await shop.get(`/v1/payment-links/${link}`)).body['status'] === 'linked');
    const list = await shop.get(`/v1/payment-requests?paymentLinkId=${link}`);
    expect(list.body['data']).toMatchObject([{ status: 'active', payable: true, amount: { value: '7.00' } }]);
    const history = await shop.get(`/v1/payment-links/${link}/history`);
    expect(history.body['data']).toMatchObject([{ what: 'opened' }, { what: 'linked' }]);
  });

  it('queues a sale behind another one, and links it when the code is free', async () => {
    const link = await openTill();
    const path = `/v1/payment-links/${link}/payment-requests`;
    const first = await shop.post(path, sale);
    const second = await shop.post(path, { ...sale, onBusy: 'queue' }, { 'idempotency-key': 'queued' });
    expect(second).toMatchObject({ status: 202, body: { status: 'linking' } });
    await shop.post(`/v1/payment-requests/${String(first.body['id'])}/cancel`);
    const id = String(second.body['id']);
    await eventually(async () => (await shop.get(`/v1/payment-requests/${id}`)).body['status'] === 'active');
    const repeated = await shop.post(path, { ...sale, onBusy: 'queue' }, { 'idempotency-key': 'queued' });
    expect(repeated).toMatchObject({ status: 201, body: { id, status: 'active' } });
    expect(repeated.headers.get('idempotency-replayed')).toBe('true');
  });

  it('ends with the link retired', async () => {
    const link = await openTill();
    expect(await shop.post(`/v1/payment-links/${link}/retire`)).toMatchObject({
      status: 200,
      body: { status: 'retired' },
    });
    const refused = await shop.post(`/v1/payment-links/${link}/payment-requests`, sale);
    expect(refused).toMatchObject({ status: 409, body: { type: 'https://relink.dev/problems/retired' } });
    // The workflow had completed; the run that the sale has woken writes its refusals down beside its answers.
    await eventually(async () => {
      const { body } = await shop.get(`/v1/payment-requests?paymentLinkId=${link}&status=refused`);
      return (body['data'] as readonly { because: string }[])[0]?.because === 'retired';
    });
  });

  it('says that it is ready, and for what', async () => {
    const ready = await shop.get('/readyz');
    expect(ready).toMatchObject({ status: 200, body: { status: 'ready', checks: { worker: { ok: true } } } });
  });
});
