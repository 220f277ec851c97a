/**
 * The bank of a world: requests, what a code shows, and money, each at its instant of the world's time. What Relink
 * learns of it, and when, is `world-provider.ts`; here stands only what is true.
 */
import type { Charge } from '../../domain/money/charge.ts';
import type { MoneyJson } from '../../domain/money.ts';
import type { ProviderStatus } from '../../domain/money/provider-status.ts';
import type { WorldClock } from './world-clock.ts';

export interface WorldPayment {
  readonly endToEndId: string;
  readonly amount: MoneyJson;
  readonly at: number;
  /** What the request asked for when the money came, and whether it had ended by then. */
  readonly asked: MoneyJson;
  readonly ended: boolean;
}

export interface WorldRequest {
  readonly id: string;
  readonly linkId: string;
  readonly createdAt: number;
  readonly status: ProviderStatus;
  readonly revision: number;
  /** Moves with every change, also of the status; the ETag is made of it. */
  readonly version: number;
  readonly charge: Charge;
  readonly updatedAt: number;
  readonly payment?: WorldPayment;
}

export interface WorldPaymentOrder {
  readonly requestId: string;
  readonly amount: MoneyJson;
  /** PROCESSING for so long; 0: settles at once. */
  readonly processingMs?: number;
  /** PROCESSING ends where it began, and no money came. */
  readonly failing?: boolean;
  /**
   * The payer's bank had promised it already: it settles this long after the request has ended, or for another amount.
   */
  readonly promisedMs?: number;
}

export type BankRefusalName = 'unknown' | 'in-use' | 'not-active' | 'stale';

export class WorldBank {
  /** Every version of every request, oldest first. */
  readonly #versions = new Map<string, WorldRequest[]>();
  readonly #shown = new Map<string, string>();
  readonly #clock: WorldClock;
  readonly #freedBy: 'terminal' | 'next';
  onChange: (request: WorldRequest) => void = () => undefined;

  constructor(clock: WorldClock, freedBy: 'terminal' | 'next' = 'terminal') {
    this.#clock = clock;
    this.#freedBy = freedBy;
  }

  get requests(): readonly WorldRequest[] {
    return [...this.#versions.values()].flatMap((versions) => versions.slice(-1));
  }

  request(id: string): WorldRequest | undefined {
    return this.#versions.get(id)?.at(-1);
  }

  versionsOf(id: string): readonly WorldRequest[] {
    return this.#versions.get(id) ?? [];
  }

  /** The version that held at that moment; a new request is seen at once. */
  seenAt(id: string, at: number): WorldRequest | undefined {
    const versions = this.versionsOf(id);
    return versions.findLast((version) => version.updatedAt <= at) ?? versions[0];
  }

  /** What the bank names on the link: by choice also a finished request, until the next one comes. */
  holder(linkId: string): string | undefined {
    const shown = this.#shown.get(linkId);
    return shown !== undefined && (this.#freedBy === 'next' || this.#isAlive(shown)) ? shown : undefined;
  }

  /** What a payer who scans the code can pay. */
  payable(linkId: string): WorldRequest | undefined {
    const request = this.request(this.#shown.get(linkId) ?? '');
    return request?.status === 'active' ? request : undefined;
  }

  put(id: string, linkId: string, charge: Charge, baseline?: string): BankRefusalName | undefined {
    const existing = this.request(id);
    if (existing !== undefined && existing.status !== 'active') return 'not-active';
    if (baseline !== undefined && (existing === undefined || baseline !== etagOf(existing))) return 'stale';
    const holder = this.#shown.get(linkId);
    if (holder !== undefined && holder !== id && this.#isAlive(holder)) return 'in-use';
    const now = this.#clock.now;
    if (existing === undefined) {
      this.#shown.set(linkId, id);
      this.#save({
        id,
        linkId,
        createdAt: now,
        updatedAt: now,
        status: 'active',
        revision: 0,
        version: 0,
        charge,
      });
    } else if (JSON.stringify(charge) !== JSON.stringify(existing.charge)) {
      this.#change(existing, { charge, revision: existing.revision + 1 });
    } else return undefined;
    this.#clock.at(expiryOf(charge, existing?.createdAt ?? now), () => this.#expire(id));
    return undefined;
  }

  cancel(id: string): BankRefusalName | undefined {
    const request = this.request(id);
    if (request === undefined) return 'unknown';
    if (request.status !== 'active') return 'not-active';
    this.#change(request, { status: 'cancelled' });
    return undefined;
  }

  /** Answers why the payer's bank would not. */
  pay(order: WorldPaymentOrder): string | undefined {
    const { requestId, amount, processingMs = 0, failing = false, promisedMs } = order;
    const request = this.request(requestId);
    if (request === undefined) return 'there is nothing to pay';
    if (request.payment !== undefined || request.status === 'processing') return 'somebody else was faster';
    if (request.status !== 'active') {
      if (promisedMs === undefined) return `it is ${request.status}`;
      this.#clock.at(this.#clock.now + promisedMs, () => this.#settle(requestId, amount));
      return undefined;
    }
    const other = amount.minorUnits !== request.charge.amount.minorUnits;
    if (other && promisedMs === undefined) return 'the amount has changed';
    if (processingMs === 0) {
      this.#settle(requestId, amount);
      return undefined;
    }
    const processing = this.#change(request, { status: 'processing' });
    this.#clock.at(this.#clock.now + processingMs, () => {
      if (!failing) this.#settle(requestId, amount);
      else {
        this.#change(processing, { status: 'active' });
        this.#expire(requestId);
      }
    });
    return undefined;
  }

  #settle(id: string, amount: MoneyJson): void {
    const request = this.request(id);
    if (request === undefined || request.payment !== undefined) return;
    const payment = {
      endToEndId: `E${id.slice(0, 30)}`,
      amount,
      at: this.#clock.now,
      asked: request.charge.amount,
      ended: !this.#isAlive(id),
    };
    this.#change(request, { status: 'settled', payment });
  }

  #expire(id: string): void {
    const request = this.request(id);
    if (request?.status !== 'active' || expiryOf(request.charge, request.createdAt) > this.#clock.now) return;
    this.#change(request, { status: 'expired' });
  }

  #isAlive(id: string): boolean {
    const status = this.request(id)?.status;
    return status === 'active' || status === 'processing';
  }

  #change(
    request: WorldRequest,
    change: Partial<Pick<WorldRequest, 'status' | 'charge' | 'revision' | 'payment'>>,
  ): WorldRequest {
    return this.#save({ ...request, ...change, version: request.version + 1, updatedAt: this.#clock.now });
  }

  #save(request: WorldRequest): WorldRequest {
    this.#versions.set(request.id, [...this.versionsOf(request.id), request]);
    this.onChange(request);
    return request;
  }
}

export function etagOf({ id, version }: WorldRequest): string {
  return `"${id.slice(-6)}.${version}"`;
}

export function expiryOf({ expiry }: Charge, createdAt: number): number {
  if (expiry.is === 'due') throw new Error('the worlds have tills only');
  return createdAt + expiry.seconds * 1_000;
}
