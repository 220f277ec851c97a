/**
 * How many codes a second a batch opens, upload to last row, against starts of bare workflows on the same Temporal server, in turns.
 * The rival has it easy: nobody works on what it starts, and it opens nothing at a bank and writes nothing down.
 */
import { randomUUID } from 'node:crypto';
import { mkdirSync, rmSync } from 'node:fs';
import path from 'node:path';
import type { Client } from '@temporalio/client';
import pg from 'pg';
import { ownDatabase, prepareDatabase } from '../embedded/database.ts';
import { DEMO_MERCHANT, ensureMerchant } from '../embedded/merchant.ts';
import { cacheDir, startLocalServices } from '../embedded/services.ts';
import { startStack } from '../embedded/stack.ts';
import { awaitNamespace } from '../embedded/temporal-namespace.ts';
import { connectTemporal } from '../temporal/client.ts';
import { accountLine, csvOf, untilPrinted, uploadBatch } from '../test/support/bill-batches.ts';
import { insertTariff } from '../test/support/tariffs.ts';
import { bareLink } from './bare-workflow.ts';

/** As many as a batch has calls under way. */
const AT_ONCE = 16;
const ROUNDS = 3;
const LONGEST_MS = 3_600_000;
const root = path.resolve(import.meta.dirname, '..');

export interface LinksPace {
  /** Each round's own. */
  readonly batch: readonly number[];
  readonly bare: readonly number[];
}

export async function measureLinks(accounts: number): Promise<LinksPace> {
  const stops: (() => Promise<unknown>)[] = [];
  const dir = path.join(root, '.relink', `bench-${process.pid}`);
  mkdirSync(dir, { recursive: true });
  try {
    const services = await startLocalServices({ dir, cacheDir: cacheDir(), durable: true, postgres: {}, temporal: {} });
    stops.push(async () => services.stop());
    const { temporalAddress = '' } = services;
    const databaseUrl = await ownDatabase(services.databaseUrl ?? '');
    await Promise.all([prepareDatabase(databaseUrl), awaitNamespace(temporalAddress)]);
    const key = await ensureMerchant(databaseUrl, DEMO_MERCHANT);
    await prepareTariff(databaseUrl);
    // The bank's own limit is not what is measured here.
    const env = { PROVIDER_REQUESTS_PER_SECOND: '10000' };
    const stack = await startStack({
      databaseUrl,
      temporalAddress,
      taskQueue: 'relink',
      dir: path.join(dir, 'bank'),
      env,
    });
    stops.push(async () => stack.stop());
    const temporal = await connectTemporal({ address: temporalAddress, namespace: 'default' });
    stops.push(async () => temporal.connection.close());
    const office = { url: stack.apiUrl, key };
    const batch: number[] = [];
    const bare: number[] = [];
    for (let round = 0; round < ROUNDS; round += 1) {
      const lines = Array.from({ length: accounts }, (_, index) => accountLine(round * accounts + index));
      const csv = csvOf(lines);
      batch.push(
        await paceOf(accounts, async () => {
          const { body } = await uploadBatch(office, csv, { query: 'kind=a4' });
          const { status } = await untilPrinted(office, body['id'], LONGEST_MS);
          if (status !== 'finished') throw new Error(`the batch is ${String(status)}`);
        }),
      );
      bare.push(await paceOf(accounts, async () => startBare(temporal.client, accounts)));
    }
    return { batch, bare };
  } finally {
    for (const stop of stops.toReversed()) await stop().catch(() => undefined);
    rmSync(dir, { recursive: true, force: true });
  }
}

async function startBare(client: Client, count: number): Promise<void> {
  let left = count;
  const next = async (): Promise<void> => {
    while ((left -= 1) >= 0) {
      await client.workflow.start(bareLink, { taskQueue: 'nobody', workflowId: `bare:${randomUUID()}` });
    }
  };
  await Promise.all(Array.from({ length: AT_ONCE }, next));
}

async function paceOf(count: number, work: () => Promise<unknown>): Promise<number> {
  const began = performance.now();
  await work();
  return count / ((performance.now() - began) / 1_000);
}

async function prepareTariff(databaseUrl: string): Promise<void> {
  const owner = new pg.Pool({ connectionString: databaseUrl, max: 1 });
  try {
    await insertTariff(async (sql, values) => owner.query(sql, [...values]), DEMO_MERCHANT.merchantId);
  } finally {
    await owner.end();
  }
}
