/**
 * New events as they are committed, for listeners in this process. A notification only triggers a read of the table, in
 * its order, so a lost notification costs a second and never an event.
 */
import pg from 'pg';
import { tenantTransaction } from './pool.ts';
import { newestPosition, readEvents, type EventView } from './read-timeline.ts';

type EventListener = (event: EventView) => void;

export interface EventFeed {
  /** Events committed after this call; what came before is the caller's to read. Answers how to stop. */
  subscribe(merchantId: string, listener: EventListener): Promise<() => void>;
  close(): Promise<void>;
}

interface FeedOptions {
  readonly url: string;
  readonly pool: pg.Pool;
  /** The poll that makes up for a lost notification, only while somebody listens. */
  readonly pollMs?: number;
  readonly onError?: (error: unknown) => void;
}

interface FeedTail {
  position: number;
  readonly listeners: Set<EventListener>;
  reading: boolean;
  again: boolean;
}

const CHANNEL = 'relink_event';
const PAGE = 200;

export function createEventFeed(options: FeedOptions): EventFeed {
  const { pool, onError = () => undefined } = options;
  const tails = new Map<string, Promise<FeedTail>>();
  const wake = (merchantId: string, to: number): void => {
    void tails.get(merchantId)?.then(async (tail) => {
      if (to > tail.position) await follow(options, merchantId, tail);
    }, onError);
  };
  const listening = listen(options, wake, onError);
  const poll = setInterval(() => {
    for (const merchantId of tails.keys()) wake(merchantId, Number.POSITIVE_INFINITY);
  }, options.pollMs ?? 1_000);

  async function openTail(merchantId: string): Promise<FeedTail> {
    const position = await tenantTransaction(pool, merchantId, newestPosition);
    return { position, listeners: new Set(), reading: false, again: false };
  }

  return {
    async subscribe(merchantId, listener) {
      const opening = tails.get(merchantId) ?? openTail(merchantId);
      tails.set(merchantId, opening);
      try {
        const tail = await opening;
        tail.listeners.add(listener);
        return () => {
          tail.listeners.delete(listener);
          if (tail.listeners.size === 0 && tails.get(merchantId) === opening) tails.delete(merchantId);
        };
      } catch (error) {
        if (tails.get(merchantId) === opening) tails.delete(merchantId);
        throw error;
      }
    },
    async close() {
      clearInterval(poll);
      tails.clear();
      await listening.close();
    },
  };
}

/** One reader at a time per merchant; a notification during a read triggers one more. */
async function follow({ pool, onError }: FeedOptions, merchantId: string, tail: FeedTail): Promise<void> {
  tail.again = true;
  if (tail.reading) return;
  tail.reading = true;
  try {
    while (tail.again) {
      tail.again = false;
      const after = tail.position;
      const events = await tenantTransaction(pool, merchantId, async (client) =>
        readEvents(client, { after, limit: PAGE }),
      );
      for (const event of events) {
        tail.position = event.position;
        for (const listener of tail.listeners) listener(event);
      }
      if (events.length === PAGE) tail.again = true;
    }
  } catch (error) {
    onError?.(error);
  } finally {
    tail.reading = false;
  }
}

/** One connection that only listens, made again whenever it breaks; until then the poll is what there is. */
function listen(
  { url }: FeedOptions,
  wake: (merchantId: string, to: number) => void,
  onError: (error: unknown) => void,
): { close(): Promise<void> } {
  let closed = false;
  let client: pg.Client | undefined;
  let timer: NodeJS.Timeout | undefined;

  async function begin(): Promise<void> {
    const next = new pg.Client({
      connectionString: url,
      application_name: 'relink-events',
      options: '-c role=relink_app',
      connectionTimeoutMillis: 5_000,
      keepAlive: true,
    });
    client = next;
    next.on('error', onError);
    next.on('end', () => {
      if (!closed && client === next) timer = setTimeout(() => void begin(), 500);
    });
    next.on('notification', ({ payload = '' }) => {
      const [merchantId = '', position] = payload.split(':');
      wake(merchantId, Number(position));
    });
    try {
      await next.connect();
      await next.query(`listen ${CHANNEL}`);
    } catch (error) {
      onError(error);
      await next.end().catch(() => undefined);
    }
  }
  const begun = begin();
  return {
    async close() {
      closed = true;
      clearTimeout(timer);
      await begun;
      await client?.end().catch(() => undefined);
    },
  };
}
