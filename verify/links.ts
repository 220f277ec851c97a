/** I6: a code is free, or serves what can be paid, or says why it does neither. I7: never two at once. */
import { count, inFlight, runRules, youngerThanGrace, type MerchantSnapshot, type InvariantRule } from './rules.ts';

const RETURNS_TO_FREE: readonly InvariantRule[] = [
  {
    invariant: 'I6',
    broken: `select l.payment_link_id as place,
        format('link %s is %s and names request %s as current, which is %s', l.payment_link_id, l.status,
          l.current_request_id, coalesce(r.status, 'not there')) as sentence
      from payment_link l left join payment_request r
        on r.payment_request_id = l.current_request_id and r.merchant_id = $1 and r.payment_link_id = l.payment_link_id
     where l.merchant_id = $1 and l.current_request_id is not null
       and (r.status is null or r.status not in ('linking', 'active', 'processing')) and not ${inFlight('l')}`,
  },
  {
    invariant: 'I6',
    broken: `select l.payment_link_id as place, format('link %s is %s and names no current request', l.payment_link_id,
      l.status) as sentence
      from payment_link l where l.merchant_id = $1 and l.status in ('linking', 'linked')
        and l.current_request_id is null and not ${inFlight('l')}`,
  },
  {
    invariant: 'I6',
    broken: `select l.payment_link_id as place, format('link %s is %s and names request %s as current',
      l.payment_link_id, l.status, l.current_request_id) as sentence
      from payment_link l where l.merchant_id = $1 and l.status in ('free', 'retired', 'opening')
        and l.current_request_id is not null and not ${inFlight('l')}`,
  },
  {
    invariant: 'I6',
    broken: `select l.payment_link_id as place, format('link %s is %s, and request %s of it is still %s',
      l.payment_link_id, l.status, r.payment_request_id, r.status) as sentence
      from payment_link l join payment_request r on r.payment_link_id = l.payment_link_id
        and r.merchant_id = l.merchant_id
     where l.merchant_id = $1 and l.status in ('free', 'retired') and r.status in ('active', 'processing')
       and not ${inFlight('l')} and not ${inFlight('r')}`,
  },
  {
    invariant: 'I6',
    broken: `select l.payment_link_id as place, format('link %s needs attention, and nothing says why',
      l.payment_link_id) as sentence
      from payment_link l where l.merchant_id = $1 and l.status = 'attention' and coalesce(l.because, '') = ''`,
  },
];

/**
 * From coming into force to its end, by facts that are only ever added. One that had ended before it came into force
 * was never on the code.
 */
const ONE_AT_A_TIME: InvariantRule = {
  invariant: 'I7',
  broken: `with served as (
      select r.payment_link_id, r.payment_request_id, coalesce(r.ended_at, 'infinity') as until,
             (select min(v.in_force_at) from request_revision v where v.payment_request_id = r.payment_request_id
               and v.merchant_id = $1) as since
        from payment_request r where r.merchant_id = $1),
    in_order as (
      select *, max(until) over before as taken_until, last_value(payment_request_id) over before as by
        from served where since is not null and until > since
      window before as (partition by payment_link_id order by since, until rows between unbounded preceding
        and 1 preceding))
    select since::text as place,
      format('request %s came on link %s at %s, and the one before it (%s) was on it until %s', payment_request_id,
        payment_link_id, since, by, taken_until) as sentence
    from in_order where taken_until > since and not ${youngerThanGrace('since')}`,
};

export async function checkLinks(snapshot: MerchantSnapshot): Promise<void> {
  await count(snapshot, [
    { invariant: 'I6', noun: 'links', of: 'payment_link where merchant_id = $1' },
    {
      invariant: 'I7',
      noun: 'revisions that were in force',
      of: 'request_revision where merchant_id = $1 and in_force_at is not null',
    },
  ]);
  await runRules(snapshot, [...RETURNS_TO_FREE, ONE_AT_A_TIME]);
}
