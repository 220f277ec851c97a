/** Bills over HTTP. */
import type pg from 'pg';
import type { z } from 'zod';
import { tenantTransaction } from '../../db/pool.ts';
import { listBills, readBill, type BillView } from '../../db/billing/read-bills.ts';
import type { BilledUpTo } from '../../domain/billing/reading-faults.ts';
import { fromJson, toText, type MoneyJson } from '../../domain/money.ts';
import { present } from '../../domain/present.ts';
import type * as s from './bill-schemas.ts';
import type { HandlersOf } from '../http/call.ts';
import { notFound } from '../http/problems.ts';
import type { billRoutes } from './bill-routes.ts';
import { pageJson, pageRequest } from '../http/paging.ts';

const BILL_ID = /^[0-9a-f]{32}$/;

export function createBillHandlers(pool: pg.Pool): HandlersOf<typeof billRoutes> {
  return {
    async listBills({ caller, query: { limit, after, ...filter } }) {
      const page = await tenantTransaction(pool, caller.merchantId, async (client) =>
        listBills(client, filter, pageRequest(limit, after)),
      );
      return { status: 200, json: pageJson(page, billJson) };
    },

    async readBill({ caller, params: { billId } }) {
      const bill = await tenantTransaction(pool, caller.merchantId, async (client) =>
        BILL_ID.test(billId) ? readBill(client, billId) : undefined,
      );
      if (bill === undefined) throw notFound();
      return { status: 200, json: billJson(bill) };
    },
  };
}

function billJson(bill: BillView): z.output<typeof s.bill> {
  const { content, because, exceptionId } = bill;
  const amount = (json: MoneyJson) => toText(fromJson(json));
  return {
    id: bill.billId,
    accountId: bill.accountId,
    paymentLinkId: bill.paymentLinkId,
    number: bill.number,
    revision: bill.revision,
    status: bill.status,
    request: bill.request ?? null,
    ...present({ because, exceptionId }),
    usage: content.usage,
    unit: content.unit,
    from: content.from === undefined ? null : registerJson(content.from),
    upTo: registerJson(content.upTo),
    estimated: content.estimated,
    tariff: { id: content.tariff.id, version: content.tariff.version },
    lines: content.lines.map((line) => ({ kind: line.kind, text: line.text, amount: amount(line.amount) })),
    total: amount(content.total),
    dueDate: content.dueDate,
    createdAt: bill.createdAt.toISOString(),
    updatedAt: bill.updatedAt.toISOString(),
  };
}

function registerJson({ meterId, value, at }: BilledUpTo) {
  return { meterId, value, at: new Date(at).toISOString() };
}
