/**
 * Returns, exceptions, policies and balances over HTTP. The API stores the command; workflows decide, and the worker
 * books.
 */
import { randomUUID } from 'node:crypto';
import type pg from 'pg';
import type { StoredCommand } from '../../db/links/command-intake.ts';
import { readBalances } from '../../db/money/ledger.ts';
import { NO_LINK } from '../../db/money/money-commands.ts';
import { tenantTransaction } from '../../db/pool.ts';
import {
  insertPolicy,
  listExceptionDetails,
  listPolicies,
  readExceptionDetail,
  type ExceptionDetail,
} from '../../db/money/read-money.ts';
import { readLinkView } from '../../db/links/read-links.ts';
import { readRequestView } from '../../db/links/read-requests.ts';
import { readReturn } from '../../db/money/returns.ts';
import {
  BILL_DECISIONS,
  choicesOf,
  EXCEPTION_KINDS,
  policyFits,
  usualTerms,
  type BillDecisionName,
  type DecisionName,
} from '../../domain/money/exception.ts';
import { isCurrency, parseDecimal, toText } from '../../domain/money.ts';
import { present } from '../../domain/present.ts';
import type { Call, Caller, HandlersOf, Reply } from '../http/call.ts';
import { demandKey, type CommandResponder, type CommandDraft, type RunCommand } from '../links/commands.ts';
import { addressOf, demandLink } from '../links/link-handlers.ts';
import { exceptionDetailJson, returnJson } from './money-views.ts';
import { notFound, Problem, refusalProblem } from '../http/problems.ts';
import type { moneyRoutes } from './money-routes.ts';
import { pageJson, pageRequest } from '../http/paging.ts';

interface MoneyDependencies {
  readonly pool: pg.Pool;
  readonly run: RunCommand;
}

type MoneyHandlers = HandlersOf<typeof moneyRoutes>;

const HEX_ID = /^[0-9a-f]{32}$/;

export function createMoneyHandlers({ pool, run }: MoneyDependencies): MoneyHandlers {
  return {
    ...returnHandlers(pool, run),
    ...exceptionHandlers(pool, run),

    async readBalances({ caller, query }) {
      const at = query.at === undefined ? new Date() : new Date(query.at);
      const balances = await tenantTransaction(pool, caller.merchantId, async (client) => readBalances(client, at));
      const data = balances.map(({ account, amount }) => ({ account, amount: toText(amount) }));
      return { status: 200, json: { at: at.toISOString(), data, next: null } };
    },
  };
}

function returnHandlers(pool: pg.Pool, run: RunCommand): Pick<MoneyHandlers, 'createReturn' | 'readReturn'> {
  return {
    async createReturn(call) {
      demandKey(call.headers);
      const { amount, endToEndId, reason } = call.body;
      checkAmount(amount);
      const prepare = async (client: pg.ClientBase): Promise<CommandDraft> => {
        const { paymentRequestId } = call.params;
        const request = HEX_ID.test(paymentRequestId) ? await readRequestView(client, paymentRequestId) : undefined;
        if (request === undefined) throw notFound();
        const link = addressOf(await demandLink(client, request.paymentLinkId), call.caller);
        // Identity before action: this id is the provider's key too, so every retry is the same return.
        const returnId = randomUUID().replaceAll('-', '');
        const message = { returnId, paymentRequestId, reason, ...present({ amount, endToEndId }) };
        return { link, message, paymentRequestId };
      };
      return run(call, { kind: 'returnMoney', prepare, ...answeringWithReturn });
    },

    async readReturn({ caller, params: { returnId } }) {
      const row = await tenantTransaction(pool, caller.merchantId, async (client) =>
        HEX_ID.test(returnId) ? readReturn(client, returnId) : undefined,
      );
      if (row === undefined) throw notFound();
      return { status: 200, json: returnJson(row) };
    },
  };
}

/** An amount that no currency could hold is the caller's mistake, and nothing is stored. */
function checkAmount(amount: { readonly currency: string; readonly value: string } | undefined): void {
  if (amount === undefined) return;
  const parsed = isCurrency(amount.currency) ? parseDecimal(amount.value, amount.currency) : undefined;
  if (parsed !== undefined && parsed.minorUnits > 0n) return;
  const detail = `must be a decimal string with exactly the digits of ${amount.currency}, more than nothing`;
  throw new Problem('validation-failed', 'See errors.', { errors: [{ pointer: '/amount/value', detail }] });
}

function idIn({ message, commandId }: StoredCommand, name: 'returnId' | 'exceptionId'): string {
  const id = (message as { readonly [key in typeof name]?: string })[name];
  if (id === undefined) throw new Error(`command ${commandId} names no ${name}`);
  return id;
}

const answeringWithReturn: CommandResponder = {
  location: (command) => `/v1/returns/${idIn(command, 'returnId')}`,
  // Nothing is set aside yet, so there is no return to show: where to look for it says enough.
  later: async (_client, command) => ({ status: 202, json: { id: idIn(command, 'returnId'), status: 'sending' } }),
  async done(client, command, answer) {
    if (answer.is === 'refused') throw refusalProblem(answer.because, answer.detail);
    const row = await readReturn(client, idIn(command, 'returnId'));
    if (row === undefined) throw notFound();
    return { status: 201, headers: { location: answeringWithReturn.location(command) }, json: returnJson(row) };
  },
};

function exceptionHandlers(
  pool: pg.Pool,
  run: RunCommand,
): Omit<MoneyHandlers, 'createReturn' | 'readReturn' | 'readBalances'> {
  return {
    async listExceptions({ caller, query }) {
      const { limit, after, ...filter } = query;
      const page = await tenantTransaction(pool, caller.merchantId, async (client) =>
        listExceptionDetails(client, filter, pageRequest(limit, after)),
      );
      return { status: 200, json: pageJson(page, (one) => exceptionDetailJson(one, caller.merchantId)) };
    },

    async readException({ caller, params }) {
      const found = await tenantTransaction(pool, caller.merchantId, async (client) =>
        demandException(client, params.exceptionId),
      );
      return { status: 200, json: exceptionDetailJson(found, caller.merchantId) };
    },

    async resolveException(call) {
      demandKey(call.headers);
      checkAmount(call.body.amount);
      const prepare = async (client: pg.ClientBase): Promise<CommandDraft> => prepareDecision(client, call);
      const kind = BILL_DECISIONS.find((name) => name === call.body.decision) ?? 'resolveException';
      return run(call, { kind, prepare, ...answeringWithException(call.caller) });
    },

    async listExceptionPolicies({ caller }) {
      const data = await tenantTransaction(pool, caller.merchantId, listPolicies);
      return { status: 200, json: { data, next: null } };
    },

    async setExceptionPolicy({ caller, params, body }) {
      const kind = EXCEPTION_KINDS.find((known) => known === params.kind);
      if (kind === undefined) throw notFound();
      const { policy, reason } = body;
      if (!policyFits(kind, policy)) {
        throw new Problem('decision-unfit', `An exception of kind ${kind} holds no money: it can only be held.`);
      }
      const usual = usualTerms(kind);
      const terms = {
        kind,
        policy,
        deadlineSeconds: body.deadlineSeconds ?? usual.deadlineSeconds,
        owner: body.owner ?? usual.owner,
      };
      await tenantTransaction(pool, caller.merchantId, async (client) =>
        insertPolicy(client, caller.merchantId, { ...terms, actor: `key ${caller.keyId}`, reason }),
      );
      return { status: 200, json: terms };
    },
  };
}

async function prepareDecision(
  client: pg.ClientBase,
  call: Call<(typeof moneyRoutes)['resolveException']>,
): Promise<CommandDraft> {
  const found = await demandException(client, call.params.exceptionId);
  demandFit(found, call.body.decision);
  const { exceptionId, paymentLinkId, paymentRequestId, billId } = found;
  const link = paymentLinkId === undefined ? undefined : await readLinkView(client, paymentLinkId);
  const { merchantId } = call.caller;
  const address = link === undefined ? addressWithoutLink(merchantId) : addressOf(link, call.caller);
  const about = paymentRequestId === undefined ? {} : { paymentRequestId };
  const bill = billId === undefined ? {} : { billId };
  return { link: address, message: { ...call.body, exceptionId, ...bill }, ...about };
}

/**
 * Decisions about held bills go to the workflow of the link, all others to that of the exception; neither takes the
 * other's.
 */
function demandFit({ kind }: ExceptionDetail, decision: DecisionName | BillDecisionName): void {
  const ofBill = BILL_DECISIONS.some((name) => name === decision);
  if (ofBill === (kind === 'held-bill')) return;
  const choices = choicesOf(kind).join(', ');
  throw new Problem('decision-unfit', `About an exception of kind ${kind} this can be decided: ${choices}.`);
}

/** An exception that concerns no link of ours: its own workflow is found by its id alone. */
function addressWithoutLink(merchantId: string) {
  return { merchantId, kind: 'till' as const, label: '', paymentLinkId: NO_LINK };
}

async function demandException(client: pg.ClientBase, exceptionId: string): Promise<ExceptionDetail> {
  const found = HEX_ID.test(exceptionId) ? await readExceptionDetail(client, exceptionId) : undefined;
  if (found === undefined) throw notFound();
  return found;
}

function answeringWithException({ merchantId }: Caller): CommandResponder {
  const show = async (client: pg.ClientBase, command: StoredCommand): Promise<Reply> => ({
    status: 200,
    json: exceptionDetailJson(await demandException(client, idIn(command, 'exceptionId')), merchantId),
  });
  return {
    location: (command) => `/v1/exceptions/${idIn(command, 'exceptionId')}`,
    later: show,
    async done(client, command, answer) {
      if (answer.is === 'refused') throw refusalProblem(answer.because, answer.detail);
      return show(client, command);
    },
  };
}
