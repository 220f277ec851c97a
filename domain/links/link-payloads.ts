/**
 * The message that an order would have been sent as: what a command row keeps of an order that came without the API.
 */
import type { Order } from './link-state.ts';
import { changeMessage, chargeMessage } from '../money/charge-messages.ts';
import { present } from '../present.ts';

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
    case 'open':
    case 'retire':
    case 'resolve':
    case 'reconcileNow':
    case 'annotate':
      return { commandId, ...present({ reason: order.reason }) };
  }
}
