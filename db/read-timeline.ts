/**
 * The two records of what happened: events, in a gap-free order per merchant, and the timeline of one link, for people.
 */
import type pg from 'pg';
import { z } from 'zod';
import { present } from '../domain/present.ts';
import { storedJson, readRows } from './rows.ts';

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

const eventShape = z.object({
  position: z.string(),
  name: z.string(),
  paymentLinkId: z.string().nullable(),
  paymentRequestId: z.string().nullable(),
  payload: storedJson<object>(),
  at: z.date(),
});

export async function readEvents(client: pg.ClientBase, range: EventRange): Promise<readonly EventView[]> {
  const rows = await readRows(
    client,
    eventShape,
    `select position, name, payment_link_id, payment_request_id, payload, at from event
      where position > $1 and ($3::text is null or payment_link_id = $3) order by position limit $2`,
    [range.after, range.limit, range.paymentLinkId ?? null],
  );
  return rows.map((row) => ({
    position: Number(row.position),
    name: row.name,
    payload: row.payload,
    at: row.at,
    ...present({ paymentLinkId: row.paymentLinkId, paymentRequestId: row.paymentRequestId }),
  }));
}

const positionShape = z.object({
  position: z.string(),
});

/** The current end of the merchant's events. Read before a state, so that no event is missed between the two. */
export async function newestPosition(client: pg.ClientBase): Promise<number> {
  const rows = await readRows(client, positionShape, 'select position from merchant_head');
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

const timelineRowShape = z.object({
  timelineId: z.string(),
  at: z.date(),
  what: z.string(),
  sentence: z.string(),
  paymentRequestId: z.string().nullable(),
  actor: z.string().nullable(),
  commandId: z.string().nullable(),
  evidence: z.string().nullable(),
});
type TimelineRow = z.output<typeof timelineRowShape>;

const COLUMNS = 'timeline_id, at, what, sentence, payment_request_id, actor, command_id, evidence';

/** Oldest first: a history is read from its beginning. */
export async function readTimeline(
  client: pg.ClientBase,
  range: { readonly paymentLinkId: string; readonly after: number; readonly limit: number },
): Promise<readonly TimelineView[]> {
  const rows = await readRows(
    client,
    timelineRowShape,
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
  const rows = await readRows(
    client,
    timelineRowShape,
    `(select ${COLUMNS} from timeline where payment_link_id = $1 and at <= $2 order by timeline_id desc limit $3)
     union all (select ${COLUMNS} from timeline where payment_link_id = $1 and at > $2 order by timeline_id limit $3)
     order by timeline_id`,
    [paymentLinkId, at, limit],
  );
  return rows.map(timelineView);
}

function timelineView(row: TimelineRow): TimelineView {
  return {
    timelineId: Number(row.timelineId),
    at: row.at,
    what: row.what,
    sentence: row.sentence,
    ...present({
      paymentRequestId: row.paymentRequestId,
      actor: row.actor,
      commandId: row.commandId,
      evidence: row.evidence,
    }),
  };
}
