/** Commands about money that has arrived: how the worker finds what was asked, and answers it once (protocol.md F1). */
import type pg from 'pg';
import { z } from 'zod';
import type { Decision } from '../../domain/money/exception.ts';
import type { MoneyAnswer } from '../../domain/links/money-answers.ts';
import { isCurrency, parseDecimal, type Money } from '../../domain/money.ts';
import { present } from '../../domain/present.ts';
import { storedJson, readRows } from '../rows.ts';

/** A return as it was asked for, from its command row. */
export interface ReturnCommand {
  readonly commandId: string;
  readonly paymentRequestId: string;
  readonly paymentLinkId: string;
  readonly reason: string;
  readonly actor: string;
  /** All that is left of the payment when absent. */
  readonly amount?: Money;
  /** The payment; when absent, the one that covers the bill. */
  readonly endToEndId?: string;
  readonly outcome?: MoneyAnswer;
}

interface ReturnPayload {
  readonly paymentRequestId: string;
  readonly reason: string;
  readonly actor: string;
  readonly amount?: { readonly currency: string; readonly value: string };
  readonly endToEndId?: string;
}

const askedReturnShape = z.object({
  commandId: z.string(),
  paymentLinkId: z.string(),
  payload: storedJson<ReturnPayload>(),
  outcome: storedJson<MoneyAnswer>().nullable(),
});

/** Undefined: nobody asked for a return of this id. */
export async function readAskedReturn(client: pg.ClientBase, returnId: string): Promise<ReturnCommand | undefined> {
  const rows = await readRows(
    client,
    askedReturnShape,
    `select command_id, payment_link_id, payload, outcome from command
      where kind = 'returnMoney' and payload->>'returnId' = $1 for update`,
    [returnId],
  );
  const row = rows[0];
  if (row === undefined) return undefined;
  const { paymentRequestId, reason, actor, amount, endToEndId } = row.payload;
  const currency = amount?.currency ?? '';
  const asked = amount !== undefined && isCurrency(currency) ? parseDecimal(amount.value, currency) : undefined;
  return {
    commandId: row.commandId,
    paymentRequestId,
    paymentLinkId: row.paymentLinkId,
    reason,
    actor,
    ...present({ amount: asked, endToEndId, outcome: row.outcome }),
  };
}

interface DecisionTarget {
  readonly merchantId: string;
  readonly exceptionId: string;
  readonly paymentLinkId?: string | undefined;
  readonly paymentRequestId?: string | undefined;
}

const decisionShape = z.object({
  outcome: storedJson<MoneyAnswer>().nullable(),
});

/** Inserts the row of a decision that came without the API. Answers the outcome, if it has one already. */
export async function claimDecision(
  client: pg.ClientBase,
  { merchantId, exceptionId, paymentLinkId, paymentRequestId }: DecisionTarget,
  { commandId, ...decision }: Decision,
): Promise<MoneyAnswer | undefined> {
  await client.query(
    `insert into command (command_id, merchant_id, route, kind, payload, payment_link_id, payment_request_id, actor)
     values ($1, $2, 'temporal', 'resolveException', $3, $4, $5, $6) on conflict do nothing`,
    [
      commandId,
      merchantId,
      JSON.stringify({ ...decision, exceptionId }),
      paymentLinkId ?? NO_LINK,
      paymentRequestId ?? null,
      decision.operator,
    ],
  );
  const rows = await readRows(
    client,
    decisionShape,
    `update command set claimed_at = coalesce(claimed_at, now()) where command_id = $1 returning outcome`,
    [commandId],
  );
  const row = rows[0];
  if (row === undefined) throw new Error(`command ${commandId} is not this merchant's`);
  return row.outcome ?? undefined;
}

/** Of a command that concerns no link of ours. */
export const NO_LINK = '-';

export async function answerMoney(client: pg.ClientBase, commandId: string, answer: MoneyAnswer): Promise<void> {
  await client.query(
    'update command set outcome = $2, outcome_at = now(), next_send_at = null where command_id = $1 and outcome is null',
    [commandId, JSON.stringify(answer)],
  );
}
