/** The schedule of the reads that `watch` makes of a request (protocol.md F5). */
import type { LinkKind } from './charge.ts';

export const REQUEST_STATUSES = [
  'linking',
  'active',
  'processing',
  'paid',
  'underpaid',
  'expired',
  'cancelled',
  'refused',
] as const;
export type RequestStatus = (typeof REQUEST_STATUSES)[number];

export interface CheckInput {
  readonly status: RequestStatus;
  readonly kind: LinkKind;
  /** Checks since the status last changed. */
  readonly checks: number;
  /** A write whose outcome was unknown may still land. */
  readonly unknownWrite: boolean;
  readonly ageSeconds: number;
  readonly lateMoneyDays: number;
}

const SECOND = 1;
const MINUTE = 60;
const HOUR = 3_600;
const DAY = 86_400;

const SOON = 15 * SECOND;
const ENDED = [SOON, MINUTE, 10 * MINUTE, HOUR] as const;
/** A write whose answer was lost may still take effect within seconds: checked at once, and soon again. */
const MAY_STILL_LAND = [0, 2 * SECOND, 5 * SECOND, 15 * SECOND, MINUTE, 10 * MINUTE, HOUR] as const;

export function isAlive(status: RequestStatus): boolean {
  switch (status) {
    case 'linking':
    case 'active':
    case 'processing':
      return true;
    case 'paid':
    case 'underpaid':
    case 'expired':
    case 'cancelled':
    case 'refused':
      return false;
  }
}

/** Seconds until the next check; undefined once money can no longer arrive. */
export function nextCheckInSeconds(request: CheckInput): number | undefined {
  if (isAlive(request.status)) return request.unknownWrite ? SOON : aliveInterval(request);
  if (request.ageSeconds > request.lateMoneyDays * DAY) return undefined;
  const steps = request.unknownWrite && request.status === 'refused' ? MAY_STILL_LAND : ENDED;
  return steps[request.checks] ?? DAY;
}

/** A bill is open for weeks, so the interval grows with its age, from 15 s to ten minutes. */
function aliveInterval({ kind, ageSeconds }: Pick<CheckInput, 'kind' | 'ageSeconds'>): number {
  switch (kind) {
    case 'till':
      return SOON;
    case 'bill':
      return Math.min(10 * MINUTE, Math.max(SOON, Math.floor(ageSeconds / 20)));
  }
}
