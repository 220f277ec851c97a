/**
 * Service accounts: written in bulk, read singly or as a page. A caller that changes anything a bill depends on calls
 * `requestRatingOfMetered` in the same transaction.
 */
import type pg from 'pg';
import { z } from 'zod';
import { type InstalledMeter, type ServiceAccount, languages } from '../../domain/billing/account.ts';
import type { BillingRules } from '../../domain/billing/billing-rules.ts';
import { present } from '../../domain/present.ts';
import { readTaxId } from '../../domain/tax-id.ts';
import { readMeters, type Writer } from './meters.ts';
import { requestRating } from './readings.ts';
import { storedJson, readRows } from '../rows.ts';

interface AccountRules {
  /** Of an account that is new here. */
  readonly rules: BillingRules;
  /** Of one that is known: `replace` all of its rules, or keep them but for these. */
  readonly known: 'replace' | Partial<BillingRules>;
}

const accountsShape = z.object({
  accountId: z.string(),
});

/** Answers which are new or changed. Written in the order of their numbers, so that two calls cannot deadlock. */
export async function writeAccounts(
  client: pg.ClientBase,
  { merchantId, actor }: Writer,
  accounts: readonly ServiceAccount[],
  { rules, known }: AccountRules,
): Promise<readonly string[]> {
  const rows = await readRows(
    client,
    accountsShape,
    `insert into service_account (merchant_id, account_id, holder, tax_id, address, language, tariff_id, rules, actor)
     select $1, a.id, a.holder, a.tax_id, a.address::jsonb, a.language, a.tariff_id, $8::jsonb, $9
       from unnest($2::text[], $3::text[], $4::text[], $5::text[], $6::text[], $7::text[])
            as a (id, holder, tax_id, address, language, tariff_id)
      order by a.id
     on conflict (merchant_id, account_id) do update
        set holder = excluded.holder, address = excluded.address, language = excluded.language,
            tariff_id = excluded.tariff_id,
            tax_id = case when $10::jsonb is null then excluded.tax_id
              else coalesce(excluded.tax_id, service_account.tax_id) end,
            rules = coalesce(service_account.rules || $10::jsonb, excluded.rules), actor = excluded.actor,
              updated_at = now()
      where (service_account.holder, service_account.tax_id, service_account.address, service_account.language,
             service_account.tariff_id, service_account.rules)
        is distinct from
            (excluded.holder, case when $10::jsonb is null then excluded.tax_id
             else coalesce(excluded.tax_id, service_account.tax_id) end,
             excluded.address, excluded.language, excluded.tariff_id,
               coalesce(service_account.rules || $10::jsonb, excluded.rules))
     returning account_id`,
    [
      merchantId,
      accounts.map(({ accountId }) => accountId),
      accounts.map(({ holder }) => holder),
      accounts.map(({ taxId }) => (taxId === undefined ? null : (readTaxId(taxId)?.value ?? null))),
      accounts.map(({ address }) => JSON.stringify(address)),
      accounts.map(({ language }) => language),
      accounts.map(({ tariffId }) => tariffId),
      JSON.stringify(rules),
      actor,
      known === 'replace' ? null : JSON.stringify(known),
    ],
  );
  return rows.map(({ accountId: id }) => id);
}

const ratingOfMeteredShape = z.object({
  accountId: z.string(),
});

/**
 * Marks those of these accounts that have something to rate. A meter without a reading since its installation has no
 * usage, so importing a hundred thousand new accounts triggers nothing.
 */
export async function requestRatingOfMetered(client: pg.ClientBase, accounts: readonly string[]): Promise<void> {
  const rows = await readRows(
    client,
    ratingOfMeteredShape,
    `select distinct m.account_id from meter m
      where m.account_id = any ($1)
        and (m.removed_at is not null
             or exists (select from meter_reading r where r.merchant_id = m.merchant_id and r.meter_id = m.meter_id))`,
    [accounts],
  );
  if (rows.length > 0) await requestRating(client, { accounts: rows.map(({ accountId: id }) => id) });
}

const tariffIdShape = z.object({
  tariffId: z.string(),
});

/** Every tariff that has a version. */
export async function tariffIds(client: pg.ClientBase): Promise<ReadonlySet<string>> {
  const rows = await readRows(client, tariffIdShape, 'select distinct tariff_id from tariff');
  return new Set(rows.map(({ tariffId: id }) => id));
}

export interface AccountView extends ServiceAccount {
  readonly rules: BillingRules;
  readonly paymentLinkId?: string;
  readonly shortCode?: string;
  /** The text of its QR code. */
  readonly printedCode?: string;
  readonly meters: readonly InstalledMeter[];
}

interface AccountPlace extends AccountView {
  /** The cursor of the next page. */
  readonly place: string;
}

const rowShape = z.object({
  accountId: z.string(),
  holder: z.string(),
  taxId: z.string().nullable(),
  address: z.array(z.string()),
  language: z.enum(languages),
  tariffId: z.string(),
  rules: storedJson<BillingRules>(),
  paymentLinkId: z.string().nullable(),
  shortCode: z.string().nullable(),
  qrText: z.string().nullable(),
  place: z.string(),
});
type Row = z.output<typeof rowShape>;

const COLUMNS = `a.account_id, a.holder, a.tax_id, a.address, a.language, a.tariff_id, a.rules, a.payment_link_id, a.short_code, l.qr_text`;
const FROM = 'service_account a left join payment_link l using (merchant_id, payment_link_id)';

export async function readAccount(client: pg.ClientBase, accountId: string): Promise<AccountView | undefined> {
  const rows = await readRows(
    client,
    rowShape,
    `select ${COLUMNS}, a.account_id as place from ${FROM} where a.account_id = $1`,
    [accountId],
  );
  return (await viewsOf(client, rows))[0];
}

interface AccountFilter {
  readonly batchId?: string | undefined;
  readonly shortCode?: string | undefined;
  /** A line of the batch, or an account's number. */
  readonly after?: string | undefined;
  readonly limit: number;
}

/** By account number; those of a batch in the order of its lines, refused ones left out. */
export async function listAccounts(client: pg.ClientBase, filter: AccountFilter): Promise<readonly AccountPlace[]> {
  const { batchId, shortCode = null, after, limit } = filter;
  const rows =
    batchId === undefined
      ? await readRows(
          client,
          rowShape,
          `select ${COLUMNS}, a.account_id as place from ${FROM}
            where a.account_id > $1 and ($2::text is null or a.short_code = $2) order by a.account_id limit $3`,
          [after ?? '', shortCode, limit],
        )
      : await readRows(
          client,
          rowShape,
          `select ${COLUMNS}, b.line::text as place
             from bill_batch_row b join ${FROM} on a.merchant_id = b.merchant_id and a.account_id = b.account_id
            where b.batch_id = $1 and b.line > $2 and b.status <> 'refused' and ($3::text is null or a.short_code = $3)
            order by b.line limit $4`,
          [batchId, Number(after ?? 0), shortCode, limit],
        );
  return viewsOf(client, rows);
}

async function viewsOf(client: pg.ClientBase, rows: readonly Row[]): Promise<readonly AccountPlace[]> {
  const meters = await readMeters(client, { accounts: rows.map(({ accountId: id }) => id) });
  return rows.map((row) => ({
    accountId: row.accountId,
    holder: row.holder,
    address: row.address,
    language: row.language,
    tariffId: row.tariffId,
    rules: row.rules,
    meters: meters.filter(({ accountId }) => accountId === row.accountId),
    place: row.place,
    ...present({
      taxId: row.taxId,
      paymentLinkId: row.paymentLinkId,
      shortCode: row.shortCode,
      printedCode: row.qrText,
    }),
  }));
}
