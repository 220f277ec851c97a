/**
 * The worker's side of a command row (protocol.md F1): stored if it came without the API, claimed before the first
 * write to the provider, and its outcome written once.
 */
import type pg from 'pg';
import { z } from 'zod';
import { payloadOf } from '../../domain/links/link-payloads.ts';
import type { Answer, LinkOrder, Order } from '../../domain/links/link-state.ts';
import { chargeSql, chargeValues } from './charge-columns.ts';
import type { COMMAND_KINDS } from './command-intake.ts';
import { storedJson, readRows } from '../rows.ts';

export type Claim =
  | {
      readonly is: 'claimed';
      readonly number: number;
      /** It was claimed before: an earlier attempt may have written to the provider, so read first (F2). */
      readonly again: boolean;
      /** By the database's clock (F3). */
      readonly late: boolean;
    }
  | { readonly is: 'answered'; readonly answer: Answer };

const commandShape = z.object({
  number: z.string(),
  again: z.boolean(),
  late: z.boolean(),
});

export async function claimCommand(client: pg.ClientBase, commandId: string): Promise<Claim> {
  const rows = await readRows(
    client,
    commandShape,
    `with before as (select command_id, claimed_at is not null as again from command where command_id = $1 for update)
     update command c set claimed_at = coalesce(c.claimed_at, now())
       from before where c.command_id = before.command_id and c.outcome is null
     returning c.number, before.again, coalesce(now() > c.not_after, false) as late`,
    [commandId],
  );
  const row = rows[0];
  if (row !== undefined) return { is: 'claimed', number: Number(row.number), again: row.again, late: row.late };
  const answer = await storedAnswer(client, commandId);
  if (answer === undefined) throw new Error(`command ${commandId} was not stored before its claim`);
  return { is: 'answered', answer };
}

const answerShape = z.object({
  outcome: storedJson<Answer>().nullable(),
});

export async function storedAnswer(client: pg.ClientBase, commandId: string): Promise<Answer | undefined> {
  const rows = await readRows(client, answerShape, 'select outcome from command where command_id = $1', [commandId]);
  return rows[0]?.outcome ?? undefined;
}

/** Whether an effect has claimed it: then the provider may have heard of it. */
export async function wasClaimed(client: pg.ClientBase, commandId: string): Promise<boolean> {
  const { rowCount } = await client.query('select from command where command_id = $1 and claimed_at is not null', [
    commandId,
  ]);
  return rowCount === 1;
}

interface CommandScope {
  readonly merchantId: string;
  readonly paymentLinkId: string;
}

/** An order that came without the API gets its row, and its number, here. One that came with it changes nothing. */
export async function storeCommand(
  client: pg.ClientBase,
  { merchantId, paymentLinkId }: CommandScope,
  order: Order,
): Promise<void> {
  const requestId = 'requestId' in order ? order.requestId : undefined;
  const notAfter = 'notAfter' in order && order.notAfter !== undefined ? new Date(order.notAfter) : null;
  await client.query(
    `insert into command (command_id, merchant_id, route, kind, payload, payment_link_id, payment_request_id,
     not_after, actor)
     values ($1, $2, 'temporal', $3, $4, $5, $6, $7, $8) on conflict do nothing`,
    [
      order.commandId,
      merchantId,
      order.is satisfies (typeof COMMAND_KINDS)[number],
      JSON.stringify(payloadOf(order)),
      paymentLinkId,
      requestId ?? null,
      notAfter,
      order.actor ?? 'temporal',
    ],
  );
}

/** The request of a link order that came without the API. Answers false when its id belongs to another sale. */
export async function storeRequest(
  client: pg.ClientBase,
  { merchantId, paymentLinkId }: CommandScope,
  order: LinkOrder,
): Promise<boolean> {
  const { charge, requestId } = order;
  if (charge !== undefined) {
    const asked = chargeSql(4);
    await client.query(
      `insert into payment_request (merchant_id, payment_request_id, payment_link_id, status, ${asked.names})
       values ($1, $2, $3, 'linking', ${asked.values}) on conflict do nothing`,
      [merchantId, requestId, paymentLinkId, ...chargeValues(charge)],
    );
    await client.query(
      `insert into request_revision (merchant_id, payment_request_id, number, state, charge, amount_minor,
       currency, command_id)
       select $1, $2, 0, 'pending', $3, $4, $5, $6
        where exists (select from payment_request where payment_request_id = $2 and payment_link_id = $7)
       on conflict do nothing`,
      [
        merchantId,
        requestId,
        JSON.stringify(charge),
        charge.amount.minorUnits,
        charge.amount.currency,
        order.commandId,
        paymentLinkId,
      ],
    );
  }
  const { rowCount } = await client.query(
    `select from request_revision v join payment_request r using (payment_request_id)
      where v.payment_request_id = $1 and v.number = 0 and v.command_id = $2 and r.payment_link_id = $3`,
    [requestId, order.commandId, paymentLinkId],
  );
  return rowCount === 1;
}

/**
 * Stops the resending of a queued command; a new run restores the queue from these rows (F6). False when it was queued
 * before.
 */
export async function markQueued(client: pg.ClientBase, commandId: string): Promise<boolean> {
  const { rowCount } = await client.query(
    `update command set queued_at = now(), next_send_at = null where command_id = $1 and queued_at is null`,
    [commandId],
  );
  return rowCount === 1;
}

/** Written once: the first writer wins. Answers what is stored. */
export async function answerCommand(client: pg.ClientBase, commandId: string, answer: Answer): Promise<boolean> {
  const { rowCount } = await client.query(
    `update command set outcome = $2, outcome_at = now(), next_send_at = null where command_id = $1 and outcome is null`,
    [commandId, JSON.stringify(answer)],
  );
  return rowCount === 1;
}

const commandIdShape = z.object({
  commandId: z.string(),
});

/** For a link that is still opening: its caller has no answer yet. */
export async function unansweredOpens(client: pg.ClientBase, paymentLinkId: string): Promise<readonly string[]> {
  const rows = await readRows(
    client,
    commandIdShape,
    `select command_id from command where payment_link_id = $1 and kind = 'open' and outcome is null`,
    [paymentLinkId],
  );
  return rows.map((row) => row.commandId);
}
