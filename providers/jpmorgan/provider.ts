/**
 * J.P. Morgan "Request to Pay via QR Code", and its returns, behind our port: one method per call of the bank. It
 * decides nothing about links or money; it says what the bank said.
 */
import { present } from '../../domain/present.ts';
import { ProviderFailure, type Provider, type ProviderLink, type ProviderRequest } from '../provider.ts';
import { absentAs404, readable, readAs, segment, withId } from './answers.ts';
import { createAuthenticator, type OAuth } from './authenticator.ts';
import { createBudget, PRIORITY } from './budget.ts';
import { bulkCalls } from './bulks.ts';
import { createCallbackCheck, parseCallback } from './callbacks.ts';
import type { JpMorganSettings } from './config.ts';
import { createClient, type Client, type ResponseEvidence } from './client.ts';
import { createAgent, createExchange, type MutualTls } from './exchange.ts';
import { expirationTypeOf, fromLinkAnswer, fromRequestAnswer, toRequestBody, type Creditor } from './mapping.ts';
import { returnCalls } from './returns.ts';
import * as wire from './schemas.ts';

export interface JpMorganConfig {
  /** Up to and with `…/receivables/request-to-pay/v1`. */
  readonly baseUrl: string;
  /** Up to and with `…/payment/v2`, where returns are ordered; without it they are refused. */
  readonly returnsUrl?: string;
  readonly creditor: Creditor;
  readonly callbackSecret: string;
  readonly oauth?: OAuth;
  readonly mutualTls?: MutualTls;
  /** 90 when left out. */
  readonly lateMoneyDays?: number;
  /** Per merchant and process, lowered by 429. 500 when left out. */
  readonly requestsPerSecond?: number;
}

/** Settings that only calls to the bank need are optional in development. */
export function createFromSettings(settings: JpMorganSettings): Provider {
  const { url, creditor, callbackSecret, ...rest } = settings;
  if (url === undefined || creditor === undefined || callbackSecret === undefined) {
    throw new Error('PROVIDER_URL, the creditor and PROVIDER_CALLBACK_SECRET are needed to talk to a provider');
  }
  return createJpMorgan({ ...rest, baseUrl: url, creditor, callbackSecret });
}

/** The most that one page may hold. */
const PAGE_SIZE = 99;

export function createJpMorgan(config: JpMorganConfig): Provider {
  const agent = createAgent(config.mutualTls);
  const exchange = createExchange(agent);
  const shared = {
    exchange,
    budget: createBudget(config.requestsPerSecond ?? 500),
    authenticator: config.oauth && createAuthenticator(config.oauth, exchange),
  };
  const clientAt = (url: string): Client => createClient({ ...shared, baseUrl: url.replace(/\/+$/, '') });
  const client = clientAt(config.baseUrl);
  const isAuthentic = createCallbackCheck(config.callbackSecret);
  return {
    name: 'jpmorgan',
    lateMoneyDays: config.lateMoneyDays ?? 90,
    ...linkCalls(client),
    ...requestCalls(client, config.creditor),
    searchRequests: searchRequests(client),
    ...bulkCalls(client, config.creditor),
    ...returnCalls(config.returnsUrl === undefined ? undefined : clientAt(config.returnsUrl)),
    // There is no unlink call: a request that has ended has left the code, and the next one is linked over it.
    freeLink: () => Promise.resolve(),
    authenticateCallback: (headers) => isAuthentic(headers),
    parseCallback,
    close: () => agent.close(),
  };
}

function linkCalls(client: Client): Pick<Provider, 'openLink' | 'getLink' | 'listLinks'> {
  return {
    openLink: (kind, call, urgency = 'sale') =>
      client.ask(
        {
          name: 'open link',
          effect: 'write',
          priority: PRIORITY[urgency],
          method: 'POST',
          path: '/payment-links',
          body: wire.linkBody.parse({ expirationType: expirationTypeOf(kind), country: 'BR' }),
          read: (json) => fromLinkAnswer(readAs(wire.linkAnswer, json)),
        },
        call,
      ),
    getLink: async (providerLinkId, call) =>
      absentAs404(
        client.ask(
          {
            name: 'get link',
            effect: 'read',
            priority: PRIORITY.read,
            method: 'GET',
            path: `/payment-links/${segment(providerLinkId, 'get link')}`,
            read: (json) => withId(fromLinkAnswer(readAs(wire.linkAnswer, json)), 'providerLinkId', providerLinkId),
          },
          call,
        ),
      ),
    listLinks: (range, call) => listLinks(client, range, call),
  };
}

/** The bank documents no order of its lists, so all pages are read before the first link is returned. */
async function* listLinks(
  client: Client,
  range: Parameters<Provider['listLinks']>[0],
  call: Parameters<Provider['listLinks']>[1],
): AsyncIterable<ProviderLink> {
  const links: ProviderLink[] = [];
  const cursors = new Set<string>();
  let cursor: string | undefined;
  do {
    const query = new URLSearchParams({
      fromDate: range.from.toISOString(),
      toDate: range.to.toISOString(),
      pageSize: String(PAGE_SIZE),
      ...present({ cursor }),
    });
    const page = await client.ask(
      {
        name: 'list links',
        effect: 'read',
        priority: PRIORITY.batch,
        method: 'GET',
        path: `/payment-links?${query.toString()}`,
        read: (json) => readAs(wire.linksAnswer, json),
      },
      call,
    );
    links.push(...readable(page.paymentLinks, (item) => fromLinkAnswer(readAs(wire.linkAnswer, item))));
    cursor = page.metadata?.cursor?.next ?? undefined;
    if (cursor !== undefined && cursors.has(cursor)) {
      throw new ProviderFailure('retryable', 'list links: the bank pages in a circle');
    }
    if (cursor !== undefined) cursors.add(cursor);
  } while (cursor !== undefined);
  yield* links.toSorted(byCreation);
}

function requestCalls(
  client: Client,
  creditor: Creditor,
): Pick<Provider, 'putRequest' | 'getRequest' | 'cancelRequest'> {
  const readRequest =
    (requestId: string) =>
    (json: unknown, seen: ResponseEvidence): ProviderRequest =>
      withId(fromRequestAnswer(readAs(wire.requestAnswer, json), seen), 'requestId', requestId);
  return {
    putRequest: async (write, call) =>
      await client.ask(
        {
          name: 'put request',
          effect: 'write',
          priority: PRIORITY.sale,
          method: 'PUT',
          path: `/payment-requests/${segment(write.requestId, 'put request')}`,
          body: toRequestBody(write, creditor),
          ...(write.baseline !== undefined && { headers: { 'if-match': write.baseline } }),
          read: readRequest(write.requestId),
        },
        call,
      ),
    getRequest: async (requestId, call) =>
      absentAs404(
        client.ask(
          {
            name: 'get request',
            effect: 'read',
            priority: PRIORITY.read,
            method: 'GET',
            path: `/payment-requests/${segment(requestId, 'get request')}`,
            read: readRequest(requestId),
          },
          call,
        ),
      ),
    cancelRequest: async (requestId, reason, call) => {
      await client.ask(
        {
          name: 'cancel request',
          effect: 'write',
          priority: PRIORITY.sale,
          method: 'POST',
          path: `/payment-requests/${segment(requestId, 'cancel request')}/cancel`,
          body: wire.cancelBody.parse({ reason: reason.trim().slice(0, 140) || 'Client Request' }),
          read: (json) => readAs(wire.cancelAnswer, json),
        },
        call,
      );
    },
  };
}

/**
 * A page holds everything in the merchant's account. Items that are not requests of our kind (static codes, other
 * markets) are left out; whether the page was full is decided by what the bank sent.
 */
function searchRequests(client: Client): Provider['searchRequests'] {
  return (range, call) =>
    client.ask(
      {
        name: 'search requests',
        effect: 'read',
        priority: PRIORITY.batch,
        method: 'POST',
        path: '/payment-requests/search',
        body: wire.searchBody.parse({
          'createdDate.gte': range.from.toISOString(),
          'createdDate.lte': range.to.toISOString(),
          ...present({ bulkId: range.bulkId }),
          pageSize: PAGE_SIZE,
        }),
        read: (json, { evidence }) => {
          const page = readAs(wire.searchAnswer, json).requests;
          const requests = readable(page, (item) => fromRequestAnswer(readAs(wire.requestAnswer, item), { evidence }));
          return { requests: requests.toSorted(byCreation), truncated: page.length >= PAGE_SIZE };
        },
      },
      call,
    );
}

function byCreation(left: { readonly createdAt: string }, right: { readonly createdAt: string }): number {
  return Date.parse(left.createdAt) - Date.parse(right.createdAt);
}
