-- What becomes of money after it arrived: exceptions that are decided, money that goes back, and a ledger that says who and why.
-- The table of postings stands in docs/design.md, the words in docs/glossary.md.

alter table ledger_transaction drop constraint ledger_transaction_kind_check;
alter table ledger_transaction drop constraint ledger_transaction_merchant_id_provider_end_to_end_id_key;
alter table ledger_transaction
  -- Money for a request that nobody here knows has neither.
  alter column payment_link_id drop not null,
  alter column payment_request_id drop not null,
  -- The exception whose money this is about: it owns what this puts on `unapplied`, or it is what this takes off.
  add column exception_id text,
  add column return_id text,
  -- Which reading of the provider's amount balanced by the sum rule, where it named parts (payments-api.md §B.9).
  add column balanced text check (balanced in ('face', 'total', 'neither')),
  add column command_id text,
  add column actor text,
  add column reason text,
  add constraint ledger_transaction_kind_check check (kind in (
    'exact', 'over', 'partial', 'second', 'late', 'wrong-currency', 'unknown-request',
    'accepted', 'applied', 'credited', 'written-off',
    'return-begun', 'return-completed', 'return-failed', 'return-bounced', 'returned-outside')),
  -- Money that arrived, as opposed to what became of it later.
  add column settles boolean not null generated always as (
    kind in ('exact', 'over', 'partial', 'second', 'late', 'wrong-currency', 'unknown-request')) stored;
create unique index ledger_transaction_settles on ledger_transaction (merchant_id, provider, end_to_end_id) where settles;
create index ledger_transaction_payment on ledger_transaction (provider, end_to_end_id);
create index ledger_transaction_exception on ledger_transaction (exception_id) where exception_id is not null;
create index ledger_transaction_return on ledger_transaction (return_id) where return_id is not null;
create index ledger_transaction_booked on ledger_transaction (merchant_id, booked_at);

-- Rows of version 1 hash a few columns; those of version 2 every byte of the transaction and of its entries.
alter table ledger_chain add column version smallint not null default 1 check (version in (1, 2));
alter table ledger_chain alter column version set default 2;

-- Length first: no two rows of fields are written the same.
create function ledger_field(value text) returns text language sql immutable
  as $$ select case when value is null then '-' else octet_length(value) || ':' || value end $$;

create function ledger_instant(at timestamptz) returns text language sql immutable
  as $$ select ledger_field((extract(epoch from at) * 1000000)::bigint::text) $$;

create function ledger_digest(wanted text) returns bytea language sql stable as $$
  select sha256(convert_to(concat_ws(',',
      ledger_field(t.transaction_id), ledger_field(t.merchant_id), ledger_field(t.provider), ledger_field(t.end_to_end_id),
      ledger_field(t.payment_link_id), ledger_field(t.payment_request_id), ledger_field(t.kind), ledger_field(t.revision::text),
      ledger_instant(t.settled_at), ledger_instant(t.booked_at), ledger_field(t.evidence), ledger_field(t.exception_id),
      ledger_field(t.return_id), ledger_field(t.balanced), ledger_field(t.command_id), ledger_field(t.actor), ledger_field(t.reason),
      (select string_agg(concat_ws(',', ledger_field(e.merchant_id), ledger_field(e.line::text), ledger_field(e.account),
                                   ledger_field(e.currency), ledger_field(e.amount_minor::text)), ';' order by e.line)
         from ledger_entry e where e.transaction_id = t.transaction_id)), 'UTF8'))
    from ledger_transaction t where t.transaction_id = wanted
$$;

-- What a merchant wants done with money that fits nowhere, by kind. The newest row of a kind counts; none: domain/exception.ts.
create table exception_policy (
  policy_id bigint generated always as identity primary key,
  merchant_id text not null references merchant,
  kind text not null,
  policy text not null check (policy in ('return', 'credit', 'hold', 'accept')),
  deadline_seconds int not null check (deadline_seconds > 0),
  owner text not null,
  actor text not null,
  reason text not null,
  created_at timestamptz not null default now()
);
create index exception_policy_newest on exception_policy (merchant_id, kind, policy_id desc);
create trigger append_only before update or delete on exception_policy for each row execute function refuse_change();

alter table exception drop constraint exception_kind_check;
alter table exception
  alter column payment_link_id drop not null,
  add column policy text not null default 'hold' check (policy in ('return', 'credit', 'hold', 'accept')),
  add column deadline_at timestamptz,
  add column owner text not null default 'operations',
  -- The decision that closed it: what, who, why, by which command.
  add column resolution jsonb,
  add column resolved_at timestamptz,
  add column escalated_at timestamptz,
  -- Its own workflow is woken by `watch` from here on, until it says when it wants to be woken again.
  add column next_check_at timestamptz default now(),
  add constraint exception_kind_check check (kind in (
    'late', 'second', 'partial', 'over', 'wrong-currency', 'unknown-request', 'return-failed', 'return-unknown',
    'drift', 'stranger', 'cancelled-outside', 'late-write',
    'unseen-payment', 'missing-at-provider', 'differs-at-provider')),
  add constraint exception_resolved check ((status = 'resolved') = (resolution is not null));
create index exception_page on exception (merchant_id, opened_at desc, exception_id desc);
create index exception_due on exception (merchant_id, next_check_at) where next_check_at is not null;

-- Money on its way back, or come back. The ledger has the money; this row has the state at the provider.
create table money_return (
  -- 32 hex characters, ours: the provider's idempotency key and reference. Of a return that the provider began by itself: from its id.
  return_id text primary key,
  merchant_id text not null references merchant,
  provider text not null,
  payment_link_id text,
  payment_request_id text,
  -- The payment that goes back.
  end_to_end_id text not null,
  currency text not null,
  amount_minor bigint not null check (amount_minor > 0),
  whole boolean not null,
  origin text not null check (origin in ('merchant', 'operator', 'policy', 'provider')),
  reason text not null,
  actor text not null,
  command_id text,
  -- The exception whose money it is, when it is one's.
  exception_id text,
  status text not null check (status in ('sending', 'pending', 'completed', 'failed')),
  because text,
  provider_return_id text,
  -- Set before the first call: from then on a lost answer may mean that it happened (F2).
  sent_at timestamptz,
  next_check_at timestamptz default now(),
  checks int not null default 0,
  completed_at timestamptz,
  failed_at timestamptz,
  evidence text,
  created_at timestamptz not null default now(),
  updated_at timestamptz not null default now()
);
create unique index money_return_provider on money_return (merchant_id, provider, provider_return_id) where provider_return_id is not null;
create index money_return_request on money_return (payment_request_id);
create index money_return_payment on money_return (merchant_id, provider, end_to_end_id);
create index money_return_due on money_return (merchant_id, next_check_at) where next_check_at is not null;

alter table command drop constraint command_kind_check;
create index command_return on command ((payload->>'returnId')) where kind = 'returnMoney';
create index command_exception on command ((payload->>'exceptionId')) where kind = 'resolveException' and outcome is null;
alter table command add constraint command_kind_check check (kind in (
  'open', 'link', 'updateCharge', 'unlink', 'retire', 'resolve', 'reconcileNow', 'annotate', 'returnMoney', 'resolveException'));

do $$
declare
  name text;
begin
  foreach name in array array['exception_policy', 'money_return'] loop
    execute format('alter table %I enable row level security', name);
    execute format('alter table %I force row level security', name);
    execute format('create policy tenant on %I using (merchant_id = current_merchant()) with check (merchant_id = current_merchant())', name);
  end loop;
end $$;
grant select, insert on exception_policy to relink_app;
grant select, insert, update on money_return to relink_app;
