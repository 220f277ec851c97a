import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import path from 'node:path';
import { describe, expect, it } from '@jest/globals';
import pg from 'pg';
import { freshDatabase } from '../support/database.ts';

const root = path.resolve(import.meta.dirname, '../..');
const PADARIA = [
  '--id',
  'padaria',
  '--name',
  'Padaria Aurora',
  '--city',
  'Sao Paulo',
  '--time-zone',
  'America/Sao_Paulo',
];

function run(databaseUrl: string, args: readonly string[]) {
  return spawnSync(process.execPath, ['--import', 'tsx', 'operations/create-merchant.ts', ...args], {
    cwd: root,
    encoding: 'utf8',
    env: { ...process.env, DATABASE_URL: databaseUrl },
  });
}

describe('the first merchant of a production database', () => {
  it('is created with a key that is printed once and stored as a hash', async () => {
    const url = await freshDatabase();
    const { stdout, status } = run(url, [...PADARIA, '--currency', 'BRL']);
    expect(status).toBe(0);
    const { merchantId, apiKey } = JSON.parse(stdout) as { merchantId: string; apiKey: string };
    expect(merchantId).toBe('padaria');
    const client = new pg.Client({ connectionString: url });
    await client.connect();
    const { rows } = await client.query<{ hash: Buffer }>('select hash from api_key');
    await client.end();
    expect(rows).toEqual([{ hash: createHash('sha256').update(apiKey).digest() }]);
  });

  it('is refused with one sentence when something is wrong', async () => {
    const { stderr, status } = run(await freshDatabase(), [...PADARIA, '--currency', 'XXX']);
    expect(status).toBe(1);
    expect(stderr).toContain('--currency: as in BRL.');
  });
});
