/** Violations to plant among the bills of metered accounts: one is billed and one is held. */
import type { PlantedViolation } from './planted.ts';

const PAID = `(select payment_request_id from ledger_transaction where kind = 'exact' order by booked_at limit 1)`;

export const PLANTED_BILLS: readonly PlantedViolation[] = [
  {
    invariant: 'I3',
    what: 'a metered bill whose lines come to something else',
    says: /^bill \w+ says 3001 minor units in its revision 0, and its lines add up to 3000$/,
    sql: `update bill_revision set total_minor = total_minor + 1 where status = 'billed'`,
  },
  {
    invariant: 'I3',
    what: 'a code that asks for something else than the bill behind it',
    says: /^request \w+ asks for 3001 minor units, and the bill behind it says 3000$/,
    sql: `update request_revision set amount_minor = amount_minor + 1 where command_id like 'usage:%'`,
  },
  {
    invariant: 'I3',
    what: 'a held bill beside a request that can be paid',
    says: /^bill \w+ of account \S+ is held \(zero\), and request \w+ of the account can be paid$/,
    sql: `update bill set account_id = (select account_id from bill where status = 'billed'), number = 9 where status = 'held'`,
  },
  {
    invariant: 'I6',
    what: 'a bill that never came to its code',
    says: /^bill \w+ of account \S+ is on no code, and link \S+ is free$/,
    sql: `update bill set status = 'billed', held_because = null, total_minor = 1 where status = 'held'`,
  },
  {
    invariant: 'I9',
    what: 'a reading on two bills',
    says: /^reading 1 of device \S+ is on 2 bills of account \S+$/,
    sql: `update payment_request set status = 'paid' where payment_request_id = (select bill_id from bill
      where status = 'billed');
      insert into bill (bill_id, merchant_id, account_id, payment_link_id, number, status, content,
        currency, total_minor)
      select payment_request_id, b.merchant_id, b.account_id, b.payment_link_id, 9, 'billed', b.content,
        'BRL', b.total_minor
        from bill b, payment_request r where b.status = 'billed' and r.payment_request_id = ${PAID}`,
  },
  {
    invariant: 'I11',
    what: 'an account whose readings nobody rates',
    says: /^account \S+ has something to bill, and nobody works on it$/,
    sql: `update service_account set usage_wanted = usage_wanted + 1`,
  },
];
