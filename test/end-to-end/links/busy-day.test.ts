/**
 * Days at six tills, drawn by a seed: cashiers in a hurry, payers who are slow, a bank and a line that fail. At the end
 * all is right.
 */
import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import type { ApiAnswer } from '../../api/client.ts';
import { findFaults } from '../../fault-injection/checker.ts';
import type { KeptAnswer } from '../../fault-injection/records.ts';
import { brl, COFFEE, openShop, type Shop } from '../../support/shop.ts';
import { until } from '../../limits/until.ts';

const TILLS = 6;
const STEPS = 16;

/** Days of different banks; the last one found a sale that stayed `processing` for good. */
const days = [
  { seed: 20_261_123, bank: { readLagMs: 60, linkFreedBy: 'next', processingMs: 80 } },
  { seed: 12, bank: { etags: 'off', lateWriteMs: 300 } },
  { seed: 13, bank: { processingMs: 900, processingEndsIn: 'active' } },
] as const;

/** mulberry32: the same day again for the same seed, as far as the order of arrival allows. */
function dice(seed: number) {
  let state = seed;
  const next = (): number => {
    state = (state + 0x6d_2b_79_f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
  return { chance: (share: number) => next() < share, below: (count: number) => Math.floor(next() * count) };
}

describe.each(days)('a busy day (seed $seed)', ({ seed, bank }) => {
  let shop: Shop;
  const answers: KeptAnswer[] = [];
  beforeAll(async () => {
    shop = await openShop({ API_UPDATE_TIMEOUT_MS: '1500' });
  });
  afterAll(async () => {
    await shop?.close();
  });

  async function post(path: string, body: object, key: string = randomUUID()): Promise<ApiAnswer> {
    const answer = await shop.pos.post(path, body, { 'idempotency-key': key });
    const replayed = answer.headers.get('idempotency-replayed') === 'true';
    answers.push({ call: `POST ${path}`, key, status: answer.status, replayed, body: answer.body });
    return answer;
  }

  /** What one till does; it never waits for a payer. */
  async function work(till: string, drawing: number): Promise<void> {
    const { chance, below } = dice(drawing);
    const sales: string[] = [];
    const last = (): string => sales[Math.max(0, sales.length - 1 - below(2))] ?? '0'.repeat(32);
    const paid = new Set<string>();
    /** Once each: of two payments within one read the bank shows only the newer. What a bank refuses was not paid. */
    const pay = async (how: object): Promise<void> => {
      const id = last();
      if (paid.has(id)) return;
      paid.add(id);
      await shop.pay(id, how).catch(() => paid.delete(id));
    };
    const steps: readonly (() => Promise<unknown>)[] = [
      async () => {
        const onBusy = (['reject', 'replace', 'queue'] as const)[below(3)];
        const sale = { ...COFFEE, amount: brl(`${1 + below(90)}.50`), onBusy, notAfter: 600 };
        const key = randomUUID();
        const asked = [post(`/v1/payment-links/${till}/payment-requests`, sale, key)];
        if (chance(0.3)) asked.push(post(`/v1/payment-links/${till}/payment-requests`, sale, key));
        for (const { body } of await Promise.all(asked)) if (typeof body['id'] === 'string') sales.push(body['id']);
      },
      async () => pay({}),
      async () => pay(chance(0.5) ? { how: 'wrong', amount: brl('2.00') } : { how: 'in-flight', delayMs: 100 }),
      async () => pay({ how: 'late' }),
      async () => shop.change(last(), `${1 + below(90)}.25`, chance(0.7) ? '*' : '"0"'),
      async () => post(`/v1/payment-requests/${last()}/cancel`, {}),
      async () => post(`/v1/payment-links/${till}/unlink`, {}),
    ];
    const drawn = [0, 0, 0, 1, 1, 1, 2, 3, 4, 4, 5, 6];
    for (let n = 0; n < STEPS; n += 1) {
      const both = [steps[drawn[below(drawn.length)] ?? 0], chance(0.3) ? steps[below(steps.length)] : undefined];
      await Promise.all(both.map(async (step) => step?.()));
    }
  }

  it('ends with every payment booked once, every code free or rightly linked, and every command answered', async () => {
    const opened = await Promise.all(
      Array.from({ length: TILLS }, async (_, n) => post('/v1/payment-links', { kind: 'till', label: `Till ${n}` })),
    );
    const tills = opened.map(({ body }) => String(body['id']));
    await shop.control('behaviour', bank);
    await shop.control('faults', { callbacks: 'drop', rate: 0.3, seed });
    await shop.control('faults', { status: 503, rate: 0.05, seed: seed + 1 });
    await shop.control('faults', { timeout: 'after', rate: 0.05, seed: seed + 2 });
    await Promise.all(tills.map(async (till, n) => work(till, seed + 10 + n)));
    await shop.control('faults', { reset: true });
    await shop.control('behaviour', { readLagMs: 0, processingMs: 0 });
    const { databaseUrl } = shop.config;
    const look = async () =>
      findFaults({ databaseUrl, simulatorUrl: shop.bankUrl, merchantId: shop.merchantId, answers });
    let faults = await look();
    const atRest = async (): Promise<boolean> => {
      if (faults.length > 0) await shop.watch();
      faults = await look();
      return faults.length === 0;
    };
    await until(() => `nothing is wrong any more:\n${faults.join('\n')}\n`, atRest, 500);
    const booked = await shop.rows('select from ledger_transaction');
    expect(booked.length).toBeGreaterThan(0);
  });
});
