/**
 * The addresses that the meter reader's page calls, in memory, under the page as the API serves it: for the page's
 * manners alone. It can go away altogether, and lose an answer after it has stored what came.
 */
import { createServer, type IncomingHttpHeaders, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import path from 'node:path';
import express, { type Express, type Request, type Response } from 'express';
import { mountAgent, readAgentPage, type AgentPage } from '../../api/pages/meter-reader-page.ts';
import type { Reading } from '../../domain/billing/reading.ts';
import { shortCodeOfHash, spacedShortCode } from '../../domain/codes/short-code.ts';

export const KEY = 'rk_test_agent_secret';
const PAGE = 2;

interface FakeAccount {
  readonly id: string;
  readonly holder: string;
  readonly address: readonly string[];
  readonly shortCode: string;
  readonly printedCode: string;
  readonly paymentLinkId: string;
  readonly meters: readonly { readonly id: string; readonly digits: number; readonly decimals: number }[];
}

interface FakeUpload {
  readonly key: string;
  readonly readings: readonly Reading[];
}

type Row = { readonly line: number; readonly result: string; readonly errors?: readonly object[] };

export function fakeAccount(number: number, holder: string, meters: FakeAccount['meters']): FakeAccount {
  const hash = (number * 7_919).toString(16).padStart(10, '9');
  return {
    id: `A-${number}`,
    holder,
    address: [`Rua das Águas, ${number}`, 'Blumenau'],
    shortCode: spacedShortCode(shortCodeOfHash(hash)),
    printedCode: `00020101021226800014br.gov.bcb.pix2558pix.example.com/qr/v2/cobv/${hash}6304B14F`,
    paymentLinkId: `link-${number}`,
    meters,
  };
}

export type FakeUtility = Awaited<ReturnType<typeof openFakeUtility>>;

export async function openFakeUtility(accounts: readonly FakeAccount[]) {
  const page = readAgentPage(path.resolve(import.meta.dirname, '../../web'));
  const uploads: FakeUpload[] = [];
  const stored = new Map<string, Reading>();
  const answers = new Map<string, readonly Row[]>();
  const state = {
    keys: [KEY],
    handsOutKey: true,
    losesAnswers: 0,
    /** Of the round's pages only so many come. */
    pages: Infinity,
    /** Answered in the place of taking what comes. */
    refusal: undefined as object | undefined,
  };
  const served = { page };

  function take(request: Request, response: Response): void {
    const key = String(request.headers['idempotency-key']);
    const { readings } = request.body as { readonly readings: readonly Reading[] };
    uploads.push({ key, readings });
    if (state.refusal !== undefined) {
      response.status(422).json(state.refusal);
      return;
    }
    const results = answers.get(key) ?? readings.map((reading, at) => keep(reading, at + 1));
    answers.set(key, results);
    if (state.losesAnswers > 0) {
      state.losesAnswers -= 1;
      response.socket?.destroy();
    } else response.json({ id: 'u'.repeat(32), rows: { total: readings.length }, results, gaps: [] });
  }

  function keep(reading: Reading, line: number): Row {
    const name = `${reading.deviceId} ${reading.sequence}`;
    const known = stored.get(name);
    if (known !== undefined) {
      return { line, result: JSON.stringify(known) === JSON.stringify(reading) ? 'repeat' : 'conflict' };
    }
    if (!accounts.some(({ meters }) => meters.some(({ id }) => id === reading.meterId))) {
      const errors = [{ column: 'meterId', detail: `no meter ${reading.meterId} is known` }];
      return { line, result: 'refused', errors };
    }
    stored.set(name, reading);
    return { line, result: 'stored' };
  }

  const build = (): Express => {
    const app = express();
    mountAgent(app, served.page);
    app.get('/demo/config.json', (_request, response) => {
      if (state.handsOutKey) response.json({ apiKey: KEY });
      else response.status(404).json({});
    });
    app.use('/v1', express.json({ limit: '2mb' }), (request, response, next) => {
      if (isKnown(request.headers, state.keys)) next();
      else response.status(401).json({ title: 'The API key is missing or not valid' });
    });
    app.get('/v1/bill-batches', (_request, response) => {
      response.json({ data: [{ id: 'b1', name: 'Centro', createdAt: '2026-11-01T08:00:00Z' }], next: null });
    });
    app.get('/v1/service-accounts', (request, response) => {
      const from = Number(request.query['after'] ?? 0);
      if (from >= state.pages * PAGE) {
        response.status(422).json({ detail: 'it is too much' });
        return;
      }
      const next = from + PAGE < accounts.length ? String(from + PAGE) : null;
      response.json({ data: accounts.slice(from, from + PAGE), next });
    });
    app.post('/v1/meter-readings', take);
    return app;
  };

  let server = await listen(build(), 0);
  const { port } = server.address() as AddressInfo;
  const close = async (): Promise<void> => {
    server.closeAllConnections();
    await new Promise((resolve) => server.close(resolve));
  };
  return {
    url: `http://127.0.0.1:${port}/agent`,
    state,
    uploads,
    /** In the order in which they were stored, each once. */
    stored: () => [...stored.values()],
    /** As if another device had used this number. */
    occupy: (reading: Reading) => stored.set(`${reading.deviceId} ${reading.sequence}`, reading),
    version: () => served.page.version,
    goAway: close,
    /** On the same port, with another version of the page if one is given. */
    comeBack: async (version = served.page.version): Promise<void> => {
      served.page = otherVersion(served.page, version);
      server = await listen(build(), port);
    },
    close: async () => {
      if (server.listening) await close();
    },
  };
}

/** The same files under other addresses. */
function otherVersion(page: AgentPage, version: string): AgentPage {
  const named = (text: string): string => text.replaceAll(page.version, version);
  const files = [...page.files].map(([name, bytes]) => [name, Buffer.from(named(bytes.toString()))] as const);
  return { version, files: new Map(files), worker: named(page.worker) };
}

function isKnown({ authorization = '' }: IncomingHttpHeaders, keys: readonly string[]): boolean {
  return keys.some((key) => authorization === `Bearer ${key}`);
}

async function listen(app: Express, port: number): Promise<Server> {
  const server = createServer(app);
  await new Promise<void>((resolve) => server.listen(port, '127.0.0.1', resolve));
  return server;
}
