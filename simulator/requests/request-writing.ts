/**
 * What a create and an update make of a request: defaults, merging, expiry, the link it stands on, and its revision.
 */
import { isDeepStrictEqual } from 'node:util';
import { present } from '../../domain/present.ts';

import { badValue, resourceNotFound } from '../bank-errors.ts';
import type { BankStore } from '../bank-store.ts';
import type { BankClock } from '../bank-clock.ts';
import type { BehaviourSwitches } from '../behaviour.ts';
import type { PaymentLinks } from './payment-links.ts';
import type { RequestViews } from './request-views.ts';
import { isTerminal, wholeSecond } from '../records.ts';
import type { CodeOptions, ExpirationType, LinkRecord, RequestContent, RequestRecord } from '../records.ts';
import type { RequestLife } from './request-life.ts';
import type { PaymentRequestBody } from './request-schema.ts';

export interface PaymentRequestParts {
  readonly store: BankStore;
  readonly clock: BankClock;
  readonly behaviour: BehaviourSwitches;
  readonly life: RequestLife;
  readonly links: PaymentLinks;
  readonly views: RequestViews;
}

interface RequestWriter {
  create(id: string, body: PaymentRequestBody): RequestRecord;
  update(existing: RequestRecord, body: PaymentRequestBody): RequestRecord;
}

const DEFAULT_DURATION_SECONDS = 86_400;
/** The contract names no default; this is the scheme's. */
const DEFAULT_GRACE_DAYS = 30;
const MOST_REVISIONS = 100;
const DAY_MS = 86_400_000;

export function createRequestWriting(parts: PaymentRequestParts): RequestWriter {
  const { store, clock, behaviour, life, links } = parts;
  return {
    create: (id, body) => {
      const content = contentOf(body, undefined);
      const named = body.requestMethod?.paymentLinkId;
      const link = named === undefined ? undefined : freeLink(named, id, content.expirationType, store, life);
      const now = wholeSecond(clock.now());
      const request: RequestRecord = {
        id,
        revisionNumber: 0,
        version: 0,
        country: body.country,
        content,
        codeOptions: codeOptionsOf(body),
        // The scheme demands a location, so the bank makes one for a request that names none.
        paymentLinkId: put(store, link ?? links.open(content.expirationType, true), id).id,
        createdAt: now,
        updatedAt: now,
        expiresAt: expiryOf(content, now),
        status: 'ACTIVE',
        payments: [],
        returns: [],
      };
      store.saveRevision(id, { number: 0, content, updatedAt: now });
      life.write(request);
      return request;
    },
    update: (existing, body) => {
      const content = contentOf(body, existing.content);
      const revised = !isDeepStrictEqual(content, existing.content) || behaviour.current().noOpPutBumpsRevision;
      if (revised && existing.revisionNumber >= MOST_REVISIONS) {
        throw badValue('The payment request has reached the highest revision, 100.', 'id', 'PATH');
      }
      const paymentLinkId = linkAfter(existing, body, content.expirationType, parts);
      const moved = paymentLinkId !== existing.paymentLinkId;
      const codeOptions = codeOptionsOf(body);
      if (!revised && !moved && isDeepStrictEqual(codeOptions, existing.codeOptions)) return existing;
      if (moved) move(store, existing, paymentLinkId);
      const updatedAt = wholeSecond(clock.now());
      const { paymentLinkId: _before, ...rest } = existing;
      const request: RequestRecord = {
        ...rest,
        ...present({ paymentLinkId }),
        revisionNumber: existing.revisionNumber + (revised ? 1 : 0),
        version: existing.version + 1,
        content,
        codeOptions,
        updatedAt,
        expiresAt: expiryOf(content, existing.createdAt),
      };
      if (revised) store.saveRevision(request.id, { number: request.revisionNumber, content, updatedAt });
      life.write(request);
      return request;
    },
  };
}

/** The expiry kind and the account survive an update that leaves them out, as one published pair shows. */
function contentOf(body: PaymentRequestBody, earlier: RequestContent | undefined): RequestContent {
  const { request } = body;
  // The rules have refused a create without it.
  const expirationType = request.expirationType ?? earlier?.expirationType ?? 'IMMEDIATE';
  const account = (earlier?.['creditor'] as PaymentRequestBody['request']['creditor'] | undefined)?.account;
  const creditor = {
    name: 'Sample Client',
    shortName: 'Sample Client',
    ...present({ account }),
    ...request.creditor,
    address: { city: 'S. PAULO', country: 'BR', ...request.creditor.address },
  };
  const { duration, paymentDueDate, gracePeriod, isAmountAdjustable, reference, ...rest } = request;
  return {
    ...rest,
    creditor,
    expirationType,
    ...present({ reference }),
    ...(expirationType === 'IMMEDIATE'
      ? { duration: duration ?? DEFAULT_DURATION_SECONDS, isAmountAdjustable: isAmountAdjustable ?? false }
      : { paymentDueDate: paymentDueDate ?? '', gracePeriod: gracePeriod ?? DEFAULT_GRACE_DAYS }),
  };
}

function codeOptionsOf({ requestMethod }: PaymentRequestBody): CodeOptions {
  return { contentType: requestMethod?.contentType ?? 'IMAGE', imageWidth: requestMethod?.imageWidth ?? 400 };
}

/** IMMEDIATE counts from the creation, also after updates; DUE_DATE ends with the last day of grace, in UTC. */
function expiryOf(content: RequestContent, createdAt: number): number {
  if (content.expirationType === 'IMMEDIATE') return createdAt + (content.duration ?? 0) * 1000;
  return Date.parse(`${content.paymentDueDate}T00:00:00Z`) + ((content.gracePeriod ?? 0) + 1) * DAY_MS;
}

function linkAfter(
  existing: RequestRecord,
  body: PaymentRequestBody,
  kind: ExpirationType,
  { store, life, behaviour }: PaymentRequestParts,
): string | undefined {
  const named = body.requestMethod?.paymentLinkId;
  if (named !== undefined) return freeLink(named, existing.id, kind, store, life).id;
  if (behaviour.current().absentPaymentLinkId === 'unlink') return undefined;
  const kept = existing.paymentLinkId;
  return kept === undefined ? undefined : freeLink(kept, existing.id, kind, store, life).id;
}

/** The named link, if this request may stand on it. */
function freeLink(
  id: string,
  requestId: string,
  kind: ExpirationType,
  store: BankStore,
  life: RequestLife,
): LinkRecord {
  const link = store.link(id);
  if (link === undefined) throw resourceNotFound('The informed Payment Link was not found');
  if (link.expirationType !== kind) {
    throw badValue(`The payment link takes ${link.expirationType} requests only.`, '$.request.expirationType');
  }
  const holder = link.paymentRequestId;
  const inUse =
    holder !== undefined && holder !== requestId && !isTerminal(life.current(holder)?.status ?? 'CANCELLED');
  if (inUse) throw badValue('The payment link is in use by another payment request.', '$.requestMethod.paymentLinkId');
  return store.link(id) ?? link;
}

function put(store: BankStore, link: LinkRecord, requestId: string): LinkRecord {
  const { lastRequestId: _gone, ...rest } = link;
  store.saveLink({ ...rest, paymentRequestId: requestId });
  return link;
}

function move(store: BankStore, request: RequestRecord, to: string | undefined): void {
  const left = request.paymentLinkId === undefined ? undefined : store.link(request.paymentLinkId);
  if (left?.paymentRequestId === request.id) {
    const { paymentRequestId: _taken, ...rest } = left;
    store.saveLink(rest);
  }
  const taken = to === undefined ? undefined : store.link(to);
  if (taken !== undefined) put(store, taken, request.id);
}
