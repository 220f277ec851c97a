/** A shop on a Postgres of its own, whose parts are killed and come back, and how often each was. */
import { ownDatabase, prepareDatabase } from '../../embedded/database.ts';
import { testTemporal } from '../support/temporal.ts';
import type { OwnServers } from './own-servers.ts';
import { Shop } from './shop.ts';

export type Part = 'postgres' | 'worker' | 'api';

export async function openMortalShop(
  servers: OwnServers,
  env: Readonly<Record<string, string>> = {},
): Promise<{ readonly shop: Shop; readonly deaths: Deaths }> {
  const postgres = await servers.start('postgres');
  const databaseUrl = await ownDatabase(postgres.databaseUrl ?? '');
  await prepareDatabase(databaseUrl);
  const { address: temporalAddress, taskQueue } = testTemporal();
  const shop = await Shop.open({ databaseUrl, temporalAddress, taskQueue, env });
  return { shop, deaths: new Deaths(servers, shop) };
}

export class Deaths {
  readonly count = { postgres: 0, worker: 0, api: 0 };
  readonly #servers: OwnServers;
  readonly #shop: Shop;

  constructor(servers: OwnServers, shop: Shop) {
    this.#servers = servers;
    this.#shop = shop;
  }

  /** By SIGKILL; answers once the part is of use again. */
  async of(part: Part): Promise<void> {
    this.count[part] += 1;
    if (part === 'postgres') await this.#servers.killAndBringBack('postgres');
    else await this.#restart(part);
  }

  /** Of the parts that were meant to die. */
  fewest(...parts: readonly Part[]): number {
    return Math.min(...parts.map((part) => this.count[part]));
  }

  said(): string {
    return `Postgres ${this.count.postgres}, worker ${this.count.worker}, API ${this.count.api}`;
  }

  /** One that cannot start while Postgres is away is started again. */
  async #restart(part: 'worker' | 'api'): Promise<void> {
    const target = this.#shop.stack[part];
    for (;;) {
      await target.kill();
      const started = await target.start().then(
        () => true,
        () => false,
      );
      if (started) return;
    }
  }
}
