/**
 * The rows of a batch while links are opened for them: taken in line order, locked, and written in portions, link,
 * account and row together. A row that is no longer waiting was decided by a concurrent attempt.
 */
import type pg from 'pg';
import { z } from 'zod';
import { type Language, languages } from '../../domain/billing/account.ts';
import type { RowStatus } from '../../domain/billing/batch-progress.ts';
import type { ShortCode } from '../../domain/codes/short-code.ts';
import type { PrintedRow } from './printed-rows.ts';
import { storedWord, readRows } from '../rows.ts';

export interface WaitingRow {
  readonly line: number;
  readonly accountId: string;
  /** The account has a link already: none is opened. */
  readonly hasLink: boolean;
}

const waitingRowShape = z.object({
  line: z.number(),
  accountId: z.string(),
  hasLink: z.boolean(),
});

export async function waitingRows(
  client: pg.ClientBase,
  batchId: string,
  most: number,
): Promise<readonly WaitingRow[]> {
  const rows = await readRows(
    client,
    waitingRowShape,
    `select r.line, r.account_id, a.payment_link_id is not null as has_link
       from bill_batch_row r join service_account a using (merchant_id, account_id)
      where r.batch_id = $1 and r.status = 'waiting' order by r.line limit $2`,
    [batchId, most],
  );
  return rows.map((row) => ({ line: row.line, accountId: row.accountId, hasLink: row.hasLink }));
}

const lineShape = z.object({
  line: z.number(),
});

/** Which of these lines still wait; nobody else decides them until the transaction ends. */
export async function lockWaiting(
  client: pg.ClientBase,
  batchId: string,
  lines: readonly number[],
): Promise<ReadonlySet<number>> {
  const rows = await readRows(
    client,
    lineShape,
    `select line from bill_batch_row where batch_id = $1 and line = any ($2) and status = 'waiting' order by line for update`,
    [batchId, lines],
  );
  return new Set(rows.map(({ line }) => line));
}

export interface AccountToPrint {
  readonly accountId: string;
  readonly holder: string;
  readonly address: readonly string[];
  readonly language: Language;
  /** The code that it has. */
  readonly code?: {
    readonly paymentLinkId: string;
    /** None yet where the link was not opened for a batch. */
    readonly shortCode?: ShortCode;
    readonly printedCode?: string;
    readonly retired: boolean;
  };
}

const payeePlaceShape = z.object({
  name: z.string(),
  city: z.string(),
});
export type PayeePlace = z.output<typeof payeePlaceShape>;

/** What a printed code says of the merchant. */
export async function readPayee(client: pg.ClientBase): Promise<PayeePlace> {
  const rows = await readRows(
    client,
    payeePlaceShape,
    'select name, city from merchant where merchant_id = current_merchant()',
  );
  if (rows[0] === undefined) throw new Error('no such merchant');
  return rows[0];
}

const accountsShape = z.object({
  accountId: z.string(),
  holder: z.string(),
  address: z.array(z.string()),
  language: z.enum(languages),
  paymentLinkId: z.string().nullable(),
  shortCode: storedWord<ShortCode>().nullable(),
  qrText: z.string().nullable(),
  retired: z.boolean(),
});

/** Two batches that hold one account wait for each other here, and the second finds the code of the first. */
export async function lockAccounts(
  client: pg.ClientBase,
  accountIds: readonly string[],
): Promise<ReadonlyMap<string, AccountToPrint>> {
  // Locked first and read after: a join of one statement would show the link of before the wait.
  await client.query('select from service_account where account_id = any ($1) order by account_id for no key update', [
    accountIds,
  ]);
  const rows = await readRows(
    client,
    accountsShape,
    `select a.account_id, a.holder, a.address, a.language, a.payment_link_id, a.short_code, l.qr_text,
            l.status is not distinct from 'retired' as retired
       from service_account a left join payment_link l using (merchant_id, payment_link_id)
      where a.account_id = any ($1)`,
    [accountIds],
  );
  return new Map(
    rows.map((row) => {
      const { accountId, holder, address, language, paymentLinkId, retired } = row;
      const printed = row.qrText === null ? {} : { printedCode: row.qrText };
      const short = row.shortCode === null ? {} : { shortCode: row.shortCode };
      const code = paymentLinkId === null ? {} : { code: { paymentLinkId, retired, ...short, ...printed } };
      return [accountId, { accountId, holder, address, language, ...code }];
    }),
  );
}

const takenCodeShape = z.object({
  shortCode: z.string(),
});

/** Of these, those that accounts of this merchant have. */
export async function takenCodes(client: pg.ClientBase, codes: readonly string[]): Promise<ReadonlySet<string>> {
  const rows = await readRows(
    client,
    takenCodeShape,
    'select short_code from service_account where short_code = any ($1)',
    [codes],
  );
  return new Set(rows.map(({ shortCode: code }) => code));
}

export interface OpenedLink {
  readonly accountId: string;
  readonly paymentLinkId: string;
  readonly label: string;
  readonly providerLinkId: string;
  readonly url: string;
  readonly printedCode: string;
}

/** The link that an account has from now on, and what people type for it. */
export interface NamedLink {
  readonly accountId: string;
  readonly paymentLinkId: string;
  readonly shortCode: ShortCode;
}

/** Inserted as free, without a scheduled check. */
export async function insertOpened(
  client: pg.ClientBase,
  of: { readonly merchantId: string; readonly provider: string },
  links: readonly OpenedLink[],
): Promise<void> {
  if (links.length === 0) return;
  const ids = links.map(({ paymentLinkId }) => paymentLinkId);
  const accounts = links.map(({ accountId }) => accountId);
  await client.query(
    `insert into payment_link (merchant_id, payment_link_id, kind, label, reference, status, seq, provider,
                               provider_link_id, url, qr_text, qr_crc, next_check_at)
     select $1, l.id, 'bill', l.label, l.account_id, 'free', 1, $2, l.provider_link_id, l.url, l.qr_text,
       right(l.qr_text, 4), null
       from unnest($3::text[], $4::text[], $5::text[], $6::text[], $7::text[], $8::text[])
            as l (id, label, account_id, provider_link_id, url, qr_text)`,
    [
      of.merchantId,
      of.provider,
      ids,
      links.map(({ label }) => label),
      accounts,
      links.map(({ providerLinkId }) => providerLinkId),
      links.map(({ url }) => url),
      links.map(({ printedCode }) => printedCode),
    ],
  );
}

/** Readings that came before the code are rated now that there is a link to bill. */
export async function assignLinks(client: pg.ClientBase, links: readonly NamedLink[]): Promise<void> {
  if (links.length === 0) return;
  await client.query(
    `update service_account a
        set payment_link_id = l.id, short_code = l.code, updated_at = now(),
            next_usage_at = case when usage_wanted > usage_rated then now() end
       from unnest($1::text[], $2::text[], $3::text[]) as l (account_id, id, code)
      where a.account_id = l.account_id`,
    [
      links.map(({ accountId }) => accountId),
      links.map(({ paymentLinkId }) => paymentLinkId),
      links.map(({ shortCode }) => shortCode),
    ],
  );
}

export interface DecidedRow {
  readonly line: number;
  readonly status: Exclude<RowStatus, 'waiting' | 'refused'>;
  readonly because?: string;
  readonly paymentLinkId?: string;
  readonly printed?: PrintedRow;
}

export async function writeRowOutcomes(
  client: pg.ClientBase,
  batchId: string,
  rows: readonly DecidedRow[],
): Promise<void> {
  const errors = ({ because }: DecidedRow): string | null =>
    because === undefined ? null : JSON.stringify([{ column: '', detail: because }]);
  await client.query(
    `update bill_batch_row r
        set status = d.status, errors = d.errors::jsonb, payment_link_id = d.link, printed = d.printed::jsonb,
          decided_at = now()
       from unnest($2::int[], $3::text[], $4::text[], $5::text[], $6::text[]) as d (line, status, errors, link, printed)
      where r.batch_id = $1 and r.line = d.line`,
    [
      batchId,
      rows.map(({ line }) => line),
      rows.map(({ status }) => status),
      rows.map(errors),
      rows.map(({ paymentLinkId }) => paymentLinkId ?? null),
      rows.map(({ printed }) => (printed === undefined ? null : JSON.stringify(printed))),
    ],
  );
}
