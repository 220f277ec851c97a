/** The row of a payment link as the worker writes it, fenced by seq (protocol.md F4). */
import type pg from 'pg';
import { z } from 'zod';
import { type LinkKind, LINK_KINDS } from '../../domain/money/charge.ts';
import { type StoredLink, LINK_STATUSES } from '../../domain/links/link-events.ts';
import type { LinkOrder } from '../../domain/links/link-state.ts';
import { parseOrder } from '../../domain/links/link-messages.ts';
import { money, toSentence, currencies } from '../../domain/money.ts';
import { present } from '../../domain/present.ts';
import { readRows } from '../rows.ts';

export interface LinkRow {
  readonly paymentLinkId: string;
  readonly kind: LinkKind;
  readonly label: string;
  readonly status: StoredLink['status'];
  readonly seq: number;
  readonly currentRequestId?: string;
  readonly providerLinkId?: string;
  readonly url?: string;
  readonly merchantName: string;
  readonly merchantCity: string;
}

const linkShape = z.object({
  paymentLinkId: z.string(),
  kind: z.enum(LINK_KINDS),
  label: z.string(),
  status: z.enum(LINK_STATUSES),
  because: z.string().nullable(),
  seq: z.string(),
  currentRequestId: z.string().nullable(),
  providerLinkId: z.string().nullable(),
  url: z.string().nullable(),
});
type StoredRow = z.output<typeof linkShape>;

const COLUMNS = `l.payment_link_id, l.kind, l.label, l.status, l.because, l.seq, l.current_request_id, l.provider_link_id, l.url`;

const printedLinkShape = linkShape.extend({ name: z.string(), city: z.string() });

export async function readLink(client: pg.ClientBase, paymentLinkId: string): Promise<LinkRow | undefined> {
  const rows = await readRows(
    client,
    printedLinkShape,
    `select ${COLUMNS}, m.name, m.city from payment_link l join merchant m using (merchant_id) where payment_link_id = $1`,
    [paymentLinkId],
  );
  const row = rows[0];
  if (row === undefined) return undefined;
  return {
    paymentLinkId: row.paymentLinkId,
    kind: row.kind,
    label: row.label,
    status: row.status,
    seq: Number(row.seq),
    merchantName: row.name,
    merchantCity: row.city,
    ...present({ currentRequestId: row.currentRequestId, providerLinkId: row.providerLinkId, url: row.url }),
  };
}

export interface LinkWrite {
  readonly seq: number;
  readonly status: StoredLink['status'];
  readonly because?: string;
  readonly currentRequestId?: string;
  /** Seconds until `watch` looks at the link itself; only for links that are not at rest by themselves. */
  readonly checkInSeconds?: number;
}

/** $1 to $6 of the two statements that write the row. */
function valuesOf(paymentLinkId: string, write: LinkWrite): unknown[] {
  const { seq, status, because = null, currentRequestId = null, checkInSeconds = null } = write;
  return [paymentLinkId, seq, status, because, currentRequestId, checkInSeconds];
}

/** Answers false when a newer effect has written already: the caller then continues from what is stored. */
export async function writeLink(client: pg.ClientBase, paymentLinkId: string, write: LinkWrite): Promise<boolean> {
  const { rowCount } = await client.query(
    `update payment_link
        set status = $3, because = $4, current_request_id = $5, seq = $2, updated_at = now(), checks = 0,
            next_check_at = now() + make_interval(secs => $6),
            retired_at = case when $3 = 'retired' then coalesce(retired_at, now()) else retired_at end
      where payment_link_id = $1 and seq < $2`,
    valuesOf(paymentLinkId, write),
  );
  if (rowCount === 1) return true;
  // An earlier attempt of this very effect has written the same: a seq belongs to one effect.
  const same = await client.query(
    `select from payment_link
      where payment_link_id = $1 and seq = $2 and status = $3 and current_request_id is not distinct from $4`,
    [paymentLinkId, write.seq, write.status, write.currentRequestId ?? null],
  );
  return same.rowCount === 1;
}

/**
 * Shows `linking` to readers while the provider is written to. Leaves seq alone, because the outcome is written under
 * it.
 */
export async function announceLinking(
  client: pg.ClientBase,
  paymentLinkId: string,
  requestId: string,
  seq: number,
): Promise<void> {
  await client.query(
    `update payment_link set status = 'linking', current_request_id = $2, updated_at = now()
      where payment_link_id = $1 and seq < $3`,
    [paymentLinkId, requestId, seq],
  );
}

/** Corrects what the write of this very effect said, after the link was read back. */
export async function correctLink(client: pg.ClientBase, paymentLinkId: string, write: LinkWrite): Promise<void> {
  await client.query(
    `update payment_link
        set status = $3, because = $4, current_request_id = $5, updated_at = now(),
            next_check_at = now() + make_interval(secs => $6)
      where payment_link_id = $1 and seq = $2`,
    valuesOf(paymentLinkId, write),
  );
}

/**
 * Raises seq once per run id, so that effects of a lost run cannot overwrite this one's (F6). Not every motion writes
 * the row, so the lost run's seq may be ahead of it by several motions; the step is far wider than that.
 */
export async function raiseSeq(client: pg.ClientBase, paymentLinkId: string, runId: string): Promise<void> {
  await client.query(
    `update payment_link set seq = seq + 1000000, seq_run_id = $2
      where payment_link_id = $1 and seq_run_id is distinct from $2`,
    [paymentLinkId, runId],
  );
}

const newestCommandShape = z.object({
  newest: z.string().nullable(),
});

const accountOfLinkShape = z.object({
  wanted: z.boolean(),
});

/** All that a run without carried state needs, in one read (F6). Undefined: there is no such link. */
export async function loadStoredLink(
  client: pg.ClientBase,
  merchantId: string,
  paymentLinkId: string,
): Promise<StoredLink | undefined> {
  const rows = await readRows(client, linkShape, `select ${COLUMNS} from payment_link l where payment_link_id = $1`, [
    paymentLinkId,
  ]);
  const row = rows[0];
  if (row === undefined) return undefined;
  const newest = await readRows(
    client,
    newestCommandShape,
    `select max(number) as newest from command
      where payment_link_id = $1 and kind in ('link', 'unlink', 'retire')
        and outcome->>'is' in ('linked', 'unlinked', 'retired')`,
    [paymentLinkId],
  );
  const current = await loadCurrent(client, row);
  const account = await readRows(
    client,
    accountOfLinkShape,
    'select usage_wanted > usage_rated as wanted from service_account where payment_link_id = $1',
    [paymentLinkId],
  );
  const [metered] = account;
  return {
    merchantId,
    paymentLinkId,
    kind: row.kind,
    label: row.label,
    seq: Number(row.seq),
    status: row.status,
    newest: Number(newest[0]?.newest ?? 0),
    queue: await loadQueue(client, row),
    ...present({ because: row.because, current }),
    ...(metered !== undefined && { metered: true as const }),
    ...(metered?.wanted === true && { usageWanted: true as const }),
  };
}

const currentShape = z.object({
  paymentRequestId: z.string(),
  status: z.string(),
  revision: z.number(),
  currency: z.enum(currencies),
  amountMinor: z.string(),
  expiresAt: z.date().nullable(),
  commandId: z.string().nullable(),
  number: z.string().nullable(),
  payload: z.unknown(),
  notAfter: z.date().nullable(),
  actor: z.string().nullable(),
});

/** The request that may be alive: an active one, or one whose link order was claimed and never finished. */
async function loadCurrent(client: pg.ClientBase, link: StoredRow): Promise<StoredLink['current']> {
  const rows = await readRows(
    client,
    currentShape,
    `select r.payment_request_id, r.status, r.revision, r.currency, r.amount_minor, r.expires_at,
            c.command_id, c.number, c.payload, c.not_after, c.actor
       from payment_request r
       left join command c on c.payment_request_id = r.payment_request_id and c.kind = 'link' and c.outcome is null
      where r.payment_link_id = $1
        and (r.status in ('active', 'processing') or (r.status = 'linking' and c.claimed_at is not null))
      order by r.status in ('active', 'processing') desc, c.claimed_at desc
      limit 1`,
    [link.paymentLinkId],
  );
  const row = rows[0];
  if (row === undefined) return undefined;
  const order = row.status === 'linking' ? orderOf(row, link.kind) : undefined;
  return {
    requestId: row.paymentRequestId,
    revision: row.revision,
    amount: toSentence(money(BigInt(row.amountMinor), row.currency)),
    ...present({ expiresAt: row.expiresAt?.getTime(), order }),
  };
}

const commandRowShape = z.object({
  commandId: z.string().nullable(),
  number: z.string().nullable(),
  payload: z.unknown(),
  notAfter: z.date().nullable(),
  actor: z.string().nullable(),
});
type CommandRow = z.output<typeof commandRowShape>;

function orderOf(row: CommandRow, kind: LinkKind): LinkOrder | undefined {
  const never = (): string => {
    throw new Error(`command ${row.commandId} names no request`);
  };
  const order = parseOrder('link', row.payload, kind, { commandId: never, requestId: never });
  if (!order.ok || order.value.is !== 'link') return undefined;
  const { number: _, notAfter: __, ...rest } = order.value;
  return {
    ...rest,
    ...(row.number === null ? {} : { number: Number(row.number) }),
    ...present({ notAfter: row.notAfter?.getTime() }),
  };
}

async function loadQueue(client: pg.ClientBase, link: StoredRow): Promise<readonly LinkOrder[]> {
  const rows = await readRows(
    client,
    commandRowShape,
    `select command_id, number, payload, not_after, actor from command
      where payment_link_id = $1 and kind = 'link' and outcome is null and queued_at is not null and claimed_at is null
      order by queued_at, number limit 10`,
    [link.paymentLinkId],
  );
  return rows.flatMap((row) => {
    const order = orderOf(row, link.kind);
    if (order === undefined) return [];
    const { charge: _, ...stored } = order;
    return [stored];
  });
}

/** Written once, because a printed code never changes. `text` ends in the four characters of its CRC. */
export async function storePrintedCode(
  client: pg.ClientBase,
  paymentLinkId: string,
  { providerLinkId, url, text }: { readonly providerLinkId: string; readonly url: string; readonly text: string },
): Promise<void> {
  await client.query(
    `update payment_link set provider_link_id = $2, url = $3, qr_text = $4, qr_crc = $5
      where payment_link_id = $1 and provider_link_id is null`,
    [paymentLinkId, providerLinkId, url, text, text.slice(-4)],
  );
}
