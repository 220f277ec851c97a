/**
 * The API's side of a command row (protocol.md F1): a command is accepted when its row is committed. Stores the request
 * and the answer; decides and claims nothing.
 */
import type pg from 'pg';
import { z } from 'zod';
import type { Charge, LinkKind } from '../../domain/money/charge.ts';
import type { Answer } from '../../domain/links/link-state.ts';
import type { CommandAnswer } from '../../domain/links/money-answers.ts';
import { BILL_DECISIONS } from '../../domain/money/exception.ts';
import { chargeSql, chargeValues } from './charge-columns.ts';
import { present } from '../../domain/present.ts';
import { bytes, storedJson, readRows, storedWord } from '../rows.ts';

const OVER_HTTP = [
  'open',
  'link',
  'updateCharge',
  'unlink',
  'retire',
  'resolveException',
  'returnMoney',
  ...BILL_DECISIONS,
] as const;
export type CommandKind = (typeof OVER_HTTP)[number];

/** All kinds that a command row may have, including those that come by Temporal alone. */
export const COMMAND_KINDS = [...OVER_HTTP, 'resolve', 'reconcileNow', 'annotate'] as const;

export interface NewCommand {
  readonly merchantId: string;
  readonly commandId: string;
  readonly idempotencyKey?: string;
  readonly route: string;
  readonly bodySha256: Buffer;
  readonly kind: CommandKind;
  /** As it is sent; `number` and `notAfter` are added by the statement, from the row. */
  readonly message: object;
  readonly paymentLinkId: string;
  readonly paymentRequestId?: string;
  /** Made absolute by the database's clock, once: a repeat does not renew it (F3). */
  readonly notAfterSeconds?: number;
  readonly actor: string;
}

interface NewSale {
  readonly requestId: string;
  readonly charge: Charge;
}

interface NewLink {
  readonly kind: LinkKind;
  readonly label: string;
  readonly reference?: string;
  readonly provider: string;
}

/** An HTTP answer, kept as bytes so that a repeat of the key gets the same ones. */
export interface KeptResponse {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
}

export interface StoredCommand {
  readonly commandId: string;
  readonly kind: CommandKind;
  readonly route: string;
  readonly message: object;
  readonly paymentLinkId: string;
  readonly paymentRequestId?: string;
  readonly outcome?: CommandAnswer;
  readonly response?: KeptResponse;
}

type Intake =
  | { readonly is: 'new'; readonly command: StoredCommand }
  | { readonly is: 'known'; readonly command: StoredCommand }
  /** The key stands for something else: another route or body, or a row that is not ours to see. */
  | { readonly is: 'reused' };

const rowShape = z.object({
  commandId: z.string(),
  kind: storedWord<CommandKind>(),
  route: z.string(),
  bodySha256: bytes.nullable(),
  payload: storedJson<object>(),
  paymentLinkId: z.string(),
  paymentRequestId: z.string().nullable(),
  outcome: storedJson<CommandAnswer>().nullable(),
  response: storedJson<KeptResponse>().nullable(),
});
type Row = z.output<typeof rowShape>;

const COLUMNS = 'command_id, kind, route, body_sha256, payload, payment_link_id, payment_request_id, outcome, response';

/** One row, inside the caller's transaction. `watch` sends it after ten seconds if nobody has answered it by then. */
export async function insertCommand(client: pg.ClientBase, command: NewCommand): Promise<Intake> {
  const rows = await readRows(
    client,
    rowShape,
    `with fresh as (
       select nextval('command_number') as number,
              date_trunc('milliseconds', now() + make_interval(secs => $9)) as not_after
     )
     insert into command (command_id, merchant_id, idempotency_key, route, body_sha256, kind, payload,
                          payment_link_id, payment_request_id, number, not_after, actor, next_send_at)
     select $1, $2, $3, $4, $5, $6,
            $7::jsonb || jsonb_strip_nulls(jsonb_build_object('number', number, 'notAfter',
              to_char(not_after at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"'))),
            $8, $10, number, not_after, $11, now() + interval '10 s'
       from fresh
     on conflict do nothing
     returning ${COLUMNS}`,
    [
      command.commandId,
      command.merchantId,
      command.idempotencyKey ?? null,
      command.route,
      command.bodySha256,
      command.kind,
      JSON.stringify(command.message),
      command.paymentLinkId,
      command.notAfterSeconds ?? null,
      command.paymentRequestId ?? null,
      command.actor,
    ],
  );
  if (rows[0] !== undefined) return { is: 'new', command: commandOf(rows[0]) };
  return knownCommand(client, command);
}

/** A second statement, because the losing insert cannot see the winner's row in its own snapshot. */
async function knownCommand(client: pg.ClientBase, command: NewCommand): Promise<Intake> {
  const rows = await readRows(client, rowShape, `select ${COLUMNS} from command where idempotency_key = $1`, [
    command.idempotencyKey ?? null,
  ]);
  const row = rows[0];
  const same = row?.route === command.route && row.bodySha256?.equals(command.bodySha256) === true;
  return row === undefined || !same ? { is: 'reused' } : { is: 'known', command: commandOf(row) };
}

function commandOf(row: Row): StoredCommand {
  return {
    commandId: row.commandId,
    kind: row.kind,
    route: row.route,
    message: row.payload,
    paymentLinkId: row.paymentLinkId,
    ...present({ paymentRequestId: row.paymentRequestId, outcome: row.outcome, response: row.response }),
  };
}

export async function insertSale(client: pg.ClientBase, command: NewCommand, sale: NewSale): Promise<void> {
  const { charge } = sale;
  const asked = chargeSql(8);
  await client.query(
    `with request as (
       insert into payment_request (merchant_id, payment_request_id, payment_link_id, status, ${asked.names})
       values ($1, $2, $3, 'linking', ${asked.values})
     )
     insert into request_revision (merchant_id, payment_request_id, number, state, charge, amount_minor,
       currency, command_id)
     values ($1, $2, 0, 'pending', $4, $5, $6, $7)`,
    [
      command.merchantId,
      sale.requestId,
      command.paymentLinkId,
      JSON.stringify(charge),
      charge.amount.minorUnits,
      charge.amount.currency,
      command.commandId,
      ...chargeValues(charge),
    ],
  );
}

export async function insertLink(client: pg.ClientBase, command: NewCommand, link: NewLink): Promise<void> {
  await client.query(
    `insert into payment_link (merchant_id, payment_link_id, kind, label, reference, status, provider, next_check_at)
     values ($1, $2, $3, $4, $5, 'opening', $6, now() + interval '15 s')`,
    [command.merchantId, command.paymentLinkId, link.kind, link.label, link.reference ?? null, link.provider],
  );
}

export async function readCommand(client: pg.ClientBase, commandId: string): Promise<StoredCommand | undefined> {
  const rows = await readRows(client, rowShape, `select ${COLUMNS} from command where command_id = $1`, [commandId]);
  return rows[0] === undefined ? undefined : commandOf(rows[0]);
}

/**
 * Stores a validator's refusal, of which the workflow keeps no trace, without an event. Only while the command is
 * neither claimed nor queued, because then the workflow decides it. Answers false when nothing was written.
 */
export async function storeRefusal(
  client: pg.ClientBase,
  commandId: string,
  answer: Extract<Answer, { readonly is: 'refused' }>,
): Promise<boolean> {
  const { rowCount } = await client.query(
    `update command set outcome = $2, outcome_at = now(), next_send_at = null
      where command_id = $1 and outcome is null and claimed_at is null and queued_at is null`,
    [commandId, JSON.stringify(answer)],
  );
  if (rowCount !== 1) return false;
  await client.query(
    `update payment_request r set status = 'refused', because = $2, ended_at = now(), updated_at = now()
       from command c
      where c.command_id = $1 and c.kind = 'link' and r.payment_request_id = c.payment_request_id
        and r.status = 'linking'`,
    [commandId, answer.because],
  );
  return true;
}

const responseShape = z.object({
  response: storedJson<KeptResponse>(),
});

/** The first response wins; everybody gets what is stored. */
export async function keepResponse(
  client: pg.ClientBase,
  commandId: string,
  response: KeptResponse,
): Promise<KeptResponse> {
  const rows = await readRows(
    client,
    responseShape,
    'update command set response = coalesce(response, $2) where command_id = $1 returning response',
    [commandId, JSON.stringify(response)],
  );
  const kept = rows[0]?.response;
  if (kept === undefined) throw new Error(`command ${commandId} is gone`);
  return kept;
}
