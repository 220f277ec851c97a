/**
 * A bank at our own port that answers at once, for tests whose subject is the order of things. With bad luck a write
 * has no answer, before or after it was carried out.
 */
import { createHash } from 'node:crypto';
import type { Charge } from '../../domain/money/charge.ts';
import type { ProviderStatus } from '../../domain/money/provider-status.ts';
import { ProviderFailure, type Provider, type ProviderRequest } from '../../providers/provider.ts';

interface PromptRequest {
  readonly requestId: string;
  readonly providerLinkId: string;
  charge: Charge;
  revision: number;
  status: ProviderStatus;
}

export class PromptBank {
  readonly requests = new Map<string, PromptRequest>();
  readonly provider: Provider;
  /** Of each write. */
  luck: () => 'answered' | 'lost before' | 'lost after' = () => 'answered';

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
      putRequest: async ({ requestId, providerLinkId, charge, baseline }) =>
        this.#write(() => this.#put(requestId, providerLinkId, charge, baseline)),
      putMany: unused,
      updateMany: unused,
      readBulk: unused,
      getRequest: async (requestId) => {
        const kept = this.requests.get(requestId);
        return kept && view(kept);
      },
      cancelRequest: async (requestId) => this.#write(() => this.#end(requestId, 'cancelled')),
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

  expire(requestId: string): void {
    this.#end(requestId, 'expired');
  }

  /** By a payer who held on to a code that has expired. */
  payLate(requestId: string): void {
    const known = this.requests.get(requestId);
    if (known?.status === 'expired') known.status = 'settled';
  }

  #write<T>(carryOut: () => T): T {
    const luck = this.luck();
    if (luck === 'lost before') throw new ProviderFailure('unknown', 'no answer came');
    const value = carryOut();
    if (luck === 'lost after') throw new ProviderFailure('unknown', 'no answer came');
    return value;
  }

  #put(requestId: string, providerLinkId: string, charge: Charge, baseline: string | undefined): ProviderRequest {
    const known = this.requests.get(requestId);
    if (known !== undefined && known.status !== 'active') throw new ProviderFailure('refused', `it is ${known.status}`);
    if (baseline !== undefined && baseline !== `"${known?.revision}"`)
      throw new ProviderFailure('stale', 'another revision');
    const revision = known === undefined ? 0 : known.revision + 1;
    const kept: PromptRequest = { requestId, providerLinkId, charge, revision, status: 'active' };
    this.requests.set(requestId, kept);
    return view(kept);
  }

  #end(requestId: string, status: ProviderStatus): void {
    const known = this.requests.get(requestId);
    if (known?.status !== 'active') throw new ProviderFailure('refused', 'it has ended');
    known.status = status;
  }
}

function view({ requestId, providerLinkId, charge, revision, status }: PromptRequest): ProviderRequest {
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
