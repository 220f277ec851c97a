/** An API of the bank over HTTP: counts every call, wants the bearer token, and has the bad luck that was ordered. */
import express from 'express';
import type { Request, Response, Router } from 'express';

import type { BankAnswer, BankCall } from './bank-call.ts';
import { refusalOfStatus, unauthorized } from './bank-errors.ts';
import type { BankApi } from './bank-routes.ts';
import type { BehaviourSwitches } from './behaviour.ts';
import type { ApiFault, Faults } from './faults.ts';
import type { TokenDesk } from './token-desk.ts';

interface BankHttpParts {
  readonly api: BankApi;
  readonly tokens: TokenDesk;
  readonly faults: Faults;
  readonly behaviour: BehaviourSwitches;
  readonly count: (route: string) => void;
  /** Runs later, and never once the simulator is closed. */
  readonly later: (delayMs: number, work: () => void) => void;
}

export function createBankHttp(parts: BankHttpParts): Router {
  const { api, tokens, faults, count } = parts;
  const router = express.Router();
  router.use(express.text({ type: () => true, limit: '1mb' }));
  router.use((request, response) => {
    const call = callOf(request);
    count(api.routeOf(call) ?? `${call.method} (unknown)`);
    if (!tokens.accepts(call.headers['authorization'])) {
      send(response, api.refuse(unauthorized()));
      return;
    }
    const fault = faults.ofCall(call.method, call.path);
    if (fault === undefined) send(response, api.answer(call));
    else strike(fault, call, response, parts);
  });
  return router;
}

function callOf(request: Request): BankCall {
  const { pathname, searchParams } = new URL(request.url, 'http://bank');
  const headers = Object.entries(request.headers).map(([name, value]) => [name, [value].flat().join(', ')] as const);
  return {
    method: request.method,
    path: pathname,
    query: searchParams,
    headers: Object.fromEntries(headers),
    body: typeof request.body === 'string' ? request.body : '',
  };
}

function strike(fault: ApiFault, call: BankCall, response: Response, parts: BankHttpParts): void {
  const { api, behaviour, later } = parts;
  switch (fault.is) {
    case 'status': {
      const { status, retryAfterSeconds: after } = fault;
      const answer = api.refuse(refusalOfStatus(status));
      send(response, after === undefined ? answer : { ...answer, headers: { 'retry-after': String(after) } });
      return;
    }
    case 'timeout': {
      const { lateWriteMs } = behaviour.current();
      const isWrite = call.method !== 'GET' && !call.path.endsWith('/search');
      if (fault.when === 'after') {
        // A write that is under way for longer than its caller waits lands when nobody expects it any more.
        if (isWrite && lateWriteMs > 0) later(lateWriteMs, () => void api.answer(call));
        else api.answer(call);
      }
      later(fault.holdMs, () => response.socket?.destroy());
      return;
    }
    case 'slow': {
      const answer = api.answer(call);
      later(fault.slowMs, () => send(response, answer));
      return;
    }
    case 'body':
      sendHalf(response, api.answer(call), fault.form);
  }
}

function send(response: Response, answer: BankAnswer): void {
  response.status(answer.status).set(answer.headers ?? {});
  // Express would make an ETag of its own from the bytes; the bank's is the only one here.
  response.type('application/json').end(JSON.stringify(answer.body));
}

function sendHalf(response: Response, answer: BankAnswer, form: 'truncated' | 'unreadable'): void {
  const whole = Buffer.from(JSON.stringify(answer.body));
  const half = whole.subarray(0, whole.length >> 1);
  response
    .status(answer.status)
    .set(answer.headers ?? {})
    .type('application/json');
  if (form === 'unreadable') {
    response.end(half);
    return;
  }
  response.set('content-length', String(whole.length));
  response.write(half, () => response.socket?.destroy());
}
