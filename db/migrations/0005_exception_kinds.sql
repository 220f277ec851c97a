-- 'late-write' goes: it was named from the beginning, and nothing has ever opened an exception of it, so no row has it.
alter table exception drop constraint exception_kind_check;
alter table exception add constraint exception_kind_check check (kind in (
  'late', 'second', 'partial', 'over', 'wrong-currency', 'unknown-request', 'return-failed', 'return-unknown',
  'drift', 'stranger', 'cancelled-outside',
  'unseen-payment', 'missing-at-provider', 'differs-at-provider', 'held-bill'));
