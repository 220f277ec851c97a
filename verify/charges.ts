/** I3: one bill is never charged twice. What it did not ask for is an exception's until somebody decides. */
import { ARRIVAL_KINDS, count, runRules, type MerchantSnapshot, type InvariantRule } from './rules.ts';

const RULES: readonly InvariantRule[] = [
  {
    invariant: 'I3',
    broken: `select min(booked_at)::text as place,
        format('request %s is covered by %s payments (%s): one of them is charged twice', payment_request_id, count(*),
          string_agg(end_to_end_id, ', ' order by booked_at)) as sentence
      from ledger_transaction where merchant_id = $1 and kind in ('exact', 'over', 'late')
      group by payment_request_id having count(*) > 1`,
  },
  {
    // received − returned − credited − held is, by double entry, what was collected less what was given back.
    // A person may decide to keep more for a bill than it asked: that is accepted, under their name.
    invariant: 'I3',
    broken: `with kept as (
        select t.payment_request_id, e.currency, -sum(e.amount_minor) as minor, min(t.booked_at) as since,
               max(t.revision) filter (where t.kind in ${ARRIVAL_KINDS} or t.kind = 'applied') as revision
          from ledger_entry e join ledger_transaction t using (transaction_id)
         where t.merchant_id = $1 and e.account in ('collected', 'refunded') and t.kind <> 'accepted'
         group by 1, 2)
      select k.since::text as place,
        format('request %s asks %s minor units of %s in its revision %s, and %s are collected for it',
          k.payment_request_id, v.amount_minor, v.currency, v.number, k.minor) as sentence
      from kept k join request_revision v on v.payment_request_id = k.payment_request_id
        and v.number = coalesce(k.revision, 0)
     where v.merchant_id = $1 and k.minor > case when v.currency = k.currency then v.amount_minor else 0 end`,
  },
  {
    invariant: 'I3',
    broken: `select t.booked_at::text as place,
        format('payment %s of request %s is not exactly what was asked (%s), and no exception owns the difference',
          t.end_to_end_id, t.payment_request_id, t.kind) as sentence
      from ledger_transaction t
     where t.merchant_id = $1 and t.kind in ${ARRIVAL_KINDS} and t.kind <> 'exact'
       and not exists (select from exception x where x.merchant_id = $1
         and (x.exception_id = t.exception_id or (x.kind = t.kind and x.cause = t.end_to_end_id)))`,
  },
];

export async function checkCharges(snapshot: MerchantSnapshot): Promise<void> {
  const paid = `(select distinct payment_request_id from ledger_transaction where merchant_id = $1 and payment_request_id is not null) as paid`;
  await count(snapshot, [{ invariant: 'I3', noun: 'paid requests', of: paid }]);
  await runRules(snapshot, RULES);
}
