/**
 * That a second provider is a folder and two lines: it is read from the environment, and created, by what stands in
 * them.
 */
import { inspect } from 'node:util';
import { describe, expect, it } from '@jest/globals';
import { z } from 'zod';
import { ConfigurationRefusal, readConfig, type EnvironmentVariables } from '../../config.ts';
import { PROVIDER_CONFIGS, type ProviderSettings } from '../../providers/configs.ts';
import { createProvider, type CreateProvider } from '../../providers/from-config.ts';
import type { ProviderConfig } from '../../providers/provider-config.ts';
import type { Provider } from '../../providers/provider.ts';
import { creditor, SECRET } from './builders.ts';

interface SavingsBankSettings {
  readonly branch: number;
  readonly door?: { readonly passphrase: string };
}

const variables = z.object({
  SAVINGS_BANK_BRANCH: z.coerce.number().int(),
  SAVINGS_BANK_PASSPHRASE: z.string().optional(),
});
const savingsBank: ProviderConfig<typeof variables, SavingsBankSettings> = {
  variables,
  fromFile: ['SAVINGS_BANK_PASSPHRASE'],
  together: [],
  secrets: ['passphrase'],
  unfitForProduction: (given) =>
    given['SAVINGS_BANK_PASSPHRASE'] === undefined ? ['SAVINGS_BANK_PASSPHRASE opens the door: set it.'] : [],
  settingsFrom: ({ SAVINGS_BANK_BRANCH: branch, SAVINGS_BANK_PASSPHRASE: passphrase }) => ({
    branch,
    ...(passphrase !== undefined && { door: { passphrase } }),
  }),
};
const providers = { ...PROVIDER_CONFIGS, 'savings-bank': savingsBank };
const create: Readonly<Record<string, CreateProvider>> = {
  'savings-bank': ({ name, branch }: SavingsBankSettings & { readonly name: string }) =>
    ({ name, lateMoneyDays: branch }) as unknown as Provider,
};

const environment = { DATABASE_URL: 'postgres://relink@127.0.0.1/relink', PROVIDER: 'savings-bank' };

function reasonsFor(env: EnvironmentVariables): readonly string[] {
  try {
    readConfig(env, providers);
  } catch (error) {
    if (error instanceof ConfigurationRefusal) return error.reasons;
    throw error;
  }
  throw new Error('the configuration was accepted');
}

describe('a second provider', () => {
  it('has settings of its own, and is created from them', () => {
    const config = readConfig({ ...environment, SAVINGS_BANK_BRANCH: '12' }, providers);
    expect(config.provider).toEqual({ name: 'savings-bank', branch: 12 });
    expect(createProvider(config.provider, create)).toEqual({ name: 'savings-bank', lateMoneyDays: 12 });
  });

  it('is asked for what it needs, and no other is', () => {
    expect(reasonsFor(environment)).toEqual(['SAVINGS_BANK_BRANCH is not set.']);
    const reasons = reasonsFor({ ...environment, RELINK_ENV: 'production', SAVINGS_BANK_BRANCH: '12' });
    expect(reasons).toContain('SAVINGS_BANK_PASSPHRASE opens the door: set it.');
    expect(reasons.filter((reason) => reason.includes('PROVIDER_'))).toEqual([]);
    const without = reasonsFor({ ...environment, SAVINGS_BANK_BRANCH: '1', SAVINGS_BANK_PASSPHRASE_FILE: '/nowhere' });
    expect(without).toEqual(['SAVINGS_BANK_PASSPHRASE_FILE names a file that cannot be read.']);
  });

  it('names its own secrets, and they are not printed', () => {
    const secret = { SAVINGS_BANK_BRANCH: '12', SAVINGS_BANK_PASSPHRASE: 'hunter2' };
    const { provider } = readConfig({ ...environment, ...secret }, providers);
    expect(provider).toMatchObject({ door: { passphrase: 'hunter2' } });
    expect(inspect(provider, { depth: 9 }) + JSON.stringify(provider)).not.toContain('hunter');
  });

  it('without a line that creates it is told of, and nothing else is created instead', () => {
    const { provider } = readConfig({ ...environment, SAVINGS_BANK_BRANCH: '12' }, providers);
    expect(() => createProvider(provider)).toThrow('nothing creates the provider savings-bank');
  });
});

describe('a provider', () => {
  const settings: { readonly [Name in ProviderSettings['name']]: Extract<ProviderSettings, { readonly name: Name }> } =
    {
      jpmorgan: { name: 'jpmorgan', url: 'http://127.0.0.1:9/v1', creditor, callbackSecret: SECRET },
    };

  it.each(Object.values(settings))('has the name by which it is asked for: $name', async (each) => {
    const provider = createProvider(each);
    expect(provider.name).toBe(each.name);
    await provider.close();
  });
});
