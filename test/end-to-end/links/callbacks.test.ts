/** Callbacks repeat, come in any order, lie, or never come: the money is booked once, and told once. */
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { brl, openShop, type Shop } from '../../support/shop.ts';
import { eventually } from '../../limits/until.ts';

type Event = Readonly<Record<string, string>>;

describe('callbacks', () => {
  let shop: Shop;
  beforeAll(async () => {
    shop = await openShop();
  });
  afterAll(async () => {
    await shop?.close();
  });

  async function callback(event: object | string, secret = shop.callbackSecret): Promise<number> {
    const answer = await fetch(`${shop.api.url}/callbacks/jpmorgan`, {
      method: 'POST',
      headers: { authorization: `Bearer ${secret}`, 'content-type': 'application/json' },
      body: typeof event === 'string' ? event : JSON.stringify(event),
    });
    await answer.arrayBuffer();
    return answer.status;
  }

  /**
   * All of them, so many at a time; answers the statuses that came back. A bank sends again what was answered 503: it
   * was not stored.
   */
  async function send(events: readonly Event[], atOnce = 50): Promise<readonly number[]> {
    const left = [...events];
    const statuses = new Set<number>();
    const sender = async (): Promise<void> => {
      for (let event = left.shift(); event !== undefined; event = left.shift()) {
        const status = await callback(event);
        if (status === 503) left.push(event);
        else statuses.add(status);
      }
    };
    await Promise.all(Array.from({ length: atOnce }, sender));
    return [...statuses];
  }

  /** The same disorder in every run. */
  function shuffled<T>(items: readonly T[]): readonly T[] {
    let seed = 20_261_123;
    const drawn = items.map((item) => {
      seed = (Math.imul(seed, 1_103_515_245) + 12_345) & 0x7fff_ffff;
      return { item, place: seed };
    });
    return drawn.toSorted((a, b) => a.place - b.place).map(({ item }) => item);
  }

  const untilQuiet = async (id: string) =>
    eventually(async () => {
      const open = await shop.rows('select from inbox where payment_request_id = $1 and applied_at is null', [id]);
      return open.length === 0;
    });

  it('of which 1,000 are the same, in parallel and among stale ones, book one transaction and tell one paid event', async () => {
    const till = await shop.openTill();
    await shop.control('faults', { callbacks: 'drop' });
    const id = await shop.sold(till);
    const { endToEndId } = await shop.pay(id);
    await shop.reset();
    const event = (status: string, second: number, more: Event = {}): Event => ({
      id,
      occurredAt: `2026-11-23T12:00:${String(second % 60).padStart(2, '0')}`,
      status,
      ...more,
    });
    const settled = event('SETTLED', 30, { endToEndId: String(endToEndId) });
    const stale = Array.from({ length: 60 }, (_, second) => [
      event('EXPIRED', second, { additionalInformation: 'QR Code expired' }),
      event('CANCELLED', second, { additionalInformation: 'User Cancelled' }),
      event('ACTIVE', second),
      event('PROCESSING', second),
    ]).flat();
    const same = Array.from({ length: 1_000 }, () => settled);
    expect(await send(shuffled([...same, ...stale]))).toEqual([200]);
    await shop.untilRequest(id, 'paid');
    await untilQuiet(id);
    expect(await shop.ledger(id)).toEqual([
      { kind: 'exact', account: 'provider', currency: 'BRL', amount_minor: '2490' },
      { kind: 'exact', account: 'collected', currency: 'BRL', amount_minor: '-2490' },
    ]);
    expect(await shop.events(id)).toEqual(['payment_request.linked', 'payment_request.paid']);
    expect(await shop.request(id)).toMatchObject({ status: 'paid', exceptions: [] });
    const kept = await shop.rows("select from inbox where payment_request_id = $1 and status = 'settled'", [id]);
    expect(kept).toHaveLength(1);
    await shop.untilLink(till, 'free');
  });

  it.each([
    ['settled before active', ['SETTLED', 'ACTIVE']],
    ['expired, then settled', ['EXPIRED', 'SETTLED']],
    ['settled, then cancelled, then settled', ['SETTLED', 'CANCELLED', 'SETTLED']],
    ['nothing but expired', ['EXPIRED']],
    ['nothing but cancelled', ['CANCELLED']],
  ])('that say %s of a paid request end it paid', async (_, statuses) => {
    const till = await shop.openTill();
    await shop.control('faults', { callbacks: 'drop' });
    const id = await shop.sold(till);
    await shop.pay(id);
    await shop.reset();
    for (const status of statuses) await shop.control('callbacks', { paymentRequestId: id, status });
    expect(await shop.untilRequest(id, 'paid')).toMatchObject({ exceptions: [], settlement: { amount: brl('24.90') } });
    expect(await shop.events(id)).toEqual(['payment_request.linked', 'payment_request.paid']);
  });

  it('that claim an end which the bank does not know leave the sale payable', async () => {
    const till = await shop.openTill();
    const id = await shop.sold(till);
    const claims = ['SETTLED', 'EXPIRED', 'CANCELLED'].map((status) => ({
      id,
      occurredAt: '2026-11-23T12:00:00',
      status,
    }));
    const forged = { ...claims[0], endToEndId: 'E99999999202611231200AAAAAAAAAAA' };
    expect(await send([...claims, forged])).toEqual([200]);
    const ignored = async () =>
      shop.rows<{ sentence: string }>(
        "select sentence from timeline where payment_request_id = $1 and what = 'notice-ignored'",
        [id],
      );
    await eventually(async () => (await ignored()).length > 0);
    expect(await shop.request(id)).toMatchObject({ status: 'active', payable: true });
    expect(await shop.ledger(id)).toEqual([]);
    await shop.pay(id);
    await shop.untilRequest(id, 'paid');
  });

  it('without the secret are refused and not kept, and unreadable ones change nothing', async () => {
    const till = await shop.openTill();
    const id = await shop.sold(till);
    const before = await shop.rows('select from inbox');
    expect(await callback({ id, occurredAt: '2026-11-23T12:00:00', status: 'SETTLED' }, 'guessed')).toBe(401);
    expect(await shop.rows('select from inbox')).toHaveLength(before.length);
    for (const body of ['', '{', '[]', '{"id":7}', `{"id":"${id}","status":"BANANA"}`]) {
      expect(await callback(body)).toBe(200);
    }
    expect(await shop.request(id)).toMatchObject({ status: 'active', payable: true });
  });
});

describe('with every callback dropped', () => {
  let shop: Shop;
  beforeAll(async () => {
    shop = await openShop();
    await shop.control('faults', { callbacks: 'drop' });
  });
  afterAll(async () => {
    await shop?.close();
  });

  /** Rounds that `watch` needed until it holds. */
  async function roundsUntil(holds: () => Promise<boolean>): Promise<number> {
    const before = await shop.roundsOfWatch();
    for (;;) {
      await shop.watch();
      const rounds = (await shop.roundsOfWatch()) - before;
      // A round signals; the workflow then reads, books and writes.
      if (rounds >= 2) await eventually(holds);
      if (await holds()) return rounds;
    }
  }

  it('a sale ends paid within two rounds of watch', async () => {
    const till = await shop.openTill();
    const id = await shop.sold(till);
    await shop.pay(id);
    expect(await shop.request(id)).toMatchObject({ status: 'active' });
    expect(await roundsUntil(async () => (await shop.request(id))['status'] === 'paid')).toBeLessThanOrEqual(2);
    expect(await shop.events(id)).toEqual(['payment_request.linked', 'payment_request.paid']);
    await shop.untilLink(till, 'free');
  });

  it('a sale that expired at the bank frees its code, and its late money is booked to it', async () => {
    const till = await shop.openTill();
    const id = await shop.sold(till, { expiresIn: 600 });
    await shop.control('clock', { advanceSeconds: 700 });
    expect(await roundsUntil(async () => (await shop.request(id))['status'] === 'expired')).toBeLessThanOrEqual(2);
    await shop.control('clock', { reset: true });
    const next = await shop.sold(till, { amount: brl('3.00') });
    await shop.pay(id, { how: 'late' });
    expect(await roundsUntil(async () => (await shop.request(id))['status'] === 'paid')).toBeLessThanOrEqual(2);
    expect(await shop.request(id)).toMatchObject({
      exceptions: [{ kind: 'late', status: 'open', amount: brl('24.90') }],
    });
    expect(await shop.request(next)).toMatchObject({ status: 'active', payable: true });
  });

  it('twenty tills at once end paid, each with its own money', async () => {
    const sales = await Promise.all(
      Array.from({ length: 20 }, async (_, n) => {
        const id = await shop.sold(await shop.openTill(), { amount: brl(`${n + 1}.00`) });
        await shop.pay(id);
        return id;
      }),
    );
    const allPaid = async () => {
      const views = await Promise.all(sales.map(async (id) => shop.request(id)));
      return views.every((view) => view['status'] === 'paid');
    };
    expect(await roundsUntil(allPaid)).toBeLessThanOrEqual(2);
    for (const [n, id] of sales.entries()) {
      expect(await shop.ledger(id)).toMatchObject([{ amount_minor: String((n + 1) * 100) }, {}]);
    }
  });
});
