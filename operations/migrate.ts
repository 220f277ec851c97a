/**
 * The schema job of production: applies what is missing to DATABASE_URL, says what, and ends. Its user owns the schema.
 */
import { migrate } from '../db/migrate.ts';

const url = process.env['DATABASE_URL'];
if (url === undefined || url === '') {
  console.error('DATABASE_URL is not set: name the database as the user that owns its schema.');
  process.exit(1);
}
try {
  const applied = await migrate(url);
  console.log(applied.length === 0 ? 'The schema is up to date.' : `Applied ${applied.join(', ')}.`);
} catch (error) {
  console.error(`The schema was not changed: ${error instanceof Error ? error.message : String(error)}`);
  process.exit(1);
}
