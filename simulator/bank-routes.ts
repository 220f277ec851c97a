/**
 * From a call to whoever serves it, and the one place where a refusal becomes an answer. It knows no route by itself.
 */
import type { BankAnswer, BankCall } from './bank-call.ts';
import { BankRefusal, errorBody, methodNotAllowed, resourceNotFound } from './bank-errors.ts';
import type { BehaviourSwitches } from './behaviour.ts';

export interface BankApi {
  answer(call: BankCall): BankAnswer;
  refuse(refusal: BankRefusal): BankAnswer;
  /** `PUT /payment-requests/{id}`, or undefined for what the bank does not have. */
  routeOf(call: BankCall): string | undefined;
}

interface Route {
  readonly method: string;
  /** With at most one `{id}`. Of two paths that fit a call, the earlier one is meant. */
  readonly path: string;
  readonly serve: (call: BankCall, id: string) => BankAnswer;
}

export function createBankRoutes(routes: readonly Route[], behaviour: BehaviourSwitches): BankApi {
  const byName = new Map(routes.map((route) => [`${route.method} ${route.path}`, route]));
  const refuse = (refusal: BankRefusal): BankAnswer => ({
    status: refusal.status,
    body: errorBody(refusal, !behaviour.current().errorsWithoutContext),
  });
  return {
    refuse,
    routeOf: (call) => {
      const name = `${call.method} ${placeOf(call.path, routes)?.path}`;
      return byName.has(name) ? name : undefined;
    },
    answer: (call) => {
      const place = placeOf(call.path, routes);
      try {
        if (place === undefined) throw resourceNotFound();
        const route = byName.get(`${call.method} ${place.path}`);
        if (route === undefined) throw methodNotAllowed();
        return route.serve(call, place.id);
      } catch (error) {
        if (error instanceof BankRefusal) return refuse(error);
        throw error;
      }
    },
  };
}

/** `/payment-requests/abc/cancel` is at `/payment-requests/{id}/cancel`, with the id `abc`. */
function placeOf(called: string, routes: readonly Route[]): { readonly path: string; readonly id: string } | undefined {
  const parts = called.replace(/\/$/, '').split('/');
  for (const { path } of routes) {
    const names = path.split('/');
    const fits = names.length === parts.length && names.every((name, n) => name === '{id}' || name === parts[n]);
    if (fits) return { path, id: parts[names.indexOf('{id}')] ?? '' };
  }
  return undefined;
}
