/** The local servers: they live as long as their parent, keep their data, and clear what a kill -9 left behind. */
import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { chmodSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { Client, Connection } from '@temporalio/client';
import pg from 'pg';
import { SEARCH_ATTRIBUTES } from '../../embedded/local-temporal.ts';
import { freePort, isAnswering } from '../../embedded/ports.ts';
import { cacheDir, type ServiceOptions, startLocalServices } from '../../embedded/services.ts';
import { awaitNamespace, registerSearchAttributes } from '../../embedded/temporal-namespace.ts';
import { searchAttributes } from '../../workflows/messages.ts';
import { testTemporal } from '../support/temporal.ts';

let dir = '';
beforeAll(() => {
  dir = mkdtempSync(path.join(tmpdir(), 'relink-services-'));
  chmodSync(dir, 0o755);
});
afterAll(() => rmSync(dir, { recursive: true, force: true }));

const portOf = (address: string | undefined): number => Number(address?.split(':').at(-1)?.split('/')[0]);

async function query(url: string | undefined, sql: string): Promise<readonly unknown[]> {
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  const { rows } = await client.query<Record<string, unknown>>(sql);
  await client.end();
  return rows;
}

async function startSomething(address: string): Promise<void> {
  const connection = await Connection.connect({ address });
  const client = new Client({ connection });
  await client.workflow.start('nobody', {
    taskQueue: 'nobody',
    workflowId: 'kept',
    memo: { kept: 'yes' },
    workflowIdConflictPolicy: 'USE_EXISTING',
  });
  await connection.close();
}

async function memoOf(address: string): Promise<unknown> {
  const connection = await Connection.connect({ address });
  const description = await new Client({ connection }).workflow.getHandle('kept').describe();
  await connection.close();
  return description.memo;
}

describe('durable servers', () => {
  const wanted = (): ServiceOptions => ({ dir, cacheDir: cacheDir(), durable: true, postgres: {}, temporal: {} });

  it('keep their data when everything above them is killed, and are found again', async () => {
    // A process that starts the servers and is then killed together with local-services.ts: both servers are orphans.
    const script = `
      import { startLocalServices } from ${JSON.stringify(path.resolve(import.meta.dirname, '../../embedded/services.ts'))};
      console.log(JSON.stringify(await startLocalServices(${JSON.stringify(wanted())})));`;
    const parent = spawn(process.execPath, ['--import', 'tsx', '--input-type=module', '-e', script], {
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    const [printed] = (await once(parent.stdout, 'data')) as [Buffer];
    const first = JSON.parse(printed.toString()) as {
      readonly pid: number;
      readonly temporalAddress: string;
      readonly databaseUrl: string;
    };
    await query(first.databaseUrl, 'create table kept (id int); insert into kept values (7)');
    await awaitNamespace(first.temporalAddress);
    await startSomething(first.temporalAddress);
    for (const pid of [first.pid, Number(parent.pid)]) process.kill(pid, 'SIGKILL');
    await pause(200);
    expect(await isAnswering(portOf(first.temporalAddress))).toBe(true);

    const again = await startLocalServices(wanted());
    try {
      expect(await query(again.databaseUrl, 'select id from kept')).toEqual([{ id: 7 }]);
      await awaitNamespace(again.temporalAddress ?? '');
      expect(await memoOf(again.temporalAddress ?? '')).toEqual({ kept: 'yes' });
      const sameAddress = again.temporalAddress === first.temporalAddress;
      expect(sameAddress || !(await isAnswering(portOf(first.temporalAddress)))).toBe(true);
    } finally {
      await again.stop();
    }
    expect(await isAnswering(portOf(again.temporalAddress))).toBe(false);
    expect(await isAnswering(Number(again.postgresPort))).toBe(false);
  });

  it('leave a stranger alone who has the number of the old server', async () => {
    const stranger = spawn(process.execPath, ['-e', 'setInterval(() => {}, 1000)'], { stdio: 'ignore' });
    const pidFile = path.join(dir, 'temporal.pid');
    spawnSync('sh', ['-c', `echo ${stranger.pid} > ${pidFile}`]);
    const services = await startLocalServices({ ...wanted(), temporal: { port: await freePort() } });
    expect(stranger.exitCode ?? stranger.signalCode).toBe(null);
    expect(Number(readFileSync(pidFile, 'utf8'))).not.toBe(stranger.pid);
    await services.stop();
    stranger.kill('SIGKILL');
  });
});

describe('servers that were not started by us', () => {
  it('are given the attributes that the workflows set', () => {
    expect([...SEARCH_ATTRIBUTES].toSorted()).toEqual(
      Object.values(searchAttributes)
        .map(({ name }) => name)
        .toSorted(),
    );
  });

  it('get the search attributes they miss, once', async () => {
    const { address } = testTemporal();
    await registerSearchAttributes(address);
    await registerSearchAttributes(address);
    const connection = await Connection.connect({ address });
    const { customAttributes } = await connection.operatorService.listSearchAttributes({ namespace: 'default' });
    await connection.close();
    expect(Object.keys(customAttributes ?? {})).toEqual(
      expect.arrayContaining(['MerchantId', 'PaymentLinkKind', 'PaymentLinkStatus']),
    );
  });

  it('that do not answer are named', async () => {
    const port = await freePort();
    await expect(awaitNamespace(`127.0.0.1:${port}`, 'default', 100)).rejects.toThrow(
      `Nobody answers at 127.0.0.1:${port}.`,
    );
  });
});
