/** A database of its own for each test file, with the whole schema: a clone of the run's template, about 60 ms. */
import { randomBytes } from 'node:crypto';
import pg from 'pg';

/** Answers the URL of a superuser. Name a role to `createPool` to see what the processes see. */
export async function freshDatabase(): Promise<string> {
  return createDatabase(' template relink_template');
}

/** Without any schema: for tests of the migrations themselves. */
export async function emptyDatabase(): Promise<string> {
  return createDatabase('');
}

async function createDatabase(template: string): Promise<string> {
  const serverUrl = process.env['RELINK_TEST_DATABASE_URL'];
  if (serverUrl === undefined) throw new Error('run through jest: test/support/global-setup.ts starts Postgres');
  const name = `test_${randomBytes(6).toString('hex')}`;
  const server = new pg.Client({ connectionString: serverUrl });
  await server.connect();
  try {
    // Two clones of one template at a time are refused: the second waits here for the first.
    await server.query("select pg_advisory_lock(hashtext('clone of the template'))");
    await server.query(`create database ${name}${template}`);
  } finally {
    await server.end();
  }
  const url = new URL(serverUrl);
  url.pathname = `/${name}`;
  return url.href;
}
