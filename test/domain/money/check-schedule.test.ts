/** When a request is looked at again without anybody asking. */
import { describe, expect, it } from '@jest/globals';
import {
  isAlive,
  nextCheckInSeconds,
  type CheckInput,
  type RequestStatus,
} from '../../../domain/money/check-schedule.ts';

const DAY = 86_400;
const ENDED: readonly RequestStatus[] = ['refused', 'cancelled', 'expired', 'underpaid', 'paid'];
const ALIVE: readonly RequestStatus[] = ['linking', 'active', 'processing'];

function next(status: RequestStatus, more: Partial<CheckInput> = {}): number | undefined {
  return nextCheckInSeconds({
    status,
    kind: 'till',
    checks: 0,
    unknownWrite: false,
    ageSeconds: 0,
    lateMoneyDays: 90,
    ...more,
  });
}

describe('a request that is alive', () => {
  it.each(ALIVE)('%s on a till is looked at every 15 s, whatever its age', (status) => {
    expect(isAlive(status)).toBe(true);
    for (const ageSeconds of [0, 900, 400 * DAY]) expect(next(status, { ageSeconds, checks: 9 })).toBe(15);
  });

  it('on a bill is looked at from every 15 s to every ten minutes, the older the less often', () => {
    const intervals = [0, 60, 300, 301, 3_600, 12_000, 30 * DAY].map((ageSeconds) =>
      next('active', { kind: 'bill', ageSeconds }),
    );
    expect(intervals).toEqual([15, 15, 15, 15, 180, 600, 600]);
  });

  it('on a bill is looked at every 15 s while a write of it may still land', () => {
    expect(next('active', { kind: 'bill', ageSeconds: 30 * DAY, unknownWrite: true })).toBe(15);
  });
});

describe('a request that has ended', () => {
  it.each(ENDED)('%s is looked at again after 15 s, a minute, ten, an hour, and then every day', (status) => {
    expect(isAlive(status)).toBe(false);
    expect([0, 1, 2, 3, 4, 50].map((checks) => next(status, { checks }))).toEqual([15, 60, 600, 3_600, DAY, DAY]);
  });

  it.each(ENDED)('%s is left alone only when money can no longer arrive', (status) => {
    expect(next(status, { ageSeconds: 90 * DAY, checks: 99 })).toBe(DAY);
    expect(next(status, { ageSeconds: 90 * DAY + 1, checks: 99 })).toBeUndefined();
    expect(next(status, { ageSeconds: 3 * DAY, lateMoneyDays: 2 })).toBeUndefined();
  });

  it('refused after a write that may still land is looked at now, and soon again, before the usual decay', () => {
    const checks = [0, 1, 2, 3, 4, 5, 6, 7].map((n) => next('refused', { checks: n, unknownWrite: true }));
    expect(checks).toEqual([0, 2, 5, 15, 60, 600, 3_600, DAY]);
    expect(next('cancelled', { unknownWrite: true })).toBe(15);
  });
});
