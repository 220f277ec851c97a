/** The history, a merchant's events, and the endpoints for operators. */
import type pg from 'pg';
import { tenantTransaction } from '../../db/pool.ts';
import { unfinishedNotices } from '../../db/read-health.ts';
import { readEvents, readTimeline } from '../../db/read-timeline.ts';
import type { HandlersOf } from '../http/call.ts';
import { docsPage } from '../pages/docs.ts';
import { demandLink } from '../links/link-handlers.ts';
import type { Metrics } from '../http/metrics.ts';
import { readInstant } from '../links/history-instant.ts';
import { openApiDocument } from '../openapi.ts';
import { checkReadiness, type ReadinessDependencies } from './readiness.ts';
import { eventJson, historyJson } from '../links/views.ts';
import type { linkRoutes } from '../links/link-routes.ts';
import type { operationRoutes } from './operation-routes.ts';
import { USUAL_PAGE } from '../http/paging.ts';

interface OperationDependencies extends ReadinessDependencies {
  readonly router: pg.Pool;
  readonly metrics: Metrics;
  readonly publicUrl: string;
}

type OperationHandlers = Pick<HandlersOf<typeof linkRoutes>, 'readHistory'> &
  Pick<
    HandlersOf<typeof operationRoutes>,
    'listEvents' | 'readHealth' | 'readReadiness' | 'readMetrics' | 'readOpenApi' | 'readDocs'
  >;

export function createOperationHandlers(deps: OperationDependencies): OperationHandlers {
  const { pool, router, metrics } = deps;
  const description = JSON.stringify(openApiDocument(deps.publicUrl));
  return {
    async readHistory({ caller, params, query }) {
      const { limit = USUAL_PAGE, after = 0, at } = query;
      if (at !== undefined) return { status: 200, json: await readInstant(pool, caller, params.paymentLinkId, at) };
      const entries = await tenantTransaction(pool, caller.merchantId, async (client) => {
        const { paymentLinkId } = await demandLink(client, params.paymentLinkId);
        return readTimeline(client, { paymentLinkId, after, limit: limit + 1 });
      });
      return { status: 200, json: numbered(entries.map(historyJson), limit) };
    },

    async listEvents({ caller, query }) {
      const { limit = USUAL_PAGE, after = 0 } = query;
      const events = await tenantTransaction(pool, caller.merchantId, async (client) =>
        readEvents(client, { after, limit: limit + 1 }),
      );
      return { status: 200, json: numbered(events.map(eventJson), limit) };
    },

    readHealth: async () => ({ status: 200, json: { status: 'ok' } }),

    async readReadiness() {
      const ready = await checkReadiness(deps);
      return { status: ready.status === 'ready' ? 200 : 503, json: ready };
    },

    async readMetrics() {
      const unfinished = await unfinishedNotices(router);
      const help = 'Notices that are stored and not dealt with yet.';
      const bytes = metrics.render({ relink_inbox_unfinished: { help, value: unfinished } });
      return { status: 200, bytes, headers: { 'content-type': 'text/plain; version=0.0.4; charset=utf-8' } };
    },

    readOpenApi: async () => ({ status: 200, bytes: description, headers: { 'content-type': 'application/json' } }),
    readDocs: async () => docsPage(),
  };
}

/** A page of numbered things; `items` hold one more than the page when there is another. */
function numbered<T extends { readonly id: number }>(items: readonly T[], limit: number) {
  const data = items.slice(0, limit);
  const last = data.at(-1);
  return { data, next: items.length > limit && last !== undefined ? String(last.id) : null };
}
