/**
 * The control API: plays the payer, the clock and bad luck. Open to every page on this machine; it is not the bank's.
 */
import express from 'express';
import type { NextFunction, Request, Response, Router } from 'express';
import { z } from 'zod';

import type { BankClock } from '../bank-clock.ts';
import type { BankStore } from '../bank-store.ts';
import type { BehaviourSwitches } from '../behaviour.ts';
import type { BankCallbacks } from '../callbacks.ts';
import { controlApiDocument, descriptionList, descriptionPage } from './control-description.ts';
import * as schemas from './control-schemas.ts';
import type { Faults } from '../faults.ts';
import { summaryStatus } from '../requests/money-back.ts';
import { PayerRefusal } from '../payments/payer.ts';
import type { Payer } from '../payments/payer.ts';
import { isTerminal, timestamp } from '../records.ts';
import type { LinkRecord, RequestRecord, ReturnRecord } from '../records.ts';
import type { RequestLife } from '../requests/request-life.ts';
import { present } from '../../domain/present.ts';

interface ControlParts {
  readonly store: BankStore;
  readonly clock: BankClock;
  readonly behaviour: BehaviourSwitches;
  readonly faults: Faults;
  readonly life: RequestLife;
  readonly callbacks: BankCallbacks;
  readonly payer: Payer;
  readonly calls: { counts(): Record<string, number>; reset(): void };
}

export function createControlApi(parts: ControlParts): Router {
  const router = express.Router();
  router.use(openToAllPages);
  router.use(express.json({ type: () => true, strict: false }));
  descriptionRoutes(router);
  payerRoutes(router, parts);
  luckRoutes(router, parts);
  recordRoutes(router, parts);
  router.use((_request, response) => void response.status(404).json({ because: 'unknown', sentence: 'No such call.' }));
  router.use(refused);
  return router;
}

/** The demo page is served from another port. */
function openToAllPages(request: Request, response: Response, next: NextFunction): void {
  response.set({
    'access-control-allow-origin': '*',
    'access-control-allow-headers': 'content-type',
    'access-control-allow-methods': 'GET, POST, DELETE, OPTIONS',
  });
  if (request.method === 'OPTIONS') response.status(204).end();
  else next();
}

function descriptionRoutes(router: Router): void {
  router.get('/', (request, response) => {
    if (request.accepts(['json', 'html']) === 'html') response.type('html').send(descriptionPage());
    else response.json(descriptionList());
  });
  router.get('/openapi.json', (_request, response) => void response.json(controlApiDocument()));
}

function payerRoutes(router: Router, { payer, life, callbacks }: ControlParts): void {
  router.post('/scan', (request, response) => {
    response.json(payer.scan(schemas.scanSchema.parse(request.body).text));
  });
  router.post('/pay', (request, response) => {
    const { status, answer } = payer.pay(schemas.paySchema.parse(request.body));
    response.status(status === 'SETTLED' ? 200 : 202).json(answer);
  });
  router.post('/return', (request, response) => {
    const order = schemas.returnSchema.parse(request.body);
    response.json({ paymentRequestId: order.paymentRequestId, ...returnRow(payer.giveBack(order)) });
  });
  router.post('/callbacks', (request, response) => {
    const { paymentRequestId, status } = schemas.callbackSchema.parse(request.body);
    const found = life.current(paymentRequestId);
    if (found === undefined) throw new PayerRefusal('unknown');
    const told = status ?? found.status;
    callbacks.announce(told, found.id, told === 'SETTLED' ? found.payments.at(-1)?.endToEndId : undefined);
    response.status(202).json({ paymentRequestId, status: told });
  });
  router.get('/callbacks', (_request, response) => void response.json(callbacks.counts()));
}

function luckRoutes(router: Router, { clock, faults, behaviour }: ControlParts): void {
  const time = () => ({ now: new Date(clock.now()).toISOString(), offsetSeconds: clock.offsetMs() / 1000 });
  router.get('/clock', (_request, response) => void response.json(time()));
  router.post('/clock', (request, response) => {
    const order = schemas.clockSchema.parse(request.body);
    clock.setOffset('reset' in order ? 0 : clock.offsetMs() + order.advanceSeconds * 1000);
    response.json(time());
  });
  router.get('/faults', (_request, response) => void response.json(faults.inForce()));
  router.post('/faults', (request, response) => {
    const order = schemas.faultsSchema.parse(request.body);
    if ('reset' in order) faults.reset();
    else faults.order(order);
    response.json(faults.inForce());
  });
  router.get('/behaviour', (_request, response) => void response.json(behaviour.current()));
  router.post('/behaviour', (request, response) => {
    const order = schemas.behaviourPatchSchema.parse(request.body);
    if ('reset' in order) behaviour.reset();
    // An absent member would overwrite what is in force.
    else behaviour.change(present(order));
    response.json(behaviour.current());
  });
}

function recordRoutes(router: Router, { store, life, calls }: ControlParts): void {
  router.get('/calls', (_request, response) => void response.json(calls.counts()));
  router.delete('/calls', (_request, response) => {
    calls.reset();
    response.json({});
  });
  router.get('/payment-requests', (_request, response) => {
    const ids = [...store.requestsBetween(-Infinity, Infinity)].map(({ id }) => id);
    const requests = ids.map((id) => life.current(id)).filter((request) => request !== undefined);
    const paymentLinks = [...store.linksBetween(-Infinity, Infinity)].map((link) => linkRow(link));
    response.json({ paymentRequests: requests.map((request) => requestRow(request)), paymentLinks });
  });
}

function requestRow(request: RequestRecord): object {
  const { id, status, revisionNumber: revision, paymentLinkId, content, createdAt, expiresAt } = request;
  return {
    id,
    status,
    revision,
    paymentLinkId,
    amount: { currency: content.currency, value: content.paymentAmount },
    reference: content.reference,
    createdAt: timestamp(createdAt),
    expiresAt: timestamp(expiresAt),
    payments: request.payments.map((each) => ({ ...each, settledAt: timestamp(each.settledAt ?? 0) })),
    returns: request.returns.map((each) => returnRow(each)),
    ended: isTerminal(status),
  };
}

/** A return as checkers see it, in the words of both APIs. */
function returnRow({ order, ahead: _ahead, ...rest }: ReturnRecord): object {
  const { status, createdAt, settledAt } = rest;
  return {
    ...rest,
    status: summaryStatus(status),
    returnStatus: status,
    createdAt: timestamp(createdAt),
    ...(settledAt === undefined ? {} : { settledAt: timestamp(settledAt) }),
    ...present({ idempotencyKey: order?.key }),
  };
}

function linkRow({ id, expirationType, url, paymentRequestId, incidental }: LinkRecord): object {
  return { id, expirationType, url, paymentRequestId, incidental };
}

function refused(error: unknown, _request: Request, response: Response, next: NextFunction): void {
  if (error instanceof PayerRefusal) {
    const { because, message: sentence } = error;
    response.status(because === 'unknown' ? 404 : 409).json({ because, sentence });
  } else if (error instanceof z.ZodError) {
    response.status(400).json({ because: 'invalid', sentence: z.prettifyError(error), issues: error.issues });
  } else if (error instanceof SyntaxError) {
    response.status(400).json({ because: 'invalid', sentence: 'The body is not JSON.' });
  } else {
    next(error);
  }
}
