/**
 * Stores a portion of batch rows whose links the provider has opened: link, account, row, history and event in one
 * transaction. A link opened in vain, because another attempt or batch was faster, is a stray link and is listed by the
 * nightly reconciliation.
 */
import { createHash, randomBytes } from 'node:crypto';
import type pg from 'pg';
import {
  writeRowOutcomes,
  insertOpened,
  lockAccounts,
  lockWaiting,
  assignLinks,
  takenCodes,
  type AccountToPrint,
  type DecidedRow,
  type NamedLink,
  type OpenedLink,
  type PayeePlace,
  type WaitingRow,
} from '../../db/billing/batch-links.ts';
import type { Batch } from '../../db/billing/bill-batches.ts';
import { writeFacts, type Facts } from '../../db/facts.ts';
import { linksToSignal, type MeteredLink } from '../../db/billing/readings.ts';
import { encodeBrCode } from '../../domain/codes/br-code.ts';
import { shortCodeOfHash, spacedShortCode, type ShortCode } from '../../domain/codes/short-code.ts';
import type { ProviderLink } from '../../providers/provider.ts';

/** The provider's answer for one row. */
export type RowAnswer = Pick<WaitingRow, 'line' | 'accountId'> &
  (
    | { readonly is: 'opened'; readonly there: Pick<ProviderLink, 'providerLinkId' | 'url'> }
    | { readonly is: 'refused'; readonly because: string }
    /** It was not asked: the account has its code. */
    | { readonly is: 'known' }
  );

export interface BatchPortion {
  readonly merchantId: string;
  readonly provider: string;
  readonly batch: Batch;
  readonly payee: PayeePlace;
  readonly answered: readonly RowAnswer[];
}

interface StoredPortion {
  readonly position: string | undefined;
  /** Links of accounts that have readings already. */
  readonly links: readonly MeteredLink[];
}

export async function storePortion(client: pg.ClientBase, portion: BatchPortion): Promise<StoredPortion> {
  const { merchantId, provider, batch, answered: answers } = portion;
  const waiting = await lockWaiting(
    client,
    batch.batchId,
    answers.map(({ line }) => line),
  );
  const ours = answers.filter(({ line }) => waiting.has(line));
  const ids = ours.map(({ accountId }) => accountId);
  const accounts = await lockAccounts(client, ids);
  const opened = linksOf(portion, ours, accounts);
  const named = await namesOf(client, merchantId, [...opened.values(), ...linksWithoutCode(accounts)]);
  await insertOpened(client, { merchantId, provider }, [...opened.values()]);
  await assignLinks(client, [...named.values()]);
  const rows = ours.map((answer) =>
    rowOutcome(answer, {
      account: accounts.get(answer.accountId),
      opened: opened.get(answer.accountId),
      shortCode: named.get(answer.accountId)?.shortCode,
    }),
  );
  await writeRowOutcomes(client, batch.batchId, rows);
  const links = await linksToSignal(client, { accounts: ids });
  // Last, because it locks the merchant's head, for which sales wait too.
  const position = await writeFacts(client, merchantId, factsOf(batch, [...opened.values()]));
  return { position, links };
}

type AccountsById = ReadonlyMap<string, AccountToPrint>;

/** Only for accounts that still have no link. */
function linksOf(
  { payee }: BatchPortion,
  answers: readonly RowAnswer[],
  accounts: AccountsById,
): ReadonlyMap<string, OpenedLink> {
  const links = answers.flatMap((answer): readonly OpenedLink[] => {
    const { accountId } = answer;
    if (answer.is !== 'opened' || accounts.get(accountId)?.code !== undefined) return [];
    const { providerLinkId, url } = answer.there;
    return [
      {
        accountId,
        paymentLinkId: `bill-${randomBytes(8).toString('hex')}`,
        label: `Account ${accountId}`,
        providerLinkId,
        url,
        printedCode: encodeBrCode({ url, merchantName: payee.name, merchantCity: payee.city }),
      },
    ];
  });
  return new Map(links.map((link) => [link.accountId, link]));
}

type UncodedLink = Omit<NamedLink, 'shortCode'>;

/** Links that were opened one by one have no short code until they are printed. */
function linksWithoutCode(accounts: AccountsById): readonly UncodedLink[] {
  return [...accounts.values()].flatMap(({ accountId, code }) =>
    code === undefined || code.shortCode !== undefined ? [] : [{ accountId, paymentLinkId: code.paymentLinkId }],
  );
}

async function namesOf(
  client: pg.ClientBase,
  merchantId: string,
  links: readonly UncodedLink[],
): Promise<ReadonlyMap<string, NamedLink>> {
  const asked = links.map((link) => ({ link, codes: codesOf(merchantId, link.paymentLinkId) }));
  const all = asked.flatMap(({ codes }) => codes);
  const taken = new Set(await takenCodes(client, all));
  const named = asked.map(({ link: { accountId, paymentLinkId }, codes }): NamedLink => {
    const shortCode = codes.find((code) => !taken.has(code));
    if (shortCode === undefined) throw new Error(`every short code of ${paymentLinkId} is taken`);
    taken.add(shortCode);
    return { accountId, paymentLinkId, shortCode };
  });
  return new Map(named.map((link) => [link.accountId, link]));
}

/**
 * Candidates for the short code, of which the first free one is taken. Among 100,000 links the first candidate collides
 * once in about two hundred batches.
 */
export function codesOf(merchantId: string, paymentLinkId: string): readonly ShortCode[] {
  const hash = createHash('sha256').update(`${merchantId}|${paymentLinkId}`).digest('hex');
  return [0, 10, 20, 30, 40, 50].map((from) => shortCodeOfHash(hash.slice(from, from + 10)));
}

interface RowContext {
  readonly account: AccountToPrint | undefined;
  readonly opened: OpenedLink | undefined;
  /** Assigned in this transaction. */
  readonly shortCode: ShortCode | undefined;
}

function rowOutcome(
  answer: RowAnswer,
  { account, opened, shortCode = account?.code?.shortCode }: RowContext,
): DecidedRow {
  const { line, accountId } = answer;
  if (account === undefined) throw new Error(`account ${accountId} of a batch is not there`);
  const { paymentLinkId, printedCode } = opened ?? account.code ?? {};
  if (paymentLinkId === undefined || shortCode === undefined) {
    if (answer.is === 'refused') return { line, status: 'failed', because: answer.because };
    throw new Error(`account ${accountId} has lost its link`);
  }
  const failed = (because: string): DecidedRow => ({ line, status: 'failed', because });
  if (account.code?.retired === true) return failed(`its payment link ${paymentLinkId} is retired`);
  if (printedCode === undefined) return failed(`its payment link ${paymentLinkId} has no code yet`);
  const { holder, address, language } = account;
  const printed = {
    printedCode,
    shortCode: spacedShortCode(shortCode),
    linkId: paymentLinkId,
    account: accountId,
    holder: [holder, ...address],
    language,
  };
  return { line, status: opened === undefined ? 'reused' : 'opened', paymentLinkId, printed };
}

function factsOf({ batchId, actor }: Batch, links: readonly OpenedLink[]): Facts {
  return {
    events: links.map(({ paymentLinkId, label }) => ({
      paymentLinkId,
      name: 'payment_link.opened',
      cause: paymentLinkId,
      payload: { paymentLinkId, kind: 'bill', label },
    })),
    timeline: links.map(({ paymentLinkId, printedCode }) => ({
      paymentLinkId,
      what: 'opened',
      actor,
      sentence: `opened at the provider for batch ${batchId}; printed code ends in ${printedCode.slice(-4)}`,
    })),
  };
}
