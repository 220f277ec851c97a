/** What the processes accept as configuration, what production refuses, and what a print of it never shows. */
import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { inspect } from 'node:util';
import { describe, expect, it } from '@jest/globals';
import { ConfigurationRefusal, readConfig, type EnvironmentVariables } from '../config.ts';
import { variables } from '../config-variables.ts';
import { PROVIDER_CONFIGS } from '../providers/configs.ts';

const laptop: EnvironmentVariables = { DATABASE_URL: 'postgres://relink:hunter2@127.0.0.1/relink' };
const production: EnvironmentVariables = {
  RELINK_ENV: 'production',
  DATABASE_URL: 'postgres://relink:hunter2@db/relink',
  TEMPORAL_ADDRESS: 'temporal:7233',
  API_PUBLIC_URL: 'https://pay.example.com/',
  PROVIDER_URL: 'https://bank.example.com/receivables/request-to-pay/v1',
  PROVIDER_CREDITOR_KEY: '12345678000195',
  PROVIDER_CREDITOR_SCHEME: 'CNPJ',
  PROVIDER_CREDITOR_NAME: 'Padaria Aurora',
  PROVIDER_CREDITOR_CITY: 'Sao Paulo',
  PROVIDER_OAUTH_TOKEN_URL: 'https://bank.example.com/adfs/oauth2/token',
  PROVIDER_OAUTH_CLIENT_ID: 'client',
  PROVIDER_OAUTH_RESOURCE: 'JPMC:URI:RS-1',
  PROVIDER_OAUTH_PRIVATE_KEY: '-----BEGIN PRIVATE KEY-----\\nhunter3\\n-----END PRIVATE KEY-----',
  PROVIDER_OAUTH_CERTIFICATE: '-----BEGIN CERTIFICATE-----\\nabc\\n-----END CERTIFICATE-----',
  PROVIDER_CALLBACK_SECRET: 'hunter4-hunter4-hunter4-hunter4-hunter4',
};

function refusal(env: EnvironmentVariables): string {
  try {
    readConfig(env);
  } catch (error) {
    if (error instanceof ConfigurationRefusal) return error.message;
    throw error;
  }
  throw new Error('the configuration was accepted');
}

describe('a configuration', () => {
  it('needs a database and nothing else on a laptop', () => {
    const config = readConfig(laptop);
    expect(config.environment).toBe('development');
    expect(config.temporal).toEqual({ address: '127.0.0.1:7233', namespace: 'default' });
    expect(config.api).toEqual({
      port: 8080,
      host: '127.0.0.1',
      publicUrl: 'http://127.0.0.1:8080',
      updateTimeoutMs: 5000,
      demo: false,
    });
    expect(config.provider).toEqual({ name: 'jpmorgan' });
    expect(config.watchEveryMs).toBe(15_000);
    expect(refusal({})).toContain('- DATABASE_URL is not set.');
  });

  it('is complete in production', () => {
    const config = readConfig(production);
    expect(config.api.host).toBe('0.0.0.0');
    expect(config.api.publicUrl).toBe('https://pay.example.com');
    expect(config.provider.creditor?.accountScheme).toBe('CNPJ');
    expect(config.provider).not.toHaveProperty('returnsUrl');
    expect(config.provider.oauth?.privateKey).toBe('-----BEGIN PRIVATE KEY-----\nhunter3\n-----END PRIVATE KEY-----');
  });

  it('names the returns by an address of their own, which follows from no other', () => {
    const named = { ...production, PROVIDER_RETURNS_URL: 'https://returns.example.com/payment/v2/' };
    expect(readConfig(named).provider.returnsUrl).toBe('https://returns.example.com/payment/v2');
    expect(refusal({ ...laptop, PROVIDER_RETURNS_URL: 'bank' })).toContain('- PROVIDER_RETURNS_URL: ');
  });

  it('is frozen in every part', () => {
    const config = readConfig(production);
    expect(Object.isFrozen(config) && Object.isFrozen(config.provider.oauth) && Object.isFrozen(config.test)).toBe(
      true,
    );
  });

  it('takes an empty variable as absent', () => {
    expect(readConfig({ ...laptop, API_PORT: '', PROVIDER_URL: '' }).api.port).toBe(8080);
  });

  it('reads keys and secrets from files', () => {
    const file = path.join(mkdtempSync(path.join(tmpdir(), 'relink-config-')), 'secret');
    writeFileSync(file, 'from-a-file-from-a-file\n');
    expect(readConfig({ ...laptop, PROVIDER_CALLBACK_SECRET_FILE: file }).provider.callbackSecret).toBe(
      'from-a-file-from-a-file',
    );
    expect(refusal({ ...laptop, PROVIDER_CALLBACK_SECRET_FILE: `${file}-gone` })).toContain(
      'PROVIDER_CALLBACK_SECRET_FILE names a file that cannot be read',
    );
    expect(
      refusal({ ...laptop, PROVIDER_CALLBACK_SECRET_FILE: file, PROVIDER_CALLBACK_SECRET: 'another-another-another' }),
    ).toContain('are both set');
  });

  it.each([
    [{ API_PORT: '80a' }, 'API_PORT'],
    [{ API_PORT: '70000' }, 'API_PORT'],
    [{ RELINK_ENV: 'prod' }, 'RELINK_ENV'],
    [{ RELINK_DEMO: 'yes' }, 'RELINK_DEMO'],
    [{ DATABASE_URL: 'mysql://x' }, 'DATABASE_URL'],
    [{ TEMPORAL_ADDRESS: 'http://temporal' }, 'TEMPORAL_ADDRESS'],
    [{ PROVIDER: 'toString' }, 'PROVIDER'],
    [{ PROVIDER_URL: 'bank' }, 'PROVIDER_URL'],
    [{ PROVIDER_CALLBACK_SECRET: 'short' }, 'PROVIDER_CALLBACK_SECRET'],
  ])('names the variable when %j cannot be meant', (change, name) => {
    expect(refusal({ ...laptop, ...change })).toContain(`- ${name}: `);
  });

  it('refuses half a set of credentials', () => {
    expect(refusal({ ...laptop, PROVIDER_MTLS_CERTIFICATE: 'x' })).toContain(
      'PROVIDER_MTLS_PRIVATE_KEY must be set too',
    );
  });
});

describe('production', () => {
  it.each([
    [{ RELINK_DEMO: 'true' }, 'RELINK_DEMO serves a page that pays bills'],
    [{ SIMULATOR_URL: 'https://simulator' }, 'SIMULATOR_URL names a bank that is not real'],
    [{ RELINK_TEST_KILL_AT: 'x' }, 'RELINK_TEST_KILL_AT is for tests'],
    [{ RELINK_TEST_CONTINUE_AS_NEW_AFTER: '50' }, 'RELINK_TEST_CONTINUE_AS_NEW_AFTER is for tests'],
    [{ RELINK_TEST_ANYTHING: '1' }, 'RELINK_TEST_ANYTHING is for tests'],
    [{ PROVIDER_URL: 'http://bank' }, 'PROVIDER_URL must be the https address'],
    [{ PROVIDER_URL: undefined }, 'PROVIDER_URL must be the https address'],
    [{ PROVIDER_RETURNS_URL: 'http://bank/payment/v2' }, 'PROVIDER_RETURNS_URL must be the https address'],
    [{ API_PUBLIC_URL: 'http://pay' }, 'API_PUBLIC_URL must be our own https address'],
    [{ PROVIDER_CALLBACK_SECRET: undefined }, 'PROVIDER_CALLBACK_SECRET must be set'],
    [{ PROVIDER_CALLBACK_SECRET: 'only-sixteen-chr' }, 'at least 32 characters'],
  ])('refuses %j', (change, reason) => {
    expect(refusal({ ...production, ...change })).toContain(reason);
  });

  it('lists every reason at once', () => {
    const reasons = refusal({ ...laptop, RELINK_ENV: 'production', RELINK_DEMO: 'true', API_PORT: 'x' });
    for (const part of [
      'RELINK_DEMO',
      'API_PORT',
      'PROVIDER_URL',
      'has no credentials',
      'PROVIDER_CREDITOR_KEY',
      'CALLBACK_SECRET',
    ]) {
      expect(reasons).toContain(part);
    }
  });
});

describe('a print of the configuration', () => {
  const config = readConfig({
    ...production,
    TEMPORAL_API_KEY: 'hunter5',
    PROVIDER_MTLS_CERTIFICATE: 'x',
    PROVIDER_MTLS_PRIVATE_KEY: 'hunter6',
  });

  it.each([
    ['the whole', config],
    ['a part', config.provider],
    ['a part of a part', config.provider.oauth],
  ])('shows no secret: %s', (_name, part) => {
    for (const print of [
      inspect(part, { depth: 9 }),
      JSON.stringify(part),
      inspect({ part }, { depth: 9, showHidden: true }),
    ]) {
      expect(print).not.toContain('hunter');
      expect(print).toContain('(secret)');
    }
  });

  it('a refusal shows none either', () => {
    expect(refusal({ ...production, PROVIDER_URL: 'http://user:hunter7@bank', API_PORT: 'hunter8' })).not.toContain(
      'hunter',
    );
  });
});

describe('.env.example', () => {
  it('explains every variable and no other', () => {
    const text = readFileSync(path.join(import.meta.dirname, '../.env.example'), 'utf8');
    const named = [...text.matchAll(/^#?\s?([A-Z][A-Z_]+)=/gm)].map((match) => match[1]);
    const ofProviders = Object.values(PROVIDER_CONFIGS).flatMap((provider) => Object.keys(provider.variables.shape));
    const own = Object.keys(variables.shape).filter((name) => !name.startsWith('RELINK_TEST_'));
    const known = [...own, ...ofProviders];
    expect(named.toSorted((left, right) => String(left).localeCompare(String(right)))).toEqual(
      known.toSorted((left, right) => left.localeCompare(right)),
    );
  });
});

describe('a process whose configuration is refused', () => {
  it.each(['api/main.ts', 'worker/main.ts'])(
    '%s says every reason in a sentence, without a stack, and ends',
    (entry) => {
      const { stderr, status } = spawnSync(process.execPath, ['--import', 'tsx', entry], {
        cwd: path.resolve(import.meta.dirname, '..'),
        encoding: 'utf8',
        env: { PATH: process.env['PATH'], RELINK_ENV: 'production', RELINK_DEMO: 'true' },
      });
      expect(status).toBe(1);
      expect(stderr).toMatch(/^The configuration is refused:\n(- .*\n)+$/);
      expect(stderr).toContain('PROVIDER_CALLBACK_SECRET must be set');
      expect(stderr).toContain('RELINK_DEMO');
    },
  );
});
