/** Lost callbacks heal: `watch` reads what is due and signals only what differs, with few calls of the provider. */
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { MockActivityEnvironment } from '@temporalio/testing';
import { readMany, type ReadTarget } from '../../activities/watch/provider-reads.ts';
import { createWatchRound } from '../../activities/watch/watch-round.ts';
import type { Provider, ProviderRequest } from '../../providers/provider.ts';
import { call } from '../providers/builders.ts';
import { MERCHANT, startEngine, type Engine } from '../support/engine.ts';
import { eventually } from '../limits/until.ts';

function view(requestId: string, createdAt: Date): ProviderRequest {
  return {
    requestId,
    revision: 0,
    status: 'active',
    charge: {
      amount: { minorUnits: '100', currency: 'BRL' },
      reference: requestId,
      expiry: { is: 'within', seconds: 900 },
    },
    createdAt: createdAt.toISOString(),
    updatedAt: createdAt.toISOString(),
    returns: [],
    evidence: '',
  };
}

/** A provider that holds these requests, pages at 99 as the bank does, and counts how often it is called. */
function countingProvider(requests: readonly ProviderRequest[], hidden: ReadonlySet<string> = new Set()) {
  let calls = 0;
  const sorted = requests.toSorted((a, b) => a.createdAt.localeCompare(b.createdAt));
  const provider = {
    lateMoneyDays: 90,
    async searchRequests({ from, to }: { from: Date; to: Date }) {
      calls += 1;
      const within = sorted.filter(
        (one) => !hidden.has(one.requestId) && one.createdAt >= from.toISOString() && one.createdAt <= to.toISOString(),
      );
      return { requests: within.slice(0, 99), truncated: within.length > 99 };
    },
    async getRequest(requestId: string) {
      calls += 1;
      return sorted.find((one) => one.requestId === requestId);
    },
  };
  return { provider: provider as unknown as Provider, calls: () => calls };
}

describe('reading many requests', () => {
  const start = Date.UTC(2026, 10, 23, 12);
  const many = (count: number, aSecond: number): ReadTarget[] =>
    Array.from({ length: count }, (_, n) => ({
      requestId: n.toString(16).padStart(32, '0'),
      createdAt: new Date(start + Math.floor(n / aSecond) * 1_000),
    }));

  async function readAll(wanted: readonly ReadTarget[], hidden?: ReadonlySet<string>) {
    const { provider, calls } = countingProvider(
      wanted.map(({ requestId, createdAt }) => view(requestId, createdAt)),
      hidden,
    );
    const seen = new Set<string>();
    await readMany(provider, wanted, call, (requestId) => seen.add(requestId));
    return { seen: seen.size, calls: calls() };
  }

  it('of 10,000 live requests costs at most 200 calls', async () => {
    const { seen, calls } = await readAll(many(10_000, 11));
    console.log(`10,000 live requests: ${calls} calls`);
    expect(seen).toBe(10_000);
    expect(calls).toBeLessThanOrEqual(200);
  });

  it('reads by id what a search leaves out, and what does not fit into one second', async () => {
    const wanted = many(300, 150);
    const hidden = new Set(wanted.slice(10, 15).map(({ requestId }) => requestId));
    expect((await readAll(wanted, hidden)).seen).toBe(300);
  });
});

describe('watch', () => {
  let engine: Engine;
  beforeAll(async () => {
    engine = await startEngine();
  });
  afterAll(async () => {
    await engine.stop();
  });

  async function round() {
    const { pool, provider, messages } = engine;
    const watchRound = createWatchRound({
      pool,
      provider,
      messages,
      crash: () => undefined,
      pause: async () => undefined,
    });
    return new MockActivityEnvironment().run(async () => watchRound({ merchantId: MERCHANT }));
  }
  const due = async () =>
    engine.query(`update payment_request set next_check_at = now() where next_check_at is not null`);
  const statusOf = async (requestId: string) =>
    (
      await engine.query<{ status: string }>('select status from payment_request where payment_request_id = $1', [
        requestId,
      ])
    )[0]?.status;
  const charge = { amount: { currency: 'BRL', value: '24.90' } };

  it('ends a sale paid although every callback was lost, and signals nothing about those that are as they were', async () => {
    const [paidLink, waitingLink] = [await engine.openLink(), await engine.openLink()];
    const paid = await engine.update(paidLink, 'link', { charge });
    const waiting = await engine.update(waitingLink, 'link', { charge });
    if (paid.is !== 'linked' || waiting.is !== 'linked') throw new Error('not linked');
    await engine.control('pay', { paymentRequestId: paid.requestId });
    await due();
    expect(await round()).toMatchObject({ requestsRead: 2, checksSent: 1 });
    await eventually(async () => (await statusOf(paid.requestId)) === 'paid');
    expect(await statusOf(waiting.requestId)).toBe('active');
  });

  it('finds a second payment of a paid request, books it once, and opens an exception that owns it', async () => {
    const link = await engine.openLink();
    const sale = await engine.update(link, 'link', { charge });
    if (sale.is !== 'linked') throw new Error('not linked');
    await engine.control('pay', { paymentRequestId: sale.requestId });
    await engine.signal(link, 'paid', {});
    await eventually(async () => (await statusOf(sale.requestId)) === 'paid');
    await engine.control('pay', { paymentRequestId: sale.requestId, how: 'again' });
    await due();
    await round();
    const kinds = async () =>
      engine.query('select kind from exception where payment_request_id = $1', [sale.requestId]);
    await eventually(async () => (await kinds()).length === 1);
    expect(await kinds()).toEqual([{ kind: 'second' }]);
    await due();
    await round();
    expect(
      await engine.query(`select from event where name = 'payment_request.paid' and payment_request_id = $1`, [
        sale.requestId,
      ]),
    ).toHaveLength(1);
    expect(
      // By then its policy may have begun to give the second one back.
      await engine.query('select from ledger_transaction where payment_request_id = $1 and settles', [sale.requestId]),
    ).toHaveLength(2);
  });

  it('sends a notice again that was stored and never passed on, and only once', async () => {
    const link = await engine.openLink();
    const sale = await engine.update(link, 'link', { charge });
    if (sale.is !== 'linked') throw new Error('not linked');
    await engine.control('pay', { paymentRequestId: sale.requestId });
    await engine.query(
      `insert into inbox (merchant_id, provider, digest, payment_link_id, payment_request_id, status, body, received_at)
       values ($1, 'jpmorgan', $4, $2, $3, 'settled', '', now() - interval '6 s'),
              ($1, 'jpmorgan', $5, $2, $3, 'active', '', now() - interval '6 s')`,
      [MERCHANT, link, sale.requestId, Buffer.from(`settled ${link}`), Buffer.from(`active ${link}`)],
    );
    // The notice that it is active tells nothing new, so that it is only marked.
    expect(await round()).toMatchObject({ noticesResent: 2, checksSent: 0 });
    await eventually(async () => (await statusOf(sale.requestId)) === 'paid');
    expect(await round()).toMatchObject({ noticesResent: 0 });
  });

  it('frees a code that still serves a sale which an effect of a lost run has ended', async () => {
    const link = await engine.openLink();
    const sale = await engine.update(link, 'link', { charge });
    if (sale.is !== 'linked') throw new Error('not linked');
    await engine.provider.cancelRequest(sale.requestId, 'the run before this one asked', call());
    await engine.query(
      `update payment_request set status = 'cancelled', cancel_asked_at = now(), ended_at = now() where payment_request_id = $1`,
      [sale.requestId],
    );
    await due();
    await round();
    await eventually(async () => (await engine.state(link)).phase.is === 'free');
    expect(await engine.query('select status from payment_link where payment_link_id = $1', [link])).toEqual([
      { status: 'free' },
    ]);
    await due();
    expect(await round()).toMatchObject({ checksSent: 0 });
  });

  it('cancels at the provider what has ended here and is alive there', async () => {
    const link = await engine.openLink();
    await engine.control('faults', { timeout: 'after', method: 'PUT' });
    await engine.control('behaviour', { lateWriteMs: 5_000 });
    const sale = await engine.update(link, 'link', { charge, notAfter: new Date(Date.now() + 2_000).toISOString() });
    await engine.control('behaviour', { reset: true });
    await engine.control('faults', { reset: true });
    expect(sale).toMatchObject({ is: 'refused', because: 'timed-out' });
    const requestId = sale.is === 'refused' ? (sale.requestId ?? '') : '';
    const shown = async () => {
      const seen = await engine.provider.getRequest(requestId, call());
      return seen?.status;
    };
    await eventually(async () => (await shown()) === 'active');
    await due();
    await round();
    await eventually(async () => (await shown()) === 'cancelled');
    expect(await statusOf(requestId)).toBe('refused');
  });
});
