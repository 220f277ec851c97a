/**
 * The engine without HTTP, for the tests of workflows and activities: real Temporal, real Postgres, the simulated bank
 * over real HTTP, a worker in this process. Everything is this file's own: database, task queue, bank, merchant.
 */
import { generateKeyPairSync, randomBytes } from 'node:crypto';
import { setTimeout as pause } from 'node:timers/promises';
import {
  Client,
  Connection,
  defaultGrpcRetryOptions,
  makeGrpcRetryInterceptor,
  WithStartWorkflowOperation,
} from '@temporalio/client';
import { NativeConnection, Runtime, Worker } from '@temporalio/worker';
import pg from 'pg';
import { createActivities } from '../../activities/create-activities.ts';
import type { LinkKind } from '../../domain/money/charge.ts';
import type { Answer, LinkState } from '../../domain/links/link-state.ts';
import { createPool } from '../../db/pool.ts';
import { present } from '../../domain/present.ts';
import { createProvider } from '../../providers/from-config.ts';
import { createCommandSender } from '../../temporal/command-sender.ts';
import { createSimulator } from '../../simulator/simulator.ts';
import {
  PAYMENT_LINK_WORKFLOW,
  paymentLinkWorkflowId,
  searchAttributes,
  type signals,
  type updates,
  type PaymentLinkInput,
} from '../../workflows/messages.ts';
import { freshDatabase } from './database.ts';
import { testTemporal, workflowBundlePath } from './temporal.ts';
import { eventually } from '../limits/until.ts';

export const MERCHANT = 'padaria';

interface EngineOptions {
  readonly continueAsNewAfter?: number;
  readonly maxCachedWorkflows?: number;
  /** Where the bank sends its callbacks; nowhere by default: tests send the notices themselves. */
  readonly callbackUrl?: string;
}

export type Engine = Awaited<ReturnType<typeof startEngine>>;

export async function startEngine(options: EngineOptions = {}) {
  const databaseUrl = await freshDatabase();
  const { address, namespace, taskQueue } = testTemporal();
  const keys = generateKeyPairSync('rsa', {
    modulusLength: 2048,
    publicKeyEncoding: { type: 'spki', format: 'pem' },
    privateKeyEncoding: { type: 'pkcs8', format: 'pem' },
  });
  const callbackSecret = randomBytes(16).toString('hex');
  const bank = createSimulator({
    callbackSecret,
    ...present({ callbackUrl: options.callbackUrl }),
  });
  const { url: bankUrl } = await bank.listen(0);
  const provider = createProvider({
    name: 'jpmorgan',
    url: `${bankUrl}/receivables/request-to-pay/v1`,
    creditor: { accountKey: '12345678000195', accountScheme: 'CNPJ', name: 'Padaria Aurora', city: 'Sao Paulo' },
    callbackSecret,
    oauth: {
      tokenUrl: `${bankUrl}/adfs/oauth2/token`,
      clientId: 'test',
      resource: 'JPMC:URI:RS-TEST',
      privateKey: keys.privateKey,
      certificate: keys.publicKey,
    },
  });
  const owner = new pg.Pool({ connectionString: databaseUrl, max: 4 });
  await owner.query(
    `insert into merchant (merchant_id, name, city, time_zone, currency) values ($1, 'Padaria Aurora', 'Sao Paulo', 'America/Sao_Paulo', 'BRL')`,
    [MERCHANT],
  );
  await owner.query('insert into merchant_head (merchant_id) values ($1)', [MERCHANT]);
  const pool = createPool({ url: databaseUrl, role: 'relink_app', applicationName: 'test', max: 8 });
  const connection = await Connection.connect({
    address,
    interceptors: [
      makeGrpcRetryInterceptor(defaultGrpcRetryOptions({ initialIntervalMs: () => 15, factor: 1.5, maxAttempts: 12 })),
    ],
  });
  const client = new Client({ connection, namespace });
  try {
    Runtime.install({ shutdownSignals: [], logger: quiet() });
  } catch {
    // Installed by another engine of this file.
  }
  const native = await NativeConnection.connect({ address });
  const messages = createCommandSender({ client, taskQueue, ...options });
  const worker = await Worker.create({
    connection: native,
    namespace,
    taskQueue,
    workflowBundle: { codePath: workflowBundlePath() },
    activities: createActivities({ pool, provider, messages, crash: () => undefined, pause: async (ms) => pause(ms) }),
    stickyQueueScheduleToStartTimeout: '1500ms',
    ...present({ maxCachedWorkflows: options.maxCachedWorkflows }),
  });
  const running = worker.run();

  const workflowId = (paymentLinkId: string, kind: LinkKind = 'till'): string =>
    paymentLinkWorkflowId(MERCHANT, kind, paymentLinkId);

  function startOptions(paymentLinkId: string, kind: LinkKind) {
    const input: PaymentLinkInput = {
      merchantId: MERCHANT,
      paymentLinkId,
      ...present({ continueAsNewAfter: options.continueAsNewAfter }),
    };
    return {
      workflowId: workflowId(paymentLinkId, kind),
      taskQueue,
      args: [input] as [PaymentLinkInput],
      workflowIdConflictPolicy: 'USE_EXISTING' as const,
      workflowIdReusePolicy: 'ALLOW_DUPLICATE' as const,
      typedSearchAttributes: [
        { key: searchAttributes.merchantId, value: MERCHANT },
        { key: searchAttributes.kind, value: kind },
        { key: searchAttributes.status, value: 'ok' },
      ],
    };
  }

  async function signal(
    paymentLinkId: string,
    name: keyof typeof signals,
    message: object = {},
    kind: LinkKind = 'till',
  ) {
    const { workflowIdConflictPolicy: _, ...rest } = startOptions(paymentLinkId, kind);
    await client.workflow.signalWithStart(PAYMENT_LINK_WORKFLOW, { ...rest, signal: name, signalArgs: [message] });
  }

  async function update(
    paymentLinkId: string,
    name: keyof typeof updates,
    message: object = {},
    updateId = randomBytes(8).toString('hex'),
    kind: LinkKind = 'till',
  ): Promise<Answer> {
    const startWorkflowOperation = new WithStartWorkflowOperation(
      PAYMENT_LINK_WORKFLOW,
      startOptions(paymentLinkId, kind),
    );
    const answer: unknown = await client.workflow.executeUpdateWithStart(name, {
      updateId,
      args: [message],
      startWorkflowOperation,
    });
    return answer as Answer;
  }

  return {
    databaseUrl,
    owner,
    pool,
    client,
    messages,
    bank,
    bankUrl,
    provider,
    namespace,
    taskQueue,
    workflowId,
    signal,
    update,

    async query<T extends pg.QueryResultRow>(sql: string, values: readonly unknown[] = []): Promise<readonly T[]> {
      return (await owner.query<T>(sql, [...values])).rows;
    },

    /** A link that is open at the provider and free. */
    async openLink(kind: LinkKind = 'till'): Promise<string> {
      const paymentLinkId = `pl_${randomBytes(6).toString('hex')}`;
      await owner.query(
        `insert into payment_link (merchant_id, payment_link_id, kind, label, status, provider) values ($1, $2, $3, 'Till 4', 'opening', 'jpmorgan')`,
        [MERCHANT, paymentLinkId, kind],
      );
      await update(paymentLinkId, 'open', {}, undefined, kind);
      const free = async () =>
        (
          await owner.query('select from payment_link where payment_link_id = $1 and provider_link_id is not null', [
            paymentLinkId,
          ])
        ).rowCount === 1;
      await eventually(free);
      return paymentLinkId;
    },

    async control(path: string, body: object): Promise<unknown> {
      const answer = await fetch(`${bankUrl}/control/${path}`, {
        method: 'POST',
        headers: { 'content-type': 'application/json' },
        body: JSON.stringify(body),
      });
      const said: unknown = await answer.json();
      if (!answer.ok) throw new Error(`${path}: ${JSON.stringify(said)}`);
      return said;
    },

    async state(paymentLinkId: string, kind: LinkKind = 'till'): Promise<LinkState> {
      return client.workflow.getHandle(workflowId(paymentLinkId, kind)).query<LinkState>('state');
    },

    async stop(): Promise<void> {
      worker.shutdown();
      await running;
      await native.close();
      await connection.close();
      await Promise.all([pool.end(), owner.end(), provider.close(), bank.close()]);
    },
  };
}

/** Workflow logs are for operators; a test reads the history. */
function quiet() {
  const nothing = (): void => undefined;
  const say = (message: string, meta?: object): void =>
    void process.stderr.write(`${message} ${JSON.stringify(meta ?? {})}\n`);
  const loud = process.env['RELINK_TEST_LOG'] !== undefined;
  return {
    log: nothing,
    trace: nothing,
    debug: nothing,
    info: loud ? say : nothing,
    warn: loud ? say : nothing,
    error: say,
  };
}
