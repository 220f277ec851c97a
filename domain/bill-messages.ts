/** Reads what is sent to a metered link: readings that come along, and what a person decides about a held bill. It never throws. */
import type { DecisionOrder } from './link-state.ts';
import { isFields, refuse, text, type Fields, type Parsed } from './message-fields.ts';
import { parseReading } from './reading-messages.ts';
import type { Reading } from './reading.ts';

/** Straight from a utility that holds a Temporal client; without readings: "something was stored". */
export interface UsageMessage {
  readonly readings?: readonly Reading[];
  /** For the reader of the history only. */
  readonly because?: string;
}

export interface BillDecisionMessage {
  readonly commandId?: string;
  readonly billId: string;
  readonly operator: string;
  readonly reason: string;
  /** `correct`: what the register shows: "00120". */
  readonly value?: string;
  /** `correct`: when it showed that; the moment of the reading that it corrects when left out. */
  readonly readAt?: string;
}

const BILL_ID = /^[0-9a-f]{32}$/;
const READINGS_AT_ONCE = 20;
const LONGEST_REASON = 500;

export function parseUsage(input: unknown): Parsed<readonly Reading[]> {
  const fields = input ?? {};
  if (!isFields(fields)) return refuse('usage: an object is needed');
  const { readings = [] } = fields;
  if (!Array.isArray(readings) || readings.length > READINGS_AT_ONCE) {
    return refuse(`readings: a list of at most ${READINGS_AT_ONCE}; more of them are for the API`);
  }
  const parsed = readings.map((one: unknown) => parseReading(one));
  const bad = parsed.findIndex((one) => !one.ok);
  const fault = parsed[bad];
  if (fault !== undefined && !fault.ok) {
    const [first] = fault.faults;
    return refuse(`readings[${bad}].${first?.field ?? ''}: ${first?.because ?? 'is not a reading'}`);
  }
  return { ok: true, value: parsed.flatMap((one) => (one.ok ? [one.value] : [])) };
}

export function parseBillDecision(
  is: DecisionOrder['is'],
  fields: Fields,
  base: { readonly commandId: string; readonly number?: number; readonly actor?: string },
): Parsed<DecisionOrder> {
  const { billId, value, readAt } = fields;
  if (typeof billId !== 'string' || !BILL_ID.test(billId)) return refuse('billId: 32 lower-case hex characters');
  const reason = text(fields['reason'], LONGEST_REASON);
  if (reason === undefined || reason.trim() === '') return refuse('reason: 1 to 500 characters that say why');
  // The API's own word for who sent it is the key; who decides is a person.
  const actor = text(fields['operator'], 100) ?? base.actor;
  if (actor === undefined || actor.trim() === '') return refuse('operator: who decides, at most 100 characters');
  const order = { ...base, is, billId, reason, actor };
  if (is !== 'correct') return { ok: true, value: order };
  if (typeof value !== 'string' || !/^\d{1,12}(\.\d{1,6})?$/.test(value)) {
    return refuse('value: what the register shows, as digits: "00120"');
  }
  if (readAt === undefined) return { ok: true, value: { ...order, value } };
  const at = parseReading({ deviceId: 'd', sequence: 1, meterId: 'M', value, readAt, kind: 'actual' });
  if (!at.ok || typeof readAt !== 'string') return refuse('readAt: a time as in RFC 3339, with its offset');
  return { ok: true, value: { ...order, value, readAt } };
}
