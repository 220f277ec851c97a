/**
 * The two records of what happened: events, in a gap-free order per merchant, and the timeline of one link, for people.
 */
import type pg from 'pg';
import { present } from '../domain/present.ts';

export interface EventView {
  readonly position: number;
  readonly name: string;
  readonly paymentLinkId?: string;
  readonly paymentRequestId?: string;
  readonly payload: object;
  readonly at: Date;
}

interface EventRange {
  readonly after: number;
  readonly limit: number;
  readonly paymentLinkId?: string;
}

export async function readEvents(client: pg.ClientBase, range: EventRange): Promise<readonly EventView[]> {
  const { rows } = await client.query<{
    position: string;
    name: string;
    payment_link_id: string | null;
    payment_request_id: string | null;
    payload: object;
    at: Date;
  }>(
    `select position, name, payment_link_id, payment_request_id, payload, at from event
      where position > $1 and ($3::text is null or payment_link_id = $3) order by position limit $2`,
    [range.after, range.limit, range.paymentLinkId ?? null],
  );
  return rows.map((row) => ({
    position: Number(row.position),
    name: row.name,
    payload: row.payload,
    at: row.at,
    ...present({ paymentLinkId: row.payment_link_id, paymentRequestId: row.payment_request_id }),
  }));
}

/** The current end of the merchant's events. Read before a state, so that no event is missed between the two. */
export async function newestPosition(client: pg.ClientBase): Promise<number> {
  const { rows } = await client.query<{ position: string }>('select position from merchant_head');
  return Number(rows[0]?.position ?? 0);
}

export interface TimelineView {
  readonly timelineId: number;
  readonly at: Date;
  readonly what: string;
  readonly sentence: string;
  readonly paymentRequestId?: string;
  readonly actor?: string;
  readonly commandId?: string;
  readonly evidence?: string;
}

interface TimelineRow {
  timeline_id: string;
  at: Date;
  what: string;
  sentence: string;
  payment_request_id: string | null;
  actor: string | null;
  command_id: string | null;
  evidence: string | null;
}

const COLUMNS = 'timeline_id, at, what, sentence, payment_request_id, actor, command_id, evidence';

/** Oldest first: a history is read from its beginning. */
export async function readTimeline(
  client: pg.ClientBase,
  range: { readonly paymentLinkId: string; readonly after: number; readonly limit: number },
): Promise<readonly TimelineView[]> {
  const { rows } = await client.query<TimelineRow>(
    `select ${COLUMNS} from timeline where payment_link_id = $1 and timeline_id > $2 order by timeline_id limit $3`,
    [range.paymentLinkId, range.after, range.limit],
  );
  return rows.map(timelineView);
}

/** So many before an instant and so many after it. */
export async function readTimelineAround(
  client: pg.ClientBase,
  { paymentLinkId, at, limit }: { readonly paymentLinkId: string; readonly at: Date; readonly limit: number },
): Promise<readonly TimelineView[]> {
  const { rows } = await client.query<TimelineRow>(
    `(select ${COLUMNS} from timeline where payment_link_id = $1 and at <= $2 order by timeline_id desc limit $3)
     union all (select ${COLUMNS} from timeline where payment_link_id = $1 and at > $2 order by timeline_id limit $3)
     order by timeline_id`,
    [paymentLinkId, at, limit],
  );
  return rows.map(timelineView);
}

function timelineView(row: TimelineRow): TimelineView {
  return {
    timelineId: Number(row.timeline_id),
    at: row.at,
    what: row.what,
    sentence: row.sentence,
    ...present({
      paymentRequestId: row.payment_request_id,
      actor: row.actor,
      commandId: row.command_id,
      evidence: row.evidence,
    }),
  };
}
