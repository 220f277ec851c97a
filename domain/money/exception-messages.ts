/**
 * Reads a decision about an exception. It comes from anyone who can reach Temporal: never throws, answers a sentence.
 */
import type { Decision, DecisionName } from './exception.ts';
import { refuse, type Parsed, type MessageRefusal } from '../message-fields.ts';
import { isCurrency, parseDecimal, toJson, type MoneyJson } from '../money.ts';

const REQUEST_ID = /^[0-9a-f]{32}$/;
const LONGEST_TEXT = 500;

export function parseDecision(decision: DecisionName, message: unknown, fallbackId: string): Parsed<Decision> {
  if (typeof message !== 'object' || message === null) return bad('a decision is { operator, reason }');
  const { commandId = fallbackId, operator, reason, paymentRequestId, amount } = message as Record<string, unknown>;
  if (!isText(operator)) return bad('operator says who decides: a text of at most 500 characters');
  if (!isText(reason)) return bad('reason says why: a text of at most 500 characters');
  if (!isText(commandId)) return bad('commandId is a text, or left out');
  if (decision === 'applyTo' && (typeof paymentRequestId !== 'string' || !REQUEST_ID.test(paymentRequestId))) {
    return bad('applyTo names the payment request that gets the money: paymentRequestId, 32 hex characters');
  }
  const bill = decision === 'applyTo' ? { paymentRequestId: String(paymentRequestId) } : {};
  const base = { commandId, decision, operator, reason, ...bill };
  if (amount === undefined || decision !== 'returnMoney') return { ok: true, value: base };
  const money = moneyOf(amount);
  if (money === undefined) return bad('amount is { currency, value: "24.90" }, or left out for all that is left');
  return { ok: true, value: { ...base, amount: money } };
}

/** As people write it, or as a decision that was stored has it. */
function moneyOf(amount: unknown): MoneyJson | undefined {
  if (typeof amount !== 'object' || amount === null) return undefined;
  const { currency, value, minorUnits } = amount as Record<string, unknown>;
  if (typeof currency !== 'string' || !isCurrency(currency)) return undefined;
  if (typeof minorUnits === 'string' && /^\d{1,18}$/.test(minorUnits)) return { minorUnits, currency };
  const parsed = typeof value === 'string' ? parseDecimal(value, currency) : undefined;
  return parsed === undefined ? undefined : toJson(parsed);
}

function isText(value: unknown): value is string {
  return typeof value === 'string' && value.trim() !== '' && value.length <= LONGEST_TEXT;
}

/** The refusal is read by a person, so its sentence names the field. */
function bad(sentence: string): MessageRefusal {
  return refuse('', sentence);
}
