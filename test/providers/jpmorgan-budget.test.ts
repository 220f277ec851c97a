import { afterEach, describe, expect, it } from '@jest/globals';
import { createBudget, PRIORITY } from '../../providers/jpmorgan/budget.ts';
import { aSimulatedBank } from './simulated-bank.ts';
import { aBank, aProvider, aWrite, call, details, failureOf } from './builders.ts';
import { PATIENT_MS } from '../limits/limits.ts';

const never = new AbortController().signal;

const open: { close(): Promise<void> }[] = [];
afterEach(async () => {
  for (const one of open.splice(0)) await one.close();
});

describe('the budget of requests per second', () => {
  it('lets a second full of requests through at once and holds the next ones back', async () => {
    let now = 0;
    const budget = createBudget(20, () => now);
    const turnsOf = async (count: number, patienceMs: number): Promise<number> => {
      const turns = Array.from({ length: count }, () => budget.take(PRIORITY.sale, patienceMs, never));
      return (await Promise.all(turns)).filter(Boolean).length;
    };
    expect(await turnsOf(30, 0)).toBe(20);
    now += 250;
    expect(await turnsOf(5, PATIENT_MS)).toBe(5);
    expect(await turnsOf(1, 0)).toBe(0);
  });

  it('serves tills before the watch and the watch before batches, each in the order of asking', async () => {
    const budget = createBudget(10);
    for (let count = 0; count < 10; count += 1) await budget.take(PRIORITY.batch, PATIENT_MS, never);
    const served: string[] = [];
    const ask = async (name: string, priority: 0 | 1 | 2): Promise<void> => {
      await budget.take(priority, PATIENT_MS, never);
      served.push(name);
    };
    await Promise.all([
      ask('batch', PRIORITY.batch),
      ask('watch', PRIORITY.read),
      ask('till 1', PRIORITY.sale),
      ask('till 2', PRIORITY.sale),
    ]);
    expect(served).toEqual(['till 1', 'till 2', 'watch', 'batch']);
  });

  it('answers no when the turn does not come in time, and keeps no place for those who left', async () => {
    let now = 0;
    const budget = createBudget(2, () => now);
    await budget.take(PRIORITY.sale, 0, never);
    await budget.take(PRIORITY.sale, 0, never);
    expect(await budget.take(PRIORITY.sale, 20, never)).toBe(false);
    expect(await budget.take(PRIORITY.sale, 1000, AbortSignal.abort())).toBe(false);
    now += 500;
    expect(await budget.take(PRIORITY.sale, PATIENT_MS, never)).toBe(true);
  });

  it('is halved by a 429, once a second, down to one, and recovers within a minute', () => {
    let now = 0;
    const budget = createBudget(40, () => now);
    budget.lower();
    budget.lower();
    expect(budget.perSecond()).toBe(20);
    now += 1000;
    budget.lower();
    expect(budget.perSecond()).toBeCloseTo(10.33, 1);
    for (let count = 0; count < 10; count += 1) {
      now += 1000;
      budget.lower();
    }
    expect(budget.perSecond()).toBeLessThan(2);
    expect(budget.perSecond()).toBeGreaterThanOrEqual(1);
    now += 60_000;
    expect(budget.perSecond()).toBe(40);
  });

  it('is lowered by the 429 of a real call, and a write that would start too late is not sent', async () => {
    const bank = await aBank((_, count) =>
      count === 1 ? { status: 429, json: { title: 'Too Many Requests', httpStatus: 429 } } : { json: details() },
    );
    const jpmorgan = aProvider(bank.url, { requestsPerSecond: 4 });
    open.push(jpmorgan, bank);
    expect((await failureOf(jpmorgan.putRequest(aWrite(), call()))).kind).toBe('retryable');
    // The bucket is empty and refills at two a second, so that a turn comes after half a second.
    const failure = await failureOf(jpmorgan.putRequest(aWrite(), call(700)));
    expect(failure).toMatchObject({ kind: 'retryable', message: expect.stringContaining('too little time left') });
    expect(bank.received).toHaveLength(1);
    expect((await jpmorgan.putRequest(aWrite(), call())).revision).toBe(0);
  });

  it('lets a till open its link before those of a batch that asked sooner', async () => {
    const bank = await aSimulatedBank({ requestsPerSecond: 2 });
    open.push(bank);
    const served: string[] = [];
    const ask = async (name: 'batch' | 'sale'): Promise<void> => {
      await bank.jpmorgan.openLink('bill', call(), name);
      served.push(name);
    };
    // Two go out at once; the till comes after them, and before the two that wait.
    await Promise.all([ask('batch'), ask('batch'), ask('batch'), ask('batch'), ask('sale')]);
    expect(served.slice(-2)).toEqual(['batch', 'batch']);
  });
});
