/**
 * Ledger transactions: inserted once under a name of their own, with entries that balance, and never changed. The chain
 * over them is written by `writeFacts`, last in the same SQL transaction.
 */
import type pg from 'pg';
import { z } from 'zod';
import { isBalanced, type LedgerAccount, type Entry } from '../../domain/money/ledger.ts';
import { money, type Money, currencies } from '../../domain/money.ts';
import { MOVEMENTS } from '../../domain/money/postings.ts';
import { SETTLEMENT_KINDS, type AmountBasis } from '../../domain/money/settlement.ts';
import { readRows, storedWord } from '../rows.ts';

/** What arrived, and what became of it. */
export const TRANSACTION_KINDS = [...SETTLEMENT_KINDS, ...MOVEMENTS] as const;

export interface NewTransaction {
  /** Made of what it records, so that a repeat is the same one. */
  readonly transactionId: string;
  readonly merchantId: string;
  readonly provider: string;
  /** The payment that it is about. */
  readonly endToEndId: string;
  readonly kind: (typeof TRANSACTION_KINDS)[number];
  /** The revision that was paid; 0 where there is no bill. */
  readonly revision: number;
  readonly entries: readonly Entry[];
  /** SHA-256 of the provider's answer, or the command that says so. */
  readonly evidence: string;
  readonly paymentLinkId?: string | undefined;
  readonly paymentRequestId?: string | undefined;
  readonly settledAt?: string | undefined;
  readonly exceptionId?: string | undefined;
  readonly returnId?: string | undefined;
  readonly balanced?: AmountBasis | undefined;
  readonly commandId?: string | undefined;
  readonly actor?: string | undefined;
  readonly reason?: string | undefined;
}

/** False: it is booked already. */
export async function insertTransaction(client: pg.ClientBase, transaction: NewTransaction): Promise<boolean> {
  const { merchantId, transactionId, entries } = transaction;
  if (!isBalanced(entries)) throw new Error(`ledger transaction ${transactionId} does not balance`);
  const { rowCount } = await client.query(
    `insert into ledger_transaction
       (transaction_id, merchant_id, provider, end_to_end_id, payment_link_id, payment_request_id, kind,
        revision, settled_at, evidence, exception_id, return_id, balanced, command_id, actor, reason)
     values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16) on conflict do nothing`,
    [
      transactionId,
      merchantId,
      transaction.provider,
      transaction.endToEndId,
      transaction.paymentLinkId ?? null,
      transaction.paymentRequestId ?? null,
      transaction.kind,
      transaction.revision,
      transaction.settledAt ?? null,
      transaction.evidence,
      transaction.exceptionId ?? null,
      transaction.returnId ?? null,
      transaction.balanced ?? null,
      transaction.commandId ?? null,
      transaction.actor ?? null,
      transaction.reason ?? null,
    ],
  );
  if (rowCount === 0) return false;
  await client.query(
    `insert into ledger_entry (merchant_id, transaction_id, line, account, currency, amount_minor)
     select $1, $2, line, account, currency, amount_minor
       from unnest($3::text[], $4::text[], $5::bigint[]) with ordinality as e (account, currency, amount_minor, line)`,
    [
      merchantId,
      transactionId,
      entries.map(({ account }) => account),
      entries.map(({ amount }) => amount.currency),
      entries.map(({ amount }) => amount.minorUnits),
    ],
  );
  return true;
}

interface Balance {
  readonly account: LedgerAccount;
  /** Debits positive, credits negative. */
  readonly amount: Money;
}

const balancesShape = z.object({
  account: storedWord<LedgerAccount>(),
  currency: z.enum(currencies),
  sum: z.string(),
});

/** The sum of entries, now or as it was at an instant: a balance is never stored. */
export async function readBalances(client: pg.ClientBase, at?: Date): Promise<readonly Balance[]> {
  const rows = await readRows(
    client,
    balancesShape,
    `select e.account, e.currency, sum(e.amount_minor)::text as sum
       from ledger_entry e join ledger_transaction t using (transaction_id)
      where $1::timestamptz is null or t.booked_at <= $1
      group by e.account, e.currency order by e.currency, e.account`,
    [at ?? null],
  );
  return rows.map(({ account, currency, sum }) => ({ account, amount: money(BigInt(sum), currency) }));
}
