/** Links, requests and their revisions, in maps and in the journal. It finds and keeps; it decides nothing. */
import { createCreationIndex } from './creation-index.ts';
import type { JournalEntry } from './journal.ts';
import { createReadLag } from './read-lag.ts';
import type { BulkRecord, LinkRecord, RequestRecord, ReturnRecord, RevisionRecord } from './records.ts';

interface KeyUse {
  readonly requestId: string;
  readonly body: string;
}

export interface BankStore {
  link(id: string): LinkRecord | undefined;
  /** The link as a reader of the bank's API sees it, which may be behind. */
  linkSeen(link: LinkRecord): LinkRecord;
  linkByUrl(urlWithoutScheme: string): LinkRecord | undefined;
  linksBetween(from: number, to: number): Generator<LinkRecord>;
  saveLink(link: LinkRecord): void;
  nextAlternateIdentifier(): number;
  request(id: string): RequestRecord | undefined;
  requestSeen(request: RequestRecord): RequestRecord;
  requestsBetween(from: number, to: number): Generator<RequestRecord>;
  saveRequest(request: RequestRecord): void;
  /** The id of the request that this payment, by its end-to-end id, was made for. */
  requestOfPayment(endToEndId: string): string | undefined;
  requestOfReturn(returnId: string): string | undefined;
  /** The id of the latest return that was ordered under this key. */
  returnOfKey(key: string): string | undefined;
  revision(requestId: string, number: number): RevisionRecord | undefined;
  saveRevision(requestId: string, revision: RevisionRecord): void;
  bulk(id: string): BulkRecord | undefined;
  bulks(): Iterable<BulkRecord>;
  saveBulk(bulk: BulkRecord): void;
  usedKey(key: string): KeyUse | undefined;
  saveKey(key: string, used: KeyUse): void;
  /** Takes one line of an earlier run. */
  restore(entry: JournalEntry): void;
  /** Everything that has to be known after a restart. */
  entries(): Generator<JournalEntry>;
}

interface StoreTables {
  readonly links: Map<string, LinkRecord>;
  readonly urls: Map<string, string>;
  readonly requests: Map<string, RequestRecord>;
  readonly revisions: Map<string, Map<number, RevisionRecord>>;
  readonly bulks: Map<string, BulkRecord>;
  readonly keys: Map<string, KeyUse>;
  readonly payments: Map<string, string>;
  readonly returns: Map<string, string>;
  readonly returnKeys: Map<string, ReturnRecord>;
  readonly linkTimes: ReturnType<typeof createCreationIndex>;
  readonly requestTimes: ReturnType<typeof createCreationIndex>;
}

function withoutScheme(url: string): string {
  return url.replace(/^https?:\/\//i, '').toLowerCase();
}

export function createBankStore(append: (entry: JournalEntry) => void, lagMs: () => number): BankStore {
  const shelves: StoreTables = {
    links: new Map(),
    urls: new Map(),
    requests: new Map(),
    revisions: new Map(),
    bulks: new Map(),
    keys: new Map(),
    payments: new Map(),
    returns: new Map(),
    returnKeys: new Map(),
    linkTimes: createCreationIndex(),
    requestTimes: createCreationIndex(),
  };
  const { links, urls, requests, revisions, keys } = shelves;
  const linkLag = createReadLag<LinkRecord>(lagMs);
  const requestLag = createReadLag<RequestRecord>(lagMs);
  const save = (entry: JournalEntry): void => {
    shelve(shelves, entry);
    append(entry);
  };
  return {
    link: (id) => links.get(id),
    linkSeen: (link) => linkLag.seen(link.id, link),
    linkByUrl: (url) => links.get(urls.get(withoutScheme(url)) ?? ''),
    linksBetween: (from, to) => found(shelves.linkTimes.between(from, to), links),
    saveLink: (link) => {
      const earlier = links.get(link.id);
      if (earlier !== undefined) linkLag.replaced(link.id, earlier);
      save({ is: 'link', link });
    },
    nextAlternateIdentifier: () => 12_345 + links.size,
    request: (id) => requests.get(id),
    requestSeen: (request) => requestLag.seen(request.id, request),
    requestsBetween: (from, to) => found(shelves.requestTimes.between(from, to), requests),
    saveRequest: (request) => {
      const earlier = requests.get(request.id);
      if (earlier !== undefined) requestLag.replaced(request.id, earlier);
      save({ is: 'request', request });
    },
    requestOfPayment: (endToEndId) => shelves.payments.get(endToEndId),
    requestOfReturn: (returnId) => shelves.returns.get(returnId),
    returnOfKey: (key) => shelves.returnKeys.get(key)?.id,
    revision: (requestId, number) => revisions.get(requestId)?.get(number),
    saveRevision: (requestId, revision) => save({ is: 'revision', requestId, revision }),
    bulk: (id) => shelves.bulks.get(id),
    bulks: () => [...shelves.bulks.values()],
    saveBulk: (bulk) => save({ is: 'bulk', bulk }),
    usedKey: (key) => keys.get(key),
    saveKey: (key, used) => save({ is: 'key', key, ...used }),
    restore: (entry) => shelve(shelves, entry),
    entries: () => entriesOf(shelves),
  };
}

function shelve(shelves: StoreTables, entry: JournalEntry): void {
  if (entry.is === 'link') {
    if (!shelves.links.has(entry.link.id)) shelves.linkTimes.add(entry.link.id, entry.link.createdAt);
    shelves.links.set(entry.link.id, entry.link);
    shelves.urls.set(withoutScheme(entry.link.url), entry.link.id);
  } else if (entry.is === 'request') {
    if (!shelves.requests.has(entry.request.id)) shelves.requestTimes.add(entry.request.id, entry.request.createdAt);
    shelves.requests.set(entry.request.id, entry.request);
    shelveMoney(shelves, entry.request);
  } else if (entry.is === 'revision') {
    const list = shelves.revisions.get(entry.requestId) ?? new Map<number, RevisionRecord>();
    shelves.revisions.set(entry.requestId, list.set(entry.revision.number, entry.revision));
  } else if (entry.is === 'bulk') {
    shelves.bulks.set(entry.bulk.id, entry.bulk);
  } else if (entry.is === 'key') {
    shelves.keys.set(entry.key, { requestId: entry.requestId, body: entry.body });
  }
}

function shelveMoney({ payments, returns, returnKeys }: StoreTables, request: RequestRecord): void {
  for (const { endToEndId } of request.payments) payments.set(endToEndId, request.id);
  for (const each of request.returns) {
    returns.set(each.id, request.id);
    const key = each.order?.key;
    // A journal is read by requests and not by time; a key that was forgotten and used again means its later return.
    if (key !== undefined && (returnKeys.get(key)?.createdAt ?? 0) <= each.createdAt) returnKeys.set(key, each);
  }
}

function* entriesOf(shelves: StoreTables): Generator<JournalEntry> {
  for (const link of shelves.links.values()) yield { is: 'link', link };
  for (const request of shelves.requests.values()) yield { is: 'request', request };
  for (const [requestId, list] of shelves.revisions) {
    for (const revision of list.values()) yield { is: 'revision', requestId, revision };
  }
  for (const bulk of shelves.bulks.values()) yield { is: 'bulk', bulk };
  for (const [key, used] of shelves.keys) yield { is: 'key', key, ...used };
}

function* found<T>(ids: Iterable<string>, shelf: ReadonlyMap<string, T>): Generator<T> {
  for (const id of ids) {
    const record = shelf.get(id);
    if (record !== undefined) yield record;
  }
}
