/**
 * Exceptions for those who decide about them. The money left is the sum of the entries on `unapplied`, never a column:
 * only postings change it.
 */
import type pg from 'pg';
import { z } from 'zod';
import {
  policyCommandId,
  type Decision,
  type DecisionName,
  type ExceptionKind,
  type ExceptionStatus,
  type StoredException,
  EXCEPTION_KINDS,
  EXCEPTION_STATUSES,
  POLICIES,
} from '../../domain/money/exception.ts';
import { parseDecision } from '../../domain/money/exception-messages.ts';
import { money, toSentence, type Money, currencies } from '../../domain/money.ts';
import { present } from '../../domain/present.ts';
import { storedJson, readRows } from '../rows.ts';

export interface ExceptionRow {
  readonly exceptionId: string;
  readonly kind: ExceptionKind;
  readonly status: ExceptionStatus;
  readonly sentence: string;
  readonly policy: StoredException['policy'];
  readonly owner: string;
  readonly deadlineAt?: Date;
  readonly escalated: boolean;
  readonly paymentLinkId?: string;
  readonly paymentRequestId?: string;
  /** The money that it holds; absent where it never held any. */
  readonly held?: {
    readonly left: Money;
    /** The payment that it came with. */
    readonly provider: string;
    readonly endToEndId: string;
  };
}

const rowShape = z.object({
  exceptionId: z.string(),
  kind: z.enum(EXCEPTION_KINDS),
  status: z.enum(EXCEPTION_STATUSES),
  sentence: z.string(),
  policy: z.enum(POLICIES),
  owner: z.string(),
  deadlineAt: z.date().nullable(),
  escalatedAt: z.date().nullable(),
  paymentLinkId: z.string().nullable(),
  paymentRequestId: z.string().nullable(),
});

/**
 * `lock` keeps others from deciding until this transaction ends. The request of the exception, if any, is locked first.
 */
export async function readException(
  client: pg.ClientBase,
  exceptionId: string,
  lock: 'lock' | 'look' = 'look',
): Promise<ExceptionRow | undefined> {
  const rows = await readRows(
    client,
    rowShape,
    `select exception_id, kind, status, sentence, policy, owner, deadline_at, escalated_at, payment_link_id,
       payment_request_id
       from exception where exception_id = $1 ${lock === 'lock' ? 'for update' : ''}`,
    [exceptionId],
  );
  const row = rows[0];
  if (row === undefined) return undefined;
  const held = await readHeld(client, exceptionId);
  return {
    exceptionId: row.exceptionId,
    kind: row.kind,
    status: row.status,
    sentence: row.sentence,
    policy: row.policy,
    owner: row.owner,
    escalated: row.escalatedAt !== null,
    ...present({
      deadlineAt: row.deadlineAt,
      paymentLinkId: row.paymentLinkId,
      paymentRequestId: row.paymentRequestId,
      held,
    }),
  };
}

const heldShape = z.object({
  currency: z.enum(currencies),
  left: z.string(),
  provider: z.string(),
  endToEndId: z.string(),
});

/** A second statement after the lock, so that it sees what the last decision left. */
async function readHeld(client: pg.ClientBase, exceptionId: string): Promise<ExceptionRow['held']> {
  const rows = await readRows(
    client,
    heldShape,
    `select e.currency, (-sum(e.amount_minor))::text as left, min(t.provider) as provider,
       min(t.end_to_end_id) as end_to_end_id
       from ledger_transaction t join ledger_entry e using (transaction_id)
      where t.exception_id = $1 and e.account = 'unapplied' group by e.currency`,
    [exceptionId],
  );
  const row = rows[0];
  if (row === undefined) return undefined;
  return { left: money(BigInt(row.left), row.currency), provider: row.provider, endToEndId: row.endToEndId };
}

export interface Resolution {
  readonly decision: string;
  readonly by: string;
  readonly reason: string;
  readonly commandId: string;
  readonly paymentRequestId?: string;
  readonly returnId?: string;
}

const heldBillsShape = z.object({
  exceptionId: z.string(),
});

/** Exceptions of held bills, found by the link whose account they are about. */
export async function openHeldBills(client: pg.ClientBase, paymentLinkId: string): Promise<readonly string[]> {
  const rows = await readRows(
    client,
    heldBillsShape,
    `select exception_id from exception where payment_link_id = $1 and kind = 'held-bill' and status = 'open'`,
    [paymentLinkId],
  );
  return rows.map((row) => row.exceptionId);
}

/** Schedules its workflow once more, because the decision may have been made elsewhere. False when it was not open. */
export async function markResolved(
  client: pg.ClientBase,
  exceptionId: string,
  resolution: Resolution,
): Promise<boolean> {
  const { rowCount } = await client.query(
    `update exception set status = 'resolved', resolution = $2, resolved_at = now(), next_check_at = now()
      where exception_id = $1 and status = 'open'`,
    [exceptionId, JSON.stringify(resolution)],
  );
  return rowCount === 1;
}

export async function markEscalated(client: pg.ClientBase, exceptionId: string): Promise<boolean> {
  const { rowCount } = await client.query(
    `update exception set escalated_at = now() where exception_id = $1 and status = 'open' and escalated_at is null`,
    [exceptionId],
  );
  return rowCount === 1;
}

/** All that its workflow needs, in one read. Undefined: there is no such exception. */
export async function loadStoredException(
  client: pg.ClientBase,
  exceptionId: string,
): Promise<StoredException | undefined> {
  const row = await readException(client, exceptionId);
  if (row === undefined) return undefined;
  const { kind, status, sentence, policy, owner, escalated, held, deadlineAt } = row;
  return {
    exceptionId,
    kind,
    status,
    sentence,
    policy,
    owner,
    escalated,
    policyTried: await isPolicyTried(client, exceptionId),
    pending: await pendingDecisions(client, exceptionId),
    ...(held === undefined ? {} : { left: toSentence(held.left) }),
    ...present({ deadlineAt: deadlineAt?.getTime() }),
  };
}

async function isPolicyTried(client: pg.ClientBase, exceptionId: string): Promise<boolean> {
  const { rowCount } = await client.query('select from command where command_id = $1 and outcome is not null', [
    policyCommandId(exceptionId),
  ]);
  return rowCount === 1;
}

const decisionsShape = z.object({
  commandId: z.string(),
  payload: storedJson<{ readonly decision?: DecisionName }>(),
});

async function pendingDecisions(client: pg.ClientBase, exceptionId: string): Promise<readonly Decision[]> {
  const rows = await readRows(
    client,
    decisionsShape,
    `select command_id, payload from command
      where kind = 'resolveException' and outcome is null and payload->>'exceptionId' = $1 order by number`,
    [exceptionId],
  );
  return rows.flatMap(({ commandId, payload }) => {
    const parsed = parseDecision(payload.decision ?? 'acceptAsIs', payload, commandId);
    return parsed.ok && payload.decision !== undefined ? [parsed.value] : [];
  });
}

/** When `watch` wakes the workflow at the latest: after the deadline, and never once the exception is resolved. */
export async function scheduleException(client: pg.ClientBase, exceptionId: string): Promise<void> {
  await client.query(
    `update exception
        set next_check_at = case when status = 'resolved' then null
                                 when escalated_at is null then greatest(deadline_at, now()) + interval '1 min'
                                 else now() + interval '1 day' end
      where exception_id = $1`,
    [exceptionId],
  );
}

const dueExceptionsShape = z.object({
  exceptionId: z.string(),
});

/** Exceptions whose workflow is not known to run, or has something to do. */
export async function takeDueExceptions(client: pg.ClientBase, most: number): Promise<readonly string[]> {
  const rows = await readRows(
    client,
    dueExceptionsShape,
    `with due as (select exception_id from exception where next_check_at <= now() order by next_check_at limit $1)
     update exception x set next_check_at = now() + interval '1 min'
       from due where x.exception_id = due.exception_id returning x.exception_id`,
    [most],
  );
  return rows.map((row) => row.exceptionId);
}
