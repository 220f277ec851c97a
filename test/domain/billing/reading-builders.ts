/** Readings and meters that show only what matters to a test. */
import type { Meter } from '../../../domain/billing/meter.ts';
import type { MeasurementInput } from '../../../domain/billing/reading-faults.ts';
import type { Reading } from '../../../domain/billing/reading.ts';
import { usageOf } from '../../../domain/billing/usage.ts';

/** Noon of a day of November 2026. */
export const day = (date: number): string => `2026-11-${String(date).padStart(2, '0')}T12:00:00Z`;

export function aMeter(differences: Partial<Meter> = {}): Meter {
  const installed = { value: '00100', at: day(1) };
  return { meterId: 'M1', digits: 5, decimals: 0, multiplier: '1', installed, ...differences };
}

export function aReading(sequence: number, value: string, date: number, differences: Partial<Reading> = {}): Reading {
  return { deviceId: 'D1', sequence, meterId: 'M1', value, readAt: day(date), kind: 'actual', ...differences };
}

export function used(readings: readonly Reading[], differences: Partial<MeasurementInput> = {}) {
  return usageOf({ meters: [aMeter()], readings, now: day(30), ...differences });
}

export const refusals = (usage: ReturnType<typeof used>) =>
  usage.refused.map(({ sequence, kind }) => `${sequence} ${kind}`);

export function key(sequence: number) {
  return { deviceId: 'D1', sequence };
}
