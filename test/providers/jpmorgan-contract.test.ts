import { generateKeyPairSync, randomUUID } from 'node:crypto';
import http from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterAll, afterEach, beforeAll, describe, expect, it } from '@jest/globals';
import { sameCharge, type Charge } from '../../domain/money/charge.ts';
import type { Notice, Provider, ProviderLink, ProviderRequest } from '../../providers/provider.ts';
import { createSimulator, type Simulator } from '../../simulator/simulator.ts';
import { aCharge, aProvider, call, failureOf, SECRET } from './builders.ts';
import { eventually } from '../limits/until.ts';

const pair = generateKeyPairSync('rsa', {
  modulusLength: 2048,
  publicKeyEncoding: { type: 'spki', format: 'pem' },
  privateKeyEncoding: { type: 'pkcs8', format: 'pem' },
});

let simulator: Simulator;
let url = '';
let jpmorgan: Provider;
let receiver: http.Server;
const notices: Notice[] = [];

/** Takes callbacks as the API will: who sent it, then what it says. */
async function startReceiver(): Promise<string> {
  receiver = http.createServer((request, response) => {
    const chunks: Buffer[] = [];
    request.on('data', (chunk: Buffer) => chunks.push(chunk));
    request.on('end', () => {
      const body = Buffer.concat(chunks);
      const known = jpmorgan.authenticateCallback({ authorization: request.headers.authorization }, body);
      if (known) notices.push(...jpmorgan.parseCallback(body));
      response.writeHead(known ? 204 : 401).end();
    });
  });
  await new Promise<void>((resolve) => receiver.listen(0, '127.0.0.1', () => resolve()));
  return `http://127.0.0.1:${(receiver.address() as AddressInfo).port}/callbacks/jpmorgan`;
}

beforeAll(async () => {
  const callbackUrl = await startReceiver();
  simulator = createSimulator({
    callbackUrl,
    callbackSecret: SECRET,
    clientId: 'relink',
    clientCertificate: pair.publicKey,
  });
  ({ url } = await simulator.listen(0));
  jpmorgan = aProvider(`${url}/receivables/request-to-pay/v1`, {
    oauth: {
      tokenUrl: `${url}/adfs/oauth2/token`,
      clientId: 'relink',
      resource: 'JPMC:URI:RS-1',
      privateKey: pair.privateKey,
      certificate: pair.publicKey,
    },
  });
});

afterEach(async () => {
  await control('faults', { reset: true });
  await control('clock', { reset: true });
});

afterAll(async () => {
  await jpmorgan.close();
  await simulator.close();
  receiver.closeAllConnections();
  await new Promise((resolve) => receiver.close(resolve));
});

async function control(what: string, body: Record<string, unknown>): Promise<void> {
  const answer = await fetch(`${url}/control/${what}`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify(body),
  });
  if (!answer.ok) throw new Error(`${what}: ${answer.status} ${await answer.text()}`);
}

function newId(): string {
  return randomUUID().split('-').join('');
}

async function aLinkedRequest(
  charge: Charge = aCharge(),
): Promise<{ readonly link: ProviderLink; readonly request: ProviderRequest }> {
  const kind = charge.expiry.is === 'due' ? 'bill' : 'till';
  const link = await jpmorgan.openLink(kind, call());
  const write = { requestId: newId(), providerLinkId: link.providerLinkId, kind, charge } as const;
  return { link, request: await jpmorgan.putRequest(write, call()) };
}

/** The read that must find something. */
async function read(requestId: string): Promise<ProviderRequest> {
  const request = await jpmorgan.getRequest(requestId, call());
  if (!request) throw new Error(`${requestId} is not there`);
  return request;
}

describe('a payment link at the simulator', () => {
  it('is opened for tills and for bills, and is found again', async () => {
    for (const kind of ['till', 'bill'] as const) {
      const link = await jpmorgan.openLink(kind, call());
      expect(link).toMatchObject({ kind, url: expect.stringMatching(/^https:\/\//) });
      expect(await jpmorgan.getLink(link.providerLinkId, call())).toEqual(link);
    }
    expect(await jpmorgan.getLink(randomUUID(), call())).toBeUndefined();
  });

  it('is listed with all others, oldest first, over more than one page', async () => {
    const opened: string[] = [];
    for (let count = 0; count < 101; count += 1) opened.push((await jpmorgan.openLink('till', call())).providerLinkId);
    const range = { from: new Date(Date.now() - 86_400_000), to: new Date(Date.now() + 60_000) };
    const listed: ProviderLink[] = [];
    for await (const link of jpmorgan.listLinks(range, call())) listed.push(link);
    expect(listed.map(({ providerLinkId }) => providerLinkId)).toEqual(expect.arrayContaining(opened));
    const times = listed.map(({ createdAt }) => createdAt);
    expect(times).toEqual(times.toSorted((left, right) => left.localeCompare(right)));
  });
});

describe('a request at the simulator', () => {
  it.each<[string, Charge]>([
    ['a sale', aCharge({ description: 'two loaves' })],
    ['a bill', aCharge({ expiry: { is: 'due', date: '2099-11-01', graceDays: 30 } })],
    ['a reference of 140 bread rolls', aCharge({ reference: '🥖'.repeat(140) })],
  ])('shows the charge that was sent, and the link: %s', async (_name, charge) => {
    const { link, request } = await aLinkedRequest(charge);
    expect(request).toMatchObject({ revision: 0, status: 'active', providerLinkId: link.providerLinkId, returns: [] });
    const found = await read(request.requestId);
    expect(found).toEqual({ ...request, evidence: found.evidence });
    expect(sameCharge(found.charge, charge)).toBe(true);
    expect((await jpmorgan.getLink(link.providerLinkId, call()))?.currentRequestId).toBe(request.requestId);
  });

  it('is absent before it is put', async () => {
    expect(await jpmorgan.getRequest(newId(), call())).toBeUndefined();
  });

  it('takes a new charge on the ETag in force, and refuses one on a stale ETag', async () => {
    const { link, request } = await aLinkedRequest();
    const write = { requestId: request.requestId, providerLinkId: link.providerLinkId, kind: 'till' } as const;
    const dearer = aCharge({ amount: { minorUnits: '3000', currency: 'BRL' } });
    const baseline = request.etag ?? 'no etag';
    const updated = await jpmorgan.putRequest({ ...write, charge: dearer, baseline }, call());
    expect(updated).toMatchObject({ revision: 1, charge: dearer, createdAt: request.createdAt });
    expect(updated.etag).not.toBe(request.etag);
    const stale = await failureOf(jpmorgan.putRequest({ ...write, charge: aCharge(), baseline }, call()));
    expect(stale).toMatchObject({ kind: 'stale', status: 412 });
    expect((await read(request.requestId)).revision).toBe(1);
  });

  it('is refused on a link that shows another one, by a reason that names the link', async () => {
    const { link } = await aLinkedRequest();
    const second = {
      requestId: newId(),
      providerLinkId: link.providerLinkId,
      kind: 'till',
      charge: aCharge(),
    } as const;
    const failure = await failureOf(jpmorgan.putRequest(second, call()));
    expect(failure.kind).toBe('refused');
    expect(failure.reasons).toContainEqual('10104 $.requestMethod.paymentLinkId');
    expect(await jpmorgan.getRequest(second.requestId, call())).toBeUndefined();
  });

  it('is cancelled once; a second cancellation is refused and a read tells why', async () => {
    const { request } = await aLinkedRequest();
    await jpmorgan.cancelRequest(request.requestId, 'the till was cleared', call());
    expect((await failureOf(jpmorgan.cancelRequest(request.requestId, 'again', call()))).kind).toBe('refused');
    expect((await read(request.requestId)).status).toBe('cancelled');
  });

  it('expires by the clock of the bank', async () => {
    const { request } = await aLinkedRequest();
    await control('clock', { advanceSeconds: 1801 });
    expect((await read(request.requestId)).status).toBe('expired');
  });

  it('is settled by a payer, calls back, and shows its money and what was sent back of it', async () => {
    const { request } = await aLinkedRequest();
    await control('pay', { paymentRequestId: request.requestId });
    await control('return', { paymentRequestId: request.requestId, amount: { currency: 'BRL', value: '4.90' } });
    const settled = await read(request.requestId);
    expect(settled).toMatchObject({
      status: 'settled',
      settlement: { amount: { minorUnits: '2490', currency: 'BRL' }, endToEndId: expect.stringMatching(/^E/) },
      returns: [{ amount: { minorUnits: '490', currency: 'BRL' }, status: 'completed' }],
    });
    const told = { requestId: request.requestId, status: 'settled', endToEndId: settled.settlement?.endToEndId };
    await eventually(() => notices.some((notice) => notice.status === 'settled'));
    expect(notices).toContainEqual(told);
  });

  it('shows money in whatever currency it came', async () => {
    const { request } = await aLinkedRequest();
    const amount = { currency: 'USD', value: '9.99' };
    await control('pay', { paymentRequestId: request.requestId, amount, how: 'wrong' });
    expect((await read(request.requestId)).settlement?.amount).toEqual({ minorUnits: '999', currency: 'USD' });
  });

  it('is found by its time of creation, exactly as by its id', async () => {
    const { request } = await aLinkedRequest();
    const createdAt = new Date(request.createdAt);
    const range = { from: createdAt, to: new Date(createdAt.getTime() + 1000) };
    const { requests, truncated } = await jpmorgan.searchRequests(range, call());
    const found = requests.find(({ requestId }) => requestId === request.requestId);
    expect(truncated).toBe(false);
    expect({ ...found, etag: request.etag, evidence: request.evidence }).toEqual(request);
  });
});

describe('bad luck at the simulator', () => {
  it.each([
    [{ timeout: 'before' }, 'unknown', undefined],
    [{ timeout: 'after' }, 'unknown', 'active'],
    [{ body: 'truncated' }, 'unknown', 'active'],
    [{ body: 'unreadable' }, 'unknown', 'active'],
    [{ status: 500 }, 'unknown', undefined],
    [{ status: 503, retryAfterSeconds: 3 }, 'retryable', undefined],
    [{ status: 429 }, 'retryable', undefined],
  ] as const)('%j on a create is %s, and a read finds %s', async (fault, kind, status) => {
    const link = await jpmorgan.openLink('till', call());
    const write = { requestId: newId(), providerLinkId: link.providerLinkId, kind: 'till', charge: aCharge() } as const;
    await control('faults', { ...fault, times: 1 });
    const failure = await failureOf(jpmorgan.putRequest(write, call()));
    expect(failure.kind).toBe(kind);
    expect(failure.retryAfterMs).toBe('retryAfterSeconds' in fault ? 3000 : undefined);
    expect((await jpmorgan.getRequest(write.requestId, call()))?.status).toBe(status);
  });

  it('a 401 is healed by a fresh token, unseen by the caller', async () => {
    const link = await jpmorgan.openLink('till', call());
    await control('faults', { status: 401, times: 1 });
    expect(await jpmorgan.getLink(link.providerLinkId, call())).toEqual(link);
  });
});
