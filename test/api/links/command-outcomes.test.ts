import { afterAll, afterEach, beforeAll, describe, expect, it } from '@jest/globals';
import type { Answer } from '../../../domain/links/link-state.ts';
import { present } from '../../../domain/present.ts';
import { SALE, startShop, type ApiShop } from '../shop-alone.ts';

describe('a command', () => {
  let shop: ApiShop;
  beforeAll(async () => {
    shop = await startShop();
  });
  afterEach(() => {
    shop.answers(undefined);
    shop.signals(undefined);
  });
  afterAll(async () => {
    await shop.stop();
  });

  const path = (link: string): string => `/v1/payment-links/${link}/payment-requests`;
  const refusal = (because: 'busy' | 'superseded', requestId?: string) => ({
    is: 'refused' as const,
    because,
    ...present({ requestId }),
  });

  async function commandOf(request: unknown) {
    const [row] = await shop.rows<{
      outcome: Answer | null;
      payload: Record<string, unknown>;
      number: string;
      seconds: number;
      waits: boolean;
      response: object | null;
    }>(
      `select outcome, payload, number, round(extract(epoch from not_after - created_at))::int as seconds,
              next_send_at is not null as waits, response
         from command where payment_request_id = $1 and kind = 'link'`,
      [request],
    );
    if (row === undefined) throw new Error('no such command');
    return row;
  }

  it('is stored, with its sale, before anybody is asked', async () => {
    const link = await shop.till();
    let seen: readonly object[] = [];
    shop.answers(async (sent) => {
      seen = await shop.rows(
        `select r.status, v.state, c.outcome from command c
           join payment_request r using (payment_request_id) join request_revision v using (payment_request_id)
          where c.command_id = $1`,
        [sent.message['commandId']],
      );
      return { is: 'answer', answer: await shop.play(sent) };
    });
    shop.steps.length = 0;
    const answer = await shop.pos.post(path(link), SALE);
    expect(answer.status).toBe(201);
    expect(seen).toEqual([{ status: 'linking', state: 'pending', outcome: null }]);
    expect(shop.steps).toEqual(['api.before-commit', 'api.after-commit', 'api.after-update', 'api.after-answer']);
  });

  it('is sent as it is stored: id, number, deadline, actor, charge', async () => {
    const link = await shop.till();
    const answer = await shop.pos.post(path(link), { ...SALE, description: 'two coffees', expiresIn: 60 });
    const { payload, number, seconds } = await commandOf(answer.body['id']);
    expect(shop.sent.at(-1)).toMatchObject({ how: 'update', name: 'link', message: payload });
    expect(payload).toMatchObject({
      requestId: answer.body['id'],
      number: Number(number),
      charge: { ...SALE, description: 'two coffees', expiresIn: 60 },
      actor: expect.stringMatching(/^key [0-9a-f]{12}$/),
      notAfter: expect.stringMatching(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/),
    });
    expect(seconds).toBe(30);
  });

  it('has a deadline of its own: asked for, of a queued sale, of a bill', async () => {
    const link = await shop.till();
    const asked = await shop.pos.post(path(link), { ...SALE, notAfter: 5 });
    expect((await commandOf(asked.body['id'])).seconds).toBe(5);
    const queued = await shop.pos.post(path(await shop.till()), { ...SALE, onBusy: 'queue', expiresIn: 120 });
    expect((await commandOf(queued.body['id'])).seconds).toBe(120);
    const opened = await shop.pos.post('/v1/payment-links', { kind: 'bill', label: 'Account 7' });
    const bill = await shop.pos.post(path(String(opened.body['id'])), { ...SALE, dueDate: '2030-01-31' });
    expect(bill).toMatchObject({ status: 201, body: { dueDate: '2030-01-31', terms: { graceDays: 0 } } });
    const { seconds, payload } = await commandOf(bill.body['id']);
    expect([seconds, payload['notAfter']]).toEqual([null, undefined]);
  });

  it('refused by a validator is written down by us, with its request, and watch leaves it alone', async () => {
    const link = await shop.till();
    const current = 'c'.repeat(32);
    shop.answers(async () => ({ is: 'refused', answer: refusal('busy', current) }));
    const answer = await shop.pos.post(path(link), SALE);
    expect(answer).toMatchObject({
      status: 409,
      body: { type: 'https://relink.dev/problems/payment-link-busy', currentPaymentRequestId: current },
    });
    const [request] = await shop.rows<{ id: string }>(
      `select payment_request_id as id, status, because from payment_request where payment_link_id = $1`,
      [link],
    );
    expect(request).toMatchObject({ status: 'refused', because: 'busy' });
    expect(await commandOf(request?.id)).toMatchObject({ outcome: refusal('busy', current), waits: false });
    expect(await shop.rows('select from event where payment_link_id = $1', [link])).toEqual([]);
  });

  it('refused while its twin got further is answered with what the row says', async () => {
    const link = await shop.till();
    shop.answers(async (sent) => {
      await shop.rows('update command set claimed_at = now() where command_id = $1', [sent.message['commandId']]);
      setTimeout(() => void shop.play(sent), 150);
      return { is: 'refused', answer: refusal('superseded') };
    });
    expect(await shop.pos.post(path(link), SALE)).toMatchObject({ status: 201, body: { status: 'active' } });
  });

  it('refused by the workflow itself is left to its worker to write down', async () => {
    const link = await shop.till();
    shop.answers(async () => ({ is: 'answer', answer: refusal('superseded') }));
    const answer = await shop.pos.post(path(link), SALE);
    expect(answer).toMatchObject({ status: 409, body: { type: 'https://relink.dev/problems/superseded' } });
    const [request] = await shop.rows<{ id: string; status: string }>(
      'select payment_request_id as id, status from payment_request where payment_link_id = $1',
      [link],
    );
    expect(request?.status).toBe('linking');
    expect((await commandOf(request?.id)).outcome).toBeNull();
  });

  it('without an answer goes out as a Signal under the same id, and is answered 202', async () => {
    const link = await shop.till();
    shop.answers(async () => ({ is: 'unknown', because: 'no worker' }));
    const answer = await shop.pos.post(path(link), SALE, { 'idempotency-key': 'slow' });
    const location = `/v1/payment-requests/${String(answer.body['id'])}`;
    expect(answer).toMatchObject({ status: 202, body: { status: 'linking', payable: false } });
    expect(answer.headers.get('location')).toBe(location);
    const [update, signal] = shop.sent.slice(-2);
    expect([update?.how, signal?.how]).toEqual(['update', 'signal']);
    expect(signal?.message).toEqual(update?.message);
    expect((await commandOf(answer.body['id'])).response).toBeNull();
    shop.answers(undefined);
    const later = await shop.pos.post(path(link), SALE, { 'idempotency-key': 'slow' });
    expect(later).toMatchObject({ status: 201, body: { id: answer.body['id'], status: 'active' } });
  });

  it('whose answer was lost, but which happened, is answered as it happened', async () => {
    const link = await shop.till();
    shop.answers(async (sent) => {
      await shop.play(sent);
      return { is: 'unknown', because: 'the connection broke' };
    });
    const before = shop.sent.length;
    expect(await shop.pos.post(path(link), SALE)).toMatchObject({ status: 201, body: { status: 'active' } });
    expect(shop.sent.slice(before).map(({ how }) => how)).toEqual(['update']);
  });

  it('that Temporal cannot take is kept, and answered 503 with where to look and when to come back', async () => {
    const link = await shop.till();
    shop.answers(async () => ({ is: 'unknown', because: 'connection refused' }));
    shop.signals(async () => Promise.reject(new Error('connection refused')));
    const answer = await shop.pos.post(path(link), SALE);
    expect(answer).toMatchObject({
      status: 503,
      body: { type: 'https://relink.dev/problems/temporal-unavailable', paymentLinkId: link },
    });
    const id = String(answer.body['paymentRequestId']);
    expect(answer.headers.get('retry-after')).toBe('5');
    expect(answer.headers.get('location')).toBe(`/v1/payment-requests/${id}`);
    expect(await commandOf(id)).toMatchObject({ outcome: null, waits: true });
    expect(await shop.pos.get(`/v1/payment-requests/${id}`)).toMatchObject({
      status: 200,
      body: { status: 'linking' },
    });
  });

  it('that waits behind something parked is answered 202', async () => {
    const link = await shop.till();
    shop.answers(async () => ({ is: 'answer', answer: { is: 'pending' } }));
    expect(await shop.pos.post(path(link), SALE)).toMatchObject({ status: 202, body: { status: 'linking' } });
  });

  it('with Prefer: respond-async is a Signal and nothing else', async () => {
    const link = await shop.till();
    const before = shop.sent.length;
    const answer = await shop.pos.post(path(link), SALE, { prefer: 'respond-async' });
    expect(answer.status).toBe(202);
    expect(shop.sent.slice(before).map(({ how }) => how)).toEqual(['signal']);
  });

  it('that the database cannot take in time is 503, and done when it is sent again', async () => {
    const link = await shop.till();
    const holder = await shop.owner.connect();
    await holder.query('begin; lock table command in access exclusive mode');
    const answer = await shop.pos.post(path(link), SALE, { 'idempotency-key': 'held' });
    await holder.query('rollback');
    holder.release();
    expect(answer).toMatchObject({ status: 503, body: { type: 'https://relink.dev/problems/database-unavailable' } });
    expect(answer.headers.get('retry-after')).toBe('2');
    expect(await shop.pos.post(path(link), SALE, { 'idempotency-key': 'held' })).toMatchObject({ status: 201 });
  });

  it('to open a link is answered with the link, or with where it will be', async () => {
    const body = { kind: 'till', label: 'Caixa Nº 4 – São João', reference: 'shop 12' };
    const opened = await shop.pos.post('/v1/payment-links', body);
    const id = String(opened.body['id']);
    expect(id).toMatch(/^caixa-no-4-sao-joao-[0-9a-f]{16}$/);
    expect(opened).toMatchObject({
      status: 201,
      body: { ...body, status: 'free', workflowId: `payment-link:padaria:till:${id}`, currentPaymentRequestId: null },
    });
    shop.answers(async () => ({ is: 'unknown', because: 'the bank is slow' }));
    const slow = await shop.pos.post('/v1/payment-links', body);
    expect(slow).toMatchObject({ status: 202, body: { status: 'opening', qr: null } });
    expect(slow.headers.get('location')).toBe(`/v1/payment-links/${String(slow.body['id'])}`);
    const noCode = await shop.pos.get(`/v1/payment-links/${String(slow.body['id'])}/qr.svg`);
    expect(noCode).toMatchObject({ status: 409, body: { type: 'https://relink.dev/problems/payment-link-opening' } });
  });

  it("keeps a bill's label, which may be a person's name, out of its id", async () => {
    const opened = await shop.pos.post('/v1/payment-links', { kind: 'bill', label: 'Maria da Silva' });
    expect(opened.body['id']).toMatch(/^bill-[0-9a-f]{16}$/);
  });
});
