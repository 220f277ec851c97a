/**
 * Reads the messages of a link workflow. They come from anyone who can reach Temporal, so every parser takes `unknown`,
 * never throws, and says which field it cannot read, and why. A message may leave out whatever the workflow can fill
 * in: `temporal workflow signal --name link --input '{"charge":{"amount":{"currency":"BRL","value":"24.90"}}}'` is
 * enough.
 */
import type { Charge, LinkKind } from '../money/charge.ts';
import { parseChange, parseCharge, type ChargeMessage } from '../money/charge-messages.ts';
import { parseBillDecision } from './decision-messages.ts';
import { BUSY_POLICIES, type BusyPolicy, type Order } from './link-state.ts';
import { either, isFields, isOneOf, isWhole, refuse, parseText, type Fields, type Parsed } from '../message-fields.ts';
import { fromJson, toSentence } from '../money.ts';
import { present } from '../present.ts';

export type { Parsed };

export interface LinkMessage {
  readonly commandId?: string;
  readonly number?: number;
  readonly requestId?: string;
  readonly charge: ChargeMessage;
  readonly onBusy?: BusyPolicy;
  /** RFC 3339; after it the sale is refused and never linked. */
  readonly notAfter?: string;
  readonly actor?: string;
}
export interface UpdateChargeMessage {
  readonly commandId?: string;
  readonly number?: number;
  readonly requestId: string;
  readonly expectedRevision?: number;
  /** What is left out stays as it is. */
  readonly charge: Partial<ChargeMessage>;
  readonly notAfter?: string;
  readonly actor?: string;
}
export interface UnlinkMessage {
  readonly commandId?: string;
  readonly number?: number;
  readonly requestId?: string;
  readonly reason?: string;
  readonly actor?: string;
}
export interface OperatorMessage {
  readonly commandId?: string;
  readonly number?: number;
  readonly operator?: string;
  readonly reason?: string;
  readonly actor?: string;
}
export interface NoticeMessage {
  readonly requestId?: string;
  /** The notice's id in the inbox, or why somebody asks; for the reader of the history only. */
  readonly because?: string;
}

/** Ids that the workflow makes, deterministically, for a message that came without. */
export interface IdSource {
  readonly commandId: () => string;
  readonly requestId: () => string;
}

const REQUEST_ID = /^[0-9a-f]{32}$/;
/** With its zone: without one it would be another moment on each machine. */
const RFC_3339 = /^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}(\.\d{1,9})?(Z|[+-]\d{2}:\d{2})$/;
const COMMAND_ID = /^[A-Za-z0-9_:.-]{1,100}$/;

interface MessageBase {
  readonly commandId: string;
  readonly number?: number;
  readonly actor?: string;
}

function parseBase(input: Fields, ids: IdSource): Parsed<MessageBase> {
  const { commandId, number } = input;
  if (commandId !== undefined && (typeof commandId !== 'string' || !COMMAND_ID.test(commandId))) {
    return refuse('commandId', '1 to 100 letters, digits or _ : . -');
  }
  if (number !== undefined && !isWhole(number, 1, Number.MAX_SAFE_INTEGER))
    return refuse('number', 'a whole number from 1');
  const actor = parseText(input['actor'] ?? input['operator'], 100);
  const base = { commandId: commandId ?? ids.commandId() };
  return {
    ok: true,
    value: { ...base, ...present({ number, actor }) },
  };
}

function parseNotAfter(value: unknown): Parsed<{ readonly notAfter?: number }> {
  if (value === undefined) return { ok: true, value: {} };
  const at = typeof value === 'string' && RFC_3339.test(value) ? Date.parse(value) : Number.NaN;
  return Number.isNaN(at) ? refuse('notAfter', 'a time as in RFC 3339') : { ok: true, value: { notAfter: at } };
}

function amountOf(charge: Charge): string {
  return toSentence(fromJson(charge.amount));
}

export type OrderName = Order['is'];

/** `kind` decides how a charge expires. */
export function parseOrder(name: OrderName, input: unknown, kind: LinkKind, ids: IdSource): Parsed<Order> {
  const fields = input ?? {};
  if (!isFields(fields)) return refuse(name, 'an object is needed');
  const base = parseBase(fields, ids);
  if (!base.ok) return base;
  switch (name) {
    case 'link':
      return parseLink(fields, base.value, kind, ids);
    case 'updateCharge':
      return parseUpdate(fields, base.value, kind);
    case 'approve':
    case 'correct':
    case 'reread':
      return parseBillDecision(name, fields, base.value);
    case 'unlink':
      return parseUnlink(fields, base.value);
    case 'open':
    case 'retire':
    case 'resolve':
    case 'reconcileNow':
    case 'annotate': {
      const said = parseReason(fields);
      return said.ok ? { ok: true, value: { ...base.value, ...said.value, is: name } } : said;
    }
  }
}

function parseReason(fields: Fields): Parsed<{ readonly reason?: string }> {
  if (fields['reason'] === undefined) return { ok: true, value: {} };
  const reason = parseText(fields['reason'], 140);
  return reason === undefined ? refuse('reason', 'at most 140 characters') : { ok: true, value: { reason } };
}

function parseUnlink(fields: Fields, base: MessageBase): Parsed<Order> {
  const said = parseReason(fields);
  if (!said.ok) return said;
  const { requestId } = fields;
  if (requestId === undefined) return { ok: true, value: { ...base, ...said.value, is: 'unlink' } };
  if (typeof requestId !== 'string' || !REQUEST_ID.test(requestId))
    return refuse('requestId', '32 lower-case hex characters');
  return { ok: true, value: { ...base, ...said.value, is: 'unlink', requestId } };
}

function parseLink(fields: Fields, base: MessageBase, kind: LinkKind, ids: IdSource): Parsed<Order> {
  const requestId = fields['requestId'] ?? ids.requestId();
  if (typeof requestId !== 'string' || !REQUEST_ID.test(requestId))
    return refuse('requestId', '32 lower-case hex characters');
  const charge = parseCharge(fields['charge'], kind, requestId);
  if (!charge.ok) return charge;
  const onBusy = fields['onBusy'] ?? 'reject';
  if (!isOneOf(onBusy, BUSY_POLICIES)) return refuse('onBusy', either(BUSY_POLICIES));
  const notAfter = parseNotAfter(fields['notAfter']);
  if (!notAfter.ok) return notAfter;
  const amount = amountOf(charge.value);
  return {
    ok: true,
    value: { ...base, ...notAfter.value, is: 'link', requestId, charge: charge.value, amount, onBusy },
  };
}

function parseUpdate(fields: Fields, base: MessageBase, kind: LinkKind): Parsed<Order> {
  const { requestId, expectedRevision } = fields;
  if (typeof requestId !== 'string' || !REQUEST_ID.test(requestId)) {
    return refuse('requestId', '32 lower-case hex characters');
  }
  const change = parseChange(fields['charge'], kind);
  if (!change.ok) return change;
  if (Object.keys(change.value).length === 0) return refuse('charge', 'nothing to change');
  if (expectedRevision !== undefined && !isWhole(expectedRevision, 0, 100_000)) {
    return refuse('expectedRevision', 'a whole number');
  }
  const notAfter = parseNotAfter(fields['notAfter']);
  if (!notAfter.ok) return notAfter;
  const amount = change.value.amount === undefined ? {} : { amount: toSentence(fromJson(change.value.amount)) };
  const expected = expectedRevision === undefined ? {} : { expectedRevision };
  const order = { ...base, ...notAfter.value, ...expected, ...amount, is: 'updateCharge' as const, requestId };
  return { ok: true, value: { ...order, change: change.value } };
}

/** The request that a notice names, if it names one that can be ours. */
export function parseNotice(input: unknown): Parsed<{ readonly requestId?: string }> {
  const fields = input ?? {};
  if (!isFields(fields)) return refuse('', 'a notice is an object');
  const { requestId } = fields;
  if (requestId === undefined) return { ok: true, value: {} };
  if (typeof requestId !== 'string' || !REQUEST_ID.test(requestId))
    return refuse('requestId', '32 lower-case hex characters');
  return { ok: true, value: { requestId } };
}
