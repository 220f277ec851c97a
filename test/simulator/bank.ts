/**
 * A running simulator and a client of it that signs nothing: the tests' way to the bank, apart from the real adapter.
 */
import { randomBytes } from 'node:crypto';
import http from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterEach } from '@jest/globals';
import { present } from '../../domain/present.ts';

import { createSimulator } from '../../simulator/simulator.ts';
import type { SimulatorOptions } from '../../simulator/simulator.ts';

export interface TestBankAnswer {
  readonly status: number;
  readonly etag: string | null;
  readonly retryAfter: string | null;
  readonly body: AnswerBody;
}

/** Whatever an answer may hold. A test that reads a member expects it to be there. */
export interface AnswerBody {
  readonly [other: string]: unknown;
  readonly id: string;
  readonly status: string;
  readonly because: string;
  readonly sentence: string;
  readonly payable: boolean;
  readonly endToEndId: string;
  readonly createdAt: string;
  readonly updatedAt: string;
  readonly expiresAt: string;
  readonly settledAt: string;
  readonly revisionNumber: number;
  readonly paymentRequestId: string;
  readonly request: { readonly paymentAmount: string; readonly duration: number };
  readonly requestMethod: {
    readonly text: string;
    readonly image?: string;
    readonly paymentLink: { readonly id: string; readonly url: string; readonly alternateIdentifier?: number };
  };
  readonly settlementSummary: {
    readonly payment: { readonly endToEndId: string };
    readonly returns?: readonly object[];
  };
  readonly returnId: string;
  readonly returnStatus: string;
  readonly context: readonly {
    readonly code: string;
    readonly field: string;
    readonly location: string;
    readonly message: string;
  }[];
  readonly requests: readonly { readonly id: string; readonly status: string; readonly createdAt: string }[];
  readonly paymentLinks: readonly { readonly id: string }[];
  readonly paymentRequests: readonly { readonly payments: readonly object[]; readonly returns: readonly object[] }[];
  readonly metadata: { readonly cursor: { readonly next?: string } };
  readonly offsetSeconds: number;
  readonly waiting: number;
  readonly delivered: number;
}

type Headers = Readonly<Record<string, string>>;

export interface TestBank {
  readonly url: string;
  call(method: string, path: string, body?: unknown, headers?: Headers): Promise<TestBankAnswer>;
  /** A call of the returns API. */
  returns(method: string, path: string, body?: unknown, headers?: Headers): Promise<TestBankAnswer>;
  control(path: string, body?: unknown, method?: string): Promise<TestBankAnswer>;
  openLink(expirationType?: string): Promise<{ id: string; url: string }>;
  /** PUT of an immediate request; `change` goes over its `request` object. */
  put(id: string, paymentLinkId?: string, change?: object, headers?: Headers): Promise<TestBankAnswer>;
  close(): Promise<void>;
}

const BASE = '/receivables/request-to-pay/v1';
const RETURNS_BASE = '/payment/v2';
const opened: TestBank[] = [];

/** Closed after the test. */
export async function startBank(options: SimulatorOptions = {}): Promise<TestBank> {
  const simulator = createSimulator(options);
  const { url } = await simulator.listen(0);
  const bank = await bankAt(url, () => simulator.close());
  opened.push(bank);
  return bank;
}

afterEach(async () => {
  await Promise.all(opened.splice(0).map((bank) => bank.close()));
});

export async function bankAt(url: string, close: () => Promise<void>): Promise<TestBank> {
  const { access_token: token } = (await (await askToken(url, unsignedAssertion(url))).json()) as {
    access_token: string;
  };
  const request = async (target: string, method: string, body: unknown, headers: Headers): Promise<TestBankAnswer> => {
    const response = await fetch(target, {
      method,
      headers: { 'content-type': 'application/json', ...headers },
      ...(body === undefined ? {} : { body: typeof body === 'string' ? body : JSON.stringify(body) }),
    });
    const text = await response.text();
    return {
      status: response.status,
      etag: response.headers.get('etag'),
      retryAfter: response.headers.get('retry-after'),
      body: JSON.parse(text === '' ? '{}' : text) as AnswerBody,
    };
  };
  const bank: TestBank = {
    url,
    close,
    call: (method, path, body, headers = {}) =>
      request(`${url}${BASE}${path}`, method, body, { authorization: `Bearer ${token}`, ...headers }),
    returns: (method, path, body, headers = {}) =>
      request(`${url}${RETURNS_BASE}/payments/returns${path}`, method, body, {
        authorization: `Bearer ${token}`,
        ...headers,
      }),
    control: (path, body, method = body === undefined ? 'GET' : 'POST') =>
      request(`${url}/control${path}`, method, body, {}),
    openLink: async (expirationType = 'IMMEDIATE') =>
      (await bank.call('POST', '/payment-links', { expirationType, country: 'BR' })).body as AnswerBody & {
        readonly url: string;
      },
    put: (id, paymentLinkId, change, headers) =>
      bank.call('PUT', `/payment-requests/${id}`, sale(paymentLinkId, change), headers),
  };
  return bank;
}

export function requestId(): string {
  return randomBytes(16).toString('hex');
}

export const creditor = {
  account: { alternateAccountIdentifier: '70204587000136', schemeName: { proprietary: 'CNPJ' } },
  name: 'Padaria do Joao',
  address: { city: 'SAO PAULO' },
};

/** The body of an immediate request of BRL 24.90 for half an hour. */
export function sale(paymentLinkId?: string, change: object = {}): Record<string, unknown> {
  return bodyOf({ expirationType: 'IMMEDIATE', duration: 1800, ...change }, paymentLinkId);
}

export function bill(paymentLinkId?: string, change: object = {}): Record<string, unknown> {
  return bodyOf(
    { expirationType: 'DUE_DATE', paymentDueDate: dayFromNow(10), gracePeriod: 5, ...change },
    paymentLinkId,
  );
}

function bodyOf(request: object, paymentLinkId: string | undefined): Record<string, unknown> {
  return {
    country: 'BR',
    request: { creditor, paymentAmount: '24.90', currency: 'BRL', reference: 'Sale 7', ...request },
    requestMethodType: 'QR_CODE',
    requestMethod: {
      qrCodeType: 'DYNAMIC',
      contentType: 'TEXT_ONLY',
      ...present({ paymentLinkId }),
    },
  };
}

export function dayFromNow(days: number): string {
  return new Date(Date.now() + days * 86_400_000).toISOString().slice(0, 10);
}

export function askToken(url: string, assertion: string, change: Headers = {}): Promise<Response> {
  return fetch(`${url}/adfs/oauth2/token`, {
    method: 'POST',
    body: new URLSearchParams({
      grant_type: 'client_credentials',
      client_id: 'relink-test',
      resource: 'JPMC:URI:RS-1-Test-PROD',
      client_assertion_type: 'urn:ietf:params:oauth:client-assertion-type:jwt-bearer',
      client_assertion: assertion,
      ...change,
    }),
  });
}

export function claims(url: string, change: object = {}): object {
  const now = Math.floor(Date.now() / 1000);
  const audience = `${url}/adfs/oauth2/token`;
  return {
    iss: 'relink-test',
    sub: 'relink-test',
    aud: audience,
    iat: now,
    exp: now + 300,
    jti: requestId(),
    ...change,
  };
}

export function encoded(part: object): string {
  return Buffer.from(JSON.stringify(part)).toString('base64url');
}

function unsignedAssertion(url: string): string {
  return `${encoded({ alg: 'RS256', kid: 'none' })}.${encoded(claims(url))}.unsigned`;
}

interface ReceivedCallback {
  readonly authorization: string | undefined;
  readonly event: { readonly id: string; readonly status: string; readonly [more: string]: string };
}

/** Takes callbacks; `answers` decides each status by the callback and how many came before it. */
export async function startReceiver(answers: (received: ReceivedCallback, before: number) => number = () => 204) {
  const received: ReceivedCallback[] = [];
  const server = http.createServer((request, response) => {
    let text = '';
    request.on('data', (chunk: Buffer) => (text += chunk.toString()));
    request.on('end', () => {
      const one: ReceivedCallback = {
        authorization: request.headers.authorization,
        event: JSON.parse(text) as ReceivedCallback['event'],
      };
      received.push(one);
      response.writeHead(answers(one, received.length - 1)).end();
    });
  });
  await new Promise<void>((resolve) => void server.listen(0, '127.0.0.1', resolve));
  receivers.push(server);
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/callbacks`,
    received,
    statuses: () => received.map(({ event }) => event.status),
  };
}

const receivers: http.Server[] = [];
afterEach(() => {
  for (const server of receivers.splice(0)) {
    server.close();
    server.closeAllConnections();
  }
});
