/**
 * Lines of a statement beside what is booked, a page at a time, and what is booked and on no line. It compares nothing.
 */
import type pg from 'pg';
import { z } from 'zod';
import { type Currency, currencies } from '../../domain/money.ts';
import { present } from '../../domain/present.ts';
import type { OurPayment } from '../../domain/reconciliation/reconciliation.ts';
import type { LineMatch, StatementLine } from '../../domain/reconciliation/statement.ts';
import { storedJson, readRows } from '../rows.ts';

interface MatchedLine {
  readonly line: StatementLine;
  readonly match: LineMatch;
}

interface PaymentJson {
  readonly e2e: string;
  readonly request: string | null;
  readonly link: string | null;
  readonly currency: Currency;
  readonly minor: string;
  readonly on: string | null;
}

const rowShape = z.object({
  line: z.number(),
  endToEndId: z.string().nullable(),
  on: z.string(),
  currency: z.enum(currencies),
  minor: z.string(),
  description: z.string().nullable(),
  again: z.boolean(),
  payment: storedJson<PaymentJson>().nullable(),
  back: storedJson<PaymentJson>().nullable(),
});
type Row = z.output<typeof rowShape>;

const DAY = `(coalesce(t.settled_at, t.booked_at) at time zone m.time_zone)::date`;
const PAYMENT = `jsonb_build_object('e2e', t.end_to_end_id, 'request', t.payment_request_id, 'link', t.payment_link_id,
  'currency', e.currency, 'minor', e.amount_minor::text, 'on', ${DAY}::text)`;
const RETURN = `jsonb_build_object('e2e', b.return_id, 'request', b.payment_request_id, 'link', b.payment_link_id,
  'currency', b.currency, 'minor', b.amount_minor::text, 'on', (b.completed_at at time zone m.time_zone)::date::text)`;
const LEDGER = `ledger_transaction t join ledger_entry e on e.transaction_id = t.transaction_id and e.account = 'provider'`;
/** A bank names a return by its own id, by ours, or by the payment that goes back. */
const NAMES_RETURN = `(b.provider_return_id = s.end_to_end_id or b.return_id = s.end_to_end_id or b.end_to_end_id = s.end_to_end_id)`;
/** Lines after `after`, in order. */
export async function matchLines(
  client: pg.ClientBase,
  statementId: string,
  provider: string,
  after: number,
  most: number,
): Promise<readonly MatchedLine[]> {
  const rows = await readRows(client, rowShape, {
    name: 'reconcile-lines',
    text: `select s.line, s.end_to_end_id, s.booked_on::text as on, s.currency, s.amount_minor::text as minor,
            s.description, s.end_to_end_id is not null and exists (
              select from statement_line o where o.statement_id = s.statement_id and o.end_to_end_id = s.end_to_end_id
                and (o.amount_minor > 0) = (s.amount_minor > 0) and o.line < s.line) as again,
            paid.payment, back.payment as back
       from statement_line s
       join merchant m on m.merchant_id = s.merchant_id
       left join lateral (
         select ${PAYMENT} as payment from ${LEDGER}
          where s.amount_minor > 0 and t.merchant_id = s.merchant_id and t.provider = $2
            and t.end_to_end_id = s.end_to_end_id and t.settles
       ) paid on true
       left join lateral (
         select ${RETURN} as payment from money_return b
          where s.amount_minor < 0 and b.merchant_id = s.merchant_id and b.provider = $2 and b.status = 'completed'
            and ${NAMES_RETURN}
          order by (b.amount_minor = -s.amount_minor) desc, b.return_id limit 1
       ) back on true
      where s.statement_id = $1 and s.line > $3 order by s.line limit $4`,
    values: [statementId, provider, after, most],
  });
  const lines = rows.map((row) => ({ line: lineOf(row), match: matchOf(row) }));
  const nameless = lines.filter(({ line }) => line.endToEndId === undefined).map(({ line }) => line);
  if (nameless.length === 0) return lines;
  const candidates = await namelessCandidates(client, statementId, provider, nameless);
  return lines.map(({ line, match }) => ({ line, match: { ...match, ...candidates.get(line.line) } }));
}

const candidatesShape = z.object({
  line: z.number(),
  candidates: z.number(),
  rivals: z.number(),
});

/**
 * For lines without an id: how much of the same amount and day there is here that no line names, and how many such
 * lines.
 */
async function namelessCandidates(
  client: pg.ClientBase,
  statementId: string,
  provider: string,
  lines: readonly StatementLine[],
): Promise<ReadonlyMap<number, Pick<LineMatch, 'candidates' | 'rivals'>>> {
  const days = lines.map(({ bookedOn }) => bookedOn).toSorted();
  const rows = await readRows(
    client,
    candidatesShape,
    `with ours as materialized (
       select ${DAY} as day, e.currency, e.amount_minor, count(*)::int as count
         from merchant m, ${LEDGER}
        where m.merchant_id = current_merchant() and t.merchant_id = m.merchant_id and t.provider = $2 and t.settles
          and coalesce(t.settled_at, t.booked_at) >= $4::date::timestamp at time zone m.time_zone
          and coalesce(t.settled_at, t.booked_at) < ($5::date + 1)::timestamp at time zone m.time_zone
          and not exists (select from statement_line o where o.statement_id = $1 and o.end_to_end_id = t.end_to_end_id)
        group by 1, 2, 3
       union all
       select (b.completed_at at time zone m.time_zone)::date, b.currency, -b.amount_minor, count(*)::int
         from merchant m join money_return b on b.merchant_id = m.merchant_id
        where m.merchant_id = current_merchant() and b.provider = $2 and b.status = 'completed'
          and (b.completed_at at time zone m.time_zone)::date between $4 and $5
          and not exists (select from statement_line s where s.statement_id = $1 and s.amount_minor < 0
            and ${NAMES_RETURN})
        group by 1, 2, 3
     )
     select s.line, coalesce(ours.count, 0) as candidates,
            (select count(*)::int from statement_line o where o.statement_id = s.statement_id
                and o.end_to_end_id is null
                and o.booked_on = s.booked_on and o.amount_minor = s.amount_minor and o.currency = s.currency) as rivals
       from statement_line s
       left join ours on ours.day = s.booked_on and ours.currency = s.currency and ours.amount_minor = s.amount_minor
      where s.statement_id = $1 and s.line = any ($3)`,
    [statementId, provider, lines.map(({ line }) => line), days[0], days.at(-1)],
  );
  return new Map(rows.map(({ line, candidates, rivals }) => [line, { candidates, rivals }]));
}

function lineOf({ line, endToEndId, on: bookedOn, currency, minor, description }: Row): StatementLine {
  return {
    line,
    bookedOn,
    amount: { currency, minorUnits: minor },
    ...present({ endToEndId, description }),
  };
}

function matchOf({ again, payment, back }: Row): LineMatch {
  const known = { again, candidates: 0, rivals: 0 };
  const found = payment === null ? known : { ...known, payment: paymentOf(payment) };
  if (back === null) return found;
  const { endToEndId: returnId, received: amount, ...rest } = paymentOf(back);
  return { ...found, back: { ...rest, returnId, amount } };
}

export type OwnPayment = OurPayment & { readonly paymentLinkId?: string };

function paymentOf({ e2e, request, link, currency, minor, on }: PaymentJson): OwnPayment {
  return {
    endToEndId: e2e,
    received: { currency, minorUnits: minor },
    ...present({ requestId: request, paymentLinkId: link, on }),
  };
}

const notOnStatementShape = z.object({
  id: z.string(),
  payment: storedJson<PaymentJson>(),
});

/** Booked on a day of the statement, on no line by its id, and matched by no line without one. */
export async function paymentsNotOnStatement(
  client: pg.ClientBase,
  statementId: string,
  provider: string,
  after: string,
  most: number,
): Promise<readonly (OwnPayment & { readonly id: string })[]> {
  const rows = await readRows(
    client,
    notOnStatementShape,
    `select t.transaction_id as id, ${PAYMENT} as payment
       from statement h join merchant m on m.merchant_id = h.merchant_id, ${LEDGER}
      where h.statement_id = $1 and t.merchant_id = h.merchant_id and t.provider = $2 and t.settles
        and t.transaction_id > $3
        and coalesce(t.settled_at, t.booked_at) >= h.first_on::timestamp at time zone m.time_zone
        and coalesce(t.settled_at, t.booked_at) < (h.last_on + 1)::timestamp at time zone m.time_zone
        and not exists (select from statement_line s where s.statement_id = $1 and s.end_to_end_id = t.end_to_end_id
          and s.amount_minor > 0)
        and not exists (select from statement_line s where s.statement_id = $1 and s.end_to_end_id is null
                           and s.booked_on = ${DAY} and s.currency = e.currency and s.amount_minor = e.amount_minor)
      order by t.transaction_id limit $4`,
    [statementId, provider, after, most],
  );
  return rows.map(({ id, payment }) => ({ ...paymentOf(payment), id }));
}

export async function returnsNotOnStatement(
  client: pg.ClientBase,
  statementId: string,
  after: string,
  most: number,
): Promise<readonly (OwnPayment & { readonly id: string })[]> {
  const rows = await readRows(
    client,
    notOnStatementShape,
    `select b.return_id as id, ${RETURN} as payment
       from statement h join merchant m on m.merchant_id = h.merchant_id
       join money_return b on b.merchant_id = h.merchant_id
      where h.statement_id = $1 and b.status = 'completed' and b.return_id > $2
        and (b.completed_at at time zone m.time_zone)::date between h.first_on and h.last_on
        and not exists (select from statement_line s where s.statement_id = $1 and s.amount_minor < 0
          and ${NAMES_RETURN})
        and not exists (select from statement_line s where s.statement_id = $1 and s.end_to_end_id is null
                           and s.booked_on = (b.completed_at at time zone m.time_zone)::date
                             and s.amount_minor = -b.amount_minor)
      order by b.return_id limit $3`,
    [statementId, after, most],
  );
  return rows.map(({ id, payment }) => ({ ...paymentOf(payment), id }));
}
