/**
 * Drives Relink as a POS and a payer would: HTTP in, the bank's own callback, the event on the till's SSE stream. The
 * bank's callbacks pass through here on their way to the API, so that their arrival is read on the same clock as
 * everything else.
 */
import { randomUUID } from 'node:crypto';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import { text } from 'node:stream/consumers';
import { setTimeout as pause } from 'node:timers/promises';
import { Agent, request } from 'undici';
import { z } from 'zod';
import { present } from '../domain/present.ts';
import type { Stack } from '../embedded/stack.ts';
import { processorMeterOf } from './processor-time.ts';
import { type EventTime, followTill } from './till-stream.ts';
import type { BenchmarkSide, BenchmarkTill, TimedSale } from './side.ts';

const TOLD_WITHIN_MS = 30_000;
const SETTLED = z.object({ id: z.string(), status: z.literal('SETTLED') });
const LINK = z.object({ id: z.string(), status: z.string() });
const REQUEST = z.object({ id: z.string(), status: z.string() });

interface Calls {
  post(url: string, body: object): Promise<{ readonly status: number; readonly body: unknown }>;
  get(url: string): Promise<unknown>;
}

interface NoticeListener {
  readonly heard: EventTime;
  /** When the bank's callback about the settled request arrived. */
  readonly notices: Map<string, number>;
}

export async function startRelinkSide(
  stack: Stack,
  apiKey: string,
  links: number,
): Promise<BenchmarkSide & { stop(): Promise<void> }> {
  const agent = new Agent({ connections: 256, pipelining: 1 });
  const notices = new Map<string, number>();
  const relay = await startRelay(`${stack.apiUrl}/callbacks/jpmorgan`, agent, notices);
  await stack.bank.kill('SIGTERM');
  await stack.bank.start({ CALLBACK_URL: relay.url });
  const calls = callsWith(agent, apiKey);
  const ids = await openTills(stack.apiUrl, calls, links);
  const streams = await Promise.all(
    ids.map(async (id) => followTill(`${stack.apiUrl}/v1/payment-links/${id}/events`, apiKey)),
  );
  const tills = ids.flatMap((id, number) => {
    const stream = streams[number];
    return stream === undefined ? [] : [tillOn(stack, id, calls, { heard: stream.heard, notices })];
  });
  return {
    name: 'Relink',
    tills,
    processes: {
      worker: processorMeterOf(stack.worker.pid() ?? 0),
      api: processorMeterOf(stack.api.pid() ?? 0),
      bank: processorMeterOf(stack.bank.pid() ?? 0),
    },
    async stop() {
      for (const stream of streams) stream.close();
      relay.server.closeAllConnections();
      relay.server.close();
      await agent.destroy();
    },
  };
}

function tillOn(
  { apiUrl, simulatorUrl }: Stack,
  id: string,
  calls: Calls,
  { heard, notices }: NoticeListener,
): BenchmarkTill {
  const link = `${apiUrl}/v1/payment-links/${id}`;
  const order = { amount: { currency: 'BRL', value: '24.90' }, reference: 'bench', expiresIn: 300 };
  return {
    async sell(asked): Promise<TimedSale> {
      const answer = await calls.post(`${link}/payment-requests`, order);
      if (answer.status !== 201 && answer.status !== 202) {
        throw new Error(`no sale: ${answer.status} ${JSON.stringify(answer.body)}`);
      }
      const { id: requestId } = REQUEST.parse(answer.body);
      // 202: not payable within 5 s. The till hears of it when it is, and the time runs on until then.
      const payable =
        answer.status === 201 ? performance.now() : await heard(requestId, 'payment_request.linked', TOLD_WITHIN_MS);
      const told = heard(requestId, 'payment_request.paid', TOLD_WITHIN_MS);
      const [at, paid] = await Promise.all([
        told,
        calls.post(`${simulatorUrl}/control/pay`, { paymentRequestId: requestId }),
      ]);
      if (paid.status >= 300) throw new Error(`the bank refuses: ${JSON.stringify(paid.body)}`);
      const noticed = notices.get(requestId);
      notices.delete(requestId);
      return { asked, payable, ...present({ noticed }), told: at };
    },
    async clear() {
      await calls.post(`${link}/unlink`, {});
      await pause(250);
    },
  };
}

function callsWith(agent: Agent, apiKey: string): Calls {
  const authorization = `Bearer ${apiKey}`;
  return {
    async post(url, body) {
      const answer = await request(url, {
        method: 'POST',
        dispatcher: agent,
        headers: { authorization, 'content-type': 'application/json', 'idempotency-key': randomUUID() },
        body: JSON.stringify(body),
      });
      return { status: answer.statusCode, body: await answer.body.json() };
    },
    async get(url) {
      const answer = await request(url, { dispatcher: agent, headers: { authorization } });
      return answer.body.json();
    },
  };
}

async function openTills(apiUrl: string, calls: Calls, links: number): Promise<readonly string[]> {
  const ids = await Promise.all(
    Array.from({ length: links }, async (_, number) => {
      const { body } = await calls.post(`${apiUrl}/v1/payment-links`, { kind: 'till', label: `Till ${number + 1}` });
      return LINK.parse(body).id;
    }),
  );
  const deadline = Date.now() + 30_000;
  for (const id of ids) {
    while (LINK.parse(await calls.get(`${apiUrl}/v1/payment-links/${id}`)).status !== 'free') {
      if (Date.now() > deadline) throw new Error(`the link ${id} did not open within 30 seconds`);
      await pause(50);
    }
  }
  return ids;
}

interface Relay {
  readonly server: Server;
  readonly url: string;
}

async function startRelay(target: string, agent: Agent, notices: Map<string, number>): Promise<Relay> {
  const forward = async (incoming: IncomingMessage, outgoing: ServerResponse): Promise<void> => {
    const arrived = performance.now();
    const body = await text(incoming);
    const settled = SETTLED.safeParse(JSON.parse(body));
    // A second delivery of the same news must not make the first look faster.
    if (settled.success && !notices.has(settled.data.id)) notices.set(settled.data.id, arrived);
    const { authorization = '' } = incoming.headers;
    const headers = { 'content-type': 'application/json', authorization };
    const answer = await request(target, { method: 'POST', dispatcher: agent, headers, body });
    await answer.body.dump();
    outgoing.writeHead(answer.statusCode).end();
  };
  const server = createServer((incoming, outgoing) => {
    // The bank sends it again.
    forward(incoming, outgoing).catch(() => outgoing.writeHead(503).end());
  });
  await new Promise<void>((resolve) => {
    server.listen(0, '127.0.0.1', resolve);
  });
  const address = server.address();
  const port = typeof address === 'object' && address !== null ? address.port : 0;
  return { server, url: `http://127.0.0.1:${port}/` };
}
