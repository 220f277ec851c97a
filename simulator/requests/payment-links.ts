/**
 * Payment links: create, read, list. There is no update, no delete, no amount and no expiry: a printed code is for
 * good.
 */
import { randomUUID } from 'node:crypto';

import { z } from 'zod';

import type { BankClock } from '../bank-clock.ts';
import { jsonBody } from '../bank-call.ts';
import type { BankAnswer, BankCall } from '../bank-call.ts';
import { badIdentifier, badRequest, resourceNotFound } from '../bank-errors.ts';
import type { ErrorCode } from '../bank-errors.ts';
import type { BankStore } from '../bank-store.ts';
import { parseOrRefuse } from '../issue-context.ts';
import { wholeSecond } from '../records.ts';
import type { ExpirationType, LinkRecord } from '../records.ts';
import { resultPageOf } from '../result-page.ts';
import { paymentLinkSchema } from './request-schema.ts';
import { linkView } from './request-views.ts';

/** A reserved name: the URL is read by the payer's bank, which is this simulator, and opened by nobody. */
const HOST = 'https://qr.bank.example';
const DAY_MS = 86_400_000;

export interface PaymentLinks {
  create(call: BankCall): BankAnswer;
  get(id: string): BankAnswer;
  list(call: BankCall): BankAnswer;
  /** Makes a link; `incidental` when the bank makes it for a request that named none. */
  open(expirationType: ExpirationType, incidental: boolean): LinkRecord;
}

export function createPaymentLinks(store: BankStore, clock: BankClock): PaymentLinks {
  const open = (expirationType: ExpirationType, incidental: boolean): LinkRecord => {
    const link: LinkRecord = {
      id: randomUUID(),
      alternateIdentifier: store.nextAlternateIdentifier(),
      expirationType,
      country: 'BR',
      url: `${HOST}/pix/${expirationType === 'DUE_DATE' ? 'cobv/' : ''}${randomUUID()}`,
      createdAt: wholeSecond(clock.now()),
      incidental,
    };
    store.saveLink(link);
    return link;
  };
  return {
    open,
    create: (call) => {
      const { expirationType } = parseOrRefuse(paymentLinkSchema, jsonBody(call), 'BODY');
      return { status: 201, body: linkView(open(expirationType, false)) };
    },
    get: (id) => {
      if (!/^[-A-Za-z0-9]{1,128}$/.test(id)) throw badIdentifier();
      const link = store.link(id);
      if (link === undefined) throw resourceNotFound('The informed Payment Link was not found');
      return { status: 200, body: linkView(store.linkSeen(link)) };
    },
    list: (call) => {
      const wanted = parseOrRefuse(listQuerySchema, Object.fromEntries(call.query), 'QUERY');
      const [from, to] = rangeOf(wanted.fromDate, wanted.toDate, clock.now());
      const links = store.linksBetween(from, to);
      const page = resultPageOf(matching(links, wanted, store), wanted.pageSize ?? 10, wanted.cursor, clock.now());
      return { status: 200, body: { paymentLinks: page.items.map(linkView), metadata: { cursor: page.cursor } } };
    },
  };
}

const listQuerySchema = z.strictObject({
  fromDate: z.iso.datetime({ offset: true }).optional(),
  toDate: z.iso.datetime({ offset: true }).optional(),
  expirationType: z.enum(['IMMEDIATE', 'DUE_DATE']).optional(),
  requestMethodType: z.enum(['NONE', 'QR_CODE']).optional(),
  paymentLinkStatus: z.enum(['LINKED', 'NOT_LINKED']).optional(),
  pageSize: z.coerce.number().int().min(1).max(99).optional(),
  cursor: z.string().max(50).optional(),
});

function* matching(links: Iterable<LinkRecord>, wanted: z.infer<typeof listQuerySchema>, store: BankStore) {
  for (const current of links) {
    const link = store.linkSeen(current);
    const linked = link.paymentRequestId === undefined ? 'NOT_LINKED' : 'LINKED';
    const right = wanted.expirationType === undefined || wanted.expirationType === link.expirationType;
    if (right && (wanted.paymentLinkStatus ?? linked) === linked) yield link;
  }
}

/** Both dates or none (the last month); at most a month wide, taken as 31 days, and at most a year back. */
function rangeOf(fromDate: string | undefined, toDate: string | undefined, now: number): [number, number] {
  if (fromDate === undefined && toDate === undefined) return [now - 31 * DAY_MS, now];
  if (toDate === undefined) throw missing('toDate', 'fromDate');
  if (fromDate === undefined) throw missing('fromDate', 'toDate');
  const from = Date.parse(fromDate);
  const to = Date.parse(toDate);
  if (to < from) throw inQuery('10104', 'toDate', 'The query parameter toDate lies before fromDate.');
  if (to - from > 31 * DAY_MS) throw inQuery('10102', 'toDate', 'The date range must not be wider than one month.');
  if (now - from > 366 * DAY_MS)
    throw inQuery('10102', 'fromDate', 'The date range must not reach back over one year.');
  return [from, to];
}

function missing(field: string, given: string) {
  return inQuery('10001', field, `The query parameter ${field} is mandatory when ${given} is provided.`);
}

function inQuery(code: ErrorCode, field: string, message: string) {
  return badRequest([{ code, message, field, location: 'QUERY' }]);
}
