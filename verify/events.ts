/** I10: what a customer hears of, and what is sent back, happens once for each cause. */
import { count, runRules, youngerThanGrace, type MerchantSnapshot, type InvariantRule } from './rules.ts';

const EVENT_RULES: readonly InvariantRule[] = [
  {
    invariant: 'I10',
    broken: `select lpad(position::text, 20, '0') as place, format('event %s (%s) stands at place %s: there is a gap',
      position, name, place) as sentence
      from (select position, name, row_number() over (order by position) as place from event
        where merchant_id = $1) as numbered
     where position <> place`,
  },
  {
    invariant: 'I10',
    broken: `select '' as place, format('the head counts %s events, and there are %s', h.position, e.count) as sentence
      from (select coalesce(max(position), 0) as position from merchant_head where merchant_id = $1) h,
           (select count(*) from event where merchant_id = $1) e
     where h.position <> e.count`,
  },
  {
    invariant: 'I10',
    broken: `select min(position)::text as place, format('event %s is told %s times of the same cause (%s)', name,
      count(*), cause) as sentence
      from event where merchant_id = $1 group by name, cause having count(*) > 1`,
  },
  {
    invariant: 'I10',
    broken: `select min(position)::text as place, format('%s events say %s of request %s', count(*), name,
      payment_request_id) as sentence
      from event where merchant_id = $1 and name in ('payment_request.linked', 'payment_request.paid',
        'payment_request.underpaid')
      group by name, payment_request_id having count(*) > 1`,
  },
  {
    // A decision, and nothing else, makes an underpaid request a paid one afterwards.
    invariant: 'I10',
    broken: `select min(e.position)::text as place,
      format('request %s is told to be underpaid and to be paid, and nobody decided so',
        e.payment_request_id) as sentence
      from event e where e.merchant_id = $1 and e.name in ('payment_request.paid', 'payment_request.underpaid')
       and not exists (select from ledger_transaction t where t.merchant_id = $1
                          and t.payment_request_id = e.payment_request_id
                          and t.kind in ('accepted', 'applied', 'written-off'))
      group by e.payment_request_id having count(distinct e.name) > 1`,
  },
  {
    invariant: 'I10',
    broken: `select r.ended_at::text as place, format('request %s is %s, and no event says that it was paid',
      r.payment_request_id, r.status) as sentence
      from payment_request r where r.merchant_id = $1 and r.status in ('paid', 'underpaid')
       and not ${youngerThanGrace('r.updated_at')}
       and not exists (select from event e where e.merchant_id = $1 and e.payment_request_id = r.payment_request_id
                          and e.name in ('payment_request.paid', 'payment_request.underpaid'))`,
  },
  {
    invariant: 'I10',
    broken: `select e.at::text as place, format('event %s says that request %s was paid, and nothing is booked for it',
      e.position, e.payment_request_id) as sentence
      from event e where e.merchant_id = $1 and e.name in ('payment_request.paid', 'payment_request.underpaid')
       and not exists (select from ledger_transaction t where t.merchant_id = $1
         and t.payment_request_id = e.payment_request_id)`,
  },
];

const SENT_BACK: readonly InvariantRule[] = [
  {
    invariant: 'I10',
    broken: `select min(created_at)::text as place, format('command %s made %s returns (%s)', command_id, count(*),
      string_agg(return_id, ', ' order by created_at)) as sentence
      from money_return where merchant_id = $1 and command_id is not null group by command_id, end_to_end_id
        having count(*) > 1`,
  },
  {
    invariant: 'I10',
    broken: `select min(created_at)::text as place, format('return %s of the provider stands here %s times',
      provider_return_id, count(*)) as sentence
      from money_return where merchant_id = $1 and provider_return_id is not null group by provider, provider_return_id
        having count(*) > 1`,
  },
  {
    invariant: 'I10',
    broken: `select min(r.created_at)::text as place,
        format('of payment %s %s minor units of %s are on their way back or gone back, and %s had arrived',
          r.end_to_end_id, sum(r.amount_minor), r.currency, max(p.minor)) as sentence
      from money_return r
      join (select t.provider, t.end_to_end_id, e.currency, sum(e.amount_minor) as minor from ledger_transaction t
             join ledger_entry e using (transaction_id)
             where t.merchant_id = $1 and t.settles and e.account = 'provider' group by 1, 2, 3) p
        on p.provider = r.provider and p.end_to_end_id = r.end_to_end_id and p.currency = r.currency
     where r.merchant_id = $1 and r.status <> 'failed' group by r.provider, r.end_to_end_id, r.currency
       having sum(r.amount_minor) > max(p.minor)`,
  },
];

export async function checkEvents(snapshot: MerchantSnapshot): Promise<void> {
  await count(snapshot, [
    { invariant: 'I10', noun: 'events', of: 'event where merchant_id = $1' },
    { invariant: 'I10', noun: 'returns', of: 'money_return where merchant_id = $1' },
  ]);
  await runRules(snapshot, [...EVENT_RULES, ...SENT_BACK]);
}
