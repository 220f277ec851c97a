/**
 * The simulated bank for tests of bills that go out together: many bills, what their callers were told, what that cost.
 */
import { expect } from '@jest/globals';
import { sameCharge, type Charge } from '../../domain/money/charge.ts';
import { gatherWrites } from '../../providers/gathered-writes.ts';
import { ProviderFailure, type Provider, type ProviderRequest, type RequestWrite } from '../../providers/provider.ts';
import { aCharge, call, newId } from './builders.ts';
import { aSimulatedBank, type SimulatedBank } from './simulated-bank.ts';

export const PUT = 'PUT /payment-requests/{id}';
export const BULK = 'POST /payment-requests/bulk';
export const LOOK = 'GET /payment-requests/bulk/{id}';
export const SEARCH = 'POST /payment-requests/search';
export const READ = 'GET /payment-requests/{id}';

export type ProviderAnswer = ProviderRequest | ProviderFailure;
type Bills = readonly [RequestWrite, ...RequestWrite[]];

export interface BankOfBills extends SimulatedBank {
  /** A provider of its own: after a bulk that did not help, bills go singly for a minute. */
  gathered(differences?: Partial<Provider>): Provider;
  /** Creations, each on a code of its own. */
  bills(count: number): Promise<Bills>;
  /** The calls about requests that `work` costs. */
  callsOf(work: () => Promise<unknown>): Promise<Readonly<Record<string, number>>>;
  reset(): Promise<void>;
}

export async function aBankOfBills(): Promise<BankOfBills> {
  const bank = await aSimulatedBank();
  const bill = async (_: unknown, at: number): Promise<RequestWrite> => {
    const { providerLinkId } = await bank.jpmorgan.openLink('bill', call());
    return { requestId: newId(), providerLinkId, kind: 'bill', charge: aBill(`flat ${at}`), creates: true };
  };
  return {
    ...bank,
    gathered: (differences = {}) => gatherWrites({ ...bank.jpmorgan, ...differences }),
    bills: async (count) => {
      const [first, ...rest] = await Promise.all(Array.from({ length: count }, bill));
      if (first === undefined) throw new Error('ask for one at least');
      return [first, ...rest];
    },
    async callsOf(work) {
      const before = await bank.calls();
      await work();
      const after = Object.entries(await bank.calls());
      const more = after.map(([name, count]) => [name, count - (before[name] ?? 0)] as const);
      return Object.fromEntries(more.filter(([name, count]) => name.includes('payment-requests') && count > 0));
    },
    async reset() {
      for (const what of ['faults', 'behaviour', 'clock']) await bank.control(what, { reset: true });
    },
  };
}

export function aBill(reference: string): Charge {
  return aCharge({ expiry: { is: 'due', date: '2099-11-01', graceDays: 30 }, reference });
}

/** All at the same moment. What each caller was told, in their order. */
export async function putAll(
  provider: Provider,
  writes: readonly RequestWrite[],
  timeoutMs?: number,
): Promise<readonly ProviderAnswer[]> {
  const put = async (write: RequestWrite): Promise<ProviderAnswer> =>
    provider.putRequest(write, call(timeoutMs)).catch((error: unknown) => {
      if (error instanceof ProviderFailure) return error;
      throw error;
    });
  return Promise.all(writes.map(put));
}

/** Each caller has the request that it asked for, on its own code and with its own charge. */
export function expectOwn(answers: readonly ProviderAnswer[], writes: readonly RequestWrite[]): void {
  expect(answers).toMatchObject(
    writes.map(({ requestId, providerLinkId }) => ({ requestId, providerLinkId, status: 'active', revision: 0 })),
  );
  for (const [at, { charge }] of writes.entries()) {
    const answer = answers[at];
    expect(answer !== undefined && 'charge' in answer && sameCharge(answer.charge, charge)).toBe(true);
  }
}
