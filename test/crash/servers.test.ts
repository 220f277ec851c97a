/** kill -9 of the Temporal server and of Postgres while sales are under way, each brought back on its old port and data. */
import { randomUUID } from 'node:crypto';
import { chmodSync, mkdirSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { ownDatabase, prepareDatabase } from '../../embedded/database.ts';
import { cacheDir, startLocalServices, type LocalServices } from '../../embedded/services.ts';
import { awaitNamespace } from '../../embedded/temporal-namespace.ts';
import { testTemporal } from '../support/temporal.ts';
import type { KeptAnswer } from './records.ts';
import { idIn, Shop } from './shop.ts';
import { until } from './waiting.ts';

type Server = 'temporal' | 'postgres';

const SALES_EACH = 6;

describe('a server, killed while sales are under way', () => {
  const root = mkdtempSync(path.join(tmpdir(), 'relink-servers-'));
  chmodSync(root, 0o755); // The user that Postgres runs as must get in.
  const running = new Map<Server, LocalServices>();
  const tills: string[] = [];
  let shop: Shop;
  let paid = 0;

  /** One process holds each, because a holder whose server dies ends the others that it holds. */
  async function start(server: Server, port?: number): Promise<LocalServices> {
    const dir = path.join(root, server);
    mkdirSync(dir, { recursive: true });
    const where = port === undefined ? {} : { port };
    const services = await startLocalServices({ dir, cacheDir: cacheDir(), durable: true, [server]: where });
    running.set(server, services);
    return services;
  }

  function pidOf(server: Server): number {
    const file = server === 'temporal' ? 'temporal/temporal.pid' : 'postgres/postgres/postmaster.pid';
    return Number(readFileSync(path.join(root, file), 'utf8').split('\n')[0]);
  }

  async function killAndBringBack(server: Server): Promise<void> {
    const before = running.get(server);
    const port = Number(new URL(before?.databaseUrl ?? `temporal://${before?.temporalAddress}`).port);
    process.kill(pidOf(server), 'SIGKILL');
    await before?.gone;
    const after = await start(server, port);
    expect([after.databaseUrl, after.temporalAddress].filter(Boolean).join()).toContain(`:${port}`);
    if (after.temporalAddress !== undefined) await awaitNamespace(after.temporalAddress);
  }

  /** As a POS does it: the key is repeated until there is an answer that decides; then the payer pays. */
  async function sellAndPay(till: string): Promise<string> {
    const key = randomUUID();
    let answer: KeptAnswer | undefined;
    await until(
      () => `sale ${key} on ${till} is answered (last: ${JSON.stringify(answer)})`,
      async () => {
        answer = await shop.sell(till, {}, key);
        return answer.status < 500;
      },
      { withinMs: 60_000, everyMs: 300 },
    );
    if (answer === undefined || answer.status > 299) throw new Error(`${key}: ${JSON.stringify(answer)}`);
    const sale = idIn(answer);
    await shop.untilRequest(sale, 'active');
    await shop.pay(sale);
    await shop.untilRequest(sale, 'paid');
    await shop.untilFree(till);
    return sale;
  }

  async function keepSelling(till: string): Promise<readonly string[]> {
    const sales: string[] = [];
    for (let count = 0; count < SALES_EACH; count += 1) {
      sales.push(await sellAndPay(till));
      paid += 1;
    }
    return sales;
  }

  beforeAll(async () => {
    const [temporal, postgres] = await Promise.all([start('temporal'), start('postgres')]);
    const databaseUrl = await ownDatabase(postgres.databaseUrl ?? '');
    const temporalAddress = temporal.temporalAddress ?? '';
    await Promise.all([prepareDatabase(databaseUrl), awaitNamespace(temporalAddress)]);
    shop = await Shop.open({ databaseUrl, temporalAddress, taskQueue: testTemporal().taskQueue });
    for (const label of ['one', 'two', 'three', 'four']) tills.push(await shop.openTill(label));
  }, 120_000);

  afterAll(async () => {
    await shop.close();
    await Promise.all([...running.values()].map(async (services) => services.stop()));
    rmSync(root, { recursive: true, force: true });
  }, 60_000);

  it.each<Server>(['temporal', 'postgres'])(
    '%s: every sale ends paid, and is booked once',
    async (server) => {
      paid = 0;
      const all = SALES_EACH * tills.length;
      const selling = Promise.all(tills.map(keepSelling));
      // Not awaited before the kill: it must not count as unhandled while the server is away.
      selling.catch(() => undefined);
      await pause(500);
      await killAndBringBack(server);
      const sales = (await selling).flat();
      expect(new Set(sales).size).toBe(all);
      expect(await shop.atRest()).toEqual([]);
      const booked = await shop.rows('select from ledger_transaction where payment_request_id = any ($1)', [sales]);
      expect(booked).toHaveLength(sales.length);
    },
    150_000,
  );
});
