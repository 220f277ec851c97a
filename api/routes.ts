/**
 * Every address of this API, once: the router is built from this table, the handlers are typed by it, and it becomes
 * the `paths` of the OpenAPI document. What is not here is not served.
 */
import { billRoutes } from './billing/bill-routes.ts';
import { calendarRoutes } from './billing/calendar-routes.ts';
import { accountRoutes } from './billing/accounts/account-routes.ts';
import { batchRoutes } from './billing/batches/batch-routes.ts';
import type { HandlersOf } from './http/call.ts';
import { codeRoutes } from './links/code-routes.ts';
import { linkRoutes } from './links/link-routes.ts';
import { moneyRoutes } from './money/money-routes.ts';
import { readingRoutes } from './billing/readings/reading-routes.ts';
import { operationRoutes } from './operations/operation-routes.ts';
import { reconciliationRoutes } from './reconciliation/reconciliation-routes.ts';
import { requestRoutes } from './links/request-routes.ts';
import { tariffRoutes } from './billing/tariff-routes.ts';

export const routes = {
  ...linkRoutes,
  ...codeRoutes,
  ...requestRoutes,
  ...billRoutes,
  ...moneyRoutes,
  ...readingRoutes,
  ...tariffRoutes,
  ...calendarRoutes,
  ...reconciliationRoutes,
  ...accountRoutes,
  ...batchRoutes,
  ...operationRoutes,
};

type Routes = typeof routes;
export type OperationId = keyof Routes;
export type Handlers = HandlersOf<Routes>;
