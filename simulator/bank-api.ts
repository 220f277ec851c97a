/** The bank's routes: which call goes where, what it is counted as, and the one place where a refusal becomes an answer. */
import type { BankAnswer, BankCall } from './bank-call.ts';
import { errorBody, methodNotAllowed, notFound, Refusal } from './bank-errors.ts';
import { createPaymentLinks } from './payment-links.ts';
import { createPaymentRequests } from './payment-requests.ts';
import type { PaymentRequestParts } from './request-writing.ts';
import { searchRequests } from './request-search.ts';

export const BANK_BASE = '/receivables/request-to-pay/v1';

export interface BankApi {
  answer(call: BankCall): BankAnswer;
  refuse(refusal: Refusal): BankAnswer;
  /** `PUT /payment-requests/{id}`, or undefined for what the bank does not have. */
  routeOf(call: BankCall): string | undefined;
}

interface Route {
  readonly method: string;
  readonly path: string;
  readonly serve: (call: BankCall, id: string) => BankAnswer;
}

export function createBankApi(parts: Omit<PaymentRequestParts, 'links'>): BankApi {
  const { store, clock, behaviour } = parts;
  const links = createPaymentLinks(store, clock);
  const requests = createPaymentRequests({ ...parts, links });
  const routes: readonly Route[] = [
    { method: 'POST', path: '/payment-links', serve: (call) => links.create(call) },
    { method: 'GET', path: '/payment-links', serve: (call) => links.list(call) },
    { method: 'GET', path: '/payment-links/{id}', serve: (_call, id) => links.get(id) },
    { method: 'POST', path: '/payment-requests', serve: (call) => requests.create(call) },
    { method: 'POST', path: '/payment-requests/search', serve: (call) => searchRequests(call, parts) },
    { method: 'GET', path: '/payment-requests/{id}', serve: (call, id) => requests.get(call, id) },
    { method: 'PUT', path: '/payment-requests/{id}', serve: (call, id) => requests.put(call, id) },
    { method: 'POST', path: '/payment-requests/{id}/cancel', serve: (call, id) => requests.cancel(call, id) },
  ];
  const byShape = new Map(routes.map((route) => [`${route.method} ${route.path}`, route]));
  const knownPaths = new Set(routes.map((route) => route.path));

  const refuse = (refusal: Refusal): BankAnswer => ({
    status: refusal.status,
    body: errorBody(refusal, !behaviour.current().errorsWithoutContext),
  });
  return {
    refuse,
    routeOf: (call) => {
      const name = `${call.method} ${shapeOf(call.path).shape}`;
      return byShape.has(name) ? name : undefined;
    },
    answer: (call) => {
      const { shape, id } = shapeOf(call.path);
      try {
        const route = byShape.get(`${call.method} ${shape}`);
        if (route !== undefined) return route.serve(call, id);
        throw knownPaths.has(shape) ? methodNotAllowed() : notFound();
      } catch (error) {
        if (error instanceof Refusal) return refuse(error);
        throw error;
      }
    },
  };
}

/** `/payment-requests/abc/cancel` has the shape `/payment-requests/{id}/cancel`. */
function shapeOf(path: string): { readonly shape: string; readonly id: string } {
  const [, collection = '', second, ...rest] = path.replace(/\/$/, '').split('/');
  if (second === undefined) return { shape: `/${collection}`, id: '' };
  if (second === 'search' && rest.length === 0) return { shape: `/${collection}/search`, id: '' };
  return { shape: ['', collection, '{id}', ...rest].join('/'), id: second };
}
