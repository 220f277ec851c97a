/**
 * Postgres and Temporal for `npm start`: those that DATABASE_URL and TEMPORAL_ADDRESS name, and our own for what they
 * do not.
 */
import { present } from '../domain/present.ts';
import { ownDatabase, whereIs } from './database.ts';
import { portOrFree } from './ports.ts';
import { cacheDir, startLocalServices, type LocalServices, type ServiceOptions } from './services.ts';
import { findTemporal } from './temporal-binary.ts';
import { awaitNamespace, registerSearchAttributes } from './temporal-namespace.ts';
import type { Terminal } from './terminal.ts';

interface Servers {
  readonly databaseUrl: string;
  readonly temporalAddress: string;
  readonly temporalUiUrl?: string;
  /** Absent when both are somebody else's. */
  readonly services?: LocalServices;
}

/** What must be stopped, in the order it was started. */
export type StopList = { readonly name: string; readonly stop: () => Promise<void> | void }[];

interface ServerOptions {
  readonly dir: string;
  /** Of the last start: our Postgres goes back to its port when it is free. */
  readonly lastDatabaseUrl: string | undefined;
  readonly ports: PortPlan;
}

export async function startServers(
  wantedServers: ServerOptions,
  terminal: Terminal,
  stops: StopList,
): Promise<Servers> {
  const { dir, lastDatabaseUrl, ports } = wantedServers;
  const named = { database: process.env['DATABASE_URL'], temporal: process.env['TEMPORAL_ADDRESS'] };
  if (named.temporal === undefined) await fetchTemporal(terminal);
  const options: ServiceOptions = {
    dir,
    cacheDir: cacheDir(),
    durable: true,
    ...(named.database === undefined ? { postgres: portIn(lastDatabaseUrl) } : {}),
    ...(named.temporal === undefined ? { temporal: { port: ports.temporal, uiPort: ports.temporalUi } } : {}),
  };
  const services = await startOwn(options, terminal, stops);
  const databaseUrl = named.database ?? (await ownDatabase(services?.databaseUrl ?? ''));
  const temporalAddress = named.temporal ?? services?.temporalAddress ?? '';
  if (named.database !== undefined) terminal.line(`  Postgres at ${whereIs(named.database)}, as DATABASE_URL says`);
  await awaitTemporal(temporalAddress, named.temporal !== undefined, terminal);
  return {
    databaseUrl,
    temporalAddress,
    ...present({ temporalUiUrl: services?.temporalUiUrl, services }),
  };
}

/** Before the servers, because it may take a while and says so. */
async function fetchTemporal(terminal: Terminal): Promise<void> {
  await terminal.step(
    'Looking for Temporal',
    async () => Promise.resolve(findTemporal(cacheDir(), (line) => terminal.line(`  ${line}`))),
    ({ how }) => `Temporal CLI ${how}`,
  );
}

async function startOwn(
  options: ServiceOptions,
  terminal: Terminal,
  stops: StopList,
): Promise<LocalServices | undefined> {
  if (options.postgres === undefined && options.temporal === undefined) return undefined;
  const names = [options.postgres && 'Postgres', options.temporal && 'Temporal'].filter(Boolean).join(' and ');
  const services = await terminal.step(
    `Starting ${names}`,
    async () => startLocalServices(options),
    (running) => {
      const where = [running.databaseUrl && whereIs(running.databaseUrl), running.temporalAddress].filter(Boolean);
      return `${names} at ${where.join(' and ')}`;
    },
  );
  stops.push({ name: names, stop: async () => services.stop() });
  tellMoved('Temporal', options.temporal?.port, portOf(services.temporalAddress), terminal);
  tellMoved('The UI of Temporal', options.temporal?.uiPort, portOf(services.temporalUiUrl), terminal);
  return services;
}

async function awaitTemporal(address: string, foreign: boolean, terminal: Terminal): Promise<void> {
  const namespace = process.env['TEMPORAL_NAMESPACE'] ?? 'default';
  const secured = ['TEMPORAL_TLS', 'TEMPORAL_API_KEY', 'TEMPORAL_API_KEY_FILE'].some((name) => process.env[name]);
  // With TLS or a key, the worker's own connection is the test; and such a server's attributes are its operator's.
  if (foreign && secured) return;
  await terminal.step(
    `Waiting for the namespace ${namespace}`,
    async () => {
      try {
        await awaitNamespace(address, namespace, foreign ? 5_000 : 120_000);
        if (foreign) await registerSearchAttributes(address, namespace);
      } catch (error) {
        const reason = error instanceof Error ? error.message : String(error);
        throw new Error(`Temporal at ${address} cannot be used (${reason}): start it, or unset TEMPORAL_ADDRESS.`, {
          cause: error,
        });
      }
    },
    () => `The namespace ${namespace} takes work`,
  );
}

function portIn(databaseUrl: string | undefined): { readonly port?: number } {
  const port = Number(databaseUrl === undefined ? '' : new URL(databaseUrl).port);
  return port > 0 ? { port } : {};
}

interface PortPlan {
  readonly api: number;
  readonly bank: number;
  readonly temporal: number;
  readonly temporalUi: number;
}

export function wantedPorts(): PortPlan {
  return {
    api: portNamed('API_PORT', 8080),
    bank: portNamed('SIMULATOR_PORT', 8090),
    temporal: portNamed('TEMPORAL_PORT', 7233),
    temporalUi: portNamed('TEMPORAL_UI_PORT', 8233),
  };
}

function portNamed(variable: string, usual: number): number {
  const text = process.env[variable];
  if (text === undefined || text === '') return usual;
  if (!/^\d{1,5}$/.test(text) || Number(text) > 65_535) throw new Error(`${variable} is no port: ${text}`);
  return Number(text);
}

/** The wanted port, or a free one, and then it says so. */
export async function claimPort(who: string, options: number, terminal: Terminal): Promise<number> {
  const port = await portOrFree(options);
  tellMoved(who, options, port, terminal);
  return port;
}

function portOf(address: string | undefined): number | undefined {
  const text = address?.split(':').at(-1);
  return text === undefined ? undefined : Number(text);
}

function tellMoved(who: string, options: number | undefined, port: number | undefined, terminal: Terminal): void {
  if (options === undefined || options === 0 || port === undefined || options === port) return;
  terminal.line(`  Port ${options} is in use: ${who} moved to ${port}.`);
}
