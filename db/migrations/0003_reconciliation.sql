-- Reconciliation: what the provider and the bank say against what is booked here. A run counts and names; a finding is a fact.

-- A bank's statement as it was imported. The same bytes under the same mapping are the same statement.
create table statement (
  statement_id text primary key,
  merchant_id text not null references merchant,
  digest bytea not null,
  format text not null check (format in ('csv', 'camt.053')),
  mapping jsonb not null,
  bytes bigint not null,
  lines int not null,
  first_on date,
  last_on date,
  actor text not null,
  idempotency_key text,
  created_at timestamptz not null default now(),
  unique (merchant_id, digest)
);
create unique index statement_idempotency on statement (merchant_id, idempotency_key) where idempotency_key is not null;
create trigger append_only before update or delete on statement for each row execute function refuse_change();

create table statement_line (
  merchant_id text not null,
  -- Deferred: how many lines there are is known after the last one, and a statement is written once.
  statement_id text not null references statement deferrable initially deferred,
  line int not null,
  end_to_end_id text,
  booked_on date not null,
  currency text not null,
  -- Money that came is positive, money that went negative.
  amount_minor bigint not null check (amount_minor <> 0),
  description text,
  primary key (statement_id, line)
);
create index statement_line_payment on statement_line (statement_id, end_to_end_id) where end_to_end_id is not null;
create index statement_line_nameless on statement_line (statement_id, booked_on, amount_minor) where end_to_end_id is null;
create trigger append_only before update or delete on statement_line for each row execute function refuse_change();

create table reconciliation (
  reconciliation_id text primary key,
  merchant_id text not null references merchant,
  kind text not null check (kind in ('nightly', 'asked', 'statement')),
  statement_id text references statement deferrable initially deferred,
  status text not null default 'waiting' check (status in ('waiting', 'running', 'finished', 'failed')),
  asked_by text not null,
  idempotency_key text,
  body_sha256 bytea,
  from_at timestamptz,
  to_at timestamptz,
  -- Where it stands, and what it has counted so far: written together, so that a repeat counts nothing twice.
  progress jsonb not null default '{}',
  counts jsonb not null default '{}',
  money jsonb not null default '{}',
  -- Raised by each write: an attempt that was given up and still runs writes nothing any more.
  version int not null default 0,
  because text,
  created_at timestamptz not null default now(),
  started_at timestamptz,
  finished_at timestamptz,
  check ((kind = 'statement') = (statement_id is not null))
);
create unique index reconciliation_idempotency on reconciliation (merchant_id, idempotency_key) where idempotency_key is not null;
create index reconciliation_page on reconciliation (merchant_id, created_at desc, reconciliation_id desc);
create index reconciliation_statement on reconciliation (statement_id) where statement_id is not null;

create table reconciliation_finding (
  finding_id bigint generated always as identity primary key,
  merchant_id text not null references merchant,
  reconciliation_id text not null references reconciliation,
  kind text not null,
  -- What it is about: with the kind it makes the finding unique within its run, so that a repeat writes it once.
  subject text not null,
  sentence text not null,
  payment_request_id text,
  payment_link_id text,
  provider_link_id text,
  end_to_end_id text,
  statement_line int,
  ours_currency text,
  ours_minor bigint,
  ours_on date,
  theirs_currency text,
  theirs_minor bigint,
  theirs_on date,
  exception_id text,
  at timestamptz not null default now(),
  unique (reconciliation_id, kind, subject)
);
create index reconciliation_finding_page on reconciliation_finding (reconciliation_id, finding_id);
create trigger append_only before update or delete on reconciliation_finding for each row execute function refuse_change();

-- What was created at the provider in a span of time, in its order.
create index payment_request_created on payment_request (merchant_id, provider_created_at, payment_request_id)
  where provider_created_at is not null;

-- The payments of a day, wherever a bank's statement puts them.
create index ledger_transaction_day on ledger_transaction (merchant_id, (coalesce(settled_at, booked_at))) where settles;
-- Notices of payments, to be looked up among the settlements.
create index inbox_payment on inbox (merchant_id, end_to_end_id, inbox_id) where status = 'settled' and end_to_end_id is not null;

do $$
declare
  name text;
begin
  foreach name in array array['statement', 'statement_line', 'reconciliation', 'reconciliation_finding'] loop
    execute format('alter table %I enable row level security', name);
    execute format('alter table %I force row level security', name);
    execute format('create policy tenant on %I using (merchant_id = current_merchant()) with check (merchant_id = current_merchant())', name);
  end loop;
end $$;
grant select, insert on statement, statement_line, reconciliation_finding to relink_app;
grant select, insert, update on reconciliation to relink_app;

-- Merchants may share an account at the provider: whose link it is must be known before it is called a stray one.
create policy router_reads on payment_link for select to relink_router using (true);
grant select (merchant_id, payment_link_id, provider, provider_link_id) on payment_link to relink_router;
-- The nightly run begins at an hour of the merchant's own.
grant select (time_zone) on merchant to relink_router;
