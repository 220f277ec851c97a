/**
 * Puts the product together in one process, servers first: Postgres and Temporal (ours, or those that DATABASE_URL and
 * TEMPORAL_ADDRESS name), the schema, the bank, the worker, the API.
 */
import path from 'node:path';
import { readConfig } from '../config.ts';
import { present } from '../domain/present.ts';
import { createSimulator } from '../simulator/simulator.ts';
import { simulatedProvider } from '../operations/credentials.ts';
import { prepareDatabase, whereIs } from './database.ts';
import { readDevelopmentFile, type DevelopmentFile } from '../operations/development-file.ts';
import { DEMO_MERCHANT, ensureMerchant } from './merchant.ts';
import { loadPrograms, startPrograms } from './programs.ts';
import { claimPort, startServers, wantedPorts, type StopList } from './servers.ts';
import type { Terminal } from './terminal.ts';

export interface Product {
  readonly apiUrl: string;
  readonly apiKey: string;
  readonly merchantId: string;
  readonly simulatorUrl?: string;
  readonly temporalAddress: string;
  readonly temporalNamespace: string;
  readonly temporalUiUrl?: string;
  readonly databaseUrl: string;
  /** Resolves with the reason when a part ends that nobody stopped. */
  readonly gone: Promise<string>;
}

/** Everything started is put on `stops` at once, so that a failure half way leaves nothing running. */
export async function startProduct(dir: string, terminal: Terminal, stops: StopList): Promise<Product> {
  refuseProduction();
  const ports = wantedPorts();
  const programs = loadPrograms();
  // Heard where it is awaited; until then a failure must not end the process.
  programs.catch(() => undefined);
  const before = readDevelopmentFile(dir);
  const servers = await startServers({ dir, lastDatabaseUrl: before?.databaseUrl, ports }, terminal, stops);
  await terminal.step(
    'Migrating the schema',
    async () => prepare(servers.databaseUrl),
    (applied) => (applied.length === 0 ? 'The schema is up to date' : `Schema: ${applied.join(', ')}`),
  );
  const apiKey = await ensureMerchant(servers.databaseUrl, DEMO_MERCHANT, before?.apiKey);

  const apiPort = await claimPort('The API', ports.api, terminal);
  const apiUrl = `http://127.0.0.1:${apiPort}`;
  const bank =
    process.env['PROVIDER_URL'] === undefined ? await startBank(dir, ports.bank, apiUrl, terminal, stops) : undefined;
  const config = readConfig({
    ...process.env,
    RELINK_ENV: 'development',
    LOG_LEVEL: process.env['LOG_LEVEL'] ?? 'warn',
    DATABASE_URL: servers.databaseUrl,
    TEMPORAL_ADDRESS: servers.temporalAddress,
    API_PORT: String(apiPort),
    API_PUBLIC_URL: process.env['API_PUBLIC_URL'] ?? apiUrl,
    RELINK_DEMO: bank === undefined ? 'false' : 'true',
    ...bank?.env,
  });
  const { temporalAddress, temporalUiUrl, databaseUrl } = servers;
  const { ended } = await startPrograms(await programs, { config, demo: () => demoOf(dir) }, terminal, stops);
  return {
    apiUrl,
    apiKey,
    merchantId: DEMO_MERCHANT.merchantId,
    ...present({ simulatorUrl: bank?.url }),
    temporalAddress,
    temporalNamespace: config.temporal.namespace,
    ...present({ temporalUiUrl }),
    databaseUrl,
    gone: Promise.race([
      ended,
      ...(servers.services === undefined ? [] : [servers.services.gone.then(() => 'Postgres or Temporal ended')]),
    ]),
  };
}

type DemoIdentity = Pick<DevelopmentFile, 'merchantId' | 'paymentLinkId' | 'apiKey' | 'utilityKey' | 'temporalUiUrl'>;

/** The page is told at each load, because the link is opened after the API. */
function demoOf(dir: string): Partial<DemoIdentity> {
  const development = readDevelopmentFile(dir);
  if (development === undefined) return {};
  const { merchantId, paymentLinkId, apiKey, utilityKey, temporalUiUrl } = development;
  return {
    merchantId,
    paymentLinkId,
    apiKey,
    ...present({ utilityKey, temporalUiUrl }),
  };
}

async function prepare(url: string): Promise<readonly string[]> {
  try {
    return await prepareDatabase(url);
  } catch (error) {
    const reason = error instanceof Error && error.message !== '' ? error.message : String(error);
    throw new Error(`Postgres at ${whereIs(url)} cannot be used (${reason}).`, { cause: error });
  }
}

function refuseProduction(): void {
  if (process.env['RELINK_ENV'] !== 'production') return;
  throw new Error(
    'npm start is for a laptop: in production run worker/main.ts and api/main.ts (see docker-compose.yml).',
  );
}

interface BankProcess {
  readonly url: string;
  readonly env: Readonly<Record<string, string>>;
}

async function startBank(
  dir: string,
  wanted: number,
  apiUrl: string,
  terminal: Terminal,
  stops: StopList,
): Promise<BankProcess> {
  const port = await claimPort('The bank', wanted, terminal);
  const url = `http://127.0.0.1:${port}`;
  const { providerEnv, simulatorOptions } = simulatedProvider(dir, url);
  const simulator = createSimulator({
    ...simulatorOptions,
    callbackUrl: `${apiUrl}/callbacks/jpmorgan`,
    stateFile: path.join(dir, 'bank.jsonl'),
  });
  await terminal.step(
    'Opening the bank',
    async () => simulator.listen(port),
    () => `The bank, simulated, at ${url}`,
  );
  stops.push({ name: 'the bank', stop: async () => simulator.close() });
  return { url, env: { SIMULATOR_URL: url, ...providerEnv } };
}
