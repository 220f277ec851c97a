/**
 * The addresses of docs/bills.md for one utility, in memory, behind the page as it is really served: for the looks and
 * the manners of the page alone. It remembers what it was asked.
 */
import { createServer, type IncomingHttpHeaders } from 'node:http';
import type { AddressInfo } from 'node:net';
import express, { type Request, type Response } from 'express';
import { mountBillsPage } from '../../api/pages/bills-page.ts';
import { BILLS, HELD, READING_ROWS, TARIFFS } from './utility-day.ts';

export const KEY = 'rk_test_utility';
export const FILE = Buffer.from(`%PDF-1.7\n${'a page of bills\n'.repeat(4_000)}%%EOF\n`);

interface RecordedRequest {
  readonly method: string;
  readonly path: string;
  readonly query: URLSearchParams;
  readonly headers: IncomingHttpHeaders;
  readonly body: string;
}

interface FakeAnswer {
  readonly status: number;
  readonly body: unknown;
}

interface FailedRow {
  readonly line: number;
  readonly accountId: string | null;
  readonly status: 'refused' | 'failed';
  readonly errors: readonly { readonly column: string; readonly detail: string }[];
}

export type FakeBilling = Awaited<ReturnType<typeof openFakeBilling>>;

export async function openFakeBilling(options: { readonly handsOutKey?: boolean } = {}) {
  const { handsOutKey = true } = options;
  const asked: RecordedRequest[] = [];
  const batches = new Map<string, ReturnType<typeof newBatch>>();
  const byKey = new Map<string, string>();
  const faults: FailedRow[] = [];
  const held = HELD.map((one) => ({ ...one }));
  const bills = new Map(BILLS.map((bill) => [bill.id, { ...bill }]));
  let rows = READING_ROWS.map((row) => ({ ...row }));
  let refusal: { readonly method: string; readonly answer: FakeAnswer } | undefined;

  /** Rows without an account are refused, as the API does while it reads. */
  function takeAccounts({ query, body, headers }: RecordedRequest): FakeAnswer {
    const key = String(headers['idempotency-key']);
    const known = batches.get(byKey.get(key) ?? '');
    if (known !== undefined) {
      batches.set(known.id, { ...known, status: 'running', because: undefined });
      return { status: 202, body: batches.get(known.id) };
    }
    const [header = '', ...lines] = body.trim().split('\n');
    if (!header.includes('account')) {
      const detail = 'the header has no column of this name';
      return problem(422, 'Nothing of it was stored. See errors.', [{ line: 1, column: 'account', detail }]);
    }
    lines.forEach((line, index) => {
      const [accountId = ''] = line.split(',');
      if (accountId !== '') return;
      const errors = [{ column: 'account', detail: 'is needed' }];
      faults.push({ line: index + 2, accountId: null, status: 'refused', errors });
    });
    const batch = newBatch(`batch-${batches.size + 1}`, query, { total: lines.length, refused: faults.length });
    batches.set(batch.id, batch);
    byKey.set(key, batch.id);
    return { status: 202, body: batch };
  }

  function takeReadings(): FakeAnswer {
    const counted = (name: string) => rows.filter(({ result }) => result === name).length;
    const [stored, repeat, conflict, refused] = ['stored', 'repeat', 'conflict', 'refused'].map(counted);
    const results = rows.map(({ line, result, errors }) => ({ line, result, errors }));
    const gaps = [
      { deviceId: 'Phone 7', from: 41, to: 43 },
      { deviceId: 'Phone 9', from: 12, to: 12 },
    ];
    return ok({ id: 'upload-1', rows: { total: rows.length, stored, repeat, conflict, refused }, results, gaps });
  }

  function decide(id: string, { body }: RecordedRequest): FakeAnswer {
    const index = held.findIndex((one) => one.id === id);
    const [exception] = held.splice(index, index < 0 ? 0 : 1);
    if (exception === undefined) return problem(409, 'See its resolution.');
    const { decision, operator, reason } = JSON.parse(body) as Record<string, string>;
    return ok({
      ...exception,
      status: 'resolved',
      may: [],
      resolution: { decision, by: operator, reason, at: exception.openedAt },
    });
  }

  function answer(call: RecordedRequest): FakeAnswer {
    if (call.headers.authorization !== `Bearer ${KEY}`) return problem(401, 'The key is not known.');
    if (refusal?.method === call.method) return refusal.answer;
    const [, , collection, id = '', part, last] = call.path.split('/');
    const known = (body: unknown) =>
      body === undefined ? problem(404, 'There is nothing at this address.') : ok(body);
    const list = (data: readonly unknown[]) => {
      const [from, limit] = [Number(call.query.get('after') ?? 0), Number(call.query.get('limit') ?? 25)];
      const next = from + limit < data.length ? String(from + limit) : null;
      return ok({ data: data.slice(from, from + limit), next });
    };
    const wanted = (name: string, value: string) => (call.query.get(name) ?? value) === value;
    switch (`${call.method} ${collection}`) {
      case 'GET tariffs':
        return list(TARIFFS);
      case 'POST bill-batches':
        return takeAccounts(call);
      case 'GET bill-batches':
        if (part === 'rows') return list(faults.filter(({ status }) => wanted('status', status)));
        return id === '' ? list([...batches.values()].toReversed()) : known(batches.get(id));
      case 'POST meter-readings':
        return takeReadings();
      case 'GET meter-readings':
        return part === 'upload-1' && last === 'rows' ? list(rows) : known(undefined);
      case 'GET exceptions':
        return list(held);
      case 'POST exceptions':
        return decide(id, call);
      case 'GET bills':
        if (id !== '') return known(bills.get(id));
        return list(
          [...bills.values()].filter(
            ({ accountId, status }) => wanted('accountId', accountId) && wanted('status', status),
          ),
        );
      default:
        return known(undefined);
    }
  }

  async function serve(request: Request, response: Response): Promise<void> {
    const { pathname, searchParams } = new URL(request.originalUrl, 'http://localhost');
    let body = '';
    for await (const piece of request as AsyncIterable<Buffer>) body += piece.toString('utf8');
    const call = { method: request.method, path: pathname, query: searchParams, headers: request.headers, body };
    asked.push(call);
    if (pathname.endsWith('.pdf') && call.headers.authorization === `Bearer ${KEY}`) {
      response.writeHead(200, { 'content-type': 'application/pdf', 'content-length': FILE.length }).end(FILE);
      return;
    }
    const { status, body: json } = answer(call);
    response.status(status).json(json);
  }

  const app = express();
  mountBillsPage(app);
  app.get('/demo/config.json', (_request, response) => {
    if (handsOutKey) response.json({ apiKey: KEY });
    else response.status(404).json({});
  });
  app.use('/v1', serve);
  const server = createServer(app);
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));

  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/bills`,
    batches,
    faults,
    bills,
    asked: (method: string, ending: string) =>
      asked.filter((call) => call.method === method && call.path.endsWith(ending)),
    change: (id: string, changed: Partial<ReturnType<typeof newBatch>>) => {
      const batch = batches.get(id);
      if (batch !== undefined) batches.set(id, { ...batch, ...changed });
    },
    setRows: (now: typeof rows) => {
      rows = now;
    },
    rows: () => rows,
    /** Every call of that method is refused so, until it is told otherwise. */
    refuse: (method: string, refused?: FakeAnswer) => {
      refusal = refused === undefined ? undefined : { method, answer: refused };
    },
    close: () => {
      server.close();
      server.closeAllConnections();
    },
  };
}

function newBatch(id: string, query: URLSearchParams, { total, refused }: { total: number; refused: number }) {
  return {
    id,
    name: query.get('name') ?? '',
    status: 'waiting',
    because: undefined as string | undefined,
    layout: { kind: query.get('kind'), level: query.get('level'), moduleMillimetres: 1.1, pagesPerFile: 500 },
    rows: { total, waiting: total - refused, opened: 0, reused: 0, refused, failed: 0 },
    secondsLeft: null as number | null,
    files: [] as readonly { readonly number: number; readonly bills: number; readonly url: string }[],
    createdAt: '2026-11-26T09:00:00.000Z',
    startedAt: null as string | null,
    finishedAt: null as string | null,
  };
}

export function problem(status: number, detail: string, errors?: readonly unknown[]): FakeAnswer {
  const body = { type: 'https://relink.dev/problems/some', title: 'Some problem', status, detail, traceId: 't' };
  return { status, body: errors === undefined ? body : { ...body, errors } };
}

function ok(body: unknown): FakeAnswer {
  return { status: 200, body };
}
