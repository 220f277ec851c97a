/** Reads what a person decides about a held bill. It never throws, and says which field it cannot read, and why. */
import { isDeviceInstant } from '../instant.ts';
import { refuse, parseText, type Fields, type Parsed } from '../message-fields.ts';
import type { DecisionOrder } from './link-state.ts';

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
const LONGEST_REASON = 500;

export function parseBillDecision(
  is: DecisionOrder['is'],
  fields: Fields,
  base: { readonly commandId: string; readonly number?: number; readonly actor?: string },
): Parsed<DecisionOrder> {
  const { billId } = fields;
  if (typeof billId !== 'string' || !BILL_ID.test(billId)) return refuse('billId', '32 lower-case hex characters');
  const reason = parseText(fields['reason'], LONGEST_REASON);
  if (reason === undefined || reason.trim() === '') return refuse('reason', '1 to 500 characters that say why');
  // `actor` of a message that came through the API is the API key; the person who decides is `operator`.
  const actor = parseText(fields['operator'], 100) ?? base.actor;
  if (actor === undefined || actor.trim() === '') return refuse('operator', 'who decides, at most 100 characters');
  const order = { ...base, is, billId, reason, actor };
  switch (is) {
    case 'approve':
    case 'reread':
      return { ok: true, value: order };
    case 'correct':
      return withReading(order, fields);
  }
}

function withReading(order: DecisionOrder, { value, readAt }: Fields): Parsed<DecisionOrder> {
  if (typeof value !== 'string' || !/^\d{1,12}(\.\d{1,6})?$/.test(value)) {
    return refuse('value', 'what the register shows, as digits: "00120"');
  }
  if (readAt === undefined) return { ok: true, value: { ...order, value } };
  if (typeof readAt !== 'string' || !isDeviceInstant(readAt))
    return refuse('readAt', 'a time as in RFC 3339, with its offset');
  return { ok: true, value: { ...order, value, readAt } };
}
