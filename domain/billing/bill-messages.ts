/** Reads the readings that are sent to a metered link. It never throws. */
import { isFields, refuse, type Parsed } from '../message-fields.ts';
import { parseReading } from './reading-messages.ts';
import type { Reading } from './reading.ts';

/**
 * Sent by a utility with its own Temporal client, with the readings in it; or by us without any, which means "something
 * was stored".
 */
export interface UsageMessage {
  readonly readings?: readonly Reading[];
  /** For the reader of the history only. */
  readonly because?: string;
}

const READINGS_AT_ONCE = 20;

export function parseUsage(input: unknown): Parsed<readonly Reading[]> {
  const fields = input ?? {};
  if (!isFields(fields)) return refuse('usage', 'an object is needed');
  const { readings = [] } = fields;
  if (!Array.isArray(readings) || readings.length > READINGS_AT_ONCE) {
    return refuse('readings', `a list of at most ${READINGS_AT_ONCE}; more of them are for the API`);
  }
  const parsed = readings.map((one: unknown) => parseReading(one));
  const bad = parsed.findIndex((one) => !one.ok);
  const fault = parsed[bad];
  if (fault !== undefined && !fault.ok) {
    const { field = '', because = 'is not a reading' } = fault.faults[0] ?? {};
    return refuse(`readings[${bad}]${field && `.${field}`}`, because);
  }
  return { ok: true, value: parsed.flatMap((one) => (one.ok ? [one.value] : [])) };
}
