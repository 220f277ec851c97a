/**
 * Small servers and samples for the tests of the adapter. They know the bank's wire and nothing of the code under test.
 */
import { randomBytes } from 'node:crypto';
import http from 'node:http';
import net from 'node:net';
import type { AddressInfo } from 'node:net';
import type { Charge } from '../../domain/money/charge.ts';
import { createJpMorgan, type JpMorganConfig } from '../../providers/jpmorgan/provider.ts';
import {
  ProviderFailure,
  type CallLimits,
  type Provider,
  type RequestWrite,
  type ReturnOrder,
} from '../../providers/provider.ts';
import { PATIENT_MS } from '../limits/limits.ts';

export const REQUEST_ID = 'fca7becb133a4501b5aff72d082a1709';
const LINK_ID = '6ea59f2b-1d02-4447-8b96-dc49bdcca25f';
export const SECRET = 'callback-secret-of-the-tests';

export const creditor: JpMorganConfig['creditor'] = {
  accountKey: '70204587000136',
  accountScheme: 'CNPJ',
  name: 'Padaria do Bairro',
  city: 'SAO PAULO',
};

export function aCharge(differences: Partial<Charge> = {}): Charge {
  return {
    amount: { minorUnits: '2490', currency: 'BRL' },
    reference: 'cart 5423645',
    expiry: { is: 'within', seconds: 1800 },
    ...differences,
  };
}

export function aWrite(differences: Partial<RequestWrite> = {}): RequestWrite {
  return { requestId: REQUEST_ID, providerLinkId: LINK_ID, kind: 'till', charge: aCharge(), ...differences };
}

export function brl(minorUnits: string) {
  return { minorUnits, currency: 'BRL' } as const;
}

/** An order to return BRL 4.90 of this payment, under an id of its own. */
export function anOrder(endToEndId: string, differences: Partial<ReturnOrder> = {}): ReturnOrder {
  return { returnId: newId(), endToEndId, amount: brl('490'), whole: false, reason: 'paid twice', ...differences };
}

export function newId(): string {
  return randomBytes(16).toString('hex');
}

/** A details answer as the bank's samples show it. */
export function details(differences: Record<string, unknown> = {}): Record<string, unknown> {
  return {
    id: REQUEST_ID,
    revisionNumber: 0,
    country: 'BR',
    request: {
      creditor: { account: { alternateAccountIdentifier: '70204587000136', schemeName: { proprietary: 'CNPJ' } } },
      expirationType: 'IMMEDIATE',
      duration: 1800,
      paymentAmount: '24.90',
      currency: 'BRL',
      reference: 'cart 5423645',
    },
    requestMethodType: 'QR_CODE',
    requestMethod: {
      paymentLink: {
        id: LINK_ID,
        expirationType: 'IMMEDIATE',
        url: 'https://bank.example/pix/1',
        paymentRequestId: 'x',
      },
      text: 'not looked at',
    },
    createdAt: '2024-10-01T20:32:10Z',
    updatedAt: '2024-10-01T20:32:10Z',
    expiresAt: '2024-10-01T21:02:10Z',
    status: 'ACTIVE',
    ...differences,
  };
}

/** As patient as a slow machine needs, unless a test is about the end of its patience. */
export function call(timeoutMs = PATIENT_MS, signal: AbortSignal = new AbortController().signal): CallLimits {
  return { signal, timeoutMs };
}

interface ReceivedRequest {
  readonly method: string;
  readonly url: string;
  readonly headers: http.IncomingHttpHeaders;
  readonly body: string;
  /** The other end of the connection: the same port twice is the same connection. */
  readonly port: number | undefined;
}

export interface StubReply {
  readonly status?: number;
  readonly json?: unknown;
  readonly text?: string;
  readonly headers?: Readonly<Record<string, string>>;
  /** Promises more bytes than it sends, then cuts. */
  readonly truncated?: boolean;
  readonly afterMs?: number;
}

export interface StubBank {
  readonly url: string;
  readonly received: ReceivedRequest[];
  close(): Promise<void>;
}

/** Answers each request by `reply`; `cut` closes the socket when the request has been read. */
export async function aBank(
  reply: (received: ReceivedRequest, count: number) => StubReply | 'cut' | 'silence',
): Promise<StubBank> {
  const received: ReceivedRequest[] = [];
  const server = http.createServer((request, response) => {
    const chunks: Buffer[] = [];
    request.on('data', (chunk: Buffer) => chunks.push(chunk));
    request.on('end', () => {
      const one = {
        method: request.method ?? '',
        url: request.url ?? '',
        headers: request.headers,
        body: Buffer.concat(chunks).toString('utf8'),
        port: request.socket.remotePort,
      };
      received.push(one);
      const answer = reply(one, received.length);
      if (answer === 'silence') return;
      if (answer === 'cut') {
        request.socket.destroy();
        return;
      }
      setTimeout(() => send(response, answer), answer.afterMs ?? 0);
    });
  });
  const url = await listen(server);
  return {
    url,
    received,
    close: async () => {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

function send(response: http.ServerResponse, answer: StubReply): void {
  const text = answer.text ?? JSON.stringify(answer.json ?? {});
  const length = Buffer.byteLength(text) + (answer.truncated ? 100 : 0);
  response.writeHead(answer.status ?? 200, { 'content-length': length, ...answer.headers });
  if (!answer.truncated) response.end(text);
  else response.write(text, () => response.socket?.destroy());
}

/** Takes the connection; hangs up on the first byte, or says nothing ever. */
export async function aServerThat(does: 'hangs up' | 'is silent'): Promise<StubBank> {
  const sockets: net.Socket[] = [];
  const server = net.createServer((socket) => {
    sockets.push(socket);
    socket.on('error', () => undefined);
    if (does === 'hangs up') socket.once('data', () => socket.destroy());
  });
  const url = await listen(server);
  const close = (): Promise<void> => {
    for (const socket of sockets) socket.destroy();
    return new Promise((resolve) => server.close(() => resolve()));
  };
  return { url, received: [], close };
}

/** An address at which nobody listens. */
export async function aClosedPort(): Promise<string> {
  const server = net.createServer();
  const url = await listen(server);
  await new Promise((resolve) => server.close(resolve));
  return url;
}

async function listen(server: net.Server): Promise<string> {
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', () => resolve()));
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}

export function aProvider(baseUrl: string, more: Partial<JpMorganConfig> = {}): Provider {
  return createJpMorgan({ baseUrl, creditor, callbackSecret: SECRET, ...more });
}

/** The failure of a call that must fail. */
export async function failureOf(work: Promise<unknown>): Promise<ProviderFailure> {
  try {
    await work;
  } catch (error) {
    if (error instanceof ProviderFailure) return error;
    throw error;
  }
  throw new Error('the call did not fail');
}
