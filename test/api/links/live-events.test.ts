import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { createLiveEvents } from '../../../api/links/live-events.ts';
import { createEventFeed } from '../../../db/event-feed.ts';
import { createPool } from '../../../db/pool.ts';
import { MERCHANT, SALE, startShop, type ApiShop } from '../shop-alone.ts';
import { eventually } from '../../limits/until.ts';

interface StreamEvent {
  readonly id: number;
  readonly name: string;
  readonly data: Readonly<Record<string, unknown>>;
}

interface Stream {
  readonly events: StreamEvent[];
  readonly comments: string[];
  readonly ended: Promise<void>;
  close(): void;
}

/** As a browser's EventSource reads it. */
async function follow(url: string, headers: Record<string, string>): Promise<Stream> {
  const abort = new AbortController();
  const answer = await fetch(url, { headers, signal: abort.signal });
  if (!answer.ok || answer.body === null) throw new Error(await answer.text());
  const [events, comments]: [StreamEvent[], string[]] = [[], []];
  const read = async (body: ReadableStream<Uint8Array>): Promise<void> => {
    let text = '';
    for await (const part of body.pipeThrough(new TextDecoderStream())) {
      text += part;
      for (let end = text.indexOf('\n\n'); end >= 0; end = text.indexOf('\n\n')) {
        const block = text.slice(0, end);
        text = text.slice(end + 2);
        const field = (name: string): string | undefined => new RegExp(`^${name}: (.*)$`, 'm').exec(block)?.[1];
        if (block.startsWith(':')) comments.push(block);
        const [id, name, data] = [field('id'), field('event'), field('data')];
        if (id === undefined || name === undefined || data === undefined) continue;
        events.push({ id: Number(id), name, data: JSON.parse(data) as StreamEvent['data'] });
      }
    }
  };
  const ended = read(answer.body).catch(() => undefined);
  return { events, comments, ended, close: () => abort.abort() };
}

describe('the event stream of a link', () => {
  let shop: ApiShop;
  beforeAll(async () => {
    shop = await startShop();
  });
  afterAll(async () => {
    await shop.stop();
  });

  async function open(link: string, headers: Record<string, string> = {}): Promise<Stream> {
    return follow(`${shop.api.url}/v1/payment-links/${link}/events`, {
      authorization: `Bearer ${shop.pos.key}`,
      ...headers,
    });
  }
  const names = (stream: Stream): readonly string[] => stream.events.map(({ name }) => name);

  it('begins with the state as it is, and goes on with what happens to this link only', async () => {
    const link = await shop.till();
    const other = await shop.till();
    const request = String((await shop.pos.post(`/v1/payment-links/${link}/payment-requests`, SALE)).body['id']);
    await shop.tell({ name: 'payment_request.linked', link, request });
    const stream = await open(link);
    await eventually(() => stream.events.length >= 1);
    expect(stream.events[0]).toMatchObject({
      name: 'payment_link.state',
      data: { paymentLink: { id: link, status: 'linked' }, paymentRequest: { id: request, status: 'active' } },
    });
    await shop.tell({ name: 'payment_request.linked', link: other });
    const position = await shop.tell({ name: 'payment_request.paid', link, request });
    await eventually(() => stream.events.length >= 2);
    expect(stream.events[1]).toMatchObject({
      id: position,
      name: 'payment_request.paid',
      data: { id: position, paymentLinkId: link, paymentRequestId: request, data: { told: true } },
    });
    stream.close();
  });

  it('goes on where it was cut, without a gap and without a repeat', async () => {
    const link = await shop.till();
    const first = await open(link);
    await eventually(() => first.events.length >= 1);
    await shop.tell({ name: 'payment_request.linked', link });
    await eventually(() => first.events.length >= 2);
    first.close();
    const missed = [];
    for (let number = 0; number < 250; number += 1) {
      missed.push(await shop.tell({ name: 'payment_request.updated', link: number % 50 === 0 ? 'elsewhere' : link }));
    }
    const second = await open(link, { 'last-event-id': String(first.events.at(-1)?.id) });
    await shop.tell({ name: 'payment_request.paid', link });
    await eventually(() => names(second).includes('payment_request.paid'));
    const ids = second.events.slice(1).map(({ id }) => id);
    expect(names(second)[0]).toBe('payment_link.state');
    expect(ids).toEqual(ids.toSorted((left, right) => left - right));
    expect(new Set(ids).size).toBe(ids.length);
    expect(ids).toHaveLength(missed.length - 5 + 1);
    second.close();
  });

  it('with an id from the future begins now', async () => {
    const link = await shop.till();
    const stream = await open(link, { 'last-event-id': '999999999' });
    await eventually(() => stream.events.length >= 1);
    const position = await shop.tell({ name: 'payment_request.paid', link });
    await eventually(() => stream.events.length >= 2);
    expect(stream.events.map(({ id }) => id)).toEqual([position - 1, position]);
    stream.close();
  });

  it('tells also what no notification announced', async () => {
    const link = await shop.till();
    const stream = await open(link);
    await eventually(() => stream.events.length >= 1);
    await shop.rows(
      `with head as (update merchant_head set position = position + 1 where merchant_id = $1 returning position)
       insert into event (merchant_id, position, name, payment_link_id, cause, payload)
       select $1, position, 'payment_link.retired', $2, 'silent', '{}' from head`,
      [MERCHANT, link],
    );
    await eventually(() => stream.events.length >= 2);
    expect(names(stream)).toEqual(['payment_link.state', 'payment_link.retired']);
    stream.close();
  });

  it('goes on when the listening connection is cut', async () => {
    const link = await shop.till();
    const stream = await open(link);
    await eventually(() => stream.events.length >= 1);
    await shop.rows(`select pg_terminate_backend(pid) from pg_stat_activity where application_name = 'relink-events'`);
    await shop.tell({ name: 'payment_request.paid', link });
    await eventually(() => stream.events.length >= 2);
    expect(names(stream)).toEqual(['payment_link.state', 'payment_request.paid']);
    stream.close();
  });

  it('holds Prefer: wait until the status changes, or as long as was asked', async () => {
    const link = await shop.till();
    const request = String((await shop.pos.post(`/v1/payment-links/${link}/payment-requests`, SALE)).body['id']);
    const path = `/v1/payment-requests/${request}`;
    const inVain = await shop.pos.get(path, { prefer: 'wait=1' });
    expect(inVain).toMatchObject({ status: 200, body: { status: 'active' } });
    expect(inVain.headers.get('preference-applied')).toBe('wait=1');
    // Asked before the others, and answered after them: its status never changes.
    let isOver = false;
    const other = String(
      (await shop.pos.post(`/v1/payment-links/${await shop.till()}/payment-requests`, SALE)).body['id'],
    );
    const inTheEnd = shop.pos.get(`/v1/payment-requests/${other}`, { prefer: 'wait=25' }).then(() => (isOver = true));
    const waiting = shop.pos.get(path, { prefer: 'wait=25' });
    await new Promise((resolve) => setTimeout(resolve, 100));
    await shop.rows(`update payment_request set status = 'paid' where payment_request_id = $1`, [request]);
    await shop.tell({ name: 'payment_request.paid', link, request });
    expect(await waiting).toMatchObject({ status: 200, body: { status: 'paid' } });
    // It has ended: there is nothing to wait for.
    expect(await shop.pos.get(path, { prefer: 'wait=25' })).toMatchObject({ status: 200, body: { status: 'paid' } });
    expect(isOver).toBe(false);
    await shop.rows(`update payment_request set status = 'paid' where payment_request_id = $1`, [other]);
    await shop.tell({ name: 'payment_request.paid', link, request: other });
    await inTheEnd;
  });

  it('is also there to be pulled, in order', async () => {
    const all = await shop.pos.get('/v1/events?limit=100');
    const data = all.body['data'] as readonly { id: number }[];
    expect(data.map(({ id }) => id)).toEqual(data.map((_, index) => index + 1));
    const after = await shop.pos.get(`/v1/events?limit=3&after=${String(all.body['next'])}`);
    expect((after.body['data'] as readonly { id: number }[])[0]?.id).toBe(101);
  });
});

describe('a stream', () => {
  it('is ended when the process stops, so that the till goes to another one', async () => {
    const shop = await startShop();
    const link = await shop.till();
    const stream = await follow(`${shop.api.url}/v1/payment-links/${link}/events`, {
      authorization: `Bearer ${shop.pos.key}`,
    });
    await eventually(() => stream.events.length >= 1);
    await shop.stop();
    await expect(stream.ended).resolves.toBeUndefined();
  });

  it('is kept open by comments, and hears of news without waiting for the next look', async () => {
    const shop = await startShop();
    const link = await shop.till();
    const url = shop.databaseUrl;
    const pool = createPool({ url, role: 'relink_app', applicationName: 'test' });
    const feed = createEventFeed({ url, pool, pollMs: 3_600_000 });
    const live = createLiveEvents({ pool, feed, publicUrl: '', commentEveryMs: 20 });
    const server = createServer((request, response) => {
      const caller = { merchantId: MERCHANT, keyId: 'test' };
      const rest = {
        query: {},
        body: undefined,
        raw: Buffer.alloc(0),
        stream: request,
        headers: {},
        route: '',
        traceId: '',
      };
      const gone = new AbortController().signal;
      void live.follow({ caller, params: { paymentLinkId: link }, gone, response, ...rest });
    });
    await new Promise<void>((resolve) => {
      server.listen(0, '127.0.0.1', resolve);
    });
    const stream = await follow(`http://127.0.0.1:${(server.address() as AddressInfo).port}`, {});
    await eventually(() => stream.comments.length > 3);
    expect(stream.comments[0]).toBe(': still here');
    await shop.tell({ name: 'payment_request.paid', link });
    await eventually(() => stream.events.length >= 2);
    live.close();
    await stream.ended;
    server.close();
    await feed.close();
    await pool.end();
    await shop.stop();
  });
});
