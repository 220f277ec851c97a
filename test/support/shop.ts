/**
 * A shop on the whole product in this process, put together as in production: bank over HTTP, worker, API, Temporal,
 * Postgres. One for each test file, with a database, a task queue and a merchant of its own. It plays the POS and the
 * payer.
 */
import { randomBytes } from 'node:crypto';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { DefaultLogger } from '@temporalio/worker';
import pg from 'pg';
import { startApi } from '../../api/server.ts';
import { readConfig } from '../../config.ts';
import { createApiKey, createMerchant } from '../../db/merchants.ts';
import { simulatedProvider } from '../../operations/credentials.ts';
import { freePort } from '../../embedded/ports.ts';
import { createSimulator } from '../../simulator/simulator.ts';
import { connectTemporal } from '../../temporal/client.ts';
import { createProvider } from '../../providers/from-config.ts';
import { verdictSentences } from '../../verify/verdict.ts';
import { verify } from '../../verify/verify.ts';
import { startWorker } from '../../worker/worker.ts';
import {
  paymentLinkWorkflowId,
  reconcileScheduleId,
  WATCH_WORKFLOW,
  watchScheduleId,
} from '../../workflows/messages.ts';
import { createClient, type ApiAnswer } from '../api/client.ts';
import { freshDatabase } from './database.ts';
import { PATIENT_MS } from '../limits/limits.ts';
import { testTemporal, workflowBundlePath } from './temporal.ts';
import { eventually, until } from '../limits/until.ts';

export type Shop = Awaited<ReturnType<typeof openShop>>;
type Row = Readonly<Record<string, unknown>>;

export const brl = (value: string) => ({ currency: 'BRL', value });
export const COFFEE = { amount: brl('24.90'), reference: 'coffee' };

const PLACE = { name: 'Padaria Aurora', city: 'Sao Paulo', timeZone: 'America/Sao_Paulo', currency: 'BRL' } as const;
/** A customer who waits as long as a slow machine needs. */
const PATIENT = { notAfter: 3_600 };
/** `watch` runs when a test says so. */
const NEVER_BY_ITSELF_MS = 3_600_000;

export async function openShop(env: Readonly<Record<string, string>> = {}) {
  const dir = mkdtempSync(path.join(tmpdir(), 'relink-shop-'));
  // The schedules of all files live on one Temporal, under the merchant's name.
  const merchantId = `shop-${randomBytes(4).toString('hex')}`;
  const { config, bank, bankUrl, callbackSecret, databaseUrl } = await prepare(dir, env);
  const owner = new pg.Pool({ connectionString: databaseUrl, max: 4 });
  await createMerchant(owner, { merchantId, ...PLACE });
  const { key } = await createApiKey(owner, merchantId, { label: 'test' });
  const logger = new DefaultLogger(process.env['RELINK_TEST_LOG'] === undefined ? 'ERROR' : 'INFO');
  const worker = await startWorker(config, { logger, bundlePath: workflowBundlePath() });
  const api = await startApi(config);
  const { client, connection } = await connectTemporal(config.temporal);
  const pos = createClient(api.url, key);
  const schedule = client.schedule.getHandle(watchScheduleId(merchantId));
  const night = client.schedule.getHandle(reconcileScheduleId(merchantId));

  async function control(action: string, body: object): Promise<Row> {
    const answer = await fetch(`${bankUrl}/control/${action}`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify(body),
    });
    const said = (await answer.json()) as Row;
    if (!answer.ok) throw new Error(`${action}: ${JSON.stringify(said)}`);
    return said;
  }

  async function open(kind: 'till' | 'bill'): Promise<string> {
    const opened = await pos.post('/v1/payment-links', { kind, label: kind === 'till' ? 'Till 4' : 'Flat 12' });
    if (opened.status !== 201) throw new Error(opened.text);
    return String(opened.body['id']);
  }

  async function rows<T extends pg.QueryResultRow>(
    sql: string,
    values: readonly unknown[] = [],
  ): Promise<readonly T[]> {
    return (await owner.query<T>(sql, [...values])).rows;
  }

  const request = async (id: string): Promise<Row> => (await pos.get(`/v1/payment-requests/${id}`)).body;
  const link = async (id: string): Promise<Row> => (await pos.get(`/v1/payment-links/${id}`)).body;
  const sell = async (to: string, sale: object = {}, headers: Readonly<Record<string, string>> = {}) =>
    pos.post(`/v1/payment-links/${to}/payment-requests`, { ...COFFEE, ...PATIENT, ...sale }, headers);

  /** The interval of every check has passed. */
  const letChecksFallDue = async () =>
    rows('update payment_request set next_check_at = now() where next_check_at is not null');

  /** Every invariant (docs/invariants.md) that is broken, with nothing excused. */
  async function violations(temporal: 'with its histories' | 'without its histories'): Promise<readonly string[]> {
    const provider = createProvider(config.provider);
    const code = { workflowBundle: { codePath: workflowBundlePath() } };
    const histories = { client, taskQueue: config.taskQueue, code };
    try {
      return verdictSentences(
        await verify({
          databaseUrl,
          provider,
          atRest: true,
          temporal: temporal === 'with its histories' ? histories : 'not now',
        }),
      );
    } finally {
      await provider.close();
    }
  }

  async function roundsOfWatch(): Promise<number> {
    let rounds = 0;
    const query = `WorkflowType = '${WATCH_WORKFLOW}' and TaskQueue = '${config.taskQueue}' and ExecutionStatus = 'Completed'`;
    for await (const _ of client.workflow.list({ query })) rounds += 1;
    return rounds;
  }

  /** One round of `watch` by its Schedule, from its start to its end, with everything due. */
  async function watch(): Promise<void> {
    const before = await roundsOfWatch();
    await letChecksFallDue();
    await eventually(async () =>
      schedule.trigger().then(
        () => true,
        () => false,
      ),
    );
    await eventually(async () => (await roundsOfWatch()) > before);
  }

  async function reset(): Promise<void> {
    await Promise.all(['faults', 'behaviour', 'clock'].map(async (what) => control(what, { reset: true })));
  }

  return {
    pos,
    api,
    client,
    merchantId,
    key,
    callbackSecret,
    bankUrl,
    databaseUrl,
    config,
    control,
    rows,
    request,
    link,
    sell,
    openTill: async () => open('till'),
    openBill: async () => open('bill'),
    workflowId: (id: string, kind: 'till' | 'bill' = 'till') => paymentLinkWorkflowId(merchantId, kind, id),

    /** A sale that is payable; answers its id. */
    async sold(to: string, sale: object = {}): Promise<string> {
      const answer = await sell(to, sale);
      if (answer.status !== 201) throw new Error(answer.text);
      return String(answer.body['id']);
    },
    async change(id: string, value: string, ifMatch: string): Promise<ApiAnswer> {
      return pos.patch(`/v1/payment-requests/${id}`, { amount: brl(value) }, { 'if-match': ifMatch });
    },
    cancel: async (id: string): Promise<ApiAnswer> => pos.post(`/v1/payment-requests/${id}/cancel`),
    pay: async (paymentRequestId: string, more: object = {}) => control('pay', { paymentRequestId, ...more }),
    /** What a banking app shows for a printed text. */
    scan: async (text: unknown) => control('scan', { text }),
    /** The request as the bank has it. */
    async atBank(id: string): Promise<Row | undefined> {
      const answer = await fetch(`${bankUrl}/control/payment-requests`);
      const { paymentRequests } = (await answer.json()) as { readonly paymentRequests: readonly Row[] };
      return paymentRequests.find((one) => one['id'] === id);
    },
    async untilRequest(id: string, status: string): Promise<Row> {
      await eventually(async () => (await request(id))['status'] === status);
      return request(id);
    },
    async untilLink(id: string, status: string): Promise<Row> {
      await eventually(async () => (await link(id))['status'] === status);
      return link(id);
    },
    ledger: async (id: string) =>
      rows<{ kind: string; account: string; currency: string; amount_minor: string }>(
        `select t.kind, e.account, e.currency, e.amount_minor from ledger_transaction t join ledger_entry e
          using (transaction_id)
          where t.payment_request_id = $1 order by t.booked_at, t.transaction_id, e.line`,
        [id],
      ),
    /** The names of what was told about a request, in order. */
    async events(id: string): Promise<readonly string[]> {
      const told = await rows<{ name: string }>(
        'select name from event where payment_request_id = $1 order by position',
        [id],
      );
      return told.map(({ name }) => name);
    },
    signalUsage: async (paymentLinkId: string, message: object = {}) =>
      client.workflow.getHandle(paymentLinkWorkflowId(merchantId, 'bill', paymentLinkId)).signal('usage', message),
    letChecksFallDue,
    roundsOfWatch,
    watch,
    reset,
    violations,
    /** The nightly run by its Schedule, from its start to its end; answers it as the API does. */
    async reconcileByNight(): Promise<Row> {
      const newest = async () => {
        const { body } = await pos.get('/v1/reconciliations?kind=nightly&limit=1');
        return (body['data'] as readonly Row[])[0];
      };
      const before = (await newest())?.['id'];
      await eventually(async () =>
        night.trigger().then(
          () => true,
          () => false,
        ),
      );
      const ended = async () => {
        const run = await newest();
        return run !== undefined && run['id'] !== before && ['finished', 'failed'].includes(String(run['status']));
      };
      await eventually(ended, 100);
      const run = await newest();
      return (await pos.get(`/v1/reconciliations/${String(run?.['id'])}`)).body;
    },
    /** A run that was asked for, when it has ended. */
    async untilReconciled(location: string | null): Promise<Row> {
      const read = async () => (await pos.get(String(location))).body;
      await eventually(async () => ['finished', 'failed'].includes(String((await read())['status'])), 100);
      return read();
    },
    /** Fails the file when a promise is broken once everything is at rest. `unverified` says why it may be. */
    async close(unverified?: string): Promise<void> {
      const broken = unverified === undefined ? await brokenAtRest({ reset, watch, violations }) : [];
      await api.close();
      await schedule.delete().catch(() => undefined);
      await night.delete().catch(() => undefined);
      await worker.close();
      await Promise.all([connection.close(), owner.end(), bank.close()]);
      rmSync(dir, { recursive: true, force: true });
      if (broken.length > 0) throw new Error(`at rest, and not as promised:\n${broken.join('\n')}`);
    },
  };
}

/** Rests when there is nothing to say. A lost callback is found by `watch`, so that is let round first. */
async function brokenAtRest({ reset, watch, violations }: Pick<Shop, 'reset' | 'watch' | 'violations'>) {
  await reset();
  let broken = await violations('without its histories');
  const atRest = async (): Promise<boolean> => {
    if (broken.length === 0) return true;
    await watch();
    broken = await violations('without its histories');
    return broken.length === 0;
  };
  await until(() => `nothing is wrong any more:\n${broken.join('\n')}\n`, atRest, 250);
  return violations('with its histories');
}

/** The bank needs the API's address for its callbacks, and the API the bank's. */
async function prepare(dir: string, env: Readonly<Record<string, string>>) {
  const databaseUrl = await freshDatabase();
  const { address, taskQueue } = testTemporal();
  const apiPort = await freePort();
  // The certificate is made before the bank has an address.
  const { simulatorOptions } = simulatedProvider(dir, '');
  const bank = createSimulator({ ...simulatorOptions, callbackUrl: `http://127.0.0.1:${apiPort}/callbacks/jpmorgan` });
  const { url: bankUrl } = await bank.listen(0);
  const config = readConfig({
    RELINK_ENV: 'test',
    LOG_LEVEL: 'silent',
    DATABASE_URL: databaseUrl,
    TEMPORAL_ADDRESS: address,
    RELINK_TASK_QUEUE: taskQueue,
    API_PORT: String(apiPort),
    WATCH_EVERY_MS: String(NEVER_BY_ITSELF_MS),
    API_UPDATE_TIMEOUT_MS: String(PATIENT_MS),
    PROVIDER_REQUESTS_PER_SECOND: '1000',
    ...simulatedProvider(dir, bankUrl).providerEnv,
    ...env,
  });
  return { config, bank, bankUrl, callbackSecret: simulatorOptions.callbackSecret, databaseUrl };
}
