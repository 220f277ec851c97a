/**
 * `POST /payment-requests/search`: by creation time, oldest first. The request has no cursor: narrow the time instead.
 */
import { z } from 'zod';

import type { BankClock } from '../bank-clock.ts';
import { jsonBody } from '../bank-call.ts';
import type { BankAnswer, BankCall } from '../bank-call.ts';
import type { BankStore } from '../bank-store.ts';
import { parseOrRefuse } from '../issue-context.ts';
import { cents } from '../records.ts';
import type { BulkRecord, RequestRecord } from '../records.ts';
import type { RequestLife } from './request-life.ts';
import { accountSchema, amountText, debtorSchema } from './request-schema.ts';
import type { RequestViews } from './request-views.ts';
import { resultPageOf } from '../result-page.ts';

const moment = z.iso.datetime({ offset: true });
const status = z.enum(['ACTIVE', 'PROCESSING', 'SETTLED', 'EXPIRED', 'CANCELLED']);

export const searchSchema = z.strictObject({
  'createdDate.gte': moment,
  'createdDate.lte': moment,
  'expirationDate.gte': moment.optional(),
  'expirationDate.lte': moment.optional(),
  'paymentDate.gte': moment.optional(),
  'paymentDate.lte': moment.optional(),
  'amount.gte': amountText.optional(),
  'amount.lte': amountText.optional(),
  status: z.union([status, z.array(status)]).optional(),
  bulkId: z.string().min(32).max(36).optional(),
  endToEndId: z.string().max(35).optional(),
  qrCodeType: z.enum(['STATIC', 'DYNAMIC']).optional(),
  debtor: debtorSchema.optional(),
  creditor: z.strictObject({ account: accountSchema.optional(), country: z.string().length(2).optional() }).optional(),
  paymentLinkStatus: z.enum(['LINKED', 'NOT_LINKED']).optional(),
  pageSize: z.int().min(1).max(99).optional(),
  country: z.literal('BR').optional(),
});

type Criteria = z.infer<typeof searchSchema>;

interface SearchParts {
  readonly store: BankStore;
  readonly life: RequestLife;
  readonly views: RequestViews;
  readonly clock: BankClock;
}

export function searchRequests(call: BankCall, { store, life, views, clock }: SearchParts): BankAnswer {
  const criteria = parseOrRefuse(searchSchema, jsonBody(call), 'BODY');
  function* found(): Generator<RequestRecord> {
    const [from, to] = [Date.parse(criteria['createdDate.gte']), Date.parse(criteria['createdDate.lte'])];
    for (const { id } of store.requestsBetween(from, to)) {
      const current = life.current(id);
      const request = current && store.requestSeen(current);
      if (request !== undefined && matches(request, criteria, store)) yield request;
    }
  }
  const page = resultPageOf(found(), criteria.pageSize ?? 10, undefined, clock.now());
  const requests = page.items.map((request) => views.details(request));
  return { status: 200, body: { requests, metadata: { cursor: page.cursor } } };
}

function matches(request: RequestRecord, criteria: Criteria, store: BankStore): boolean {
  const { status: wanted } = criteria;
  const amount = cents(request.content.paymentAmount);
  const linked =
    request.paymentLinkId !== undefined && store.link(request.paymentLinkId)?.paymentRequestId === request.id;
  return (
    (wanted === undefined || [wanted].flat().includes(request.status)) &&
    within(request.expiresAt, criteria['expirationDate.gte'], criteria['expirationDate.lte']) &&
    paidWithin(request, criteria) &&
    (criteria['amount.gte'] === undefined || amount >= cents(criteria['amount.gte'])) &&
    (criteria['amount.lte'] === undefined || amount <= cents(criteria['amount.lte'])) &&
    (criteria.endToEndId === undefined || request.payments.some((each) => each.endToEndId === criteria.endToEndId)) &&
    (criteria.paymentLinkStatus === undefined || (criteria.paymentLinkStatus === 'LINKED') === linked) &&
    (criteria.bulkId === undefined || inBulk(request.id, store.bulk(criteria.bulkId))) &&
    criteria.qrCodeType !== 'STATIC' &&
    taxIdOf(request.content['debtor'], criteria.debtor) &&
    accountOf(request.content['creditor'], criteria.creditor)
  );
}

function within(at: number, from: string | undefined, to: string | undefined): boolean {
  return (from === undefined || at >= Date.parse(from)) && (to === undefined || at <= Date.parse(to));
}

function inBulk(requestId: string, bulk: BulkRecord | undefined): boolean {
  return bulk !== undefined && bulk.rows.some(({ id }) => id === requestId);
}

function paidWithin({ payments }: RequestRecord, criteria: Criteria): boolean {
  const { 'paymentDate.gte': from, 'paymentDate.lte': to } = criteria;
  if (from === undefined && to === undefined) return true;
  return payments.some(({ settledAt }) => settledAt !== undefined && within(settledAt, from, to));
}

function taxIdOf(debtor: unknown, wanted: Criteria['debtor']): boolean {
  const taxId = wanted?.taxInformation?.taxId;
  return taxId === undefined || (debtor as Criteria['debtor'])?.taxInformation?.taxId === taxId;
}

function accountOf(creditor: unknown, wanted: Criteria['creditor']): boolean {
  const key = wanted?.account?.alternateAccountIdentifier;
  return key === undefined || (creditor as Criteria['creditor'])?.account?.alternateAccountIdentifier === key;
}
