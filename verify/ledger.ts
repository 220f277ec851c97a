/** The ledger by its own sums: I2 no double credit, I4 sums to zero and every cent owned, I9 explained money. */
import { ARRIVAL_KINDS, count, runRules, type MerchantSnapshot, type InvariantRule } from './rules.ts';

/**
 * Rows from before 0002_money.sql do not name the exception that owns them; its id is made of its cause
 * (db/money/exceptions.ts).
 */
const OWNER = `coalesce(t.exception_id, left(encode(sha256(convert_to(concat_ws('|', t.merchant_id, t.kind, t.end_to_end_id), 'UTF8')), 'hex'), 32))`;

const CREDITED_ONCE: readonly InvariantRule[] = [
  {
    invariant: 'I2',
    broken: `select min(booked_at)::text as place,
        format('payment %s at %s is booked %s times (%s)', end_to_end_id, provider, count(*),
          string_agg(transaction_id, ', ' order by transaction_id)) as sentence
      from ledger_transaction where merchant_id = $1 and kind in ${ARRIVAL_KINDS}
      group by provider, end_to_end_id having count(*) > 1`,
  },
];

const SUMS: readonly InvariantRule[] = [
  {
    invariant: 'I4',
    broken: `select min(t.booked_at)::text as place,
        format('the entries of transaction %s add up to %s minor units of %s', t.transaction_id, sum(e.amount_minor),
          e.currency) as sentence
      from ledger_transaction t join ledger_entry e using (transaction_id) where t.merchant_id = $1
      group by t.transaction_id, e.currency having sum(e.amount_minor) <> 0`,
  },
  {
    invariant: 'I4',
    broken: `select booked_at::text as place, format('transaction %s has no entries', transaction_id) as sentence
      from ledger_transaction t where merchant_id = $1
       and not exists (select from ledger_entry e where e.transaction_id = t.transaction_id)`,
  },
  {
    invariant: 'I4',
    broken: `select currency as place, format('the whole ledger adds up to %s minor units of %s', sum(amount_minor),
      currency) as sentence
      from ledger_entry where merchant_id = $1 group by currency having sum(amount_minor) <> 0`,
  },
  {
    // Each cent on `unapplied` is some open exception's.
    invariant: 'I4',
    broken: `with held as (
        select ${OWNER} as exception_id, e.currency, -sum(e.amount_minor) as minor, min(t.booked_at) as since
          from ledger_entry e join ledger_transaction t using (transaction_id)
         where t.merchant_id = $1 and e.account = 'unapplied' group by 1, 2)
      select h.since::text as place,
        case when x.exception_id is null
             then format('%s minor units of %s lie on unapplied, and the exception %s that owns them is not there',
               h.minor, h.currency, h.exception_id)
             when h.minor < 0 then format('exception %s has given away %s minor units of %s more than it held',
               h.exception_id, -h.minor, h.currency)
             else format('exception %s is resolved, and still holds %s minor units of %s on unapplied', h.exception_id,
               h.minor, h.currency) end as sentence
      from held h left join exception x on x.exception_id = h.exception_id and x.merchant_id = $1
     where h.minor <> 0 and (x.exception_id is null or h.minor < 0 or x.status <> 'open')`,
  },
  {
    invariant: 'I4',
    broken: `with leaving as (
        select coalesce(t.return_id, t.transaction_id) as return_id, e.currency, -sum(e.amount_minor) as minor
          from ledger_entry e join ledger_transaction t using (transaction_id)
         where t.merchant_id = $1 and e.account = 'returning' group by 1, 2 having sum(e.amount_minor) <> 0),
      under_way as (
        select return_id, currency, amount_minor from money_return where merchant_id = $1
          and status in ('sending', 'pending'))
      select coalesce(l.return_id, u.return_id) as place,
        format('return %s has %s minor units of %s on returning, and %s under way at the provider',
               coalesce(l.return_id, u.return_id),
               coalesce(l.minor, 0), coalesce(l.currency, u.currency), coalesce(u.amount_minor, 0)) as sentence
      from leaving l full join under_way u on u.return_id = l.return_id and u.currency = l.currency
     where l.minor is distinct from u.amount_minor`,
  },
];

/** Transactions that do not lead to a request, a link and evidence, or for a decision to who took it and why. */
const UNEXPLAINED = `select t.transaction_id, t.booked_at,
    case when t.kind in ${ARRIVAL_KINDS} and t.evidence !~ '^[0-9a-f]{64}$'
         then 'has no evidence of the provider''s answer'
         when t.evidence = '' then 'has no evidence'
         when t.kind = 'unknown-request' and x.exception_id is null
           then 'is money for an unknown request, and no exception owns it'
         when t.kind in ${ARRIVAL_KINDS} and t.kind <> 'unknown-request'
           and (r.payment_request_id is null or l.payment_link_id is null)
           then format('leads to request %s on link %s, which is not there', coalesce(t.payment_request_id, 'none'),
             coalesce(t.payment_link_id, 'none'))
         when t.kind in ${ARRIVAL_KINDS} and t.kind <> 'unknown-request' and v.number is null
           then format('paid revision %s of request %s, which is not there', t.revision, t.payment_request_id)
         when t.kind in ('accepted', 'applied', 'credited', 'written-off', 'return-begun')
           and (t.command_id is null or t.actor is null or t.reason is null)
           then 'is a decision, and nothing says who took it and why'
         when t.kind not in ${ARRIVAL_KINDS} and t.exception_id is null and t.return_id is null
           then 'belongs to no exception and no return'
    end as trouble
  from ledger_transaction t
  left join payment_request r on r.payment_request_id = t.payment_request_id and r.merchant_id = t.merchant_id
    and r.payment_link_id = t.payment_link_id
  left join payment_link l on l.payment_link_id = t.payment_link_id and l.merchant_id = t.merchant_id
  left join request_revision v on v.payment_request_id = t.payment_request_id and v.number = t.revision
  left join exception x on x.exception_id = t.exception_id and x.merchant_id = t.merchant_id
 where t.merchant_id = $1`;

const EXPLAINED: readonly InvariantRule[] = [
  {
    invariant: 'I9',
    broken: `select booked_at::text as place, format('transaction %s %s', transaction_id, trouble) as sentence
      from (${UNEXPLAINED}) as explained where trouble is not null`,
  },
  {
    invariant: 'I9',
    broken: `select e.transaction_id as place,
      format('entry %s of transaction %s stands in the ledger of %s, and the transaction does not', e.line,
        e.transaction_id, e.merchant_id) as sentence
      from ledger_entry e where e.merchant_id = $1
       and not exists (select from ledger_transaction t where t.transaction_id = e.transaction_id
         and t.merchant_id = e.merchant_id)`,
  },
];

/** Facts are explained as well: who ordered them, and what the provider said. */
const TIMELINE_RULES: readonly InvariantRule[] = [
  {
    invariant: 'I9',
    broken: `select lpad(timeline_id::text, 20, '0') as place,
      format('history entry %s (%s) came of command %s, and names nobody who gave it', timeline_id, what,
        command_id) as sentence
      from timeline where merchant_id = $1 and command_id is not null and coalesce(actor, '') = ''`,
  },
  {
    invariant: 'I9',
    broken: `select lpad(timeline_id::text, 20, '0') as place,
      format('history entry %s says %s of request %s, and has no evidence', timeline_id, what,
        payment_request_id) as sentence
      from timeline where merchant_id = $1 and what in ('linked', 'updated', 'paid', 'underpaid', 'expired')
        and coalesce(evidence, '') = ''`,
  },
];

export async function checkLedger(snapshot: MerchantSnapshot): Promise<void> {
  await count(snapshot, [
    {
      invariant: 'I2',
      noun: 'payments booked',
      of: `ledger_transaction where merchant_id = $1 and kind in ${ARRIVAL_KINDS}`,
    },
    { invariant: 'I4', noun: 'transactions', of: 'ledger_transaction where merchant_id = $1' },
    { invariant: 'I9', noun: 'entries', of: 'ledger_entry where merchant_id = $1' },
    { invariant: 'I9', noun: 'facts', of: 'timeline where merchant_id = $1' },
  ]);
  await runRules(snapshot, [...CREDITED_ONCE, ...SUMS, ...EXPLAINED, ...TIMELINE_RULES]);
  snapshot.findings.looked('I9', `explained share ${await explainedShare(snapshot)}`);
}

/** Of what ever moved, in the currency where it is least. Rounded down: 100.000 % means all of it. */
async function explainedShare({ client, merchantId }: MerchantSnapshot): Promise<string> {
  const { rows } = await client.query<{ share: string | null }>(
    `select min(trunc(100.0 * explained / whole, 3))::text as share from (
       select sum(abs(e.amount_minor)) as whole,
              sum(abs(e.amount_minor)) filter (where u.transaction_id is not null and u.trouble is null) as explained
         from ledger_entry e left join (${UNEXPLAINED}) u on u.transaction_id = e.transaction_id
        where e.merchant_id = $1 group by e.currency) as sums`,
    [merchantId],
  );
  return `${rows[0]?.share ?? '100.000'} %`;
}
