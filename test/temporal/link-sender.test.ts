/** The sender against a real Temporal: runs that roll over under it, workers that are away, servers that are away. */
import { randomUUID } from 'node:crypto';
import { connect, createServer, type Server } from 'node:net';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { connectTemporal, retries, type TemporalConnection } from '../../temporal/client.ts';
import { createLinkSender, type LinkAddress, type LinkSender } from '../../temporal/link-sender.ts';
import { freePort } from '../../embedded/ports.ts';
import { MERCHANT, startEngine, type Engine } from '../support/engine.ts';
import { PATIENT_MS } from '../limits/limits.ts';
import { testTemporal } from '../support/temporal.ts';
import { eventually } from '../limits/until.ts';
import { searchAttributes } from '../../workflows/messages.ts';

const charge = { amount: { currency: 'BRL', value: '5.00' } };
const newId = (): string => randomUUID().replaceAll('-', '');

describe('the sender', () => {
  let engine: Engine;
  let temporal: TemporalConnection;
  let sender: LinkSender;
  beforeAll(async () => {
    engine = await startEngine();
    temporal = await connectTemporal(testTemporal());
    sender = createLinkSender({ client: temporal.client, taskQueue: engine.taskQueue, continueAsNewAfter: 30 });
  });
  afterAll(async () => {
    await temporal.connection.close();
    await engine.stop();
  });

  const address = (paymentLinkId: string): LinkAddress => ({
    merchantId: MERCHANT,
    kind: 'till',
    paymentLinkId,
    label: 'Till 4',
  });

  async function send(link: string, name: 'link' | 'unlink', message: object, commandId: string = randomUUID()) {
    return sender.update(name, address(link), { commandId, ...message }, { commandId, timeoutMs: PATIENT_MS });
  }

  /** A link whose workflow was started by this sender, so that its runs are short. */
  async function shortLived(): Promise<string> {
    const link = await engine.openLink();
    await engine.client.workflow.getHandle(engine.workflowId(link)).terminate('started again by the sender');
    return link;
  }

  async function statusOf(link: string): Promise<string | undefined> {
    const rows = await engine.query<{ status: string }>('select status from payment_link where payment_link_id = $1', [
      link,
    ]);
    return rows[0]?.status;
  }

  it('tells a validator that refused from a workflow that answered', async () => {
    const link = await shortLived();
    const requestId = newId();
    expect(await send(link, 'link', { requestId, charge })).toEqual({
      is: 'answer',
      answer: { is: 'linked', requestId, revision: 0 },
    });
    expect(await send(link, 'link', { requestId: newId(), charge })).toEqual({
      is: 'refused',
      answer: { is: 'refused', because: 'busy', requestId },
    });
  });

  it('gives a repeated command the same answer, also from a later run', async () => {
    const link = await shortLived();
    const [commandId, requestId] = [randomUUID(), newId()];
    const first = await send(link, 'link', { requestId, charge }, commandId);
    await engine.client.workflow.getHandle(engine.workflowId(link)).terminate('an operator was curious');
    expect(await send(link, 'link', { requestId, charge }, commandId)).toEqual(first);
    const rows = await engine.query('select from payment_request where payment_link_id = $1', [link]);
    expect(rows).toHaveLength(1);
  });

  it('gets every command through runs that roll over, once', async () => {
    const link = await shortLived();
    for (let sale = 0; sale < 12; sale += 1) {
      expect(await send(link, 'link', { requestId: newId(), charge })).toMatchObject({ answer: { is: 'linked' } });
      expect(await send(link, 'unlink', {})).toMatchObject({ answer: { is: 'unlinked', found: 'cancelled' } });
    }
    const info = await engine.client.workflow.getHandle(engine.workflowId(link)).describe();
    const first = info.raw.workflowExecutionInfo?.firstRunId;
    expect(info.runId).not.toBe(first);
    const rows = await engine.query(`select from command where payment_link_id = $1 and outcome->>'is' = 'linked'`, [
      link,
    ]);
    expect(rows).toHaveLength(12);
    expect(info.memo).toEqual({ label: 'Till 4' });
  });

  it('starts the workflow for a Signal too, and names it for operators', async () => {
    const link = await shortLived();
    await sender.signal('link', address(link), { charge });
    await eventually(async () => (await statusOf(link)) === 'linked');
    const info = await engine.client.workflow.getHandle(engine.workflowId(link)).describe();
    expect(info.typedSearchAttributes.get(searchAttributes.kind)).toBe('till');
    expect(info.typedSearchAttributes.get(searchAttributes.merchantId)).toBe(MERCHANT);
    expect(await info.staticSummary()).toBe('Till 4');
    expect(info.workflowId).toBe(`payment-link:${MERCHANT}:till:${link}`);
  });

  it('without a worker says unknown when the time is over, and never that it failed', async () => {
    const alone = createLinkSender({ client: temporal.client, taskQueue: `nobody-${randomUUID()}` });
    const commandId = randomUUID();
    const sent = await alone.update('open', address(newId()), { commandId }, { commandId, timeoutMs: 500 });
    expect(sent).toEqual({ is: 'unknown', because: expect.any(String) });
  });

  it('without a server says unknown as well, refuses the Signal, and works again when there is one', async () => {
    const port = await freePort();
    const away = await connectTemporal({ address: `127.0.0.1:${port}`, namespace: 'default', waitMs: 100 });
    const lonely = createLinkSender({ client: away.client, taskQueue: engine.taskQueue });
    const link = await shortLived();
    const commandId = randomUUID();
    const command = { commandId, requestId: newId(), charge };
    const attempt = async (timeoutMs: number) =>
      lonely.update('link', address(link), command, { commandId, timeoutMs });
    expect(await attempt(500)).toMatchObject({ is: 'unknown' });
    await expect(lonely.signal('check', address(link), {}, { timeoutMs: 500 })).rejects.toThrow(/signalWithStart/);
    const door = await openDoor(port, testTemporal().address);
    expect(await attempt(PATIENT_MS)).toMatchObject({ is: 'answer', answer: { is: 'linked' } });
    await away.connection.close();
    door.close();
  });
});

/** Another way in to the server, so that one address can be dead and then alive. */
async function openDoor(port: number, to: string): Promise<Server> {
  const door = createServer((inside) => {
    const outside = connect({ host: '127.0.0.1', port: Number(to.split(':')[1]) });
    for (const socket of [inside, outside]) socket.on('error', () => undefined);
    inside.pipe(outside).pipe(inside);
  });
  await new Promise<void>((resolve) => {
    door.listen(port, '127.0.0.1', resolve);
  });
  return door;
}

describe('the pause before a repeat', () => {
  const status = (code: number, details: string) =>
    ({ code, details, metadata: {} }) as unknown as Parameters<typeof retries.delayFunction>[1];

  it.each([
    ['a run that is closing', status(8, 'workflow operation can not be applied because workflow is closing'), 10, 120],
    [
      'ten Updates in flight',
      status(8, 'limit on number of concurrent in-flight updates has been reached (10)'),
      10,
      120,
    ],
    ['a server that is away', status(14, 'connection refused'), 40, 500],
    ['a real rate limit', status(8, 'namespace rate limit exceeded'), 400, 4_000],
  ])('after %s is as long as it has to be', (_name, failure, least, most) => {
    const delays = [1, 2, 3, 4].map((attempt) => retries.delayFunction(attempt, failure));
    expect(Math.min(...delays)).toBeGreaterThanOrEqual(least);
    expect(Math.max(...delays)).toBeLessThanOrEqual(most);
    expect(retries.retryableDecider(1, failure)).toBe(true);
    expect(retries.retryableDecider(12, failure)).toBe(false);
  });

  it('is none after a mistake of ours', () => {
    expect(retries.retryableDecider(1, status(3, 'no mapping defined for search attribute'))).toBe(false);
  });
});
