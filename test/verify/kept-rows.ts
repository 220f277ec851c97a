/** Rows that a test may ruin as a superuser whom no trigger stops, because all of them are put back. */
import pg from 'pg';

/** Keeps every row as it is, and puts all of them back. */
export async function keepRows(databaseUrl: string) {
  const client = new pg.Client({ connectionString: databaseUrl });
  await client.connect();
  await client.query('set session_replication_role = replica');
  const { rows: tables } = await client.query<{ name: string; columns: string }>(
    `select table_name as name, string_agg(quote_ident(column_name), ', ' order by ordinal_position) as columns
       from information_schema.columns where table_schema = 'public' and is_generated = 'NEVER'
         and table_name <> 'schema_migration'
      group by table_name`,
  );
  await client.query('create schema kept');
  for (const { name, columns } of tables)
    await client.query(`create table kept.${name} as select ${columns} from ${name}`);
  return {
    async plant(sql: string): Promise<void> {
      await client.query(sql);
    },
    async takeBack(undo = ''): Promise<void> {
      const restore = tables.map(
        ({ name, columns }) =>
          `delete from ${name}; insert into ${name} (${columns}) overriding system value select ${columns} from kept.${name};`,
      );
      await client.query(`begin; ${restore.join('\n')} ${undo}; commit`);
    },
    close: async () => client.end(),
  };
}
