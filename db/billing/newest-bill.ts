/** The newest bill of an account, as far as the account's own address tells of it. */
import type pg from 'pg';
import type { BillStatus } from '../../domain/billing/bill.ts';
import { money, type Currency, type Money } from '../../domain/money.ts';

export interface NewestBill {
  readonly billId: string;
  readonly number: number;
  readonly revision: number;
  readonly status: BillStatus;
  readonly total: Money;
}

export async function newestBill(client: pg.ClientBase, accountId: string): Promise<NewestBill | undefined> {
  const { rows } = await client.query<{
    bill_id: string;
    number: number;
    revision: number;
    status: NewestBill['status'];
    currency: Currency;
    total_minor: string;
  }>(
    `select bill_id, number, revision, status, currency, total_minor from bill
      where account_id = $1 order by number desc limit 1`,
    [accountId],
  );
  const row = rows[0];
  if (row === undefined) return undefined;
  const { number, revision, status } = row;
  return { billId: row.bill_id, number, revision, status, total: money(BigInt(row.total_minor), row.currency) };
}
