/** A bank at our own port that always answers at once, for tests whose subject is the order of readings and not the luck of calls. */
import { createHash } from 'node:crypto';
import type { Charge } from '../../domain/charge.ts';
import { ProviderFailure, type Provider, type ProviderRequest, type ProviderStatus } from '../../providers/provider.ts';

interface Kept {
  readonly requestId: string;
  readonly providerLinkId: string;
  charge: Charge;
  revision: number;
  status: ProviderStatus;
}

export class PromptBank {
  readonly requests = new Map<string, Kept>();
  readonly provider: Provider;

  constructor() {
    const unused = (): never => {
      throw new Error('not part of this test');
    };
    this.provider = {
      name: 'jpmorgan',
      lateMoneyDays: 90,
      returnKeyHours: 24,
      openLink: unused,
      getLink: async (providerLinkId) => {
        const holder = [...this.requests.values()].find(
          (one) => one.providerLinkId === providerLinkId && one.status === 'active',
        );
        const shows = holder === undefined ? {} : { currentRequestId: holder.requestId };
        return { providerLinkId, kind: 'bill', url: 'bank.example/1', createdAt: '2026-01-01T00:00:00Z', ...shows };
      },
      listLinks: unused,
      putRequest: async ({ requestId, providerLinkId, charge }) => this.#put(requestId, providerLinkId, charge),
      putMany: unused,
      updateMany: unused,
      readBulk: unused,
      getRequest: async (requestId) => {
        const kept = this.requests.get(requestId);
        return kept && view(kept);
      },
      cancelRequest: async (requestId) => this.#end(requestId, 'cancelled'),
      searchRequests: unused,
      returnMoney: unused,
      getReturn: unused,
      freeLink: async () => undefined,
      authenticateCallback: () => false,
      parseCallback: () => [],
      close: async () => undefined,
    };
  }

  pay(requestId: string): void {
    this.#end(requestId, 'settled');
  }

  #put(requestId: string, providerLinkId: string, charge: Charge): ProviderRequest {
    const known = this.requests.get(requestId);
    if (known !== undefined && known.status !== 'active') throw new ProviderFailure('refused', `it is ${known.status}`);
    const revision = known === undefined ? 0 : known.revision + 1;
    const kept: Kept = { requestId, providerLinkId, charge, revision, status: 'active' };
    this.requests.set(requestId, kept);
    return view(kept);
  }

  #end(requestId: string, status: ProviderStatus): void {
    const known = this.requests.get(requestId);
    if (known?.status !== 'active') throw new ProviderFailure('refused', 'it has ended');
    known.status = status;
  }
}

function view({ requestId, providerLinkId, charge, revision, status }: Kept): ProviderRequest {
  const evidence = createHash('sha256').update(`${requestId} ${revision} ${status}`).digest('hex');
  const settlement = {
    endToEndId: `E-${requestId}`,
    amount: charge.amount,
    parts: {},
    settledAt: '2026-11-20T12:00:00Z',
  };
  return {
    requestId,
    providerLinkId,
    charge,
    revision,
    etag: `"${revision}"`,
    status,
    createdAt: '2026-11-01T00:00:00Z',
    updatedAt: '2026-11-01T00:00:00Z',
    returns: [],
    evidence,
    ...(status === 'settled' && { settlement }),
  };
}
