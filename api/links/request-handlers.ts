/** Payment requests over HTTP: link, read, wait, list, change, cancel. */
import { randomUUID } from 'node:crypto';
import type pg from 'pg';
import { insertSale, type StoredCommand } from '../../db/links/command-intake.ts';
import { tenantTransaction } from '../../db/pool.ts';
import { listRequestViews, readRequestView, type RequestView } from '../../db/links/read-requests.ts';
import type { CommandAnswer } from '../../domain/links/money-answers.ts';
import { present } from '../../domain/present.ts';
import { preferences, type Call, type HandlersOf, type Reply } from '../http/call.ts';
import { changeFromBody, chargeFromBody } from './charge-input.ts';
import { demandKey, type CommandResponder, type CommandDraft, type RunCommand } from './commands.ts';
import { addressOf, demandLink, membersOf, unlinkReceiptJson } from './link-handlers.ts';
import { notFound, Problem, refusalProblem } from '../http/problems.ts';
import { etagOf, requestJson } from './views.ts';
import type { requestRoutes } from './request-routes.ts';
import { pageJson, pageRequest } from '../http/paging.ts';
import { TILL_NOT_AFTER_SECONDS } from './schemas.ts';

export interface RequestDependencies {
  readonly pool: pg.Pool;
  readonly run: RunCommand;
  /** Resolves with the request once its status changes, it has ended, the time is over or the client is gone. */
  readonly statusChanges: (
    merchantId: string,
    requestId: string,
    limits: { readonly seconds: number; readonly gone: AbortSignal },
  ) => Promise<RequestView | undefined>;
}

type RequestHandlers = HandlersOf<typeof requestRoutes>;

/** Default lifetime of a till's request at the provider. */
const TILL_EXPIRES_SECONDS = 900;
const LONGEST_WAIT_SECONDS = 25;

export function createRequestHandlers({ pool, run, statusChanges }: RequestDependencies): RequestHandlers {
  return {
    async createPaymentRequest(call) {
      demandKey(call.headers);
      const prepare = async (client: pg.ClientBase): Promise<CommandDraft> => prepareSale(client, call);
      return run(call, { kind: 'link', prepare, ...answeringWithRequest(201) });
    },

    async readPaymentRequest(call) {
      const { merchantId } = call.caller;
      const { paymentRequestId } = call.params;
      const seconds = waitSeconds(call.headers['prefer']);
      const request =
        seconds === 0 || !REQUEST_ID.test(paymentRequestId)
          ? await tenantTransaction(pool, merchantId, async (client) => demandRequest(client, paymentRequestId))
          : await statusChanges(merchantId, paymentRequestId, { seconds, gone: call.gone });
      if (request === undefined) throw notFound();
      const applied: Record<string, string> = seconds === 0 ? {} : { 'preference-applied': `wait=${seconds}` };
      return { ...show(request, 200), headers: { ...show(request, 200).headers, ...applied } };
    },

    async listPaymentRequests(call) {
      const { limit, after, status, reference, paymentLinkId } = call.query;
      const filter = {
        ...present({ status, reference, paymentLinkId }),
      };
      const page = await tenantTransaction(pool, call.caller.merchantId, async (client) =>
        listRequestViews(client, filter, pageRequest(limit, after)),
      );
      return { status: 200, json: pageJson(page, requestJson) };
    },

    async changePaymentRequest(call) {
      const prepare = async (client: pg.ClientBase): Promise<CommandDraft> => prepareChange(client, call);
      return run(call, { kind: 'updateCharge', prepare, ...answeringWithRequest(200) });
    },

    async cancelPaymentRequest(call) {
      demandKey(call.headers);
      const prepare = async (client: pg.ClientBase): Promise<CommandDraft> => {
        const { requestId, paymentLinkId } = await demandRequest(client, call.params.paymentRequestId);
        const link = addressOf(await demandLink(client, paymentLinkId), call.caller);
        return { link, message: { ...call.body, requestId }, paymentRequestId: requestId };
      };
      const { later, location } = answeringWithRequest(200);
      return run(call, { kind: 'unlink', prepare, later, location, done: cancelReceipt });
    },
  };
}

const REQUEST_ID = /^[0-9a-f]{32}$/;

async function demandRequest(client: pg.ClientBase, requestId: string): Promise<RequestView> {
  const request = REQUEST_ID.test(requestId) ? await readRequestView(client, requestId) : undefined;
  if (request === undefined) throw notFound();
  return request;
}

async function prepareSale(
  client: pg.ClientBase,
  call: Call<(typeof requestRoutes)['createPaymentRequest']>,
): Promise<CommandDraft> {
  const view = await demandLink(client, call.params.paymentLinkId);
  const { onBusy, notAfter, expiresIn } = call.body;
  // Identity before action: this id is the provider's too, so every retry is the same resource.
  const requestId = randomUUID().replaceAll('-', '');
  const { message, charge } = chargeFromBody(call.body, view, requestId);
  const usual = onBusy === 'queue' ? (expiresIn ?? TILL_EXPIRES_SECONDS) : TILL_NOT_AFTER_SECONDS;
  const notAfterSeconds = notAfter ?? (view.kind === 'till' ? usual : undefined);
  return {
    link: addressOf(view, call.caller),
    message: { requestId, charge: message, ...present({ onBusy }) },
    paymentRequestId: requestId,
    ...present({ notAfterSeconds }),
    store: async (on, command) => insertSale(on, command, { requestId, charge }),
  };
}

async function prepareChange(
  client: pg.ClientBase,
  call: Call<(typeof requestRoutes)['changePaymentRequest']>,
): Promise<CommandDraft> {
  const request = await demandRequest(client, call.params.paymentRequestId);
  const view = await demandLink(client, request.paymentLinkId);
  const expected = expectedRevision(call.headers['if-match']);
  const { requestId } = request;
  const { notAfter } = call.body;
  return {
    link: addressOf(view, call.caller),
    message: {
      requestId,
      charge: changeFromBody(call.body, view),
      ...present({ expectedRevision: expected }),
    },
    paymentRequestId: requestId,
    ...present({ notAfterSeconds: notAfter }),
  };
}

/** Undefined for `*`: any revision will do. A tag that we never wrote matches none. */
function expectedRevision(ifMatch: string | undefined): number | undefined {
  if (ifMatch === undefined) {
    throw new Problem('precondition-required', 'Send the ETag of the payment request that you have read as If-Match.');
  }
  if (ifMatch.trim() === '*') return undefined;
  const [, revision] = /^\s*"(\d{1,5})"\s*$/.exec(ifMatch) ?? [];
  if (revision === undefined) throw refusalProblem('stale-revision');
  return Number(revision);
}

function waitSeconds(prefer: string | undefined): number {
  const seconds = Number(preferences(prefer).get('wait') ?? 0);
  return Number.isInteger(seconds) && seconds > 0 ? Math.min(seconds, LONGEST_WAIT_SECONDS) : 0;
}

function show(request: RequestView, status: number): Reply & { readonly headers: Readonly<Record<string, string>> } {
  return { status, headers: { etag: etagOf(request) }, json: requestJson(request) };
}

function idOf({ commandId, paymentRequestId }: StoredCommand): string {
  if (paymentRequestId === undefined) throw new Error(`command ${commandId} is about no request`);
  return paymentRequestId;
}

function answeringWithRequest(status: number): CommandResponder {
  const location = (command: StoredCommand): string => `/v1/payment-requests/${idOf(command)}`;
  return {
    location,
    later: async (client, command) => show(await demandRequest(client, idOf(command)), status),
    async done(client, command, answer) {
      const request = await demandRequest(client, idOf(command));
      if (answer.is === 'refused') throw refusalOf(answer, request);
      const reply = show(request, status);
      return status === 201 ? { ...reply, headers: { ...reply.headers, location: location(command) } } : reply;
    },
  };
}

async function cancelReceipt(client: pg.ClientBase, command: StoredCommand, answer: CommandAnswer): Promise<Reply> {
  if (answer.is === 'refused') throw refusalOf(answer, await demandRequest(client, idOf(command)));
  return unlinkReceiptJson(client, command, answer);
}

/** The workflow only knows that the request is not on the code; the row has the reason. */
function refusalOf(answer: Extract<CommandAnswer, { readonly is: 'refused' }>, request: RequestView): Problem {
  const gone = answer.because === 'not-current' || answer.because === 'not-active';
  const paid = request.status === 'paid' || request.status === 'underpaid';
  return refusalProblem(gone && paid ? 'already-paid' : answer.because, answer.detail, membersOf(answer));
}
