/** The message that an order would have been sent as: what a command row keeps of an order that came without the API. */
import type { Charge, ChargeChange, Expiry } from '../money/charge.ts';
import type { ChargeMessage } from './link-messages.ts';
import type { Order } from './link-state.ts';
import { fromJson, toText } from '../money.ts';
import { termsMessage } from '../money/terms-messages.ts';
import { present } from '../present.ts';

export function chargeMessage(charge: Charge): ChargeMessage {
  const { amount, reference, description, expiry } = charge;
  const said = description === undefined ? {} : { description };
  return { amount: toText(fromJson(amount)), reference, ...said, ...expiryMessage(expiry) };
}

function changeMessage({ amount, expiry, terms, ...rest }: ChargeChange): Partial<ChargeMessage> {
  const money = amount === undefined ? {} : { amount: toText(fromJson(amount)) };
  const due = expiry === undefined ? {} : expiryMessage(expiry);
  return { ...rest, ...money, ...due, ...present({ terms: terms && termsMessage(terms) }) };
}

function expiryMessage(expiry: Expiry): Partial<ChargeMessage> {
  if (expiry.is === 'within') return { expiresIn: expiry.seconds };
  const terms = expiry.terms === undefined ? {} : { terms: termsMessage(expiry.terms) };
  return { dueDate: expiry.date, graceDays: expiry.graceDays, ...terms };
}

/** `notAfter` is left to the row's own column. */
export function payloadOf(order: Order): object {
  const { commandId } = order;
  switch (order.is) {
    case 'link': {
      const charge = order.charge === undefined ? {} : { charge: chargeMessage(order.charge) };
      return { commandId, requestId: order.requestId, onBusy: order.onBusy, ...charge };
    }
    case 'updateCharge': {
      const expected = order.expectedRevision === undefined ? {} : { expectedRevision: order.expectedRevision };
      return { commandId, requestId: order.requestId, ...expected, charge: changeMessage(order.change) };
    }
    case 'unlink': {
      const named = order.requestId === undefined ? {} : { requestId: order.requestId };
      return { commandId, ...named, ...present({ reason: order.reason }) };
    }
    case 'approve':
    case 'correct':
    case 'reread': {
      const { billId, reason, value, readAt } = order;
      return {
        commandId,
        billId,
        reason,
        ...present({ value, readAt }),
      };
    }
    default:
      return { commandId, ...present({ reason: order.reason }) };
  }
}
