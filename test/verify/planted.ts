/** Violations to plant behind the product's back: as a superuser without triggers, and taken back afterwards. */
import { PLANTED_BILLS } from './planted-bills.ts';

export interface PlantedViolation {
  readonly invariant: string;
  readonly what: string;
  /** What `verify` says, without the ids. */
  readonly says: RegExp;
  readonly sql: string;
  /** For what is no row: tables are put back by themselves. */
  readonly undo?: string;
}

/** In the order of a day: the first payment that fits its bill, the second one of it, and so on. */
const EXACT = `(select transaction_id from ledger_transaction where kind = 'exact' order by booked_at limit 1)`;
const PAID = `(select payment_request_id from ledger_transaction where kind = 'exact' order by booked_at limit 1)`;
const ACTIVE = `(select payment_request_id from payment_request where status = 'active' order by created_at limit 1)`;
const TILL = `(select payment_link_id from payment_link where kind = 'till' limit 1)`;
const BILL = `(select payment_link_id from payment_link where kind = 'bill' limit 1)`;

const ADD_TRANSACTION = `insert into ledger_transaction (transaction_id, merchant_id, provider, end_to_end_id,
  payment_link_id, payment_request_id, kind, revision, evidence)`;
const ADD_RETURN = `insert into money_return
  (return_id, merchant_id, provider, end_to_end_id, currency, amount_minor, whole, origin, reason, actor, status)`;

export const PLANTED: readonly PlantedViolation[] = [
  ...PLANTED_BILLS,
  {
    invariant: 'I1',
    what: 'a payment that is not in the ledger',
    says: /^payment E\w+ of request \w+ over BRL 22\.90 is at the provider and not in the ledger$/,
    sql: `delete from ledger_transaction where payment_request_id = ${PAID}`,
  },
  {
    invariant: 'I1',
    what: 'a payment that only the ledger has',
    says: /^the ledger has payment E-nobody-paid for request \w+, and the provider shows none$/,
    sql: `${ADD_TRANSACTION}
      select 'x', merchant_id, 'jpmorgan', 'E-nobody-paid', payment_link_id, payment_request_id, 'exact', 0,
        repeat('0', 64) from payment_request where payment_request_id = ${ACTIVE}`,
  },
  {
    invariant: 'I1',
    what: 'a payment that is booked as less',
    says: /^payment E\w+ of request \w+ over BRL 24\.90 is booked as BRL 24\.89$/,
    sql: `update ledger_entry set amount_minor = amount_minor - sign(amount_minor) where transaction_id = (select transaction_id from ledger_transaction where kind = 'late')`,
  },
  {
    invariant: 'I2',
    what: 'a payment that is booked twice',
    says: /^payment E\w+ at jpmorgan is booked 2 times \(jpmorgan:E\w+, twice\)$/,
    sql: `drop index ledger_transaction_settles; ${ADD_TRANSACTION}
      select 'twice', merchant_id, provider, end_to_end_id, payment_link_id, payment_request_id, kind, revision,
        evidence from ledger_transaction where transaction_id = ${EXACT}`,
    undo: 'create unique index ledger_transaction_settles on ledger_transaction (merchant_id, provider, end_to_end_id) where settles',
  },
  {
    invariant: 'I3',
    what: 'a bill that two payments cover',
    says: /^request \w+ is covered by 2 payments \(E\w+, E\w+\): one of them is charged twice$/,
    sql: `update ledger_transaction set kind = 'exact' where kind = 'second'`,
  },
  {
    invariant: 'I3',
    what: 'a bill for which more is collected than it asks',
    says: /^request \w+ asks 2490 minor units of BRL in its revision 0, and 3000 are collected for it$/,
    sql: `update ledger_entry set account = 'collected' where account = 'unapplied' and transaction_id = (select transaction_id from ledger_transaction where kind = 'over')`,
  },
  {
    invariant: 'I3',
    what: 'too much money without an exception',
    says: /^payment E\w+ of request \w+ is not exactly what was asked \(over\), and no exception owns the difference$/,
    sql: `delete from exception where kind = 'over'`,
  },
  {
    invariant: 'I4',
    what: 'a transaction that does not balance',
    says: /^the entries of transaction jpmorgan:E\w+ add up to 1 minor units of BRL$/,
    sql: `update ledger_entry set amount_minor = amount_minor + 1 where account = 'provider' and transaction_id = ${EXACT}`,
  },
  {
    invariant: 'I4',
    what: 'a transaction without entries',
    says: /^transaction jpmorgan:E\w+ has no entries$/,
    sql: `delete from ledger_entry where transaction_id = ${EXACT}`,
  },
  {
    invariant: 'I4',
    what: 'money on unapplied whose exception is resolved',
    says: /^exception \w+ is resolved, and still holds 510 minor units of BRL on unapplied$/,
    sql: `update exception set status = 'resolved', resolution = '{}' where kind = 'over'`,
  },
  {
    invariant: 'I4',
    what: 'money on unapplied that nobody owns',
    says: /^2490 minor units of BRL lie on unapplied, and the exception \w+ that owns them is not there$/,
    sql: `delete from exception where kind = 'late'`,
  },
  {
    invariant: 'I4',
    what: 'a return that is under way without its money',
    says: /^return r1 has 0 minor units of BRL on returning, and 100 under way at the provider$/,
    sql: `${ADD_RETURN}
      select 'r1', merchant_id, 'jpmorgan', end_to_end_id, 'BRL', 100, false, 'operator', 'x', 'x', 'pending'
        from ledger_transaction where kind = 'exact' limit 1`,
  },
  {
    invariant: 'I5',
    what: 'a trigger that is disabled',
    says: /^nothing refuses UPDATE of ledger_entry: its trigger is missing, disabled or harmless$/,
    sql: 'alter table ledger_entry disable trigger append_only',
    undo: 'alter table ledger_entry enable trigger append_only',
  },
  {
    invariant: 'I5',
    what: 'a row of the ledger that was changed',
    says: /^row 1 \(transaction jpmorgan:E\w+\) is not what was hashed/,
    sql: `update ledger_transaction set evidence = repeat('0', 64) where transaction_id = ${EXACT}`,
  },
  {
    invariant: 'I6',
    what: 'a link that is bound to a paid request',
    says: /^link till-4-\w+ is linked and names request \w+ as current, which is paid$/,
    sql: `update payment_link set current_request_id = ${PAID} where payment_link_id = ${TILL}`,
  },
  {
    invariant: 'I6',
    what: 'a link that is free while its request is alive',
    says: /^link till-4-\w+ is free, and request \w+ of it is still active$/,
    sql: `update payment_link set status = 'free', current_request_id = null where payment_link_id = ${TILL}`,
  },
  {
    invariant: 'I7',
    what: 'two requests that were on one code at once',
    says: /^request \w+ came on link till-4-\w+ at .*, and the one before it \(\w+\) was on it until/,
    sql: `update payment_request set ended_at = ended_at + interval '1 hour' where payment_request_id = ${PAID}`,
  },
  {
    invariant: 'I8',
    what: 'a request that is over here and alive at the provider',
    says: /^request \w+ is expired here and active at the provider$/,
    sql: `update payment_request set status = 'expired', ended_at = now() where payment_request_id = ${ACTIVE}`,
  },
  {
    invariant: 'I8',
    what: 'a request that asks another amount',
    says: /^request \w+ asks BRL 9\.00 here and BRL 3\.00 at the provider$/,
    sql: `update payment_request set amount_minor = 900 where payment_request_id = ${ACTIVE}`,
  },
  {
    invariant: 'I8',
    what: 'a printed code that the provider does not know',
    says: /^link bill-\w+ is free, and the provider does not know its code gone$/,
    sql: `update payment_link set provider_link_id = 'gone' where payment_link_id = ${BILL}`,
  },
  {
    invariant: 'I8',
    what: 'a code that serves what we think is free',
    says: /^link till-4-\w+ is free, and its code serves \w+$/,
    sql: `update payment_link set status = 'free', current_request_id = null where payment_link_id = ${TILL}`,
  },
  {
    invariant: 'I9',
    what: 'a payment without evidence',
    says: /^transaction jpmorgan:E\w+ has no evidence of the provider's answer$/,
    sql: `update ledger_transaction set evidence = 'somebody said so' where transaction_id = ${EXACT}`,
  },
  {
    invariant: 'I9',
    what: 'a payment of no link',
    says: /^transaction jpmorgan:E\w+ leads to request \w+ on link nowhere, which is not there$/,
    sql: `update ledger_transaction set payment_link_id = 'nowhere' where transaction_id = ${EXACT}`,
  },
  {
    invariant: 'I10',
    what: 'an event that is missing',
    says: /^event \d+ \(.*\) stands at place \d+: there is a gap$/,
    sql: `delete from event where position = 3`,
  },
  {
    invariant: 'I10',
    what: 'a payment that was told twice',
    says: /^2 events say payment_request\.paid of request \w+$/,
    sql: `insert into event select merchant_id, (select max(position) + 1 from event), name,
        payment_link_id, payment_request_id, 'again', payload from event
        where name = 'payment_request.paid' and payment_request_id = ${PAID};
      update merchant_head set position = position + 1`,
  },
  {
    invariant: 'I10',
    what: 'a payment that nobody was told of',
    says: /^request \w+ is paid, and no event says that it was paid$/,
    sql: `update event set name = 'payment_request.expired' where name = 'payment_request.paid' and payment_request_id = ${PAID}`,
  },
  {
    invariant: 'I10',
    what: 'more sent back than came',
    says: /^of payment E\w+ 2291 minor units of BRL are on their way back or gone back, and 2290 had arrived$/,
    sql: `${ADD_RETURN}
      select 'r1', merchant_id, provider, end_to_end_id, 'BRL', 2291, false, 'operator', 'x', 'x', 'completed'
        from ledger_transaction where transaction_id = ${EXACT}`,
  },
  {
    invariant: 'I11',
    what: 'an answered command without an outcome',
    says: /^command [\w-]+ \(link\) was answered 201, and has no outcome$/,
    sql: `update command set outcome = null where payment_request_id = ${PAID} and kind = 'link'`,
  },
  {
    invariant: 'I11',
    what: 'a request that was promised and is gone',
    says: /^command [\w-]+ \(link\) was taken in for request \w+, which is not there$/,
    sql: `delete from payment_request where payment_request_id = ${PAID}`,
  },
  {
    invariant: 'I11',
    what: 'an acknowledged notice of which nothing came',
    says: /^notice \d+ \(settled, request \w+\) was acknowledged, and nothing came of it$/,
    sql: `update inbox set applied_at = null where status = 'settled' and payment_request_id = ${PAID}`,
  },
  {
    invariant: 'I13',
    what: 'a table whose wall is down',
    says: /^table event has no row-level security that holds for its owner too$/,
    sql: 'alter table event no force row level security',
    undo: 'alter table event force row level security',
  },
  {
    invariant: 'I13',
    what: 'a policy that lets everybody pass',
    says: /^policy open lets relink_app pass the wall of event$/,
    sql: 'create policy open on event for select using (true)',
    undo: 'drop policy open on event',
  },
  {
    invariant: 'I13',
    what: 'a process that may change the ledger',
    says: /^role relink_app may UPDATE ledger_entry$/,
    sql: 'grant update (amount_minor) on ledger_entry to relink_app',
    undo: 'revoke update (amount_minor) on ledger_entry from relink_app',
  },
  {
    invariant: 'I13',
    what: 'a request on another merchant’s link',
    says: /^payment_request \w+ refers to payment_link theirs, which is not this merchant's$/,
    sql: `insert into payment_link (merchant_id, payment_link_id, kind, label, status, provider)
      values ('other', 'theirs', 'till', 'x', 'free', 'jpmorgan');
      update payment_request set payment_link_id = 'theirs' where payment_request_id = ${PAID}`,
  },
  {
    invariant: 'I13',
    what: 'an event about another merchant’s request',
    says: /^event \d+ refers to payment_request 0{32}, which is another merchant's$/,
    sql: `insert into payment_request (merchant_id, payment_request_id, payment_link_id, status, currency, amount_minor,
      reference) values ('other', repeat('0', 32), 'theirs', 'active', 'BRL', 1, 'x');
      update event set payment_request_id = repeat('0', 32) where position = 2`,
  },
];
