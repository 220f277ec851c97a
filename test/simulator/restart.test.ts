/** What the bank still knows after it was killed: everything that it had answered, and every callback that it owes. */
import { eventually } from '../limits/until.ts';
import { spawn } from 'node:child_process';
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';

import { bankAt, requestId, startBank, startReceiver } from './bank.ts';
import type { TestBank } from './bank.ts';

let dir: string;
let stateFile: string;
const closing: (() => void)[] = [];
beforeEach(() => {
  dir = fs.mkdtempSync(path.join(os.tmpdir(), 'relink-bank-'));
  stateFile = path.join(dir, 'state', 'bank.jsonl');
});
afterEach(() => {
  for (const close of closing.splice(0)) close();
  fs.rmSync(dir, { recursive: true, force: true });
});

const read = async (bank: TestBank, id: string, query = '') => bank.call('GET', `/payment-requests/${id}${query}`);

async function startProcess(callbackUrl: string): Promise<{ bank: TestBank; kill: () => Promise<void> }> {
  const child = spawn(process.execPath, ['--import', 'tsx', 'simulator/main.ts'], {
    env: {
      ...process.env,
      SIMULATOR_PORT: '0',
      SIMULATOR_STATE: stateFile,
      CALLBACK_URL: callbackUrl,
      CALLBACK_SECRET: 's',
    },
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const gone = new Promise<void>((resolve) => void child.once('exit', () => resolve()));
  closing.push(() => child.kill('SIGKILL'));
  const line = await new Promise<string>(
    (resolve) => void child.stdout.once('data', (bytes: Buffer) => resolve(bytes.toString())),
  );
  const kill = async (): Promise<void> => {
    child.kill('SIGKILL');
    await gone;
  };
  return { bank: await bankAt((JSON.parse(line) as { url: string }).url, kill), kill };
}

describe('a bank with a state file', () => {
  it('knows after a kill whatever it had answered, and goes on calling back', async () => {
    const receiver = await startReceiver(() => status);
    let status = 500;
    const first = await startProcess(receiver.url);
    const link = await first.bank.openLink();
    const [paid, open] = [requestId(), requestId()];
    await first.bank.put(paid, link.id);
    await first.bank.put(paid, link.id, { paymentAmount: '30.00' });
    await first.bank.control('/pay', { paymentRequestId: paid });
    await first.bank.put(open, link.id);
    const before = [await read(first.bank, paid), await read(first.bank, open)];
    await first.kill();
    receiver.received.length = 0;
    status = 204;
    const second = await startProcess(receiver.url);
    expect([await read(second.bank, paid), await read(second.bank, open)]).toEqual(before);
    expect((await read(second.bank, paid, '?revisionNumber=0')).body.request.paymentAmount).toBe('24.90');
    expect((await second.bank.call('GET', `/payment-links/${link.id}`)).body.paymentRequestId).toBe(open);
    await eventually(() => receiver.received.length >= 3);
    expect(receiver.received.map(({ event }) => `${event.status} ${event.id}`).toSorted()).toEqual(
      [`ACTIVE ${paid}`, `SETTLED ${paid}`, `ACTIVE ${open}`].toSorted(),
    );
    await second.kill();
  });

  it('does not call back again what was accepted', async () => {
    const receiver = await startReceiver();
    const first = await startBank({ stateFile, callbackUrl: receiver.url });
    await first.put(requestId());
    await eventually(async () => (await first.control('/callbacks')).body.delivered === 1);
    await first.close();
    const second = await startBank({ stateFile, callbackUrl: receiver.url });
    expect((await second.control('/callbacks')).body).toEqual({ waiting: 0, delivered: 0, dropped: 0 });
    await second.put(requestId());
    await eventually(() => receiver.received.length >= 2);
    expect(receiver.received.length).toBe(2);
  });

  it('keeps its clock and its behaviour, and forgets ordered faults', async () => {
    const first = await startBank({ stateFile });
    await first.control('/clock', { advanceSeconds: 5_000 });
    await first.control('/behaviour', { linkFreedBy: 'next' });
    await first.control('/faults', { status: 503 });
    await first.close();
    const second = await startBank({ stateFile });
    expect((await second.control('/clock')).body.offsetSeconds).toBe(5_000);
    expect((await second.control('/behaviour')).body.linkFreedBy).toBe('next');
    expect((await second.call('GET', '/payment-links')).status).toBe(200);
  });

  it('expires and settles what fell due while it was down', async () => {
    const receiver = await startReceiver();
    const first = await startBank({ stateFile });
    await first.control('/behaviour', { processingMs: 2_000, activeCallbacks: false });
    const [expiring, processing] = [requestId(), requestId()];
    await first.put(expiring, undefined, { duration: 2 });
    await first.put(processing);
    await first.control('/pay', { paymentRequestId: processing });
    await first.close();
    await new Promise((resolve) => setTimeout(resolve, 2_100));
    await startBank({ stateFile, callbackUrl: receiver.url });
    await eventually(() => receiver.received.length >= 2);
    expect(receiver.received.map(({ event }) => `${event.status} ${event.id}`).toSorted()).toEqual(
      [`EXPIRED ${expiring}`, `SETTLED ${processing}`].toSorted(),
    );
  });

  it('knows its returns and their keys, and lets them go their way', async () => {
    const first = await startBank({ stateFile });
    await first.control('/behaviour', { returnMs: 60_000, returnFailsLaterMs: 60_000 });
    const id = requestId();
    await first.put(id);
    const { endToEndId } = (await first.control('/pay', { paymentRequestId: id })).body;
    const key = { 'idempotency-key': 'k'.repeat(32) };
    const order = {
      paymentType: 'RTP',
      country: 'BR',
      originalPaymentIdentifiers: { clearingSystemReference: endToEndId },
      paymentIdentifiers: { endToEndId: 'k'.repeat(32) },
      value: { amount: '1.00' },
      returnType: 'PARTIAL',
    };
    const { returnId } = (await first.returns('POST', '', order, key)).body;
    await first.close();
    const second = await startBank({ stateFile });
    expect(await second.returns('POST', '', order, key)).toMatchObject({
      status: 200,
      body: { duplicateOf: { returnId } },
    });
    const statuses = [];
    for (const advanceSeconds of [0, 61, 60]) {
      await second.control('/clock', { advanceSeconds });
      statuses.push((await second.returns('GET', `/${returnId}`)).body.returnStatus);
    }
    expect(statuses).toEqual(['RECEIVED', 'COMPLETED', 'RETURNED']);
  });

  it('reads past a last line that was cut, and rewrites the file without history', async () => {
    const first = await startBank({ stateFile });
    const id = requestId();
    for (const paymentAmount of ['1.00', '2.00', '3.00']) await first.put(id, undefined, { paymentAmount });
    await first.close();
    const linesBefore = fs.readFileSync(stateFile, 'utf8').split('\n').length;
    fs.appendFileSync(stateFile, '{"is":"request","request":{"id":"cut');
    const second = await startBank({ stateFile });
    expect((await read(second, id)).body).toMatchObject({ revisionNumber: 2, request: { paymentAmount: '3.00' } });
    expect(fs.readFileSync(stateFile, 'utf8').split('\n').length).toBeLessThan(linesBefore);
  });

  it('without one forgets everything', async () => {
    const first = await startBank();
    const id = requestId();
    await first.put(id);
    await first.close();
    expect((await read(await startBank(), id)).status).toBe(404);
  });
});
