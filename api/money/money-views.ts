/** Returns and exceptions as they look over HTTP. */
import type { z } from 'zod';
import type { ExceptionDetail } from '../../db/money/read-money.ts';
import type { ReturnRow } from '../../db/money/returns.ts';
import { choicesOf } from '../../domain/money/exception.ts';
import { toText } from '../../domain/money.ts';
import { present } from '../../domain/present.ts';
import { exceptionWorkflowId } from '../../workflows/messages.ts';
import type * as m from './money-schemas.ts';

export function returnJson(row: ReturnRow): z.output<typeof m.moneyReturn> {
  return {
    id: row.returnId,
    paymentRequestId: row.paymentRequestId ?? null,
    paymentLinkId: row.paymentLinkId ?? null,
    endToEndId: row.endToEndId,
    status: row.status,
    ...present({ because: row.because }),
    amount: toText(row.amount),
    origin: row.origin,
    reason: row.reason,
    actor: row.actor,
    createdAt: row.createdAt.toISOString(),
    completedAt: row.completedAt?.toISOString() ?? null,
  };
}

export function exceptionDetailJson(found: ExceptionDetail, merchantId: string): z.output<typeof m.exception> {
  const { resolution } = found;
  const open = found.status === 'open';
  return {
    id: found.exceptionId,
    kind: found.kind,
    status: found.status,
    sentence: found.sentence,
    amount: found.amount === undefined ? null : toText(found.amount),
    left: found.left === undefined ? null : toText(found.left),
    paymentLinkId: found.paymentLinkId ?? null,
    paymentRequestId: found.paymentRequestId ?? null,
    billId: found.billId ?? null,
    policy: found.policy,
    owner: found.owner,
    deadlineAt: found.deadlineAt?.toISOString() ?? null,
    escalated: found.escalated,
    may: open ? [...choicesOf(found.kind)] : [],
    resolution:
      resolution === undefined
        ? null
        : {
            decision: resolution.decision,
            by: resolution.by,
            reason: resolution.reason,
            paymentRequestId: resolution.paymentRequestId ?? null,
            returnId: resolution.returnId ?? null,
            at: (found.resolvedAt ?? found.openedAt).toISOString(),
          },
    workflowId: exceptionWorkflowId(merchantId, found.exceptionId),
    openedAt: found.openedAt.toISOString(),
  };
}
