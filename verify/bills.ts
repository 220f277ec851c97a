/**
 * Bills of metered accounts: what a code asks for is what the bill's own lines add up to (I3), and no reading is billed
 * twice (I9).
 */
import { count, runRules, youngerThanGrace, type MerchantSnapshot, type InvariantRule } from './rules.ts';

const RULES: readonly InvariantRule[] = [
  {
    invariant: 'I3',
    broken: `select v.at::text as place,
        format('bill %s says %s minor units in its revision %s, and its lines add up to %s', v.bill_id, v.total_minor,
          v.revision, l.sum) as sentence
      from bill_revision v,
           lateral (select coalesce(sum((line->'amount'->>'minorUnits')::bigint), 0) as sum
             from jsonb_array_elements(v.content->'lines') as line) l
     where v.merchant_id = $1 and (l.sum <> v.total_minor or v.total_minor::text <> v.content->'total'->>'minorUnits')`,
  },
  {
    invariant: 'I3',
    broken: `select p.created_at::text as place,
        format('request %s asks for %s minor units, and the bill behind it says %s', p.payment_request_id,
          p.amount_minor, v.total_minor) as sentence
      from request_revision p join bill_revision v
        on v.merchant_id = $1 and v.bill_id = p.payment_request_id
          and p.command_id = 'usage:' || v.bill_id || ':' || v.revision
     where p.merchant_id = $1 and p.state in ('pending', 'in-force') and p.amount_minor <> v.total_minor`,
  },
  {
    // A payment that is under way is not taken back by anybody.
    invariant: 'I3',
    broken: `select b.bill_id as place,
      format('bill %s of account %s is held (%s), and request %s of the account can be paid', b.bill_id, b.account_id,
        b.held_because, r.payment_request_id) as sentence
      from bill b join bill other using (merchant_id, account_id)
        join payment_request r on r.payment_request_id = other.bill_id
     where b.merchant_id = $1 and b.status = 'held' and r.status = 'active' and not ${youngerThanGrace('b.updated_at')}
       and b.number = (select max(number) from bill m where m.merchant_id = $1 and m.account_id = b.account_id)`,
  },
  {
    invariant: 'I6',
    broken: `select b.bill_id as place, format('bill %s of account %s is on no code, and link %s is free', b.bill_id,
      b.account_id, l.payment_link_id) as sentence
      from bill b join payment_link l on l.merchant_id = $1 and l.payment_link_id = b.payment_link_id
     where b.merchant_id = $1 and b.status = 'billed' and l.status = 'free' and not ${youngerThanGrace('b.updated_at')}
       and b.number = (select max(number) from bill m where m.merchant_id = $1 and m.account_id = b.account_id)
       and not exists (select from payment_request r where r.payment_request_id = b.bill_id)`,
  },
  {
    invariant: 'I9',
    broken: `with ended as (
        select b.account_id, b.bill_id, k->>'deviceId' as device_id, (k->>'sequence')::bigint as sequence
          from bill b join payment_request r on r.payment_request_id = b.bill_id,
            jsonb_array_elements(b.content->'readings') as k
         where b.merchant_id = $1 and r.status in ('paid', 'underpaid', 'expired'))
      select account_id as place, format('reading %s of device %s is on %s bills of account %s', sequence, device_id,
        count(*), account_id) as sentence
        from ended group by account_id, device_id, sequence having count(*) > 1`,
  },
  {
    invariant: 'I11',
    broken: `select a.account_id as place, format('account %s has something to bill, and nobody works on it',
      a.account_id) as sentence
      from service_account a
     where a.merchant_id = $1 and a.payment_link_id is not null and a.usage_wanted > a.usage_rated
       and not ($2 > 0 and a.next_usage_at is not null)`,
  },
];

export async function checkBills(snapshot: MerchantSnapshot): Promise<void> {
  await count(snapshot, [
    { invariant: 'I3', noun: 'bills', of: 'bill where merchant_id = $1' },
    { invariant: 'I9', noun: 'readings', of: 'meter_reading where merchant_id = $1' },
  ]);
  await runRules(snapshot, RULES);
}
