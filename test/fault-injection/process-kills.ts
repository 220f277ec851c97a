/** A shop on a Postgres of its own, whose parts are killed and come back, and how often each was. */
import { ownDatabase, prepareDatabase } from '../../embedded/database.ts';
import { StartFailure } from '../../embedded/stack.ts';
import { testTemporal } from '../support/temporal.ts';
import type { OwnServers } from './own-servers.ts';
import { ProductShop } from './shop.ts';

/** Postgres is away for a few seconds, and each start that it spoils takes about as long. */
const MOST_STARTS = 20;

export type Part = 'postgres' | 'worker' | 'api';

export async function openKillableShop(
  servers: OwnServers,
  env: Readonly<Record<string, string>> = {},
): Promise<{ readonly shop: ProductShop; readonly deaths: ProcessKills }> {
  const postgres = await servers.start('postgres');
  const databaseUrl = await ownDatabase(postgres.databaseUrl ?? '');
  await prepareDatabase(databaseUrl);
  const { address: temporalAddress, taskQueue } = testTemporal();
  const shop = await ProductShop.open({ databaseUrl, temporalAddress, taskQueue, env });
  return { shop, deaths: new ProcessKills(servers, shop) };
}

export class ProcessKills {
  readonly count = { postgres: 0, worker: 0, api: 0 };
  readonly #servers: OwnServers;
  readonly #shop: ProductShop;

  constructor(servers: OwnServers, shop: ProductShop) {
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

  /** One that cannot start while Postgres is away is started again; that it cannot start at all is said. */
  async #restart(part: 'worker' | 'api'): Promise<void> {
    const target = this.#shop.stack[part];
    this.#shop.demandNoCrash();
    for (let starts = 1; ; starts += 1) {
      await target.kill();
      try {
        await target.start();
        return;
      } catch (error) {
        const again = error instanceof StartFailure && error.because === 'ended' && starts < MOST_STARTS;
        if (!again)
          throw new Error(`The ${part} was killed and is not back (start ${starts}): ${String(error)}`, {
            cause: error,
          });
      }
    }
  }
}
