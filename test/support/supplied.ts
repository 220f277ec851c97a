/** An account with its meter, as rows: for tests of what reads them and not of how they come about. */
import type pg from 'pg';
import { USUAL_RULES } from '../../domain/billing/billing-rules.ts';

interface MeteredAccount {
  readonly merchantId: string;
  readonly accountId: string;
  readonly meterId: string;
  readonly paymentLinkId?: string;
  readonly digits?: number;
  readonly decimals?: number;
}

/** A shop of either kind. */
interface RowReader {
  rows<T extends pg.QueryResultRow>(sql: string, values?: readonly unknown[]): Promise<readonly T[]>;
}

export async function supply(shop: RowReader, account: MeteredAccount): Promise<void> {
  const { merchantId, accountId, meterId, paymentLinkId = null, digits = 5, decimals = 0 } = account;
  await shop.rows(
    `insert into service_account (merchant_id, account_id, holder, address, language, tariff_id, rules, payment_link_id,
     actor)
     values ($1, $2, 'Ana Souza', '["Rua das Flores 12"]', 'pt', 'homes', $4, $3, 'test')`,
    [merchantId, accountId, paymentLinkId, JSON.stringify(USUAL_RULES)],
  );
  await shop.rows(
    `insert into meter (merchant_id, meter_id, account_id, digits, decimals, multiplier, installed_value,
     installed_at, actor)
     values ($1, $2, $3, $4, $5, '1', '00100', '2026-01-01T00:00:00Z', 'test')`,
    [merchantId, meterId, accountId, digits, decimals],
  );
}

/** How often the account was marked and not rated since. */
export async function wantedOf(shop: RowReader, accountId: string): Promise<number> {
  const found = await shop.rows<{ wanted: string }>(
    'select usage_wanted - usage_rated as wanted from service_account where account_id = $1',
    [accountId],
  );
  return Number(found[0]?.wanted);
}
