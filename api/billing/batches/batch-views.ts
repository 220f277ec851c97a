/** Batches of bills and their rows as they look over HTTP. */
import type { z } from 'zod';
import { billsInAFile } from '../../../printing/render-bills.ts';
import type { Batch, BatchRowView } from '../../../db/billing/bill-batches.ts';
import { secondsLeft } from '../../../domain/billing/batch-progress.ts';
import { present } from '../../../domain/present.ts';
import type * as s from './batch-schemas.ts';

export function batchJson(batch: Batch): z.output<typeof s.billBatch> {
  const { status, because, rows } = batch;
  return {
    id: batch.batchId,
    name: batch.name,
    status,
    ...present({ because }),
    layout: batch.layout,
    rows: { total: batch.total, ...rows },
    secondsLeft: status === 'running' ? (secondsLeft({ rows, seconds: batch.seconds }) ?? null) : null,
    files: status === 'finished' ? filesOf(batch) : [],
    createdAt: batch.createdAt.toISOString(),
    startedAt: batch.startedAt?.toISOString() ?? null,
    finishedAt: batch.finishedAt?.toISOString() ?? null,
  };
}

function filesOf({ batchId, layout, printed }: Batch): z.output<typeof s.billBatch>['files'] {
  const most = billsInAFile(layout);
  return Array.from({ length: Math.ceil(printed / most) }, (_, index) => ({
    number: index + 1,
    bills: Math.min(most, printed - index * most),
    url: `${batchLocation(batchId)}/files/${index + 1}.pdf`,
  }));
}

export function batchLocation(batchId: string): string {
  return `/v1/bill-batches/${batchId}`;
}

export function batchRowJson(row: BatchRowView): z.output<typeof s.batchRow> {
  return {
    line: row.line,
    accountId: row.accountId ?? null,
    status: row.status,
    errors: [...row.errors],
    paymentLinkId: row.paymentLinkId ?? null,
    shortCode: row.shortCode ?? null,
  };
}
