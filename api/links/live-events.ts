/**
 * Live updates: Server-Sent Events, and `Prefer: wait` for clients without them. Both use the one feed of this process
 * and read the rows; Temporal is not polled.
 */
import type { ServerResponse } from 'node:http';
import type pg from 'pg';
import type { EventFeed } from '../../db/event-feed.ts';
import { tenantTransaction } from '../../db/pool.ts';
import { readRequestView, type RequestView } from '../../db/links/read-requests.ts';
import { newestPosition, readEvents, type EventView } from '../../db/read-timeline.ts';
import { isAlive } from '../../domain/money/check-schedule.ts';
import type { Handler } from '../http/call.ts';
import { demandLink } from './link-handlers.ts';
import { Problem } from '../http/problems.ts';
import type { RequestDependencies } from './request-handlers.ts';
import { eventJson, linkJson, requestJson } from './views.ts';
import type { linkRoutes } from './link-routes.ts';

export interface LiveEvents {
  readonly follow: Handler<(typeof linkRoutes)['followPaymentLink']>;
  readonly statusChanges: RequestDependencies['statusChanges'];
  /** Ends every stream; clients reconnect by themselves, to another process. */
  close(): void;
}

interface LiveDependencies {
  readonly pool: pg.Pool;
  readonly feed: EventFeed;
  readonly publicUrl: string;
  /** Keeps the connection open through proxies. */
  readonly commentEveryMs?: number;
}

const COMMENT_EVERY_MS = 15_000;
const PAGE = 100;
/** A client that reads too slowly is cut off; it reconnects with its Last-Event-ID. */
const MOST_UNREAD_BYTES = 1_000_000;
/** A payment under way shows in the row and has no event of its own. */
const LOOK_EVERY_MS = 2_000;

export function createLiveEvents(deps: LiveDependencies): LiveEvents {
  const open = new Set<ServerResponse>();
  return {
    async follow(call) {
      const { merchantId } = call.caller;
      const { paymentLinkId } = call.params;
      const resume = lastEventId(call.headers['last-event-id']);
      // Subscribed before the state is read, so that events in between are buffered here.
      const waiting: EventView[] = [];
      let take = (event: EventView): void => void waiting.push(event);
      const unsubscribe = await deps.feed.subscribe(merchantId, (event) => {
        if (event.paymentLinkId === paymentLinkId) take(event);
      });
      call.gone.addEventListener('abort', unsubscribe);
      try {
        const { position, state, missed } = await readState(deps, merchantId, paymentLinkId, resume);
        const { response } = call;
        begin(response, deps.commentEveryMs ?? COMMENT_EVERY_MS);
        open.add(response);
        response.once('close', () => open.delete(response));
        let last = position;
        write(response, { id: position, name: 'payment_link.state', data: state });
        take = (event) => {
          if (event.position <= last) return;
          last = event.position;
          write(response, { id: event.position, name: event.name, data: eventJson(event) });
        };
        for (const event of [...missed, ...waiting]) take(event);
        if (call.gone.aborted) unsubscribe();
        return 'streamed';
      } catch (error) {
        unsubscribe();
        throw error;
      }
    },

    async statusChanges(merchantId, requestId, limits) {
      return statusChange(deps, merchantId, requestId, limits);
    },

    close() {
      for (const response of open) response.end();
    },
  };
}

function lastEventId(header: string | undefined): number | undefined {
  if (header === undefined || header === '') return undefined;
  if (/^\d{1,15}$/.test(header)) return Number(header);
  throw new Problem('bad-request', 'Last-Event-ID is the id of an event of this stream.');
}

/** The state, a position not later than it, and the events since the client's own position. */
async function readState(
  { pool, publicUrl }: LiveDependencies,
  merchantId: string,
  paymentLinkId: string,
  resume: number | undefined,
): Promise<{ readonly position: number; readonly state: object; readonly missed: readonly EventView[] }> {
  return tenantTransaction(pool, merchantId, async (client) => {
    const newest = await newestPosition(client);
    const link = await demandLink(client, paymentLinkId);
    const { currentRequestId } = link;
    const request = currentRequestId === undefined ? undefined : await readRequestView(client, currentRequestId);
    const position = Math.min(resume ?? newest, newest);
    const missed: EventView[] = [];
    for (let after = position; ;) {
      const events = await readEvents(client, { after, limit: PAGE, paymentLinkId });
      missed.push(...events);
      const last = events.at(-1);
      if (last === undefined || events.length < PAGE) break;
      after = last.position;
    }
    const paymentLink = linkJson(link, { merchantId, publicUrl });
    const paymentRequest = request === undefined ? null : requestJson(request);
    return { position, missed, state: { paymentLink, paymentRequest } };
  });
}

function begin(response: ServerResponse, commentEveryMs: number): void {
  response.writeHead(200, {
    'content-type': 'text/event-stream',
    'cache-control': 'no-store',
    // Proxies of the nginx kind would collect events before passing them on.
    'x-accel-buffering': 'no',
  });
  response.write('retry: 1000\n\n');
  const comments = setInterval(() => response.write(': still here\n\n'), commentEveryMs);
  response.once('close', () => clearInterval(comments));
}

function write(
  response: ServerResponse,
  { id, name, data }: { readonly id: number; readonly name: string; readonly data: object },
): void {
  response.write(`id: ${id}\nevent: ${name}\ndata: ${JSON.stringify(data)}\n\n`);
  if (response.writableLength > MOST_UNREAD_BYTES) response.destroy();
}

async function statusChange(
  { pool, feed }: LiveDependencies,
  merchantId: string,
  requestId: string,
  { seconds, gone }: { readonly seconds: number; readonly gone: AbortSignal },
): Promise<RequestView | undefined> {
  const deadline = Date.now() + seconds * 1_000;
  const read = async (): Promise<RequestView | undefined> =>
    tenantTransaction(pool, merchantId, async (client) => readRequestView(client, requestId));
  let wake = (): void => undefined;
  const unsubscribe = await feed.subscribe(merchantId, (event) => {
    if (event.paymentRequestId === requestId) wake();
  });
  try {
    const first = await read();
    let now = first;
    while (now !== undefined && isAlive(now.status) && now.status === first?.status && !gone.aborted) {
      const left = deadline - Date.now();
      if (left <= 0) break;
      await new Promise<void>((resolve) => {
        const timer = setTimeout(resolve, Math.min(left, LOOK_EVERY_MS));
        wake = () => {
          clearTimeout(timer);
          resolve();
        };
        gone.addEventListener('abort', wake, { once: true });
      });
      now = await read();
    }
    return now;
  } finally {
    unsubscribe();
  }
}
