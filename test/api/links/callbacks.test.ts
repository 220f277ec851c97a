import { afterAll, afterEach, beforeAll, describe, expect, it } from '@jest/globals';
import { CALLBACK_SECRET, MERCHANT, SALE, startShop, type ApiShop } from '../shop-alone.ts';
import { eventually } from '../../limits/until.ts';

describe('a callback', () => {
  let shop: ApiShop;
  beforeAll(async () => {
    shop = await startShop();
  });
  afterEach(() => shop.signals(undefined));
  afterAll(async () => {
    await shop.stop();
  });

  async function send(notices: unknown, authorization = CALLBACK_SECRET) {
    const body = typeof notices === 'string' ? notices : JSON.stringify(notices);
    return shop.pos.send('POST', '/callbacks/jpmorgan', { authorization }, body);
  }

  async function sale(): Promise<{ readonly link: string; readonly request: string }> {
    const link = await shop.till();
    const answer = await shop.pos.post(`/v1/payment-links/${link}/payment-requests`, SALE);
    return { link, request: String(answer.body['id']) };
  }

  async function inbox(request: string) {
    return shop.rows<{ merchant_id: string; status: string; signalled: boolean; applied: boolean }>(
      `select merchant_id, status, signalled_at is not null as signalled, applied_at is not null as applied
         from inbox where payment_request_id = $1 order by inbox_id`,
      [request],
    );
  }
  const signalsTo = (request: string): readonly string[] =>
    shop.sent.filter((one) => one.how === 'signal' && one.message['requestId'] === request).map(({ name }) => name);

  it('is stored, answered, and only then passed on', async () => {
    const { link, request } = await sale();
    shop.steps.length = 0;
    let stored: readonly object[] = [];
    shop.signals(async () => {
      stored = await inbox(request);
    });
    const answer = await send([{ requestId: request, status: 'settled', endToEndId: 'E1' }]);
    expect([answer.status, answer.body]).toEqual([200, { stored: true }]);
    await eventually(async () => (await inbox(request))[0]?.signalled === true);
    expect(stored).toEqual([{ merchant_id: MERCHANT, status: 'settled', signalled: false, applied: false }]);
    expect(shop.sent.at(-1)).toMatchObject({
      name: 'paid',
      link: { merchantId: MERCHANT, kind: 'till', paymentLinkId: link, label: 'Till 4' },
      message: { requestId: request, because: expect.stringMatching(/^notice \d+$/) },
    });
    expect(shop.steps).toEqual(['callback.before-insert', 'callback.after-insert', 'callback.after-answer']);
  });

  it('does not wait for Temporal, and is left to watch when Temporal is away', async () => {
    const { request } = await sale();
    shop.signals(async () => Promise.reject(new Error('connection refused')));
    expect((await send([{ requestId: request, status: 'settled' }])).status).toBe(200);
    await eventually(() => signalsTo(request).length === 1);
    expect(await inbox(request)).toMatchObject([{ signalled: false, applied: false }]);
  });

  it('that comes twice is stored once and passed on once', async () => {
    const { request } = await sale();
    const notice = [{ requestId: request, status: 'settled', endToEndId: 'E2' }];
    const answers = [await send(notice), await send(notice)];
    expect(answers.map(({ status, text }) => `${status} ${text}`)).toEqual(Array(2).fill('200 {"stored":true}'));
    await eventually(async () => (await inbox(request))[0]?.signalled === true);
    await send(notice);
    expect(await inbox(request)).toHaveLength(1);
    expect(signalsTo(request)).toEqual(['paid']);
  });

  it.each([
    ['no secret', ''],
    ['another secret', 'Bearer the-thief'],
    ['an API key', 'key'],
  ])('with %s is 401, and leaves nothing', async (_name, given) => {
    const { request } = await sale();
    const authorization = given === 'key' ? `Bearer ${shop.pos.key}` : given;
    const answer = await send([{ requestId: request, status: 'settled' }], authorization);
    expect(answer).toMatchObject({ status: 401, body: { type: 'https://relink.dev/problems/unauthenticated' } });
    expect(await inbox(request)).toEqual([]);
    expect(signalsTo(request)).toEqual([]);
  });

  it.each<[string, unknown]>([
    ['an unknown request', [{ requestId: 'e'.repeat(32), status: 'settled' }]],
    ['an id that is none', [{ requestId: `x${'y'.repeat(10_000)}\u0000\ud800`, status: 'settled' }]],
    ['nothing that can be read', '<xml/>'],
    ['an empty list', []],
  ])('that names %s is kept, and answered like a good one', async (_name, notices) => {
    const before = shop.sent.length;
    const count = async () => (await shop.rows(`select from inbox where merchant_id = '-'`)).length;
    const kept = await count();
    const answer = await send(notices);
    expect([answer.status, answer.text]).toEqual([200, '{"stored":true}']);
    expect(await count()).toBe(kept + 1);
    expect(shop.sent).toHaveLength(before);
  });

  it('with a batch goes to each of them, and a bad one costs only itself', async () => {
    const sales = [await sale(), await sale(), await sale()];
    const notices = sales.map(({ request }) => ({ requestId: request, status: 'settled' }));
    await send([...notices, { requestId: 'nobody', status: 'settled' }]);
    for (const { request } of sales) {
      await eventually(async () => (await inbox(request))[0]?.signalled === true);
      expect(signalsTo(request)).toEqual(['paid']);
    }
    const bodies = await shop.rows<{ length: number }>(
      'select length(body) as length from inbox where payment_request_id = any($1) order by inbox_id',
      [sales.map(({ request }) => request)],
    );
    expect(bodies[0]?.length).toBeGreaterThan(200);
    expect(bodies[1]?.length).toBeLessThan(100);
  });

  it.each([
    ['expired', 'active', ['expired']],
    ['cancelled', 'active', ['expired']],
    ['active', 'linking', []],
    ['active', 'active', []],
    ['active', 'processing', ['check']],
    ['active', 'cancelled', ['check']],
    ['processing', 'active', []],
    ['unreadable', 'active', ['check']],
  ])('that says %s of a request that is %s here sends %j', async (status, here, expected) => {
    const { request } = await sale();
    await shop.rows('update payment_request set status = $2 where payment_request_id = $1', [request, here]);
    await send([{ requestId: request, status }]);
    await eventually(async () => {
      const [row] = await inbox(request);
      return row?.signalled === true || row?.applied === true;
    });
    expect(signalsTo(request)).toEqual(expected);
    const [row] = await shop.rows<{ soon: boolean | null }>(
      `select next_check_at between now() and now() + interval '15 s' as soon from payment_request where payment_request_id = $1`,
      [request],
    );
    expect(row?.soon).toBe(status === 'processing' ? true : null);
  });

  it('to another provider is 404, and a large one 413', async () => {
    const headers = { authorization: CALLBACK_SECRET };
    expect(await shop.pos.send('POST', '/callbacks/stripe', headers, '[]')).toMatchObject({ status: 404 });
    expect(await send(`[${' '.repeat(70_000)}]`)).toMatchObject({ status: 413 });
  });

  it('shows in the metrics, without a merchant in them', async () => {
    const { text } = await shop.pos.get('/metrics');
    expect(text).toMatch(/^relink_notices_total\{status="settled"\} \d+$/m);
    expect(text).toMatch(/^relink_inbox_unfinished \d+$/m);
    expect(text).toMatch(/^relink_http_requests_total\{route="POST \/callbacks\/\{provider\}",status="401"\} 3$/m);
    expect(text).toMatch(/^relink_commands_total\{kind="link",outcome="linked"\} \d+$/m);
    expect(text).not.toContain(MERCHANT);
  });
});
