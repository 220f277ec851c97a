/**
 * The way to the bank: every call takes time before and after its effect, may be refused, lose its answer, or land when
 * nobody waits for it any more. What falls due meanwhile happens meanwhile.
 */
import { createHash } from 'node:crypto';
import { present } from '../../domain/present.ts';
import { ProviderFailure, type Provider, type ProviderRequest } from '../../providers/provider.ts';
import { etagOf, expiryOf, type WorldRequest, type BankRefusalName, type WorldBank } from './world-bank.ts';
import type { WorldClock } from './world-clock.ts';
import type { SeededRandom } from '../support/chance.ts';

export interface ProviderLine {
  readonly bank: WorldBank;
  readonly clock: WorldClock;
  readonly chance: SeededRandom;
  readonly etags: boolean;
  /** Reads show what held so long ago. */
  readonly readLagMs: number;
  /** A read of a settled request lacks the payment for so long. */
  readonly withoutPaymentMs: number;
  /** The share of calls that go wrong; it is set to 0 in the end. */
  faults: number;
  readonly tell: (what: string) => void;
}

export function worldProvider(line: ProviderLine): Provider {
  const { bank, clock } = line;
  return {
    name: 'jpmorgan',
    lateMoneyDays: 90,
    openLink: async () => never('openLink'),
    getLink: async (providerLinkId) =>
      read(line, `GET link`, () => {
        const holder = bank.holder(providerLinkId);
        return {
          providerLinkId,
          kind: 'till',
          url: 'https://qr.bank.example/pix/0',
          createdAt: iso(0),
          ...present({ currentRequestId: holder }),
        };
      }),
    listLinks: () => never('listLinks'),
    putRequest: async ({ requestId, providerLinkId, charge, baseline }) =>
      write(
        line,
        `PUT ${requestId} ${charge.amount.minorUnits}${baseline === undefined ? '' : ' if unchanged'}`,
        () => {
          const refused = bank.put(requestId, providerLinkId, charge, line.etags ? baseline : undefined);
          const request = bank.request(requestId);
          return refused === undefined && request !== undefined
            ? { is: 'done', value: viewOf(line, request) }
            : { is: 'refused', because: refused ?? 'unknown' };
        },
      ),
    putMany: async () => never('putMany'),
    updateMany: async () => never('updateMany'),
    readBulk: async () => never('readBulk'),
    getRequest: async (requestId) =>
      read(line, `GET ${requestId}`, () => {
        const seen = bank.seenAt(requestId, clock.now - line.readLagMs);
        return seen === undefined ? undefined : viewOf(line, seen);
      }),
    cancelRequest: async (requestId) =>
      write(line, `CANCEL ${requestId}`, () => {
        const refused = bank.cancel(requestId);
        return refused === undefined ? { is: 'done', value: undefined } : { is: 'refused', because: refused };
      }),
    searchRequests: async ({ from, to }) =>
      read(line, 'SEARCH', () => ({
        truncated: false,
        requests: bank.requests
          .filter(({ createdAt }) => createdAt >= from.getTime() && createdAt <= to.getTime())
          .map((request) => viewOf(line, bank.seenAt(request.id, clock.now - line.readLagMs) ?? request)),
      })),
    returnKeyHours: 24,
    returnMoney: async () => never('returnMoney'),
    getReturn: async () => never('getReturn'),
    freeLink: async () => undefined,
    authenticateCallback: () => false,
    parseCallback: () => [],
    close: async () => undefined,
  };
}

type WriteResult<T> =
  { readonly is: 'done'; readonly value: T } | { readonly is: 'refused'; readonly because: BankRefusalName };

async function read<T>(line: ProviderLine, what: string, look: () => T): Promise<T> {
  await line.clock.sleep(latency(line.chance));
  const seen = look();
  line.tell(`${what}: ${said(seen)}`);
  await line.clock.sleep(latency(line.chance));
  if (!line.chance.happens(line.faults)) return seen;
  line.tell(`${what}: the answer was lost`);
  throw new ProviderFailure('retryable', 'the answer was lost');
}

async function write<T>(line: ProviderLine, what: string, change: () => WriteResult<T>): Promise<T> {
  const { clock, chance, tell } = line;
  const fault = chance.happens(line.faults) ? chance.pick(['not sent', 'lost', 'lost', 'late']) : undefined;
  await clock.sleep(latency(chance));
  if (fault === 'not sent') {
    tell(`${what}: never left`);
    throw new ProviderFailure('retryable', 'nothing was sent');
  }
  const carryOut = (): WriteResult<T> => {
    const written = change();
    tell(`${what}: ${written.is === 'done' ? 'done' : written.because}`);
    return written;
  };
  if (fault === 'late') clock.at(clock.now + chance.between(50, 4_000), carryOut);
  const written = fault === 'late' ? undefined : carryOut();
  await clock.sleep(latency(chance));
  if (fault !== undefined || written === undefined) {
    tell(`${what}: no answer came`);
    throw new ProviderFailure('unknown', 'no answer came');
  }
  if (written.is === 'done') return written.value;
  const kind = written.because === 'stale' ? 'stale' : 'refused';
  throw new ProviderFailure(kind, `the bank says ${written.because}`, { reasons: [written.because] });
}

/** Mostly quick; now and then as slow as a bad minute. */
function latency(chance: SeededRandom): number {
  return chance.happens(0.1) ? chance.between(200, 900) : chance.between(3, 90);
}

function viewOf(line: ProviderLine, request: WorldRequest): ProviderRequest {
  const { id, linkId, createdAt, updatedAt, status, revision, charge, payment } = request;
  const withPayment = payment !== undefined && line.clock.now >= payment.at + line.withoutPaymentMs;
  return {
    requestId: id,
    providerLinkId: linkId,
    revision,
    status,
    charge,
    createdAt: iso(createdAt),
    updatedAt: iso(updatedAt),
    expiresAt: iso(expiryOf(charge, createdAt)),
    returns: [],
    evidence: createHash('sha256').update(`${id}.${request.version}`).digest('hex'),
    ...(line.etags ? { etag: etagOf(request) } : {}),
    ...(withPayment
      ? {
          settlement: {
            endToEndId: payment.endToEndId,
            amount: payment.amount,
            parts: {},
            settledAt: iso(payment.at),
          },
        }
      : {}),
  };
}

function said(seen: unknown): string {
  if (typeof seen !== 'object' || seen === null) return 'unknown';
  if ('status' in seen) return `${String(seen.status)}${'settlement' in seen ? ', paid' : ''}`;
  return 'currentRequestId' in seen ? String(seen.currentRequestId) : 'looked';
}

function iso(at: number): string {
  return new Date(at).toISOString();
}

function never(what: string): never {
  throw new Error(`${what} is not played in a world`);
}
