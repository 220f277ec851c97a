-- The foundation: tenants, links, requests, commands, inbox, ledger, timeline, events, exceptions.
-- Every table names its merchant, and forced row-level security stands behind every query (protocol.md §5).
-- Processes run as relink_app or relink_router; neither owns anything, neither may change a fact.

do $$
begin
  if not exists (select from pg_roles where rolname = 'relink_app') then create role relink_app nologin; end if;
  if not exists (select from pg_roles where rolname = 'relink_router') then create role relink_router nologin; end if;
exception when duplicate_object or unique_violation then null; -- Roles belong to the whole server: another database's migration may win the race.
end $$;

create function current_merchant() returns text language sql stable
  as $$ select nullif(current_setting('relink.merchant_id', true), '') $$;

create table merchant (
  merchant_id text primary key check (merchant_id ~ '^[a-z0-9][a-z0-9-]{0,62}$'),
  name text not null,
  city text not null,
  time_zone text not null,
  currency text not null,
  created_at timestamptz not null default now()
);

create table api_key (
  key_id text primary key,
  merchant_id text not null references merchant,
  hash bytea not null unique,
  label text not null,
  created_at timestamptz not null default now(),
  revoked_at timestamptz
);

create table payment_link (
  merchant_id text not null references merchant,
  payment_link_id text not null,
  kind text not null check (kind in ('till', 'bill')),
  label text not null,
  reference text,
  status text not null check (status in ('opening', 'free', 'linking', 'linked', 'attention', 'retired')),
  because text,
  -- F4: every write of this row carries a higher seq. loadLink raises it once per run, remembered in seq_run_id.
  seq bigint not null default 0,
  seq_run_id text,
  current_request_id text,
  provider text not null,
  provider_link_id text,
  url text,
  -- The printed code never changes: its text and CRC are checked before each rendering.
  qr_text text,
  qr_crc text,
  -- An opening that nobody hears of again is looked after.
  next_check_at timestamptz default now() + interval '15 s',
  checks int not null default 0,
  created_at timestamptz not null default now(),
  updated_at timestamptz not null default now(),
  retired_at timestamptz,
  primary key (merchant_id, payment_link_id)
);
create unique index payment_link_provider on payment_link (provider, provider_link_id);
create index payment_link_due on payment_link (merchant_id, next_check_at) where next_check_at is not null;
create index payment_link_page on payment_link (merchant_id, created_at desc, payment_link_id desc);

create table payment_request (
  merchant_id text not null,
  payment_request_id text primary key check (payment_request_id ~ '^[0-9a-f]{32}$'),
  payment_link_id text not null,
  status text not null
    check (status in ('linking', 'active', 'processing', 'refused', 'cancelled', 'expired', 'underpaid', 'paid')),
  because text,
  -- The revision in force. Revision 0 is pending until the provider has it.
  revision int not null default 0,
  currency text not null,
  amount_minor bigint not null check (amount_minor > 0),
  reference text not null,
  description text,
  expires_at timestamptz,
  -- F5: set from the claim until money can no longer arrive.
  next_check_at timestamptz,
  checks int not null default 0,
  -- True after a write whose outcome was unknown: a late one may still land.
  unknown_write boolean not null default false,
  -- Set before the provider is asked to cancel: a cancelled request without it was cancelled by somebody else.
  cancel_asked_at timestamptz,
  provider_created_at timestamptz,
  ended_at timestamptz,
  created_at timestamptz not null default now(),
  updated_at timestamptz not null default now(),
  foreign key (merchant_id, payment_link_id) references payment_link
);
-- The database repeats what the workflow promises.
create unique index payment_request_one_live on payment_request (merchant_id, payment_link_id)
  where status in ('active', 'processing');
create index payment_request_due on payment_request (merchant_id, next_check_at) where next_check_at is not null;
create index payment_request_page on payment_request (merchant_id, created_at desc, payment_request_id desc);
create index payment_request_link on payment_request (merchant_id, payment_link_id, created_at desc);

create table request_revision (
  merchant_id text not null,
  payment_request_id text not null references payment_request,
  number int not null,
  state text not null check (state in ('pending', 'in-force', 'replaced', 'dropped')),
  -- The charge as it goes to the provider, fixed once (F2).
  charge jsonb not null,
  amount_minor bigint not null,
  currency text not null,
  command_id text,
  provider_revision int,
  etag text,
  request_code text,
  expires_at timestamptz,
  created_at timestamptz not null default now(),
  in_force_at timestamptz,
  primary key (payment_request_id, number)
);

create sequence command_number;
create table command (
  command_id text primary key,
  merchant_id text not null references merchant,
  idempotency_key text,
  route text not null,
  body_sha256 bytea,
  kind text not null check (kind in ('open', 'link', 'updateCharge', 'unlink', 'retire', 'resolve', 'reconcileNow', 'annotate')),
  payload jsonb not null,
  payment_link_id text not null,
  payment_request_id text,
  number bigint not null default nextval('command_number'),
  not_after timestamptz,
  queued_at timestamptz,
  claimed_at timestamptz,
  outcome jsonb,
  outcome_at timestamptz,
  -- The HTTP answer, written once, so that a repeat of the key gets the same bytes.
  response jsonb,
  actor text not null,
  sends int not null default 0,
  next_send_at timestamptz,
  created_at timestamptz not null default now()
);
create unique index command_idempotency on command (merchant_id, idempotency_key) where idempotency_key is not null;
create index command_unfinished on command (merchant_id, next_send_at) where outcome is null;
create index command_request on command (payment_request_id) where outcome is null;
create index command_queue on command (merchant_id, payment_link_id, number) where outcome is null and queued_at is not null;

create table inbox (
  inbox_id bigint generated always as identity primary key,
  -- '-' when no request of ours is named: kept, answered alike, never routed.
  merchant_id text not null,
  provider text not null,
  digest bytea not null,
  payment_link_id text,
  payment_request_id text,
  status text not null,
  end_to_end_id text,
  body text not null,
  received_at timestamptz not null default now(),
  signalled_at timestamptz,
  applied_at timestamptz,
  unique (merchant_id, provider, digest)
);
create index inbox_unfinished on inbox (merchant_id, received_at) where applied_at is null;
create index inbox_request on inbox (payment_request_id) where applied_at is null;

create table ledger_transaction (
  transaction_id text primary key,
  merchant_id text not null references merchant,
  provider text not null,
  end_to_end_id text not null,
  payment_link_id text not null,
  payment_request_id text not null references payment_request,
  kind text not null check (kind in ('exact', 'over', 'partial', 'second', 'late', 'wrong-currency')),
  revision int not null,
  settled_at timestamptz,
  booked_at timestamptz not null default now(),
  evidence text not null,
  unique (merchant_id, provider, end_to_end_id)
);
create index ledger_transaction_request on ledger_transaction (payment_request_id);

create table ledger_entry (
  merchant_id text not null,
  transaction_id text not null references ledger_transaction,
  line int not null,
  account text not null,
  currency text not null,
  -- Debits are positive, credits negative; a transaction adds up to zero in each currency.
  amount_minor bigint not null check (amount_minor <> 0),
  primary key (transaction_id, line)
);

create table ledger_chain (
  merchant_id text not null references merchant,
  row bigint not null,
  transaction_id text not null unique references ledger_transaction,
  digest bytea not null,
  hash bytea not null,
  primary key (merchant_id, row)
);

create table merchant_head (
  merchant_id text primary key references merchant,
  position bigint not null default 0,
  rows bigint not null default 0,
  hash bytea not null default '\x'
);

create function refuse_change() returns trigger language plpgsql as $$
begin
  raise exception '% is append-only: a fact is corrected by a new fact', tg_table_name using errcode = 'integrity_constraint_violation';
end $$;
create trigger append_only before update or delete on ledger_transaction for each row execute function refuse_change();
create trigger append_only before update or delete on ledger_entry for each row execute function refuse_change();
create trigger append_only before update or delete on ledger_chain for each row execute function refuse_change();
create trigger append_only_all before truncate on ledger_transaction for each statement execute function refuse_change();
create trigger append_only_all before truncate on ledger_entry for each statement execute function refuse_change();
create trigger append_only_all before truncate on ledger_chain for each statement execute function refuse_change();

create function refuse_unbalanced() returns trigger language plpgsql as $$
declare
  wanted text := new.transaction_id;
begin
  if not exists (select from ledger_entry where transaction_id = wanted)
     or exists (select from ledger_entry where transaction_id = wanted group by currency having sum(amount_minor) <> 0) then
    raise exception 'ledger transaction % does not balance', wanted using errcode = 'integrity_constraint_violation';
  end if;
  return null;
end $$;
create constraint trigger balanced after insert on ledger_entry deferrable initially deferred
  for each row execute function refuse_unbalanced();
create constraint trigger balanced after insert on ledger_transaction deferrable initially deferred
  for each row execute function refuse_unbalanced();

create table timeline (
  timeline_id bigint generated always as identity primary key,
  merchant_id text not null,
  payment_link_id text not null,
  payment_request_id text,
  at timestamptz not null default now(),
  what text not null,
  sentence text not null,
  actor text,
  command_id text,
  evidence text,
  detail jsonb
);
create index timeline_link on timeline (merchant_id, payment_link_id, timeline_id);
create trigger append_only before update or delete on timeline for each row execute function refuse_change();

create table event (
  merchant_id text not null references merchant,
  position bigint not null,
  name text not null,
  payment_link_id text,
  payment_request_id text,
  -- F4: name, request, and revision, endToEndId or command: the same fact is told once.
  cause text not null,
  payload jsonb not null,
  at timestamptz not null default now(),
  primary key (merchant_id, position)
);
create unique index event_once on event (merchant_id, name, cause);
create index event_link on event (merchant_id, payment_link_id, position);
create trigger append_only before update or delete on event for each row execute function refuse_change();

create table exception (
  exception_id text primary key,
  merchant_id text not null references merchant,
  payment_link_id text not null,
  payment_request_id text,
  kind text not null check (kind in
    ('late', 'second', 'partial', 'over', 'wrong-currency', 'drift', 'stranger', 'cancelled-outside', 'late-write')),
  cause text not null,
  currency text,
  amount_minor bigint,
  sentence text not null,
  detail jsonb not null,
  status text not null default 'open' check (status in ('open', 'resolved')),
  opened_at timestamptz not null default now(),
  unique (merchant_id, kind, cause)
);
create index exception_request on exception (payment_request_id);

-- The tenant wall. current_merchant() is set for one transaction at a time; unset, no row exists.
do $$
declare
  name text;
begin
  foreach name in array array['merchant', 'api_key', 'payment_link', 'payment_request', 'request_revision', 'command', 'inbox',
    'ledger_transaction', 'ledger_entry', 'ledger_chain', 'merchant_head', 'timeline', 'event', 'exception'] loop
    execute format('alter table %I enable row level security', name);
    execute format('alter table %I force row level security', name);
    execute format('create policy tenant on %I using (merchant_id = current_merchant()) with check (merchant_id = current_merchant())', name);
  end loop;
end $$;

grant usage on schema public to relink_app, relink_router;
grant usage on sequence command_number to relink_app;
grant select on merchant, api_key to relink_app;
grant select, insert, update on payment_link, payment_request, request_revision, command, inbox, merchant_head, exception to relink_app;
grant select, insert on ledger_transaction, ledger_entry, ledger_chain, timeline, event to relink_app;

-- The router turns a key into a merchant and a callback into a link, before any merchant is known, and nothing else.
create policy router_reads on api_key for select to relink_router using (true);
create policy router_reads on merchant for select to relink_router using (true);
create policy router_reads on payment_request for select to relink_router using (true);
create policy router_reads on inbox for select to relink_router using (true);
create policy router_writes on inbox for insert to relink_router with check (true);
grant select (key_id, merchant_id, hash, revoked_at) on api_key to relink_router;
grant select (merchant_id) on merchant to relink_router;
grant select (payment_request_id, merchant_id, payment_link_id, status) on payment_request to relink_router;
grant select (inbox_id, merchant_id, provider, digest, applied_at), insert on inbox to relink_router;

-- Readiness tells which migrations are missing.
grant select (name) on schema_migration to relink_app;
