/**
 * kill -9 of the Temporal server and of Postgres while sales are under way, each brought back on its old port and data.
 */
import { setTimeout as pause } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { ownDatabase, prepareDatabase } from '../../embedded/database.ts';
import { awaitNamespace } from '../../embedded/temporal-namespace.ts';
import { testTemporal } from '../support/temporal.ts';
import { OwnServers, type Server } from './own-servers.ts';
import { sellAndPay } from './selling.ts';
import { ProductShop } from './shop.ts';

const SALES_EACH = 6;

describe('a server, killed while sales are under way', () => {
  const servers = new OwnServers();
  const tills: string[] = [];
  let shop: ProductShop;

  async function keepSelling(till: string): Promise<readonly string[]> {
    const sales: string[] = [];
    for (let count = 0; count < SALES_EACH; count += 1) sales.push(await sellAndPay(shop, till));
    return sales;
  }

  beforeAll(async () => {
    const [temporal, postgres] = await Promise.all([servers.start('temporal'), servers.start('postgres')]);
    const databaseUrl = await ownDatabase(postgres.databaseUrl ?? '');
    const temporalAddress = temporal.temporalAddress ?? '';
    await Promise.all([prepareDatabase(databaseUrl), awaitNamespace(temporalAddress)]);
    shop = await ProductShop.open({ databaseUrl, temporalAddress, taskQueue: testTemporal().taskQueue });
    for (const label of ['one', 'two', 'three', 'four']) tills.push(await shop.openTill(label));
  });

  afterAll(async () => {
    await shop.close();
    await servers.stop();
  });

  it.each<Server>(['temporal', 'postgres'])('%s: every sale ends paid, and is booked once', async (server) => {
    const selling = Promise.all(tills.map(keepSelling));
    // Not awaited before the kill: it must not count as unhandled while the server is away.
    selling.catch(() => undefined);
    await pause(500);
    await servers.killAndBringBack(server);
    const sales = (await selling).flat();
    expect(new Set(sales).size).toBe(SALES_EACH * tills.length);
    expect(await shop.atRest()).toEqual([]);
    const booked = await shop.rows('select from ledger_transaction where payment_request_id = any ($1)', [sales]);
    expect(booked).toHaveLength(sales.length);
  });
});
