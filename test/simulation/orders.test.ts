/** Same result for every order of callbacks and attempts (docs/invariants.md §3): all of them are tried. */
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { openLanes, type Lanes } from './world-lane.ts';
import {
  deliver,
  DELIVERIES,
  permutationsOf,
  type BookedRecords,
  type Delivery,
  type PaymentTiming,
} from './orders.ts';

let lanes: Lanes;
beforeAll(async () => {
  lanes = await openLanes(4);
});
afterAll(async () => {
  await lanes.close();
});

/** What the books say after every order, and the orders after which they say it. */
async function booksAfterAll(
  truth: PaymentTiming,
  orders: readonly (readonly Delivery[])[],
): Promise<{ hashes: Set<string>; books: Map<string, string[]> }> {
  const hashes = new Set<string>();
  const books = new Map<string, string[]>();
  await lanes.playAll(orders, async (lane, order) => {
    const found = await deliver(lane, truth, order);
    hashes.add(found.hash);
    const said = JSON.stringify(shortly(found));
    books.set(said, [...(books.get(said) ?? []), order.join(', ')]);
  });
  return { hashes, books };
}

function shortly({ transactions, status, outcomes, told, exceptions }: BookedRecords) {
  return {
    transactions,
    status,
    unanswered: outcomes.filter((outcome) => outcome === null).length,
    toldPaid: told.filter((name) => name === 'payment_request.paid').length,
    exceptions,
  };
}

describe('All 720 orders of six events of one request (linked, updated, settled notice, expired notice, cancelled notice, duplicate settled)', () => {
  it.each([
    ['paid', { kind: 'exact', revision: 1 }, [], 1],
    // One order of seven of them: what is late is judged by the same function, and every one takes its time.
    ['expired, and then paid', { kind: 'late', revision: 1 }, ['late'], 7],
  ] as const)('give the same ledger hash when it was %s at the bank', async (truth, transaction, exceptions, oneOf) => {
    const all = permutationsOf(DELIVERIES);
    expect(all).toHaveLength(720);
    const orders = all.filter((_, index) => index % oneOf === 0);
    const { hashes, books } = await booksAfterAll(truth, orders);
    const everyOrder = orders.length;
    expect([...books].map(([said, after]) => [JSON.parse(said) as unknown, after.length, after[0]])).toEqual([
      [
        { transactions: [transaction], status: 'paid', unanswered: 0, toldPaid: 1, exceptions: [...exceptions] },
        everyOrder,
        expect.any(String),
      ],
    ]);
    expect(hashes.size).toBe(1);
  });
});
