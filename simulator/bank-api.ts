/** The bank's two APIs, Request to Pay and payment returns: which call goes where, and what it is counted as. */
import { createBankRoutes } from './bank-routes.ts';
import type { BankApi } from './bank-routes.ts';
import type { PaymentBulks } from './requests/payment-bulks.ts';
import { createPaymentRequests } from './requests/payment-requests.ts';
import { createPaymentReturns } from './payments/payment-returns.ts';
import type { PaymentReturnParts } from './payments/payment-returns.ts';
import type { PaymentRequestParts } from './requests/request-writing.ts';
import { searchRequests } from './requests/request-search.ts';

export const BANK_BASE = '/receivables/request-to-pay/v1';
/** Another product of the bank, at another place of its own. */
export const RETURNS_BASE = '/payment/v2';

export function createBankApi(parts: PaymentRequestParts & { readonly bulks: PaymentBulks }): BankApi {
  const { links, bulks, behaviour } = parts;
  const requests = createPaymentRequests(parts);
  return createBankRoutes(
    [
      { method: 'POST', path: '/payment-links', serve: (call) => links.create(call) },
      { method: 'GET', path: '/payment-links', serve: (call) => links.list(call) },
      { method: 'GET', path: '/payment-links/{id}', serve: (_call, id) => links.get(id) },
      { method: 'POST', path: '/payment-requests', serve: (call) => requests.create(call) },
      { method: 'POST', path: '/payment-requests/search', serve: (call) => searchRequests(call, parts) },
      { method: 'POST', path: '/payment-requests/bulk', serve: (call) => bulks.create(call) },
      { method: 'GET', path: '/payment-requests/bulk/{id}', serve: (_call, id) => bulks.get(id) },
      { method: 'PUT', path: '/payment-requests/bulk/{id}', serve: (call, id) => bulks.put(call, id) },
      { method: 'GET', path: '/payment-requests/{id}', serve: (call, id) => requests.get(call, id) },
      { method: 'PUT', path: '/payment-requests/{id}', serve: (call, id) => requests.put(call, id) },
      { method: 'POST', path: '/payment-requests/{id}/cancel', serve: (call, id) => requests.cancel(call, id) },
    ],
    behaviour,
  );
}

export function createReturnsApi(parts: PaymentReturnParts): BankApi {
  const returns = createPaymentReturns(parts, RETURNS_BASE);
  return createBankRoutes(
    [
      { method: 'POST', path: '/payments/returns', serve: (call) => returns.create(call) },
      { method: 'GET', path: '/payments/returns/{id}', serve: (_call, id) => returns.get(id) },
    ],
    parts.behaviour,
  );
}
