/** The newest bill of an account, as far as the account's own address tells of it. */
import type pg from 'pg';
import { z } from 'zod';
import { type BillStatus, BILL_STATUSES } from '../../domain/billing/bill.ts';
import { money, type Money, currencies } from '../../domain/money.ts';
import { readRows } from '../rows.ts';

export interface NewestBill {
  readonly billId: string;
  readonly number: number;
  readonly revision: number;
  readonly status: BillStatus;
  readonly total: Money;
}

const billShape = z.object({
  billId: z.string(),
  number: z.number(),
  revision: z.number(),
  status: z.enum(BILL_STATUSES),
  currency: z.enum(currencies),
  totalMinor: z.string(),
});

export async function newestBill(client: pg.ClientBase, accountId: string): Promise<NewestBill | undefined> {
  const rows = await readRows(
    client,
    billShape,
    `select bill_id, number, revision, status, currency, total_minor from bill
      where account_id = $1 order by number desc limit 1`,
    [accountId],
  );
  const row = rows[0];
  if (row === undefined) return undefined;
  const { number, revision, status } = row;
  return { billId: row.billId, number, revision, status, total: money(BigInt(row.totalMinor), row.currency) };
}
