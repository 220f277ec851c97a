/** The addresses of bills: read only, because readings and decisions make them. */
import * as b from './bill-schemas.ts';
import type { RouteSpec } from '../http/route-spec.ts';
import { noQuery } from '../links/schemas.ts';

export const billRoutes = {
  listBills: {
    method: 'get',
    path: '/v1/bills',
    tag: 'Bills',
    summary: 'List bills, newest first',
    access: 'key',
    query: b.billQuery,
    answers: { 200: { description: 'A page.', schema: b.billPage } },
  },
  readBill: {
    method: 'get',
    path: '/v1/bills/{billId}',
    tag: 'Bills',
    summary: 'Read a bill with the lines that explain it',
    access: 'key',
    query: noQuery,
    answers: { 200: { description: 'The bill.', schema: b.bill } },
    problems: ['not-found'],
  },
} as const satisfies Record<string, RouteSpec>;
