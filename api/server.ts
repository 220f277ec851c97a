/**
 * Puts the HTTP process together from the configuration: pools, Temporal, feed, handlers, one port. Tests bring their
 * own parts.
 */
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import path from 'node:path';
import type { Express } from 'express';
import { pino, type Logger } from 'pino';
import type { Config } from '../config.ts';
import { createEventFeed } from '../db/event-feed.ts';
import { createPool } from '../db/pool.ts';
import { present } from '../domain/present.ts';
import { createProvider } from '../providers/from-config.ts';
import type { Provider } from '../providers/provider.ts';
import { connectTemporal, type TemporalConnection } from '../temporal/client.ts';
import { createBillBatchSender, type BillBatchSender } from '../temporal/bill-batch-sender.ts';
import { createCommandSender, type CommandSender } from '../temporal/command-sender.ts';
import { createReconciliationSender, type ReconciliationSender } from '../temporal/reconciliation-sender.ts';
import { mountAgent, readAgentPage } from './pages/meter-reader-page.ts';
import { createAccountHandlers } from './billing/accounts/account-handlers.ts';
import { createAuthentication } from './http/authentication.ts';
import { createBatchFileHandlers } from './billing/batches/batch-files.ts';
import { createBatchHandlers } from './billing/batches/batch-handlers.ts';
import { mountBillsPage } from './pages/bills-page.ts';
import { createCalendarHandlers } from './billing/calendar-handlers.ts';
import { createCallbacks, type Callbacks } from './links/callbacks.ts';
import { createBillHandlers } from './billing/bill-handlers.ts';
import { createCodeHandlers } from './links/code-handlers.ts';
import { createCommands } from './links/commands.ts';
import type { DemoConfig } from './pages/demo-config.ts';
import { mountDemo, mountDocs } from './pages/docs.ts';
import { createLinkHandlers } from './links/link-handlers.ts';
import { createLiveEvents, type LiveEvents } from './links/live-events.ts';
import { createLogoHandlers } from './billing/logo-handlers.ts';
import { createMetrics } from './http/metrics.ts';
import { createMoneyHandlers } from './money/money-handlers.ts';
import { createOperationHandlers } from './operations/operation-handlers.ts';
import { createReadingHandlers } from './billing/readings/reading-handlers.ts';
import { createReconciliationHandlers } from './reconciliation/reconciliation-handlers.ts';
import { createRequestHandlers } from './links/request-handlers.ts';
import { createRouter } from './router.ts';
import type { Handlers } from './routes.ts';
import { createStatementHandlers } from './reconciliation/statement-handlers.ts';
import { createTariffHandlers } from './billing/tariff-handlers.ts';
import { createUsageSignals, type UsageSignals } from './billing/readings/usage-signals.ts';

export interface ApiOptions {
  readonly logger?: Logger;
  /** Instead of Temporal: then none is connected to. */
  readonly sender?: Pick<CommandSender, 'update' | 'signal'>;
  readonly reconciliations?: ReconciliationSender;
  readonly batches?: BillBatchSender;
  readonly provider?: Pick<Provider, 'name' | 'authenticateCallback' | 'parseCallback' | 'close'>;
  /** Test only: kills the process at the named step. */
  readonly crash?: (step: string) => void;
  /** What the demo page is told, asked at each load, because the link is opened after the start. */
  readonly demo?: () => DemoConfig;
}

export interface RunningApi {
  readonly port: number;
  readonly url: string;
  /** Takes no more calls, finishes those under way, passes on what was answered. */
  close(): Promise<void>;
}

const DRAIN_MS = 8_000;
const WEB = path.join(import.meta.dirname, '../web');

export async function startApi(config: Config, options: ApiOptions = {}): Promise<RunningApi> {
  const logger = options.logger ?? pino({ level: config.logLevel });
  const parts = await connect(config, options, logger);
  let app: Express | undefined;
  const server = createServer((request, response) => {
    if (app === undefined) response.writeHead(503, { 'retry-after': '1' }).end();
    else app(request, response);
  });
  // Longer than the idle timeout of a load balancer, so that we never close a connection on which it is sending a
  // request.
  server.keepAliveTimeout = 75_000;
  let port: number;
  try {
    port = await listen(server, config);
  } catch (error) {
    await parts.close();
    throw error;
  }
  const built = build(config, options, {
    ...parts,
    logger,
    publicUrl: config.api.publicUrl.replace(/:0$/, `:${port}`),
  });
  app = built.app;
  return {
    port,
    url: `http://${config.api.host === '0.0.0.0' ? '127.0.0.1' : config.api.host}:${port}`,
    async close() {
      await drain(server, built.live);
      await Promise.all([built.callbacks.settled(), built.usage.close()]);
      await parts.close();
    },
  };
}

type ApiParts = Awaited<ReturnType<typeof connect>>;

async function connect(config: Config, options: ApiOptions, logger: Logger) {
  const onIdleError = (error: Error): void => logger.warn({ err: error }, 'a database connection broke');
  const shared = { url: config.databaseUrl, onIdleError };
  const pool = createPool({
    ...shared,
    role: 'relink_app',
    applicationName: 'relink-api',
    max: config.databasePoolMax,
  });
  const router = createPool({ ...shared, role: 'relink_router', applicationName: 'relink-api-router', max: 4 });
  const onError = (error: unknown): void => logger.warn({ err: error }, 'the event feed was interrupted');
  const feed = createEventFeed({ url: config.databaseUrl, pool, onError });
  const provider = options.provider ?? createProvider(config.provider);
  const temporal = options.sender === undefined ? await connectTemporal(config.temporal) : undefined;
  return {
    pool,
    router,
    feed,
    provider,
    ...present({ temporal }),
    sender: options.sender ?? senderOf(temporal, config),
    reconciliations: options.reconciliations ?? reconciliationsOf(temporal, config),
    batches: options.batches ?? batchesOf(temporal, config),
    async close(): Promise<void> {
      await feed.close();
      await Promise.all([pool.end(), router.end(), provider.close(), temporal?.connection.close()]);
    },
  };
}

function senderOf(temporal: TemporalConnection | undefined, { taskQueue, test }: Config): CommandSender {
  if (temporal === undefined) throw new Error('without Temporal a sender is needed');
  const { continueAsNewAfter } = test;
  return createCommandSender({
    client: temporal.client,
    taskQueue,
    ...present({ continueAsNewAfter }),
  });
}

function reconciliationsOf(temporal: TemporalConnection | undefined, { taskQueue }: Config): ReconciliationSender {
  if (temporal !== undefined) return createReconciliationSender(temporal.client, taskQueue);
  return { start: async () => Promise.reject(new Error('there is no Temporal')) };
}

function batchesOf(temporal: TemporalConnection | undefined, { taskQueue }: Config): BillBatchSender {
  if (temporal !== undefined) return createBillBatchSender(temporal.client, taskQueue);
  return { start: async () => Promise.reject(new Error('there is no Temporal')) };
}

interface ApiAssembly {
  readonly app: Express;
  readonly live: LiveEvents;
  readonly callbacks: Callbacks;
  readonly usage: UsageSignals;
}

function build(
  config: Config,
  options: ApiOptions,
  parts: ApiParts & { readonly logger: Logger; readonly publicUrl: string },
): ApiAssembly {
  const { pool, router, logger, publicUrl, provider } = parts;
  const metrics = createMetrics();
  const shared = { ...parts, metrics, crash: options.crash ?? (() => undefined), taskQueue: config.taskQueue };
  const run = createCommands({ ...shared, updateTimeoutMs: config.api.updateTimeoutMs });
  const live = createLiveEvents(shared);
  const callbacks = createCallbacks(shared);
  const usage = createUsageSignals(shared);
  const handlers: Handlers = {
    ...createLinkHandlers({ pool, run, publicUrl, provider: provider.name }),
    ...createRequestHandlers({ pool, run, statusChanges: live.statusChanges }),
    ...createMoneyHandlers({ pool, run }),
    ...createCodeHandlers({ pool, logger }),
    ...createReconciliationHandlers(shared),
    ...createStatementHandlers(shared),
    ...createBillHandlers(pool),
    ...createReadingHandlers({ pool, usage }),
    ...createTariffHandlers({ pool }),
    ...createCalendarHandlers({ pool }),
    ...createAccountHandlers(shared),
    ...createLogoHandlers(shared),
    ...createBatchHandlers(shared),
    ...createBatchFileHandlers(shared),
    ...createOperationHandlers(shared),
    followPaymentLink: live.follow,
    receiveCallback: callbacks.receive,
  };
  const folders = (app: Express): void => {
    mountDocs(app);
    mountAgent(app, readAgentPage(WEB));
    mountBillsPage(app);
    if (config.api.demo) mountDemo(app, demoOf(config, options));
  };
  const app = createRouter({ handlers, authenticate: createAuthentication(router), metrics, logger, folders });
  return { app, live, callbacks, usage };
}

function demoOf({ api: { simulatorUrl } }: Config, { demo }: ApiOptions) {
  const known = simulatorUrl === undefined ? {} : { simulatorUrl };
  return { dir: WEB, config: () => ({ ...known, ...demo?.() }), ...known };
}

async function listen(server: Server, { api: { port, host } }: Config): Promise<number> {
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(port, host, () => {
      server.off('error', reject);
      resolve();
    });
  });
  return (server.address() as AddressInfo).port;
}

async function drain(server: Server, live: LiveEvents): Promise<void> {
  const closed = new Promise<void>((resolve) => {
    server.close(() => resolve());
  });
  live.close();
  server.closeIdleConnections();
  const idle = setInterval(() => server.closeIdleConnections(), 100);
  const late = setTimeout(() => server.closeAllConnections(), DRAIN_MS);
  await closed;
  clearInterval(idle);
  clearTimeout(late);
}
