/** Temporal and Postgres of one test file, on durable data: each can be killed, and comes back on its old port. */
import { chmodSync, mkdirSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { holderOf } from '../../embedded/ports.ts';
import { cacheDir, startLocalServices, type LocalServices } from '../../embedded/services.ts';
import { awaitNamespace } from '../../embedded/temporal-namespace.ts';

export type Server = 'temporal' | 'postgres';

export class OwnServers {
  readonly #root = mkdtempSync(path.join(tmpdir(), 'relink-servers-'));
  readonly #running = new Map<Server, LocalServices>();

  constructor() {
    chmodSync(this.#root, 0o755); // The user that Postgres runs as must get in.
  }

  /** One process holds each, because a holder whose server dies ends the others that it holds. */
  async start(server: Server, port?: number): Promise<LocalServices> {
    const dir = path.join(this.#root, server);
    mkdirSync(dir, { recursive: true });
    const where = port === undefined ? {} : { port };
    const services = await startLocalServices({ dir, cacheDir: cacheDir(), durable: true, [server]: where });
    this.#running.set(server, services);
    return services;
  }

  /** Answers once it can be used again. */
  async killAndBringBack(server: Server): Promise<void> {
    const before = this.#running.get(server);
    const port = Number(new URL(before?.databaseUrl ?? `temporal://${before?.temporalAddress}`).port);
    process.kill(this.#pidOf(server), 'SIGKILL');
    await before?.gone;
    const after = await this.start(server, port);
    const address = [after.databaseUrl, after.temporalAddress].filter(Boolean).join();
    if (!address.includes(`:${port}`)) {
      const holder = (await holderOf(port)) ?? 'somebody';
      throw new Error(`${server} came back at ${address}, not on port ${port}, which ${holder} had`);
    }
    if (after.temporalAddress !== undefined) await awaitNamespace(after.temporalAddress);
  }

  async stop(): Promise<void> {
    await Promise.all([...this.#running.values()].map(async (services) => services.stop()));
    rmSync(this.#root, { recursive: true, force: true });
  }

  #pidOf(server: Server): number {
    const file = server === 'temporal' ? 'temporal/temporal.pid' : 'postgres/postgres/postmaster.pid';
    return Number(readFileSync(path.join(this.#root, file), 'utf8').split('\n')[0]);
  }
}
