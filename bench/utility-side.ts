/**
 * The whole product with a simulated bank, on servers of its own, and a utility that prints: for benchmarks of bills.
 */
import { mkdirSync, rmSync } from 'node:fs';
import path from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import type { Client } from '@temporalio/client';
import pg from 'pg';
import { ownDatabase, prepareDatabase } from '../embedded/database.ts';
import { DEMO_MERCHANT, ensureMerchant } from '../embedded/merchant.ts';
import { cacheDir, startLocalServices } from '../embedded/services.ts';
import { startStack } from '../embedded/stack.ts';
import { awaitNamespace } from '../embedded/temporal-namespace.ts';
import { connectTemporal } from '../temporal/client.ts';
import { batchOf, csvOf, uploadBatch } from './samples/bill-batches.ts';
import { insertSampleTariff } from './samples/tariffs.ts';

const root = path.resolve(import.meta.dirname, '..');

export interface UtilitySide {
  readonly apiUrl: string;
  readonly key: string;
  readonly client: Client;
  readonly owner: pg.Pool;
  readonly bankUrl: string;
  /** From the upload to the last code. */
  readonly print: (lines: Parameters<typeof csvOf>[0]) => Promise<void>;
}

export async function onUtility<T>(work: (side: UtilitySide) => Promise<T>): Promise<T> {
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
    const owner = new pg.Pool({ connectionString: databaseUrl, max: 2 });
    stops.push(async () => owner.end());
    await insertSampleTariff(async (sql, values) => owner.query(sql, [...values]), DEMO_MERCHANT.merchantId);
    // The bank's own limit is not what is measured here.
    const env = { PROVIDER_REQUESTS_PER_SECOND: '10000' };
    const bank = path.join(dir, 'bank');
    const stack = await startStack({ databaseUrl, temporalAddress, taskQueue: 'relink', dir: bank, env });
    stops.push(async () => stack.stop());
    const temporal = await connectTemporal({ address: temporalAddress, namespace: 'default' });
    stops.push(async () => temporal.connection.close());
    const office = { url: stack.apiUrl, key };
    return await work({
      apiUrl: stack.apiUrl,
      key,
      client: temporal.client,
      owner,
      bankUrl: stack.simulatorUrl,
      async print(lines) {
        const { body } = await uploadBatch(office, csvOf(lines), { query: 'kind=a4' });
        for (let status: unknown; status !== 'finished'; await pause(50)) {
          ({ status } = await batchOf(office, body['id']));
          if (status === 'failed') throw new Error('the batch has failed');
        }
      },
    });
  } finally {
    for (const stop of stops.toReversed()) await stop().catch(() => undefined);
    rmSync(dir, { recursive: true, force: true });
  }
}
