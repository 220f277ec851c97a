/** A database ready for Relink: it exists, has today's schema, and its user may take the two roles of the processes. */
import pg from 'pg';
import { migrate } from '../db/migrate.ts';

const ROLES = ['relink_app', 'relink_router'] as const;

/** In our own Postgres: the database `relink`, made when it is not there. */
export async function ownDatabase(serverUrl: string): Promise<string> {
  await withClient(serverUrl, async (client) => {
    const { rowCount } = await client.query("select from pg_database where datname = 'relink'");
    if (rowCount === 0) await client.query('create database relink');
  });
  const url = new URL(serverUrl);
  url.pathname = '/relink';
  return url.href;
}

/** Answers the names of the migrations applied now. */
export async function prepareDatabase(url: string): Promise<readonly string[]> {
  const applied = await migrate(url);
  await withClient(url, async (client) => {
    for (const role of ROLES) {
      try {
        await client.query(`set role ${role}`);
        await client.query('reset role');
      } catch {
        // Since Postgres 16 whoever makes a role may grant it, and has it only after that.
        await client.query(`grant ${role} to current_user`);
      }
    }
  });
  return applied;
}

/** For people: without the user, the password and the parameters. */
export function whereIs(url: string): string {
  const { hostname, port, pathname } = new URL(url);
  return `${hostname}${port === '' ? '' : `:${port}`}${pathname}`;
}

async function withClient(url: string, work: (client: pg.Client) => Promise<void>): Promise<void> {
  const client = new pg.Client({ connectionString: url, connectionTimeoutMillis: 60_000 });
  client.on('error', () => undefined);
  await client.connect();
  try {
    await work(client);
  } finally {
    await client.end();
  }
}
