/**
 * The API on a real Postgres with two merchants, and a played workflow at our own port (`LinkSender`): it writes the
 * rows that a worker would write, at once, and a test may make it answer anything else.
 */
import pg from 'pg';
import { startApi, type RunningApi } from '../../api/server.ts';
import { readConfig } from '../../config.ts';
import { createApiKey, createMerchant } from '../../db/merchants.ts';
import { encodeBrCode } from '../../domain/codes/br-code.ts';
import type { Answer } from '../../domain/links/link-state.ts';
import type { Notice } from '../../providers/provider.ts';
import type { BillBatchSender } from '../../temporal/bill-batch-sender.ts';
import type { CommandSender, CommandUpdateName } from '../../temporal/command-sender.ts';
import type { LinkAddress } from '../../temporal/link-sender.ts';
import type { UpdateResult } from '../../temporal/update.ts';
import { freshDatabase } from '../support/database.ts';
import { PATIENT_MS } from '../limits/limits.ts';
import { createClient, type ApiClient } from './client.ts';

export const MERCHANT = 'padaria';
export const OTHER_MERCHANT = 'quitanda';
export const CALLBACK_SECRET = 'Bearer the-bank';
export const SALE = { amount: { currency: 'BRL', value: '24.90' }, reference: 'cart 1' };

const PRINTED = encodeBrCode({
  url: 'qr.example.com/r/0123456789abcdef',
  merchantName: 'PADARIA AURORA',
  merchantCity: 'SAO PAULO',
});

export interface SentMessage {
  readonly how: 'update' | 'signal';
  readonly name: string;
  readonly link: LinkAddress;
  readonly message: Readonly<Record<string, unknown>>;
}

export interface ApiShop {
  readonly api: RunningApi;
  readonly databaseUrl: string;
  readonly pos: ApiClient;
  readonly other: ApiClient;
  readonly owner: pg.Pool;
  readonly sent: SentMessage[];
  /** Batches of bills whose workflow was started, in order; `startsBatches` may make it fail. */
  readonly startedBatches: string[];
  startsBatches(with_: (() => Promise<void>) | undefined): void;
  /** Steps that the API passed, in order. */
  readonly steps: string[];
  /** Instead of playing the workflow: what the next Updates are answered with. Undefined: it plays again. */
  answers(with_: ((sent: SentMessage) => Promise<UpdateResult>) | undefined): void;
  signals(with_: ((sent: SentMessage) => Promise<void>) | undefined): void;
  /** The played workflow, for tests that answer late. */
  play(sent: SentMessage): Promise<Answer>;
  /** A free till link. */
  till(): Promise<string>;
  rows<T extends pg.QueryResultRow>(sql: string, values?: readonly unknown[]): Promise<readonly T[]>;
  /** As a worker tells: the event row, then the notification. */
  tell(event: { readonly name: string; readonly link?: string; readonly request?: string }): Promise<number>;
  stop(): Promise<void>;
}

export async function startShop(env: Readonly<Record<string, string>> = {}): Promise<ApiShop> {
  const databaseUrl = await freshDatabase();
  const owner = new pg.Pool({ connectionString: databaseUrl, max: 5 });
  const keys: string[] = [];
  for (const merchantId of [MERCHANT, OTHER_MERCHANT]) {
    const place = { name: 'Padaria Aurora', city: 'Sao Paulo', timeZone: 'America/Sao_Paulo' };
    await createMerchant(owner, { merchantId, ...place, currency: 'BRL' });
    keys.push((await createApiKey(owner, merchantId, { label: 'test' })).key);
  }
  const sent: SentMessage[] = [];
  const steps: string[] = [];
  const startedBatches: string[] = [];
  let starting: (() => Promise<void>) | undefined;
  const batches: BillBatchSender = {
    async start({ batchId }) {
      await starting?.();
      startedBatches.push(batchId);
    },
  };
  let answering: ((sent: SentMessage) => Promise<UpdateResult>) | undefined;
  let signalling: ((sent: SentMessage) => Promise<void>) | undefined;
  const play = async (message: SentMessage): Promise<Answer> => playWorkflow(owner, message);
  const sender: Pick<CommandSender, 'update' | 'signal'> = {
    async update(name: CommandUpdateName, link, message) {
      const one = { how: 'update' as const, name, link, message: message as SentMessage['message'] };
      sent.push(one);
      return answering === undefined ? { is: 'answer', answer: await play(one) } : answering(one);
    },
    async signal(name, link, message) {
      const one = { how: 'signal' as const, name, link, message: message as SentMessage['message'] };
      sent.push(one);
      await signalling?.(one);
    },
  };
  const config = readConfig({
    RELINK_ENV: 'test',
    LOG_LEVEL: 'silent',
    DATABASE_URL: databaseUrl,
    API_PORT: '0',
    API_UPDATE_TIMEOUT_MS: String(PATIENT_MS),
    ...env,
  });
  const crash = (step: string): void => void steps.push(step);
  const api = await startApi(config, { sender, provider: playedProvider, crash, batches });
  const pos = createClient(api.url, keys[0] ?? '');
  return {
    api,
    databaseUrl,
    pos,
    other: createClient(api.url, keys[1] ?? ''),
    owner,
    sent,
    startedBatches,
    startsBatches: (with_) => void (starting = with_),
    steps,
    play,
    answers: (with_) => void (answering = with_),
    signals: (with_) => void (signalling = with_),
    async till() {
      const opened = await pos.post('/v1/payment-links', { kind: 'till', label: 'Till 4' });
      if (opened.status !== 201) throw new Error(opened.text);
      return String(opened.body['id']);
    },
    rows: async <T extends pg.QueryResultRow>(sql: string, values: readonly unknown[] = []) =>
      (await owner.query<T>(sql, [...values])).rows,
    tell: async (event) => tell(owner, event),
    async stop() {
      await api.close();
      await owner.end();
    },
  };
}

/** A bank whose callbacks are `[{ requestId, status }]`. */
const playedProvider = {
  name: 'jpmorgan',
  authenticateCallback: (headers: Readonly<Record<string, string | undefined>>) =>
    headers['authorization'] === CALLBACK_SECRET,
  parseCallback(body: Buffer): readonly Notice[] {
    try {
      return JSON.parse(body.toString()) as readonly Notice[];
    } catch {
      return [];
    }
  },
  close: async () => undefined,
};

async function playWorkflow(owner: pg.Pool, { name, link, message }: SentMessage): Promise<Answer> {
  const commandId = message['commandId'];
  const known = await owner.query<{ outcome: Answer | null }>('select outcome from command where command_id = $1', [
    commandId,
  ]);
  const before = known.rows[0]?.outcome;
  if (before !== undefined && before !== null) return before;
  const answer = await playOnce(owner, name, link, message);
  await owner.query(
    'update command set outcome = $2, outcome_at = now(), claimed_at = coalesce(claimed_at, now()), next_send_at = null where command_id = $1 and outcome is null',
    [commandId, JSON.stringify(answer)],
  );
  return answer;
}

async function playOnce(
  owner: pg.Pool,
  name: string,
  { paymentLinkId }: LinkAddress,
  message: SentMessage['message'],
): Promise<Answer> {
  if (name === 'open') {
    await owner.query(
      `update payment_link set status = 'free', provider_link_id = $1, url = 'https://qr.example.com/r/1', qr_text = $2,
        qr_crc = $3, next_check_at = null
        where payment_link_id = $1`,
      [paymentLinkId, PRINTED, PRINTED.slice(-4)],
    );
    return { is: 'opened' };
  }
  if (name === 'link') {
    const requestId = String(message['requestId']);
    await owner.query(
      `update payment_request set status = 'active', expires_at = now() + interval '900 s' where payment_request_id = $1`,
      [requestId],
    );
    await owner.query(
      `update request_revision set state = 'in-force', request_code = 'request code' where payment_request_id = $1`,
      [requestId],
    );
    await owner.query(`update payment_link set status = 'linked', current_request_id = $2 where payment_link_id = $1`, [
      paymentLinkId,
      requestId,
    ]);
    return { is: 'linked', requestId, revision: 0 };
  }
  if (name === 'updateCharge') return { is: 'updated', requestId: String(message['requestId']), revision: 1 };
  const { rows } = await owner.query<{ id: string | null }>(
    'select current_request_id as id from payment_link where payment_link_id = $1',
    [paymentLinkId],
  );
  const current = rows[0]?.id ?? undefined;
  await owner.query(`update payment_request set status = 'cancelled' where payment_request_id = $1`, [current]);
  const status = name === 'retire' ? 'retired' : 'free';
  await owner.query(`update payment_link set status = $2, current_request_id = null where payment_link_id = $1`, [
    paymentLinkId,
    status,
  ]);
  if (name === 'retire') return { is: 'retired' };
  return current === undefined
    ? { is: 'unlinked', found: 'nothing' }
    : { is: 'unlinked', found: 'cancelled', requestId: current };
}

async function tell(
  owner: pg.Pool,
  { name, link, request }: { readonly name: string; readonly link?: string; readonly request?: string },
): Promise<number> {
  const head = await owner.query<{ position: string }>(
    'update merchant_head set position = position + 1 where merchant_id = $1 returning position',
    [MERCHANT],
  );
  const position = Number(head.rows[0]?.position);
  await owner.query(
    `insert into event (merchant_id, position, name, payment_link_id, payment_request_id, cause, payload)
     values ($1, $2, $3, $4, $5, $6, '{"told": true}')`,
    [MERCHANT, position, name, link ?? null, request ?? null, `cause ${position}`],
  );
  await owner.query('select pg_notify($1, $2)', ['relink_event', `${MERCHANT}:${position}`]);
  return position;
}
