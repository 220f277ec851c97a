/**
 * Relink's HTTP API and the bank's control API for one link, in memory: for the looks and the manners of the page
 * alone. What they really do is shown in test/end-to-end/pages/demo-page.test.ts.
 */
import { readFileSync } from 'node:fs';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import path from 'node:path';
import { present } from '../../domain/present.ts';
import { renderSvg } from '../../printing/qr-images.ts';

const TEXT =
  '00020101021226800014br.gov.bcb.pix2558pix.example.com/qr/v2/cobv/9d36b84fc70b478fb95c12729b90ca255204000053039865802BR5914Padaria Aurora6009Sao Paulo62070503***6304B14F';
const TYPES: Readonly<Record<string, string>> = {
  html: 'text/html; charset=utf-8',
  js: 'text/javascript',
  css: 'text/css',
  svg: 'image/svg+xml',
};
const KEY = 'rk_test_demo_secret';

interface FakeSale {
  id: string;
  status: string;
  revision: number;
  amount: { currency: string; value: string };
  reference: string;
  expiresAt: string;
  because?: string;
}

interface RecordedRequest {
  readonly method: string;
  readonly path: string;
  readonly headers: IncomingMessage['headers'];
  readonly body: { readonly amount?: FakeSale['amount']; readonly reference?: string; readonly expiresIn?: number };
}

interface FakeAnswer {
  readonly status: number;
  readonly body: unknown;
}

export type FakeShop = Awaited<ReturnType<typeof openFakeShop>>;

export async function openFakeShop() {
  const link = { status: 'free', because: undefined as string | undefined, text: TEXT };
  const sales: FakeSale[] = [];
  const timeline: { readonly id: number; readonly at: string; readonly what: string; readonly sentence: string }[] = [];
  const listeners = new Set<ServerResponse>();
  const asked: RecordedRequest[] = [];
  let refusal: FakeAnswer | undefined;
  let position = 0;
  let down = false;

  const current = (): FakeSale | undefined => sales.findLast(({ status }) => ['linking', 'active'].includes(status));
  const tell = (name: string, sentence: string, actor?: string): void => {
    position += 1;
    timeline.push({
      id: position,
      at: new Date().toISOString(),
      what: name,
      sentence,
      ...present({ actor }),
    });
    for (const listener of listeners) listener.write(`id: ${position}\nevent: payment_request.${name}\ndata: {}\n\n`);
  };
  const end = (sale: FakeSale, status: string): void => {
    sale.status = status;
    tell(status, status === 'paid' ? `BRL ${sale.amount.value} settled (exact)` : `the provider says ${status}`);
  };
  const linkView = () => ({
    id: 'till-1',
    kind: 'till',
    label: 'Till 1',
    status: link.status === 'free' && current() !== undefined ? 'linked' : link.status,
    because: link.because,
    currentPaymentRequestId: current()?.id ?? null,
    qr: { text: TEXT },
    workflowId: 'payment-link:padaria-aurora:till:till-1',
  });

  function relink({ method, path: at, headers, body }: RecordedRequest): FakeAnswer {
    if (headers.authorization !== `Bearer ${KEY}`) return problem(401, 'The key is not known.');
    if (method !== 'GET' && refusal !== undefined) return refusal;
    const [, , collection, id, action] = at.split('?')[0]?.split('/') ?? [];
    const sale = sales.find((each) => each.id === id);
    if (method === 'POST' && action === 'payment-requests') return sell(body);
    if (collection === 'payment-links' && action === 'history') {
      const after = Number(new URLSearchParams(at.split('?')[1]).get('after') ?? 0);
      return ok({ data: timeline.filter((entry) => entry.id > after), next: null });
    }
    if (collection === 'payment-links') return ok(linkView());
    if (method === 'PATCH' && sale !== undefined) {
      sale.amount = body.amount ?? sale.amount;
      sale.revision += 1;
      tell('updated', `charge changed to BRL ${sale.amount.value}, revision ${sale.revision}`, 'key demo');
      return ok(sale);
    }
    if (action === 'cancel' && sale !== undefined) {
      end(sale, 'cancelled');
      return ok({ serves: 'nothing' });
    }
    return ok(sale ?? { data: sales.slice(-1), next: null });
  }

  function sell(body: RecordedRequest['body']): FakeAnswer {
    if (current() !== undefined) return problem(409, 'The code is busy with another sale: BRL 24.90.');
    const [amount, reference] = [body.amount ?? { currency: '', value: '' }, String(body.reference)];
    const expiresAt = new Date(Date.now() + Number(body.expiresIn) * 1000).toISOString();
    const id = (sales.length + 1).toString(16).padStart(32, '0');
    sales.push({ id, status: 'active', revision: 0, amount, reference, expiresAt });
    tell('linked', `BRL ${amount.value} linked`, 'key demo');
    return { status: 201, body: sales.at(-1) };
  }

  function bank({ path: at, body }: RecordedRequest): FakeAnswer {
    const sale = current();
    if (at === '/control/faults') return ok({ calls: [] });
    if (sale === undefined) {
      const answer = { payable: false, because: 'empty', sentence: 'There is nothing to pay here right now.' };
      return { status: at === '/control/scan' ? 200 : 409, body: answer };
    }
    if (at === '/control/scan') {
      const { amount, reference } = sale;
      return ok({ payable: true, amount, reference, payee: 'Padaria Aurora', description: 'Two coffees and a cake' });
    }
    const offered = body.amount;
    if (offered !== undefined && offered.value !== sale.amount.value) {
      const sentence = 'The amount is not the one that is asked for; it may have changed. Scan again.';
      return { status: 409, body: { because: 'wrong-amount', sentence } };
    }
    end(sale, 'paid');
    return ok({ amount: sale.amount, status: 'SETTLED' });
  }

  const bankServer = await serve((request, response) => {
    response.setHeader('access-control-allow-origin', '*');
    response.setHeader('access-control-allow-headers', 'content-type');
    if (request.method === 'OPTIONS') response.writeHead(204).end();
    else void readAsked(request).then((call) => sendJson(response, bank(call)));
  });

  const shopServer = await serve((request, response) => {
    const at = request.url ?? '';
    if (down) request.socket.destroy();
    else if (at === '/demo/config.json') {
      const where = { simulatorUrl: bankServer.url, temporalUiUrl: 'http://127.0.0.1:8233' };
      sendJson(response, ok({ apiKey: KEY, paymentLinkId: 'till-1', ...where }));
    } else if (at.startsWith('/demo')) sendFile(response, at, bankServer.url);
    else if (at.endsWith('/events')) {
      void readAsked(request).then((call) => asked.push(call));
      response.writeHead(200, { 'content-type': 'text/event-stream' });
      response.write(`id: ${position}\nevent: payment_link.state\ndata: ${JSON.stringify(linkView())}\n\n: beat\n\n`);
      listeners.add(response);
      response.on('close', () => listeners.delete(response));
    } else if (at.endsWith('/qr.svg')) response.setHeader('content-type', 'image/svg+xml').end(renderSvg(link.text));
    else {
      void readAsked(request).then((call) => {
        asked.push(call);
        sendJson(response, relink(call));
      });
    }
  });

  return {
    url: `${shopServer.url}/demo`,
    link,
    sales,
    asked: (method: string, ending: string) =>
      asked.filter((call) => call.method === method && call.path.endsWith(ending)),
    tell,
    end,
    refuse: (answer: FakeAnswer | undefined) => {
      refusal = answer;
    },
    /** Cuts every connection and lets nobody in. */
    goDown: () => {
      down = true;
      shopServer.server.closeAllConnections();
    },
    comeBack: () => {
      down = false;
    },
    close: () => {
      for (const { server } of [shopServer, bankServer]) {
        server.close();
        server.closeAllConnections();
      }
    },
  };
}

export function problem(status: number, detail: string, pointer?: string): FakeAnswer {
  const errors = pointer === undefined ? [] : [{ pointer, detail }];
  return { status, body: { type: 'https://relink.dev/problems/some', title: 'Some', status, detail, errors } };
}

function ok(body: unknown): FakeAnswer {
  return { status: 200, body };
}

async function serve(
  handle: (request: IncomingMessage, response: ServerResponse) => void,
): Promise<{ server: Server; url: string }> {
  const server = createServer(handle);
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return { server, url: `http://127.0.0.1:${(server.address() as AddressInfo).port}` };
}

async function readAsked(request: IncomingMessage): Promise<RecordedRequest> {
  let text = '';
  for await (const piece of request) text += String(piece);
  const body = (text === '' ? {} : JSON.parse(text)) as RecordedRequest['body'];
  return { method: request.method ?? '', path: request.url ?? '', headers: request.headers, body };
}

function sendJson(response: ServerResponse, { status, body }: FakeAnswer): void {
  response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(body));
}

/** As strict as the API: the page must live with it. */
function sendFile(response: ServerResponse, at: string, bankUrl: string): void {
  const name = at === '/demo' || at === '/demo/' ? 'index.html' : path.basename(at);
  const file = path.resolve(import.meta.dirname, '../../web', name);
  response.writeHead(200, {
    'content-type': TYPES[name.split('.').at(-1) ?? ''] ?? 'text/plain',
    'content-security-policy': `default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' blob:; connect-src 'self' ${bankUrl}`,
  });
  response.end(readFileSync(file));
}
