/**
 * Every address of this API, once: the router is built from this table, the handlers are typed by it, and it becomes the
 * `paths` of the OpenAPI document. What is not here is not served.
 */
import type { z } from 'zod';
import { billRoutes } from './bill-routes.ts';
import { calendarRoutes } from './calendar-routes.ts';
import { accountRoutes } from './account-routes.ts';
import { batchRoutes } from './batch-routes.ts';
import { codeRoutes } from './code-routes.ts';
import { linkRoutes } from './link-routes.ts';
import { moneyRoutes } from './money-routes.ts';
import { readingRoutes } from './reading-routes.ts';
import { operationRoutes } from './operation-routes.ts';
import { reconciliationRoutes } from './reconciliation-routes.ts';
import { requestRoutes } from './request-routes.ts';
import { tariffRoutes } from './tariff-routes.ts';

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

export type Routes = typeof routes;
export type OperationId = keyof Routes;

export type BodyOf<K extends OperationId> = Routes[K] extends { readonly body: infer B extends z.ZodType }
  ? z.output<B>
  : undefined;
export type QueryOf<K extends OperationId> = Routes[K] extends { readonly query: infer Q extends z.ZodType }
  ? z.output<Q>
  : undefined;
