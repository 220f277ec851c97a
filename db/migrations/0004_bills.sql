-- Bills of a utility: who is supplied, by which meter and tariff; what was read; what it comes to; and the codes that are printed
-- before any of it is known. How they hang together: docs/bills.md.

-- On which days money moves. No row: weekends off, no holidays.
create table merchant_calendar (
  merchant_id text primary key references merchant,
  calendar jsonb not null,
  actor text not null,
  updated_at timestamptz not null default now()
);

-- The newest is printed on the next batch; a batch names the one that it was printed with.
-- A picture that was taken back may come again, and is then the newest.
create table logo (
  logo_id bigint generated always as identity primary key,
  merchant_id text not null references merchant,
  sha256 text not null,
  png bytea not null,
  actor text not null,
  created_at timestamptz not null default now()
);
create index logo_newest on logo (merchant_id, logo_id desc);
create trigger append_only before update or delete on logo for each row execute function refuse_change();

create table tariff (
  merchant_id text not null references merchant,
  tariff_id text not null check (tariff_id ~ '^[A-Za-z0-9_-]{1,50}$'),
  version int not null check (version > 0),
  effective_from date not null,
  -- The whole of domain/tariff.ts.
  content jsonb not null,
  actor text not null,
  created_at timestamptz not null default now(),
  primary key (merchant_id, tariff_id, version)
);
create trigger append_only before update or delete on tariff for each row execute function refuse_change();

create table service_account (
  merchant_id text not null references merchant,
  -- The utility's own number of it.
  account_id text not null check (account_id ~ '^[A-Za-z0-9][A-Za-z0-9._-]{0,39}$'),
  holder text not null,
  tax_id text,
  address jsonb not null,
  language text not null check (language in ('pt', 'en')),
  tariff_id text not null,
  -- When a bill falls due, what paying late costs, what is held: domain/billing-rules.ts.
  rules jsonb not null,
  payment_link_id text,
  short_code text,
  -- Raised by whoever stores what changes its bill, in the same transaction; `usage_rated` is as far as the last rating saw.
  usage_wanted bigint not null default 0,
  usage_rated bigint not null default 0,
  -- Its link is signalled again by `watch` from here on.
  next_usage_at timestamptz,
  actor text not null,
  created_at timestamptz not null default now(),
  updated_at timestamptz not null default now(),
  primary key (merchant_id, account_id),
  foreign key (merchant_id, payment_link_id) references payment_link
);
create unique index service_account_link on service_account (merchant_id, payment_link_id) where payment_link_id is not null;
create unique index service_account_code on service_account (merchant_id, short_code) where short_code is not null;
create index service_account_due on service_account (merchant_id, next_usage_at) where next_usage_at is not null;

-- One meter's time at one account: domain/meter.ts.
create table meter (
  merchant_id text not null references merchant,
  meter_id text not null check (meter_id ~ '^[A-Za-z0-9][A-Za-z0-9._-]{0,39}$'),
  account_id text not null,
  digits int not null check (digits between 1 and 12),
  decimals int not null check (decimals between 0 and 6),
  multiplier text not null,
  installed_value text not null,
  installed_at timestamptz not null,
  removed_value text,
  removed_at timestamptz check (removed_at >= installed_at),
  actor text not null,
  created_at timestamptz not null default now(),
  primary key (merchant_id, meter_id, installed_at),
  foreign key (merchant_id, account_id) references service_account,
  check ((removed_value is null) = (removed_at is null))
);
-- A meter is at one place at a time.
create unique index meter_in_service on meter (merchant_id, meter_id) where removed_at is null;
-- And a place has one meter at a time: two side by side would be measured as one.
create unique index meter_at_account on meter (merchant_id, account_id) where removed_at is null;
create index meter_account on meter (merchant_id, account_id);

-- What devices say, for ever. Two that claim one number are both kept, and neither is used (domain/reading.ts).
create table meter_reading (
  merchant_id text not null references merchant,
  device_id text not null,
  sequence bigint not null check (sequence > 0),
  digest bytea not null,
  meter_id text not null,
  value text not null,
  read_at timestamptz not null,
  kind text not null check (kind in ('actual', 'estimated')),
  photo_sha256 text,
  corrects_device_id text,
  corrects_sequence bigint,
  -- How it came: an upload and its line; or straight to the workflow of a link.
  upload_id text,
  line int,
  received_at timestamptz not null default now(),
  -- What became of it, as the last rating saw it.
  outcome text not null default 'waiting' check (outcome in ('waiting', 'billed', 'held', 'replaced', 'conflict', 'refused')),
  because text,
  bill_id text,
  primary key (merchant_id, device_id, sequence, digest),
  check ((corrects_device_id is null) = (corrects_sequence is null))
);
create index meter_reading_meter on meter_reading (merchant_id, meter_id, read_at);
create index meter_reading_upload on meter_reading (upload_id, line) where upload_id is not null;

create function refuse_other_reading() returns trigger language plpgsql as $$
begin
  if tg_op = 'DELETE' or (old.merchant_id, old.device_id, old.sequence, old.digest, old.meter_id, old.value, old.read_at, old.kind,
      old.photo_sha256, old.corrects_device_id, old.corrects_sequence, old.upload_id, old.line, old.received_at)
     is distinct from (new.merchant_id, new.device_id, new.sequence, new.digest, new.meter_id, new.value, new.read_at, new.kind,
      new.photo_sha256, new.corrects_device_id, new.corrects_sequence, new.upload_id, new.line, new.received_at) then
    raise exception 'a reading is never edited: a mistake is corrected by a later reading' using errcode = 'integrity_constraint_violation';
  end if;
  return new;
end $$;
create trigger append_only before update or delete on meter_reading for each row execute function refuse_other_reading();

create table reading_upload (
  upload_id text primary key,
  merchant_id text not null references merchant,
  idempotency_key text not null,
  digest bytea not null,
  format text not null check (format in ('json', 'csv')),
  rows int not null,
  actor text not null,
  created_at timestamptz not null default now(),
  unique (merchant_id, idempotency_key)
);
create trigger append_only before update or delete on reading_upload for each row execute function refuse_change();

create table reading_upload_row (
  merchant_id text not null references merchant,
  upload_id text not null references reading_upload deferrable initially deferred,
  line int not null,
  result text not null check (result in ('stored', 'repeat', 'conflict', 'refused')),
  device_id text,
  sequence bigint,
  meter_id text,
  -- [{ column, detail }]
  errors jsonb,
  primary key (upload_id, line)
);
create trigger append_only before update or delete on reading_upload_row for each row execute function refuse_change();

-- The bills of an account, one after the other. The payment request of a bill has the bill's own id.
create table bill (
  bill_id text primary key check (bill_id ~ '^[0-9a-f]{32}$'),
  merchant_id text not null references merchant,
  account_id text not null,
  payment_link_id text not null,
  number int not null check (number > 0),
  -- `billed`: its request is on the code, or was. `held`: a person decides. `nothing-due`: closed without a payment.
  status text not null check (status in ('billed', 'held', 'nothing-due')),
  revision int not null default 0,
  -- domain/bill.ts, as of the newest revision.
  content jsonb not null,
  currency text not null,
  total_minor bigint not null,
  held_because text,
  exception_id text,
  created_at timestamptz not null default now(),
  updated_at timestamptz not null default now(),
  unique (merchant_id, account_id, number),
  foreign key (merchant_id, account_id) references service_account,
  check ((status = 'held') = (held_because is not null)),
  check (status <> 'billed' or total_minor > 0)
);

create table bill_revision (
  merchant_id text not null references merchant,
  bill_id text not null references bill,
  revision int not null,
  status text not null,
  content jsonb not null,
  currency text not null,
  total_minor bigint not null,
  because text,
  at timestamptz not null default now(),
  primary key (bill_id, revision)
);
create trigger append_only before update or delete on bill_revision for each row execute function refuse_change();

-- What a person decided about a held bill.
create table bill_decision (
  command_id text primary key,
  merchant_id text not null references merchant,
  bill_id text not null references bill,
  decision text not null check (decision in ('approve', 'correct', 'reread')),
  -- Of which measurement it speaks: another one is judged afresh.
  usage text not null,
  operator text not null,
  reason text not null,
  at timestamptz not null default now()
);
create index bill_decision_bill on bill_decision (bill_id, at);
create trigger append_only before update or delete on bill_decision for each row execute function refuse_change();

create table bill_batch (
  batch_id text primary key,
  merchant_id text not null references merchant,
  name text not null,
  -- Of bills/printed-bill.ts: kind, level, moduleMillimetres, pagesPerFile.
  layout jsonb not null,
  -- As they were when it was printed: a reprint has the same bytes.
  payee text not null,
  logo_sha256 text,
  digest bytea not null,
  idempotency_key text not null,
  bytes bigint not null,
  rows int not null,
  status text not null default 'waiting' check (status in ('waiting', 'running', 'finished', 'failed')),
  because text,
  actor text not null,
  created_at timestamptz not null default now(),
  started_at timestamptz,
  finished_at timestamptz,
  unique (merchant_id, idempotency_key)
);
create index bill_batch_page on bill_batch (merchant_id, created_at desc, batch_id desc);

create table bill_batch_row (
  merchant_id text not null references merchant,
  batch_id text not null references bill_batch deferrable initially deferred,
  line int not null,
  account_id text,
  -- `opened`: a code was made for it. `reused`: it has had its code from before. `refused`: the row is wrong. `failed`: the provider
  -- refused.
  status text not null check (status in ('waiting', 'opened', 'reused', 'refused', 'failed')),
  -- [{ column, detail }]
  errors jsonb,
  payment_link_id text,
  -- What stands on its bill, fixed when its code is there: bills/printed-bill.ts without the payee.
  printed jsonb,
  decided_at timestamptz,
  primary key (batch_id, line)
);
create index bill_batch_row_waiting on bill_batch_row (batch_id, line) where status = 'waiting';
create index bill_batch_row_printed on bill_batch_row (batch_id, line) where printed is not null;

alter table command drop constraint command_kind_check;
alter table command add constraint command_kind_check check (kind in (
  'open', 'link', 'updateCharge', 'unlink', 'retire', 'resolve', 'reconcileNow', 'annotate', 'returnMoney', 'resolveException',
  'approve', 'correct', 'reread'));
alter table exception drop constraint exception_kind_check;
alter table exception add constraint exception_kind_check check (kind in (
  'late', 'second', 'partial', 'over', 'wrong-currency', 'unknown-request', 'return-failed', 'return-unknown',
  'drift', 'stranger', 'cancelled-outside', 'late-write',
  'unseen-payment', 'missing-at-provider', 'differs-at-provider', 'held-bill'));
create index exception_held_bill on exception (merchant_id, payment_link_id) where kind = 'held-bill' and status = 'open';

do $$
declare
  name text;
begin
  foreach name in array array['merchant_calendar', 'logo', 'tariff', 'service_account', 'meter', 'meter_reading', 'reading_upload',
    'reading_upload_row', 'bill', 'bill_revision', 'bill_decision', 'bill_batch', 'bill_batch_row'] loop
    execute format('alter table %I enable row level security', name);
    execute format('alter table %I force row level security', name);
    execute format('create policy tenant on %I using (merchant_id = current_merchant()) with check (merchant_id = current_merchant())', name);
  end loop;
end $$;
grant select, insert on logo, tariff, reading_upload, reading_upload_row, bill_revision, bill_decision to relink_app;
grant select, insert, update on merchant_calendar, service_account, meter, meter_reading, bill, bill_batch, bill_batch_row to relink_app;
