/**
 * Up to 25 due-date requests in one call: taken at once, carried out one by one, each row with an end of its own. A row
 * that is refused stops no other.
 */
import { createHash, randomUUID } from 'node:crypto';
import { present } from '../../domain/present.ts';

import { createAgenda } from '../agenda.ts';
import { jsonBody } from '../bank-call.ts';
import type { BankAnswer, BankCall } from '../bank-call.ts';
import {
  badIdentifier,
  badRequest,
  badValue,
  BankRefusal,
  preconditionFailed,
  resourceNotFound,
} from '../bank-errors.ts';
import type { ErrorContext } from '../bank-errors.ts';
import { bulkCreationSchema, bulkUpdateSchema } from './bulk-schema.ts';
import { parseOrRefuse } from '../issue-context.ts';
import { conditionOf, idempotencyKeyOf, notActive } from './payment-requests.ts';
import { createRequestWriting } from './request-writing.ts';
import type { PaymentRequestParts } from './request-writing.ts';
import { timestamp, wholeSecond } from '../records.ts';
import type { BulkRecord, BulkRowRecord } from '../records.ts';
import { crossFieldErrors } from './request-rules.ts';
import { paymentRequestSchema } from './request-schema.ts';

export interface PaymentBulks {
  create(call: BankCall): BankAnswer;
  put(call: BankCall, id: string): BankAnswer;
  get(id: string): BankAnswer;
  close(): void;
}

export function createPaymentBulks(parts: PaymentRequestParts): PaymentBulks {
  const { store, clock, behaviour } = parts;
  const carryOut = createCarryOut(parts);
  const agenda = createAgenda(clock, (id) => void advance(id));

  /** The bulk after every row that fell due since anybody looked. */
  const advance = (id: string): BulkRecord | undefined => {
    const bulk = store.bulk(id);
    if (bulk === undefined) return undefined;
    const now = clock.now();
    const isDue = (row: BulkRowRecord): boolean => row.status === 'PENDING' && row.dueAt <= now;
    const current = bulk.rows.some(isDue)
      ? { ...bulk, updatedAt: wholeSecond(now), rows: bulk.rows.map((row) => (isDue(row) ? carryOut(row) : row)) }
      : bulk;
    if (current !== bulk) store.saveBulk(current);
    const next = Math.min(...current.rows.filter(({ status }) => status === 'PENDING').map(({ dueAt }) => dueAt));
    if (next !== Infinity) agenda.note(next, id);
    return current;
  };
  const accept = (bulk: BulkRecord): BankAnswer => {
    store.saveBulk(bulk);
    const answer = taken(bulk, behaviour.current().etags === 'on');
    advance(bulk.id);
    return answer;
  };
  for (const { id } of store.bulks()) advance(id);
  return {
    create: (call) => {
      const body = parseOrRefuse(bulkCreationSchema, jsonBody(call), 'BODY');
      const key = idempotencyKeyOf(call, behaviour);
      const replayed = key === undefined ? undefined : replayOf(key, call, parts);
      if (replayed !== undefined) return taken(replayed, behaviour.current().etags === 'on');
      const rows = rowsOf(body.requests, 'create', parts);
      const now = wholeSecond(clock.now());
      const { description } = body;
      const more = description === undefined ? {} : { description };
      const bulk = { id: randomUUID(), ...more, version: 0, createdAt: now, updatedAt: now, rows };
      if (key !== undefined) store.saveKey(key, { requestId: bulk.id, body: call.body });
      return accept(bulk);
    },
    put: (call, id) => {
      const bulk = known(advance, id);
      const body = parseOrRefuse(bulkUpdateSchema, jsonBody(call), 'BODY');
      const condition = conditionOf(call, behaviour);
      if (condition !== undefined && condition !== '*' && condition !== etagOf(bulk)) throw preconditionFailed();
      const written = rowsOf(body.requests, 'update', parts);
      const rows = [...bulk.rows.filter((row) => !written.some((one) => one.id === row.id)), ...written];
      const strange = written.findIndex((row) => bulk.rows.every((one) => one.id !== row.id));
      if (strange !== -1) throw badValue('The payment request is not part of this bulk.', `$.requests[${strange}].id`);
      return accept({ ...bulk, version: bulk.version + 1, updatedAt: wholeSecond(clock.now()), rows });
    },
    get: (id) => {
      const bulk = known(advance, id);
      const answer = taken(bulk, behaviour.current().etags === 'on');
      return { ...answer, status: 200, body: detailsOf(bulk, clock.now()) };
    },
    close: () => agenda.close(),
  };
}

/** Each falls due in its turn, the last one after `bulkMs`. */
function rowsOf(
  requests: readonly BulkRowBody[],
  does: BulkRowRecord['does'],
  { clock, behaviour }: PaymentRequestParts,
): readonly BulkRowRecord[] {
  const now = clock.now();
  const { bulkMs } = behaviour.current();
  return distinct(requests).map(({ id = newRequestId(), ...body }, index) => {
    const dueAt = now + Math.ceil((bulkMs * (index + 1)) / requests.length);
    return { id, does, body, status: 'PENDING', dueAt };
  });
}

type BulkRowBody = Readonly<Record<string, unknown>> & { readonly id?: string | undefined };

/**
 * Carries out one row as the call for one request would be, and keeps the refusal where that one would be answered with
 * it.
 */
function createCarryOut(parts: PaymentRequestParts): (row: BulkRowRecord) => BulkRowRecord {
  const { life, clock, behaviour } = parts;
  const writing = createRequestWriting(parts);
  const write = ({ id, does, body }: BulkRowRecord): void => {
    const existing = life.current(id);
    if (does === 'create' && existing !== undefined) throw badValue('The identifier has been used already.', '$.id');
    const { acceptOneCent } = behaviour.current();
    const createdAt = existing?.createdAt ?? clock.now();
    const more = [...crossFieldErrors(body, { existing, createdAt, acceptOneCent }), ...immediateErrors(body)];
    const parsed = parseOrRefuse(paymentRequestSchema, body, 'BODY', more);
    if (existing === undefined) writing.create(id, parsed);
    else if (existing.status === 'ACTIVE') writing.update(existing, parsed);
    else throw notActive(existing);
  };
  return (row) => {
    try {
      write(row);
      return { ...row, body: {}, status: 'SUCCESS' };
    } catch (error) {
      if (!(error instanceof BankRefusal)) throw error;
      const exceptions = error.context.length > 0 ? error.context : [{ message: error.title }];
      return { ...row, body: {}, status: 'FAILED', exceptions };
    }
  };
}

function immediateErrors(body: BulkRowRecord['body']): readonly ErrorContext[] {
  const request = body['request'] as { readonly expirationType?: unknown } | null | undefined;
  if (request?.expirationType !== 'IMMEDIATE') return [];
  const message = 'A bulk takes DUE_DATE requests only.';
  return [{ code: '10104', message, field: '$.request.expirationType', location: 'BODY' }];
}

function distinct<T extends BulkRowBody>(requests: readonly T[]): readonly T[] {
  const repeated = requests.findIndex(
    ({ id }, index) => id !== undefined && requests.findIndex((one) => one.id === id) < index,
  );
  if (repeated !== -1) throw badValue('The identifier stands in this bulk twice.', `$.requests[${repeated}].id`);
  return requests;
}

function known(advance: (id: string) => BulkRecord | undefined, id: string): BulkRecord {
  if (!/^[-A-Za-z0-9]{32,36}$/.test(id)) throw badIdentifier();
  const bulk = advance(id);
  if (bulk === undefined) throw resourceNotFound();
  return bulk;
}

/** The bulk that this key made before; under a key that made anything else nothing is made. */
function replayOf(key: string, call: BankCall, { store, behaviour }: PaymentRequestParts): BulkRecord | undefined {
  const used = store.usedKey(key);
  if (used === undefined) return undefined;
  const bulk = store.bulk(used.requestId);
  if (behaviour.current().idempotencyKeys === 'replay' && used.body === call.body && bulk !== undefined) return bulk;
  const message = 'The idempotency key was used before.';
  throw badRequest([{ code: '10106', message, field: 'Idempotency-Key', location: 'HEADER' }]);
}

function taken(bulk: BulkRecord, withEtag: boolean): BankAnswer {
  return { status: 202, ...(withEtag ? { headers: { etag: etagOf(bulk) } } : {}), body: headOf(bulk) };
}

function headOf({ id, description, createdAt, updatedAt }: BulkRecord): object {
  return {
    id,
    ...present({ description }),
    createdAt: timestamp(createdAt),
    updatedAt: timestamp(updatedAt),
  };
}

function detailsOf(bulk: BulkRecord, now: number): object {
  const details = bulk.rows.map(({ id, status, exceptions }) => ({
    id,
    status,
    ...present({ exceptions }),
  }));
  return { ...headOf(bulk), refreshedAt: timestamp(now), details };
}

function etagOf({ id, version }: BulkRecord): string {
  return `"${createHash('sha256').update(`${id}:${version}`).digest('hex').slice(0, 32)}"`;
}

function newRequestId(): string {
  return randomUUID().replaceAll('-', '');
}
