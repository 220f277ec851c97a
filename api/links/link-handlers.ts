/** Payment links over HTTP: open, read, list, unlink, retire. */
import { randomBytes } from 'node:crypto';
import type pg from 'pg';
import { insertLink, type StoredCommand } from '../../db/links/command-intake.ts';
import { tenantTransaction } from '../../db/pool.ts';
import { listLinkViews, readLinkView, type LinkView } from '../../db/links/read-links.ts';
import { readRequestView } from '../../db/links/read-requests.ts';
import type { LinkKind } from '../../domain/money/charge.ts';
import type { CommandAnswer } from '../../domain/links/money-answers.ts';
import { present } from '../../domain/present.ts';
import type { LinkAddress } from '../../temporal/link-sender.ts';
import type { Caller, HandlersOf, Reply } from '../http/call.ts';
import { demandKey, type CommandResponder, type CommandDraft, type RunCommand } from './commands.ts';
import { notFound, refusalProblem } from '../http/problems.ts';
import { linkJson, requestJson, type Viewer } from './views.ts';
import type { linkRoutes } from './link-routes.ts';
import { pageJson, pageRequest } from '../http/paging.ts';

interface LinkDependencies {
  readonly pool: pg.Pool;
  readonly run: RunCommand;
  readonly publicUrl: string;
  /** The provider's name: links are opened there. */
  readonly provider: string;
}

type LinkHandlers = Pick<
  HandlersOf<typeof linkRoutes>,
  'createPaymentLink' | 'listPaymentLinks' | 'readPaymentLink' | 'unlinkPaymentLink' | 'retirePaymentLink'
>;

export function createLinkHandlers({ pool, run, publicUrl, provider }: LinkDependencies): LinkHandlers {
  const viewer = ({ merchantId }: Caller): Viewer => ({ merchantId, publicUrl });
  return {
    async createPaymentLink(call) {
      demandKey(call.headers);
      const { kind, label, reference } = call.body;
      const paymentLinkId = newLinkId(kind, label);
      const link: LinkAddress = { merchantId: call.caller.merchantId, kind, label, paymentLinkId };
      const row = { kind, label, provider, ...present({ reference }) };
      const store: CommandDraft['store'] = async (client, command) => insertLink(client, command, row);
      const prepare = async (): Promise<CommandDraft> => ({ link, message: {}, store });
      return run(call, { kind: 'open', prepare, ...answeringWithLink(viewer(call.caller), 201) });
    },

    async listPaymentLinks(call) {
      const { limit, after, kind, status, reference } = call.query;
      const filter = {
        ...present({ kind, status, reference }),
      };
      const page = await tenantTransaction(pool, call.caller.merchantId, async (client) =>
        listLinkViews(client, filter, pageRequest(limit, after)),
      );
      return { status: 200, json: pageJson(page, (link) => linkJson(link, viewer(call.caller))) };
    },

    async readPaymentLink(call) {
      const link = await tenantTransaction(pool, call.caller.merchantId, async (client) =>
        demandLink(client, call.params.paymentLinkId),
      );
      return { status: 200, json: linkJson(link, viewer(call.caller)) };
    },

    async unlinkPaymentLink(call) {
      demandKey(call.headers);
      const prepare = async (client: pg.ClientBase): Promise<CommandDraft> => ({
        link: addressOf(await demandLink(client, call.params.paymentLinkId), call.caller),
        message: call.body,
      });
      const { later, location } = answeringWithLink(viewer(call.caller), 200);
      return run(call, { kind: 'unlink', prepare, later, location, done: unlinkReceiptJson });
    },

    async retirePaymentLink(call) {
      demandKey(call.headers);
      const prepare = async (client: pg.ClientBase): Promise<CommandDraft> => ({
        link: addressOf(await demandLink(client, call.params.paymentLinkId), call.caller),
        message: call.body,
      });
      return run(call, { kind: 'retire', prepare, ...answeringWithLink(viewer(call.caller), 200) });
    },
  };
}

/**
 * The label of a till is part of its link id, and so of workflow ids, for operators; that of a bill may be a person's
 * name and is left out. The random part keeps tills with the same label apart.
 */
function newLinkId(kind: LinkKind, label: string): string {
  const random = randomBytes(8).toString('hex');
  if (kind === 'bill') return `bill-${random}`;
  const slug = label
    .normalize('NFKD')
    .replaceAll(/[^\w\s-]/g, '')
    .toLowerCase()
    .replaceAll(/[^a-z0-9]+/g, '-')
    .slice(0, 24)
    .replaceAll(/^-+|-+$/g, '');
  return slug === '' ? `till-${random}` : `${slug}-${random}`;
}

const LINK_ID = /^[A-Za-z0-9_-]{1,100}$/;

/** An unknown id and another merchant's id get the same answer, by the same code path. */
export async function demandLink(client: pg.ClientBase, paymentLinkId: string): Promise<LinkView> {
  const link = LINK_ID.test(paymentLinkId) ? await readLinkView(client, paymentLinkId) : undefined;
  if (link === undefined) throw notFound();
  return link;
}

export function addressOf({ kind, label, paymentLinkId }: LinkView, { merchantId }: Caller): LinkAddress {
  return { merchantId, kind, label, paymentLinkId };
}

function answeringWithLink(viewer: Viewer, status: number): CommandResponder {
  const location = (command: StoredCommand): string => `/v1/payment-links/${command.paymentLinkId}`;
  const show = async (client: pg.ClientBase, command: StoredCommand): Promise<Reply> => {
    const headers = status === 201 ? { location: location(command) } : {};
    return { status, headers, json: linkJson(await demandLink(client, command.paymentLinkId), viewer) };
  };
  return {
    location,
    later: show,
    async done(client, command, answer) {
      if (answer.is === 'refused') throw refusalProblem(answer.because, answer.detail, membersOf(answer));
      return show(client, command);
    },
  };
}

/** What the code serves now, and what became of what it served before. */
export async function unlinkReceiptJson(
  client: pg.ClientBase,
  command: StoredCommand,
  answer: CommandAnswer,
): Promise<Reply> {
  if (answer.is === 'refused') throw refusalProblem(answer.because, answer.detail, membersOf(answer));
  const about = (answer.is === 'unlinked' ? answer.requestId : undefined) ?? command.paymentRequestId;
  const left = about === undefined ? undefined : await readRequestView(client, about);
  const link = await demandLink(client, command.paymentLinkId);
  return {
    status: 200,
    json: {
      paymentLinkId: link.paymentLinkId,
      found: answer.is === 'unlinked' ? answer.found : 'nothing',
      paymentRequest: left === undefined ? null : requestJson(left),
      currentPaymentRequestId: link.currentRequestId ?? null,
    },
  };
}

/** A busy link names the request that it serves; every other refusal names the one that it is about. */
export function membersOf(
  answer: Extract<CommandAnswer, { readonly is: 'refused' }>,
): Readonly<Record<string, string>> | undefined {
  if (!('requestId' in answer) || answer.requestId === undefined) return undefined;
  return answer.because === 'busy'
    ? { currentPaymentRequestId: answer.requestId }
    : { paymentRequestId: answer.requestId };
}
