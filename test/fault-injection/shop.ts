/**
 * A shop on real processes: bank, worker and API of its own, a merchant of its own, and a client that keeps every
 * answer it has read. It plays the POS and the payer; what must be true afterwards is the checker's to say.
 */
import { randomBytes, randomUUID } from 'node:crypto';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { Client, Connection } from '@temporalio/client';
import pg from 'pg';
import { present } from '../../domain/present.ts';
import { ensureMerchant } from '../../embedded/merchant.ts';
import { startStack, type Stack } from '../../embedded/stack.ts';
import { paymentLinkWorkflowId, watchScheduleId } from '../../workflows/messages.ts';
import { findFaults } from './checker.ts';
import { bankRecords, type BankRequest, type KeptAnswer } from './records.ts';
import { violationsOf } from './violations.ts';
import { Crash, until } from './waiting.ts';

interface ShopOptions {
  readonly databaseUrl: string;
  readonly temporalAddress: string;
  readonly taskQueue: string;
  /** More, or other, variables of its worker and its API. */
  readonly env?: Readonly<Record<string, string>>;
}

interface CallOptions {
  readonly body?: object;
  readonly key?: string;
  readonly ifMatch?: string;
}

interface PaymentRequestAnswer {
  readonly id: string;
  readonly status: string;
  readonly because?: string;
  readonly revision: number;
  readonly amount: { readonly value: string };
}

/** What a till is sold for unless a test says otherwise; the customer of a test has an hour, and the payer a day. */
const COFFEE = {
  amount: { currency: 'BRL', value: '24.90' },
  reference: 'coffee',
  notAfter: 3_600,
  expiresIn: 86_400,
};

export class ProductShop {
  readonly stack: Stack;
  readonly merchantId: string;
  readonly temporal: Client;
  readonly answers: KeptAnswer[] = [];
  readonly #options: ShopOptions;
  readonly apiKey: string;
  readonly #connection: Connection;
  readonly dir: string;

  private constructor(options: ShopOptions, parts: ShopParts) {
    this.#options = options;
    this.stack = parts.stack;
    this.merchantId = parts.merchantId;
    this.apiKey = parts.apiKey;
    this.dir = parts.dir;
    this.#connection = parts.connection;
    this.temporal = new Client({ connection: parts.connection });
  }

  static async open(options: ShopOptions): Promise<ProductShop> {
    const dir = mkdtempSync(path.join(tmpdir(), 'relink-crash-'));
    // Other files' merchants have schedules on the same Temporal.
    const merchantId = `crash-${randomBytes(4).toString('hex')}`;
    const merchant = {
      name: 'Padaria Aurora',
      city: 'Sao Paulo',
      timeZone: 'America/Sao_Paulo',
      currency: 'BRL',
    } as const;
    const apiKey = await ensureMerchant(options.databaseUrl, { merchantId, ...merchant });
    const connection = await Connection.connect({ address: options.temporalAddress });
    const env = {
      WATCH_EVERY_MS: '1000',
      API_UPDATE_TIMEOUT_MS: '1000',
      ...options.env,
    };
    const stack = await startStack({ ...options, dir, env });
    return new ProductShop(options, { stack, merchantId, apiKey, connection, dir });
  }

  async close(): Promise<void> {
    await this.stack.stop();
    await this.temporal.schedule
      .getHandle(watchScheduleId(this.merchantId))
      .delete()
      .catch(() => undefined);
    await this.#connection.close();
    rmSync(this.dir, { recursive: true, force: true });
  }

  /** Rejects when no whole answer was read: then nothing was promised. */
  async call(method: string, route: string, options: CallOptions = {}): Promise<KeptAnswer> {
    const { body, key, ifMatch } = options;
    const answer = await fetch(`${this.stack.apiUrl}${route}`, {
      method,
      headers: {
        authorization: `Bearer ${this.apiKey}`,
        ...(body === undefined ? {} : { 'content-type': 'application/json' }),
        ...present({ 'idempotency-key': key, 'if-match': ifMatch }),
      },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    });
    const said = (await answer.json()) as Record<string, unknown>;
    const replayed = answer.headers.has('idempotency-replayed');
    const kept = { call: `${method} ${route}`, key, status: answer.status, replayed, body: said };
    if (method !== 'GET') this.answers.push(kept);
    return kept;
  }

  async post(route: string, body: object, key: string = randomUUID()): Promise<KeptAnswer> {
    return this.call('POST', route, { body, key });
  }

  /** Answers the link's id, also when the answer was only 202. */
  async askForTill(label: string): Promise<string> {
    return idIn(await this.post('/v1/payment-links', { kind: 'till', label }));
  }

  async openTill(label: string): Promise<string> {
    const till = await this.askForTill(label);
    await until(`${label} is open`, async () => (await this.link(till)).status === 'free');
    return till;
  }

  async sell(till: string, more: object = {}, key?: string): Promise<KeptAnswer> {
    return this.post(`/v1/payment-links/${till}/payment-requests`, { ...COFFEE, ...more }, key);
  }

  /** A sale that is payable; answers its id. */
  async sold(till: string, more: object = {}): Promise<string> {
    const id = idIn(await this.sell(till, more));
    await this.untilRequest(id, 'active');
    return id;
  }

  async change(id: string, value: string, ifMatch = '"0"', key?: string): Promise<KeptAnswer> {
    const body = { amount: { currency: 'BRL', value } };
    return this.call('PATCH', `/v1/payment-requests/${id}`, { body, ifMatch, ...present({ key }) });
  }

  async unlink(till: string, key?: string): Promise<KeptAnswer> {
    return this.post(`/v1/payment-links/${till}/unlink`, {}, key);
  }

  async link(till: string): Promise<Readonly<Record<string, unknown>>> {
    return (await this.call('GET', `/v1/payment-links/${till}`)).body;
  }

  async request(id: string): Promise<PaymentRequestAnswer> {
    return (await this.call('GET', `/v1/payment-requests/${id}`)).body as unknown as PaymentRequestAnswer;
  }

  async untilRequest(id: string, status: string): Promise<PaymentRequestAnswer> {
    let seen: PaymentRequestAnswer | undefined;
    await until(
      () => `request ${id} is ${status} (last seen: ${JSON.stringify(seen)})`,
      async () => {
        seen = await this.request(id);
        return seen.status === status;
      },
    );
    if (seen === undefined) throw new Error(`request ${id} was never read`);
    return seen;
  }

  /** Whatever has a status at this address. */
  async untilShown(route: string, status: string): Promise<void> {
    let seen: unknown;
    await until(
      () => `${route} is ${status} (last seen: ${JSON.stringify(seen)})`,
      async () => {
        const { body } = await this.call('GET', route);
        seen = body;
        return body['status'] === status;
      },
    );
  }

  async untilPayable(id: string, value: string): Promise<void> {
    let seen: PaymentRequestAnswer | undefined;
    await until(
      () => `request ${id} asks ${value} (last seen: ${JSON.stringify(seen)})`,
      async () => {
        seen = await this.request(id);
        return seen.status === 'active' && seen.amount.value === value;
      },
    );
  }

  /** Every payer who still can, pays. */
  async payAll(): Promise<void> {
    const { paymentRequests } = await bankRecords(this.stack.simulatorUrl);
    const payable = paymentRequests.filter(({ status }) => status === 'ACTIVE');
    await Promise.all(payable.map(async ({ id }) => this.pay(id)));
    await Promise.all(payable.map(async ({ id }) => this.untilRequest(id, 'paid')));
  }

  async untilFree(till: string): Promise<void> {
    await until(`link ${till} is free`, async () => (await this.link(till)).status === 'free');
  }

  async control(action: string, body: object): Promise<void> {
    const answer = await fetch(`${this.stack.simulatorUrl}/control/${action}`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify(body),
    });
    if (!answer.ok) throw new Error(`the bank's control ${action} says ${answer.status}: ${await answer.text()}`);
  }

  async pay(id: string, more: object = {}): Promise<void> {
    await this.control('pay', { paymentRequestId: id, ...more });
  }

  /** The request as the bank has it; undefined while it has none of that id. */
  async atBank(id: string): Promise<BankRequest | undefined> {
    const { paymentRequests } = await bankRecords(this.stack.simulatorUrl);
    return paymentRequests.find((request) => request.id === id);
  }

  workflow(till: string) {
    return this.temporal.workflow.getHandle(paymentLinkWorkflowId(this.merchantId, 'till', till));
  }

  /** Throws when one of the three processes has ended by itself: whoever waits for their answers waits in vain. */
  demandNoCrash(): void {
    const { bank, worker, api } = this.stack;
    const crashed = [bank, worker, api].filter((part) => part.crashed());
    const said = crashed.map((part) => `The ${part.name} has crashed:\n${part.output().slice(-4_000)}`);
    if (said.length > 0) throw new Crash(said.join('\n'));
  }

  async rows<T extends pg.QueryResultRow>(sql: string, values: readonly unknown[] = []): Promise<readonly T[]> {
    const client = new pg.Client({ connectionString: this.#options.databaseUrl });
    client.on('error', () => undefined);
    await client.connect();
    try {
      return (await client.query<T>(sql, [...values])).rows;
    } finally {
      await client.end();
    }
  }

  async faults(): Promise<readonly string[]> {
    const { merchantId, answers, stack } = this;
    return findFaults({ ...this.#options, simulatorUrl: stack.simulatorUrl, merchantId, answers });
  }

  /**
   * At rest is when neither the checker nor `verify` has anything to say; what they still say at the limit is thrown.
   */
  async atRest(): Promise<readonly string[]> {
    let faults: readonly string[] = [];
    await until(
      () => `nothing is wrong any more:\n${faults.join('\n')}\n`,
      async () => {
        faults = await this.faults();
        if (faults.length === 0) faults = await violationsOf(this.#options.databaseUrl, this);
        return faults.length === 0;
      },
      500,
    );
    return faults;
  }

  /** Every till sells once more, and the payer pays: the codes are of use to somebody. */
  async sellEverywhere(tills: readonly string[]): Promise<void> {
    await Promise.all(
      tills.map(async (till) => {
        const id = await this.sold(till, { reference: 'the next one' });
        await this.pay(id);
        await this.untilRequest(id, 'paid');
        await this.untilFree(till);
      }),
    );
  }
}

interface ShopParts {
  readonly stack: Stack;
  readonly merchantId: string;
  readonly apiKey: string;
  readonly connection: Connection;
  readonly dir: string;
}

export function idIn({ call, status, body }: KeptAnswer): string {
  const id = body['id'] ?? body['paymentRequestId'];
  if (typeof id !== 'string') throw new Error(`${call} named nothing (${status}): ${JSON.stringify(body)}`);
  return id;
}
