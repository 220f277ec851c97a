/**
 * I13: nothing of one merchant refers to another's. What the catalogue says about the wall itself is in `guards.ts`.
 */
import { count, runRules, type MerchantSnapshot, type InvariantRule } from './rules.ts';

interface TenantReference {
  readonly table: string;
  readonly key: string;
  readonly column: string;
  readonly to: 'payment_request' | 'payment_link' | 'ledger_transaction';
}

const KEY = {
  payment_request: 'payment_request_id',
  payment_link: 'payment_link_id',
  ledger_transaction: 'transaction_id',
};

/** Must be there, and the same merchant's. */
const OWNED: readonly TenantReference[] = [
  { table: 'payment_request', key: 'payment_request_id', column: 'payment_link_id', to: 'payment_link' },
  { table: 'request_revision', key: 'payment_request_id', column: 'payment_request_id', to: 'payment_request' },
  { table: 'ledger_transaction', key: 'transaction_id', column: 'payment_request_id', to: 'payment_request' },
  { table: 'ledger_transaction', key: 'transaction_id', column: 'payment_link_id', to: 'payment_link' },
  { table: 'ledger_entry', key: 'transaction_id', column: 'transaction_id', to: 'ledger_transaction' },
  { table: 'ledger_chain', key: 'row', column: 'transaction_id', to: 'ledger_transaction' },
  { table: 'exception', key: 'exception_id', column: 'payment_request_id', to: 'payment_request' },
  { table: 'exception', key: 'exception_id', column: 'payment_link_id', to: 'payment_link' },
  { table: 'money_return', key: 'return_id', column: 'payment_request_id', to: 'payment_request' },
  { table: 'money_return', key: 'return_id', column: 'payment_link_id', to: 'payment_link' },
  { table: 'timeline', key: 'timeline_id', column: 'payment_link_id', to: 'payment_link' },
  { table: 'event', key: 'position', column: 'payment_link_id', to: 'payment_link' },
  { table: 'inbox', key: 'inbox_id', column: 'payment_link_id', to: 'payment_link' },
  { table: 'payment_link', key: 'payment_link_id', column: 'current_request_id', to: 'payment_request' },
];
/** May name what is not there, because a stranger may ask for anything; never what is another merchant's. */
const NAMED: readonly TenantReference[] = [
  { table: 'command', key: 'command_id', column: 'payment_request_id', to: 'payment_request' },
  { table: 'timeline', key: 'timeline_id', column: 'payment_request_id', to: 'payment_request' },
  { table: 'event', key: 'position', column: 'payment_request_id', to: 'payment_request' },
  { table: 'inbox', key: 'inbox_id', column: 'payment_request_id', to: 'payment_request' },
];

const owned = ({ table, key, column, to }: TenantReference): InvariantRule => ({
  invariant: 'I13',
  broken: `select x.${key}::text as place, format('${table} %s refers to ${to} %s, which is not this merchant''s',
    x.${key}, x.${column}) as sentence
    from ${table} x where x.merchant_id = $1 and x.${column} is not null
     and not exists (select from ${to} y where y.${KEY[to]} = x.${column} and y.merchant_id = x.merchant_id)`,
});

/** Under the policies another merchant's row cannot be seen: then this finds nothing, and a superuser's run does. */
const named = ({ table, key, column, to }: TenantReference): InvariantRule => ({
  invariant: 'I13',
  broken: `select x.${key}::text as place, format('${table} %s refers to ${to} %s, which is another merchant''s',
    x.${key}, x.${column}) as sentence
    from ${table} x join ${to} y on y.${KEY[to]} = x.${column} and y.merchant_id <> x.merchant_id
      where x.merchant_id = $1`,
});

export async function checkTenants(snapshot: MerchantSnapshot): Promise<void> {
  await count(snapshot, [{ invariant: 'I13', noun: 'requests', of: 'payment_request where merchant_id = $1' }]);
  await runRules(snapshot, [...OWNED.map(owned), ...NAMED.map(named)]);
}
