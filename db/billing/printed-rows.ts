/** The printed content of a batch, in the order of its lines. It is fixed when the link is opened and never changes. */
import type pg from 'pg';
import { z } from 'zod';
import type { Language } from '../../domain/billing/account.ts';
import { storedJson, readRows } from '../rows.ts';

/** JSON as it stands in `bill_batch_row.printed`: printing/printed-bill.ts without the payee, which is the batch's. */
export interface PrintedRow {
  readonly printedCode: string;
  readonly shortCode: string;
  readonly linkId: string;
  readonly account: string;
  readonly holder: readonly string[];
  readonly language: Language;
}

const lineShape = z.object({
  line: z.number(),
});

/** The line after which the bills begin when `skipped` of them are left out; undefined when there are no more. */
export async function lineBefore(client: pg.ClientBase, batchId: string, skipped: number): Promise<number | undefined> {
  const rows = await readRows(
    client,
    lineShape,
    'select line from bill_batch_row where batch_id = $1 and printed is not null order by line offset $2 limit 1',
    [batchId, skipped],
  );
  return rows[0] === undefined ? undefined : rows[0].line - 1;
}

const printedRowShape = z.object({
  line: z.number(),
  printed: storedJson<PrintedRow>(),
});

export async function printedRows(
  client: pg.ClientBase,
  batchId: string,
  { after, limit }: { readonly after: number; readonly limit: number },
): Promise<readonly { readonly line: number; readonly printed: PrintedRow }[]> {
  const rows = await readRows(
    client,
    printedRowShape,
    `select line, printed from bill_batch_row
      where batch_id = $1 and line > $2 and printed is not null order by line limit $3`,
    [batchId, after, limit],
  );
  return rows;
}
