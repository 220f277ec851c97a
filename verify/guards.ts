/** What stands in the catalogue: the triggers that refuse a change (I5), the policies and the rights (I13). */
import type pg from 'pg';
import type { Invariant, VerdictCollector } from './verdict.ts';

const LEDGER = ['ledger_transaction', 'ledger_entry', 'ledger_chain'] as const;
const ADDED_TO = [
  ...LEDGER,
  'timeline',
  'event',
  'exception_policy',
  'tariff',
  'bill_revision',
  'bill_decision',
] as const;

const names = (tables: readonly string[]): string => `(values ${tables.map((table) => `('${table}')`).join(', ')})`;

/** Bits of pg_trigger.tgtype. */
const TRIGGERS = `with wanted (name, bit, verb) as (
    select t.name, k.bit, k.verb from ${names(ADDED_TO)} as t (name),
      (values (16, 'UPDATE'), (8, 'DELETE')) as k (bit, verb)
    union all select t.name, 32, 'TRUNCATE' from ${names(LEDGER)} as t (name))
  select format('nothing refuses %s of %s: its trigger is missing, disabled or harmless', w.verb, w.name) as sentence
    from wanted w
   where not exists (
     select from pg_trigger g join pg_proc p on p.oid = g.tgfoid
      where g.tgrelid = to_regclass(w.name) and (g.tgtype & w.bit) <> 0 and (g.tgtype & 2) <> 0
        and g.tgenabled in ('O', 'A')
        and p.proname = 'refuse_change' and p.prosrc ~* 'begin\\s+raise exception')
  union all
  select format('nothing refuses a transaction that does not balance: the trigger of %s is missing or disabled', t.name)
    from ${names(['ledger_transaction', 'ledger_entry'])} as t (name)
   where not exists (
     select from pg_trigger g join pg_proc p on p.oid = g.tgfoid
      where g.tgrelid = to_regclass(t.name) and (g.tgtype & 4) <> 0 and g.tgenabled in ('O', 'A')
        and p.proname = 'refuse_unbalanced' and p.prosrc ~* 'having sum\\(amount_minor\\) <> 0')`;

const TABLES = `select c.oid, c.relname, c.relrowsecurity, c.relforcerowsecurity, c.relowner from pg_class c
    join pg_attribute a on a.attrelid = c.oid and a.attname = 'merchant_id' and not a.attisdropped
   where c.relnamespace = 'public'::regnamespace and c.relkind in ('r', 'p')`;
const PROCESSES = ['relink_app', 'relink_router'] as const;

const WALL = `with tenant as (${TABLES})
  select format('table %s has no row-level security that holds for its owner too', relname) as sentence
    from tenant where not relrowsecurity or not relforcerowsecurity
  union all
  select format('table %s has no policy that asks for the merchant', relname) from tenant
   where not exists (select from pg_policy p where p.polrelid = tenant.oid
     and pg_get_expr(p.polqual, p.polrelid) ~ 'merchant_id = current_merchant\\(\\)')
  union all
  select format('policy %s lets relink_app pass the wall of %s', p.polname, relname) from tenant
   join pg_policy p on p.polrelid = tenant.oid
   where p.polpermissive and (p.polroles = '{0}' or 'relink_app'::regrole = any (p.polroles))
     and coalesce(pg_get_expr(p.polqual, p.polrelid), pg_get_expr(p.polwithcheck, p.polrelid)) !~
       '^\\(merchant_id = current_merchant\\(\\)\\)$'`;

const RIGHTS = `with process as (select oid, rolname, rolsuper, rolbypassrls, rolcreaterole from pg_roles
  where rolname in ('${PROCESSES.join("', '")}'))
  select format('role %s is missing', w.name) as sentence from ${names(PROCESSES)} as w (name)
    where to_regrole(w.name) is null
  union all
  select format('role %s passes every policy', rolname) from process where rolsuper or rolbypassrls or rolcreaterole
  union all
  select format('role %s owns %s', rolname, min(relname)) from process join pg_class on relowner = process.oid
    group by rolname
  union all
  select format('role %s may act as %s, who owns %s', rolname, o.owner, o.relname)
    from process, (select distinct on (relowner) pg_get_userbyid(relowner) as owner, relowner, relname
      from (${TABLES}) t order by relowner, relname) o
   where pg_has_role(process.oid, o.relowner, 'member')
  union all
  select format('role %s may %s %s', rolname, verb, t.name)
    from process, ${names([...ADDED_TO])} as t (name), (values ('UPDATE'), ('DELETE'), ('TRUNCATE')) as v (verb)
   where to_regclass(t.name) is not null and (has_table_privilege(process.oid, to_regclass(t.name), verb)
      or (verb = 'UPDATE' and has_any_column_privilege(process.oid, to_regclass(t.name), verb)))`;

/** Any role may read the catalogue, so this needs no merchant. */
export async function checkGuards(client: pg.ClientBase, findings: VerdictCollector): Promise<void> {
  await ask(client, findings, 'I5', TRIGGERS);
  findings.looked('I5', `the triggers of ${ADDED_TO.length} tables`);
  await ask(client, findings, 'I13', WALL);
  await ask(client, findings, 'I13', RIGHTS);
  const { rows } = await client.query<{ count: string }>(`select count(*) from (${TABLES}) as tenant`);
  findings.looked('I13', `the policies of ${rows[0]?.count ?? 0} tables, the rights of ${PROCESSES.join(' and ')}`);
}

async function ask(
  client: pg.ClientBase,
  findings: VerdictCollector,
  invariant: Invariant,
  sql: string,
): Promise<void> {
  const { rows } = await client.query<{ sentence: string }>(sql);
  for (const { sentence } of rows) findings.violated(invariant, sentence);
}
