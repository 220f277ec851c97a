/** How a till hears of its sale: Server-Sent Events that resume, and `Prefer: wait` for tills that have none. */
import { afterAll, afterEach, beforeAll, describe, expect, it } from '@jest/globals';
import { present } from '../../../domain/present.ts';
import { brl, openShop, type Shop } from '../../support/shop.ts';
import { eventually } from '../../limits/until.ts';

interface ReceivedEvent {
  readonly id: string;
  readonly name: string;
  readonly data: Readonly<Record<string, unknown>>;
}

interface Stream {
  readonly heard: readonly ReceivedEvent[];
  until(name: string): Promise<ReceivedEvent>;
  close(): void;
}

describe('live events', () => {
  let shop: Shop;
  const streams: Stream[] = [];
  beforeAll(async () => {
    shop = await openShop();
  });
  afterEach(() => {
    for (const stream of streams.splice(0)) stream.close();
  });
  afterAll(async () => {
    await shop?.close();
  });

  /** An EventSource as a till has one, with its Last-Event-ID. */
  async function listen(till: string, lastEventId?: string): Promise<Stream> {
    const abort = new AbortController();
    const answer = await fetch(`${shop.api.url}/v1/payment-links/${till}/events`, {
      headers: {
        authorization: `Bearer ${shop.key}`,
        ...present({ 'last-event-id': lastEventId }),
      },
      signal: abort.signal,
    });
    expect(answer.status).toBe(200);
    expect(answer.headers.get('content-type')).toBe('text/event-stream');
    const heard: ReceivedEvent[] = [];
    const reading = read(answer, heard).catch(() => undefined);
    const stream: Stream = {
      heard,
      async until(name) {
        await eventually(() => heard.some((event) => event.name === name));
        const found = heard.find((event) => event.name === name);
        if (found === undefined) throw new Error(`${name} was not heard`);
        return found;
      },
      close() {
        abort.abort();
        void reading;
      },
    };
    streams.push(stream);
    return stream;
  }

  async function read(answer: Response, heard: ReceivedEvent[]): Promise<void> {
    const decoder = new TextDecoder();
    let text = '';
    for await (const bytes of answer.body ?? []) {
      text += decoder.decode(bytes as Uint8Array, { stream: true });
      const blocks = text.split('\n\n');
      text = blocks.pop() ?? '';
      for (const block of blocks) {
        const fields = new Map(block.split('\n').map((line) => line.split(/: (.*)/s, 2) as [string, string]));
        const [id, name, data] = [fields.get('id'), fields.get('event'), fields.get('data')];
        if (id === undefined || name === undefined || data === undefined) continue;
        heard.push({ id, name, data: JSON.parse(data) as ReceivedEvent['data'] });
      }
    }
  }

  it('begin with the state, then tell the sale from linked to paid, in order and once', async () => {
    const till = await shop.openTill();
    const stream = await listen(till);
    const state = await stream.until('payment_link.state');
    expect(state.data).toMatchObject({ paymentLink: { id: till, status: 'free' }, paymentRequest: null });
    const id = await shop.sold(till);
    await shop.change(id, '25.00', '"0"');
    await shop.pay(id);
    await stream.until('payment_request.paid');
    const told = stream.heard.slice(1);
    expect(told.map(({ name }) => name)).toEqual([
      'payment_request.linked',
      'payment_request.updated',
      'payment_request.paid',
    ]);
    expect(told.every(({ data }) => data['paymentRequestId'] === id)).toBe(true);
    const ids = stream.heard.map((event) => Number(event.id));
    expect(ids).toEqual(ids.toSorted((a, b) => a - b));
  });

  it('show a till that comes in the middle of a sale what is on the code', async () => {
    const till = await shop.openTill();
    const id = await shop.sold(till);
    const { data } = await (await listen(till)).until('payment_link.state');
    expect(data).toMatchObject({
      paymentLink: { status: 'linked', currentPaymentRequestId: id },
      paymentRequest: { id, status: 'active', amount: brl('24.90') },
    });
  });

  it('resume after the last event that the till had, and leave out none', async () => {
    const till = await shop.openTill();
    const before = await listen(till);
    const id = await shop.sold(till);
    const linked = await before.until('payment_request.linked');
    before.close();
    await shop.pay(id);
    await shop.untilRequest(id, 'paid');
    const next = await shop.sold(till, { amount: brl('3.00') });
    await shop.cancel(next);
    const after = await listen(till, linked.id);
    await after.until('payment_request.cancelled');
    expect(after.heard.slice(1).map(({ name, data }) => [name, data['paymentRequestId']])).toEqual([
      ['payment_request.paid', id],
      ['payment_request.linked', next],
      ['payment_request.cancelled', next],
    ]);
    expect(Number(after.heard[1]?.id)).toBeGreaterThan(Number(linked.id));
  });

  it('of one till do not tell of another', async () => {
    const [till, other] = [await shop.openTill(), await shop.openTill()];
    const stream = await listen(till);
    await shop.sold(other);
    await shop.sold(till);
    await stream.until('payment_request.linked');
    expect(stream.heard.slice(1).map(({ data }) => data['paymentLinkId'])).toEqual([till]);
  });

  it('can be pulled in order, without gaps, by whoever prefers to', async () => {
    const all: { readonly id: number; readonly name: string }[] = [];
    for (let after: number | undefined = 0; after !== undefined;) {
      const { body } = await shop.pos.get(`/v1/events?limit=3&after=${after}`);
      const page = body['data'] as typeof all;
      all.push(...page);
      after = page.at(-1)?.id;
    }
    expect(all.length).toBeGreaterThan(3);
    expect(all.map(({ id }) => id)).toEqual(all.map((_, index) => index + 1));
  });

  it('hold a read until the status changes, and answer at once when it has ended', async () => {
    const till = await shop.openTill();
    const id = await shop.sold(till);
    let answered = false;
    const waiting = shop.pos.get(`/v1/payment-requests/${id}`, { prefer: 'wait=25' }).finally(() => {
      answered = true;
    });
    await shop.change(id, '30.00', '"0"');
    expect(answered).toBe(false);
    await shop.pay(id);
    const paid = await waiting;
    expect(paid).toMatchObject({ status: 200, body: { status: 'paid', revision: 1 } });
    expect(paid.headers.get('preference-applied')).toBe('wait=25');
    const again = await shop.pos.get(`/v1/payment-requests/${id}`, { prefer: 'wait=25' });
    expect(again.body).toMatchObject({ status: 'paid' });
  });

  it('let go of a read after the seconds that it asked for, with the status as it is', async () => {
    const id = await shop.sold(await shop.openTill());
    const answer = await shop.pos.get(`/v1/payment-requests/${id}`, { prefer: 'wait=1' });
    expect(answer).toMatchObject({ status: 200, body: { status: 'active', payable: true } });
  });
});
