/**
 * The last statement of every transaction that tells something: events in a gap-free order per merchant, and the chain
 * of the ledger. `merchant_head` is written last and in one statement; locked first and read after, the chain forked in
 * 106 of 240 tries (protocol.md §5).
 */
import type pg from 'pg';
import { z } from 'zod';
import { bytes, readRows } from './rows.ts';

export interface EventFact {
  readonly name: string;
  /** Absent where no link of ours is concerned. */
  readonly paymentLinkId?: string;
  readonly paymentRequestId?: string;
  /** Revision, end-to-end id or command: with the name it makes the event unique, so that a fact is told once. */
  readonly cause: string;
  readonly payload: object;
}

export interface TimelineFact {
  /** Absent where no link of ours is concerned: then it is no code's history, and not written. */
  readonly paymentLinkId?: string;
  readonly paymentRequestId?: string;
  readonly what: string;
  readonly sentence: string;
  readonly actor?: string;
  readonly commandId?: string;
  readonly evidence?: string;
}

export interface Facts {
  readonly events?: readonly EventFact[];
  readonly timeline?: readonly TimelineFact[];
  /** The ledger transactions of this SQL transaction, already inserted with their entries; mostly one. */
  readonly ledger?: readonly string[];
}

/** Answers the position of the newest event, or undefined when there was nothing new to tell. */
export async function writeFacts(client: pg.ClientBase, merchantId: string, facts: Facts): Promise<string | undefined> {
  await writeTimeline(client, merchantId, facts.timeline ?? []);
  const events = await newEvents(client, merchantId, facts.events ?? []);
  const [last, ...before] = (facts.ledger ?? []).toReversed();
  // The first update locks the head, so the chain cannot fork between two of them.
  for (const transactionId of before.toReversed()) await moveHead(client, merchantId, { events: 0, transactionId });
  if (events.length === 0 && last === undefined) return undefined;
  const position = await moveHead(client, merchantId, { events: events.length, transactionId: last });
  await insertEvents(client, merchantId, BigInt(position) - BigInt(events.length), events);
  return events.length === 0 ? undefined : position;
}

interface HeadMove {
  readonly events: number;
  readonly transactionId: string | undefined;
}

const headShape = z.object({
  position: z.string(),
  rows: z.string(),
  hash: bytes,
  digest: bytes.nullable(),
});

async function moveHead(
  client: pg.ClientBase,
  merchantId: string,
  { events, transactionId }: HeadMove,
): Promise<string> {
  const head = await readRows(
    client,
    headShape,
    `with booked as (select ledger_digest($3) as digest)
     update merchant_head
        set position = position + $2,
            rows = rows + case when booked.digest is null then 0 else 1 end,
            hash = case when booked.digest is null then hash else sha256(hash || booked.digest) end
       from booked
      where merchant_id = $1
      returning position, rows, hash, booked.digest`,
    [merchantId, events, transactionId ?? null],
  );
  const [row] = head;
  if (row === undefined) throw new Error(`merchant ${merchantId} has no head row`);
  if (transactionId !== undefined) {
    if (row.digest === null) throw new Error(`ledger transaction ${transactionId} was not inserted before its chain`);
    await client.query(
      'insert into ledger_chain (merchant_id, row, transaction_id, digest, hash) values ($1, $2, $3, $4, $5)',
      [merchantId, row.rows, transactionId, row.digest, row.hash],
    );
  }
  return row.position;
}

const toldEventShape = z.object({
  name: z.string(),
  cause: z.string(),
});

async function newEvents(
  client: pg.ClientBase,
  merchantId: string,
  events: readonly EventFact[],
): Promise<readonly EventFact[]> {
  if (events.length === 0) return events;
  const told = await readRows(
    client,
    toldEventShape,
    `select name, cause from event
      where merchant_id = $1 and (name, cause) in (select * from unnest($2::text[], $3::text[]))`,
    [merchantId, events.map((event) => event.name), events.map((event) => event.cause)],
  );
  return events.filter((event) => !told.some((row) => row.name === event.name && row.cause === event.cause));
}

async function insertEvents(
  client: pg.ClientBase,
  merchantId: string,
  before: bigint,
  events: readonly EventFact[],
): Promise<void> {
  let position = before;
  for (const event of events) {
    position += 1n;
    await client.query(
      `insert into event (merchant_id, position, name, payment_link_id, payment_request_id, cause, payload)
       values ($1, $2, $3, $4, $5, $6, $7)`,
      [
        merchantId,
        position.toString(),
        event.name,
        event.paymentLinkId ?? null,
        event.paymentRequestId ?? null,
        event.cause,
        JSON.stringify(event.payload),
      ],
    );
  }
}

/** The actor is taken from the command when the caller names none, so that no entry of a command lacks one. */
async function writeTimeline(client: pg.ClientBase, merchantId: string, facts: readonly TimelineFact[]): Promise<void> {
  for (const fact of facts) {
    if (fact.paymentLinkId === undefined) continue;
    await client.query(
      `insert into timeline (merchant_id, payment_link_id, payment_request_id, what, sentence, actor,
       command_id, evidence)
       values ($1, $2, $3, $4, $5, coalesce($6, (select actor from command where command_id = $7)), $7, $8)`,
      [
        merchantId,
        fact.paymentLinkId,
        fact.paymentRequestId ?? null,
        fact.what,
        fact.sentence,
        fact.actor ?? null,
        fact.commandId ?? null,
        fact.evidence ?? null,
      ],
    );
  }
}

/**
 * Notifies the listeners of events (db/event-feed.ts) after the commit; inside the transaction it would prolong the
 * lock on the merchant's head.
 */
export async function notifyEvents(pool: pg.Pool, merchantId: string, position: string): Promise<void> {
  await pool.query("select pg_notify('relink_event', $1)", [`${merchantId}:${position}`]);
}
