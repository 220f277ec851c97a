/** Payment requests: create, read, update, cancel, with the rules about links, revisions and ETags. */
import { randomUUID } from 'node:crypto';

import { z } from 'zod';

import { jsonBody } from '../bank-call.ts';
import type { BankAnswer, BankCall } from '../bank-call.ts';
import { badIdentifier, badRequest, badValue, preconditionFailed, resourceNotFound } from '../bank-errors.ts';
import type { BehaviourSwitches } from '../behaviour.ts';
import { parseOrRefuse } from '../issue-context.ts';
import { createRequestWriting } from './request-writing.ts';
import type { PaymentRequestParts } from './request-writing.ts';
import type { RequestRecord, RevisionRecord } from '../records.ts';
import type { RequestLife } from './request-life.ts';
import { crossFieldErrors } from './request-rules.ts';
import { cancellationSchema, paymentRequestSchema } from './request-schema.ts';
import type { PaymentRequestBody } from './request-schema.ts';
import { etagOf } from './request-views.ts';

interface PaymentRequests {
  create(call: BankCall): BankAnswer;
  put(call: BankCall, id: string): BankAnswer;
  get(call: BankCall, id: string): BankAnswer;
  cancel(call: BankCall, id: string): BankAnswer;
}

export function createPaymentRequests(parts: PaymentRequestParts): PaymentRequests {
  const { store, behaviour, life, views } = parts;
  const writing = createRequestWriting(parts);
  /** How often each settled request was read by id, for a bank that shows two payments in turns. */
  const turns = new Map<string, number>();

  const parse = (call: BankCall, existing: RequestRecord | undefined): PaymentRequestBody => {
    const body = jsonBody(call);
    const createdAt = existing?.createdAt ?? parts.clock.now();
    const { acceptOneCent } = behaviour.current();
    const more = crossFieldErrors(body, { existing, createdAt, acceptOneCent });
    return parseOrRefuse(paymentRequestSchema, body, 'BODY', more);
  };
  const answer = (status: number, request: RequestRecord, options: DetailOptions = {}): BankAnswer => ({
    status,
    ...(behaviour.current().etags === 'on' ? { headers: { etag: etagOf(request, options.revision?.number) } } : {}),
    body: views.details(request, options),
  });
  const read = (request: RequestRecord): DetailOptions => {
    if (request.payments.length === 0) return {};
    const turn = turns.get(request.id) ?? 0;
    turns.set(request.id, turn + 1);
    return { summary: !behaviour.withholdSummary(), turn };
  };
  return {
    create: (call) => {
      const body = parse(call, undefined);
      const key = idempotencyKeyOf(call, behaviour);
      const replayed = key === undefined ? undefined : replayOf(key, call, parts);
      if (replayed !== undefined) return answer(201, replayed);
      const request = writing.create(randomUUID().replaceAll('-', ''), body);
      if (key !== undefined) store.saveKey(key, { requestId: request.id, body: call.body });
      return answer(201, request);
    },
    put: (call, id) => {
      if (!/^[A-Za-z0-9]{26,35}$/.test(id)) throw badIdentifier();
      const existing = life.current(id);
      const body = parse(call, existing);
      if (existing !== undefined && existing.status !== 'ACTIVE') throw notActive(existing);
      if (!holds(conditionOf(call, behaviour), existing)) throw preconditionFailed();
      return answer(200, existing === undefined ? writing.create(id, body) : writing.update(existing, body));
    },
    get: (call, id) => {
      const current = known(life, id);
      const request = store.requestSeen(current);
      const { revisionNumber } = parseOrRefuse(readQuerySchema, Object.fromEntries(call.query), 'QUERY');
      if (revisionNumber === undefined) return answer(200, request, read(request));
      const revision = store.revision(id, revisionNumber);
      if (revision === undefined || revisionNumber > request.revisionNumber) throw resourceNotFound();
      return answer(200, request, { ...read(request), revision });
    },
    cancel: (call, id) => {
      parseOrRefuse(cancellationSchema, jsonBody(call), 'BODY');
      const request = known(life, id);
      if (request.status !== 'ACTIVE') throw notActive(request);
      life.cancel(request);
      return { status: 200, body: { message: 'Payment request cancelled successfully' } };
    },
  };
}

interface DetailOptions {
  readonly revision?: RevisionRecord;
  readonly summary?: boolean;
  readonly turn?: number;
}

const readQuerySchema = z.strictObject({ revisionNumber: z.coerce.number().int().min(0).max(100).optional() });

function known(life: RequestLife, id: string): RequestRecord {
  if (!/^[-A-Za-z0-9]{1,36}$/.test(id)) throw badIdentifier();
  const request = life.current(id);
  if (request === undefined) throw resourceNotFound();
  return request;
}

/** The body for this case is not published; it is the reference's own reading. */
export function notActive({ status }: RequestRecord) {
  return badValue(`The payment request is ${status}; only ACTIVE requests can be changed.`, 'id', 'PATH');
}

export function conditionOf(call: BankCall, behaviour: BehaviourSwitches): string | undefined {
  const condition = call.headers['if-match'];
  if (condition === undefined || behaviour.current().etags === 'off') return undefined;
  if (condition.length >= 1 && condition.length <= 100) return condition;
  throw badRequest([
    {
      code: condition === '' ? '10002' : '10003',
      message: '1 to 100 characters.',
      field: 'If-Match',
      location: 'HEADER',
    },
  ]);
}

function holds(condition: string | undefined, existing: RequestRecord | undefined): boolean {
  if (condition === undefined) return true;
  return existing !== undefined && (condition === '*' || condition === etagOf(existing));
}

export function idempotencyKeyOf(call: BankCall, behaviour: BehaviourSwitches): string | undefined {
  const key = call.headers['idempotency-key'];
  if (key === undefined || behaviour.current().idempotencyKeys === 'ignore') return undefined;
  if (/^[-_.a-zA-Z0-9]{36}$/.test(key)) return key;
  throw badRequest([
    {
      code: key.length < 36 ? '10002' : key.length > 36 ? '10003' : '10103',
      message: 'Exactly 36 characters of ^[-_.a-zA-Z0-9]{36}$.',
      field: 'Idempotency-Key',
      location: 'HEADER',
    },
  ]);
}

/** The request that this key made before. Another body under a used key is refused in either mode. */
function replayOf(key: string, call: BankCall, { store, behaviour, life }: PaymentRequestParts) {
  const used = store.usedKey(key);
  if (used === undefined) return undefined;
  if (behaviour.current().idempotencyKeys === 'replay' && used.body === call.body) return life.current(used.requestId);
  const message = 'The idempotency key was used before.';
  throw badRequest([{ code: '10106', message, field: 'Idempotency-Key', location: 'HEADER' }]);
}
