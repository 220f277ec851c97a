/**
 * Runs a command (protocol.md F1, F3): inserts its row, sends the Update, and answers from the row. It decides nothing:
 * the workflow answers, or its worker does through the row. Repeated keys, crashes and lost answers all end at the same
 * row.
 */
import { createHash, randomUUID } from 'node:crypto';
import { setTimeout as pause } from 'node:timers/promises';
import type pg from 'pg';
import type { Logger } from 'pino';
import {
  keepResponse,
  readCommand,
  storeRefusal,
  insertCommand,
  type CommandKind,
  type KeptResponse,
  type NewCommand,
  type StoredCommand,
} from '../../db/links/command-intake.ts';
import { tenantTransaction } from '../../db/pool.ts';
import type { CommandAnswer } from '../../domain/links/money-answers.ts';
import { present } from '../../domain/present.ts';
import type { CommandSender } from '../../temporal/command-sender.ts';
import type { LinkAddress } from '../../temporal/link-sender.ts';
import { preferences, type Caller, type Reply } from '../http/call.ts';
import { canonicalJson } from '../http/json-body.ts';
import type { Metrics } from '../http/metrics.ts';
import { Problem, renderProblem } from '../http/problems.ts';

interface CommandDependencies {
  readonly pool: pg.Pool;
  readonly sender: Pick<CommandSender, 'update' | 'signal'>;
  readonly updateTimeoutMs: number;
  readonly metrics: Metrics;
  readonly logger: Logger;
  /** Test only: kills the process at the named step. */
  readonly crash: (step: string) => void;
}

/** What a handler has read and validated, in the transaction that stores it. */
export interface CommandDraft {
  readonly link: LinkAddress;
  readonly message: object;
  readonly paymentRequestId?: string;
  readonly notAfterSeconds?: number;
  /** Inserts rows in the same transaction as the command. */
  readonly store?: (client: pg.ClientBase, command: NewCommand) => Promise<void>;
}

/**
 * How a kind of command is answered over HTTP. Both read rows, and may refine what the workflow said by what is stored.
 */
export interface CommandResponder {
  readonly done: (client: pg.ClientBase, command: StoredCommand, answer: CommandAnswer) => Promise<Reply>;
  /** 202: the resource as it is now, and where to look for it later. */
  readonly later: (client: pg.ClientBase, command: StoredCommand) => Promise<Reply>;
  readonly location: (command: StoredCommand) => string;
}

interface CommandCall {
  readonly caller: Caller;
  readonly headers: Readonly<Record<string, string | undefined>>;
  readonly route: string;
  readonly traceId: string;
  readonly body: unknown;
}

interface CommandOrder extends CommandResponder {
  readonly kind: CommandKind;
  readonly prepare: (client: pg.ClientBase) => Promise<CommandDraft>;
}

type Conclusion =
  { readonly is: 'final'; readonly answer: CommandAnswer } | { readonly is: 'later' } | { readonly is: 'unreachable' };

export type RunCommand = (call: CommandCall, order: CommandOrder) => Promise<Reply>;

export function createCommands(deps: CommandDependencies): RunCommand {
  return async (call, order) => {
    const { command, link, known } = await accept(deps, call, order);
    deps.crash('api.after-commit');
    if (command.response !== undefined) return replay(command.response);
    const conclusion = await conclude(deps, call, { command, link });
    deps.crash('api.after-update');
    const reply = await answer(deps, call, order, { command, conclusion });
    const headers = { ...reply.headers, ...(known ? { 'idempotency-replayed': 'true' } : {}) };
    return { ...reply, headers, sent: () => deps.crash('api.after-answer') };
  };
}

interface CommandAcceptance {
  readonly command: StoredCommand;
  readonly link: LinkAddress;
  /** The key has been seen before: this is a repeat, also when it joins one that runs. */
  readonly known: boolean;
}

/** Durable before anything is sent: the row is committed before Temporal is called. */
async function accept(deps: CommandDependencies, call: CommandCall, order: CommandOrder): Promise<CommandAcceptance> {
  const { merchantId, keyId } = call.caller;
  const idempotencyKey = idempotencyKeyOf(call.headers);
  return tenantTransaction(deps.pool, merchantId, async (client) => {
    const { link, message, notAfterSeconds, paymentRequestId, store } = await order.prepare(client);
    const commandId = randomUUID();
    const fresh: NewCommand = {
      merchantId,
      commandId,
      route: call.route,
      bodySha256: createHash('sha256').update(canonicalJson(call.body)).digest(),
      kind: order.kind,
      message: { commandId, ...message, actor: `key ${keyId}` },
      paymentLinkId: link.paymentLinkId,
      actor: `key ${keyId}`,
      ...present({ idempotencyKey, paymentRequestId, notAfterSeconds }),
    };
    const intake = await insertCommand(client, fresh);
    if (intake.is === 'reused') {
      throw new Problem('idempotency-key-reuse', 'This key came with another body or on another address before.');
    }
    const { command } = intake;
    if (intake.is === 'new') await store?.(client, fresh);
    deps.crash('api.before-commit');
    // A repeat of `open` has generated another link id; that of the first call counts.
    return { command, link: { ...link, paymentLinkId: command.paymentLinkId }, known: intake.is === 'known' };
  });
}

export function idempotencyKeyOf(headers: CommandCall['headers']): string | undefined {
  const key = headers['idempotency-key'];
  if (key === undefined || /^[\x21-\x7e]{1,255}$/.test(key)) return key;
  throw new Problem('idempotency-key-invalid', 'A key is 1 to 255 visible ASCII characters.');
}

export function demandKey(headers: CommandCall['headers']): void {
  if (headers['idempotency-key'] !== undefined) return;
  throw new Problem('idempotency-key-required', 'Send an Idempotency-Key, and the same one with every repeat.');
}

interface CommandInFlight {
  readonly command: StoredCommand;
  readonly link: LinkAddress;
}

async function conclude(deps: CommandDependencies, call: CommandCall, inFlight: CommandInFlight): Promise<Conclusion> {
  const { command, link } = inFlight;
  if (command.outcome !== undefined) return { is: 'final', answer: command.outcome };
  if (preferences(call.headers['prefer']).has('respond-async')) return signal(deps, call, inFlight);
  const deadline = Date.now() + deps.updateTimeoutMs;
  const { commandId } = command;
  const sent = await deps.sender.update(command.kind, link, command.message, {
    commandId,
    timeoutMs: deps.updateTimeoutMs,
  });
  if (sent.is === 'answer') return isFinal(sent.answer) ? { is: 'final', answer: sent.answer } : { is: 'later' };
  if (sent.is === 'refused') {
    const written = await tenantTransaction(deps.pool, call.caller.merchantId, async (client) =>
      storeRefusal(client, commandId, sent.answer),
    );
    if (written) return { is: 'final', answer: sent.answer };
    // A twin of the command is further along: the answer is awaited from the row.
    return storedOutcome(deps, call, commandId, deadline);
  }
  deps.logger.warn({ commandId, because: sent.because, traceId: call.traceId }, 'an Update was not answered');
  const stored = await storedOutcome(deps, call, commandId, 0);
  return stored.is === 'final' ? stored : signal(deps, call, inFlight);
}

function isFinal(answered: CommandAnswer): boolean {
  return answered.is !== 'pending' && answered.is !== 'queued';
}

async function storedOutcome(
  { pool }: CommandDependencies,
  { caller }: CommandCall,
  commandId: string,
  deadline: number,
): Promise<Conclusion> {
  for (;;) {
    const command = await tenantTransaction(pool, caller.merchantId, async (client) => readCommand(client, commandId));
    if (command?.outcome !== undefined) return { is: 'final', answer: command.outcome };
    if (Date.now() + 100 > deadline) return { is: 'later' };
    await pause(100);
  }
}

/**
 * Sends the command as a Signal, under the same id as an Update that may have arrived: the workflow deduplicates them.
 */
async function signal(
  deps: CommandDependencies,
  call: CommandCall,
  { command, link }: CommandInFlight,
): Promise<Conclusion> {
  try {
    await deps.sender.signal(command.kind, link, command.message);
    return { is: 'later' };
  } catch (error) {
    deps.logger.error({ err: error, commandId: command.commandId, traceId: call.traceId }, 'Temporal took no Signal');
    return { is: 'unreachable' };
  }
}

async function answer(
  deps: CommandDependencies,
  call: CommandCall,
  order: CommandOrder,
  { command, conclusion }: { readonly command: StoredCommand; readonly conclusion: Conclusion },
): Promise<Reply> {
  const { metrics, pool } = deps;
  if (conclusion.is === 'unreachable') {
    metrics.countCommand(command.kind, 'unreachable');
    throw unreachable(order.location(command), command);
  }
  return tenantTransaction(pool, call.caller.merchantId, async (client) => {
    if (conclusion.is === 'later') {
      metrics.countCommand(command.kind, 'later');
      const reply = await order.later(client, command);
      return { ...reply, status: 202, headers: { ...reply.headers, location: order.location(command) } };
    }
    metrics.countCommand(command.kind, nameOf(conclusion.answer));
    const response = await responseOf(client, call, order, command, conclusion.answer);
    return toReply(await keepResponse(client, command.commandId, response));
  });
}

function nameOf(answered: CommandAnswer): string {
  return answered.is === 'refused' ? answered.because : answered.is;
}

/** Problems are stored like any other answer. */
async function responseOf(
  client: pg.ClientBase,
  call: CommandCall,
  order: CommandOrder,
  command: StoredCommand,
  answered: CommandAnswer,
): Promise<KeptResponse> {
  try {
    const reply = await order.done(client, command, answered);
    const headers = { 'content-type': 'application/json', ...reply.headers };
    return { status: reply.status, headers, body: JSON.stringify(reply.json) };
  } catch (error) {
    if (!(error instanceof Problem)) throw error;
    return renderProblem(error, call.traceId);
  }
}

function unreachable(location: string, command: StoredCommand): Problem {
  const { paymentLinkId, paymentRequestId } = command;
  return new Problem('temporal-unavailable', 'The command is stored and will be sent until its notAfter.', {
    headers: { 'retry-after': '5', location },
    members: { paymentLinkId, ...present({ paymentRequestId }) },
  });
}

function toReply({ status, headers, body }: KeptResponse): Reply {
  return { status, headers, bytes: body };
}

function replay(response: KeptResponse): Reply {
  const reply = toReply(response);
  return { ...reply, headers: { ...reply.headers, 'idempotency-replayed': 'true' } };
}
