/** The settings of J.P. Morgan. None is required in development without a provider. */
import { z } from 'zod';
import { present } from '../../domain/present.ts';
import type { GivenVariables, ProviderConfig } from '../provider-config.ts';
import type { JpMorganConfig } from './provider.ts';

/** Those that the environment names. */
export type JpMorganSettings = Partial<Omit<JpMorganConfig, 'baseUrl'>> & { readonly url?: string };

const address = z.url({ protocol: /^https?$/ });

const variables = z.object({
  PROVIDER_URL: address.optional(),
  PROVIDER_RETURNS_URL: address.optional(),
  PROVIDER_CREDITOR_KEY: z.string().optional(),
  PROVIDER_CREDITOR_SCHEME: z.enum(['CNPJ', 'CPF', 'EVP', 'EMAL', 'MOBN']).optional(),
  PROVIDER_CREDITOR_NAME: z.string().max(25).optional(),
  PROVIDER_CREDITOR_CITY: z.string().max(15).optional(),
  PROVIDER_OAUTH_TOKEN_URL: address.optional(),
  PROVIDER_OAUTH_CLIENT_ID: z.string().optional(),
  PROVIDER_OAUTH_RESOURCE: z.string().optional(),
  PROVIDER_OAUTH_PRIVATE_KEY: z.string().optional(),
  PROVIDER_OAUTH_CERTIFICATE: z.string().optional(),
  PROVIDER_MTLS_CERTIFICATE: z.string().optional(),
  PROVIDER_MTLS_PRIVATE_KEY: z.string().optional(),
  PROVIDER_MTLS_CA: z.string().optional(),
  PROVIDER_CALLBACK_SECRET: z.string().min(16, 'must have at least 16 characters').optional(),
  PROVIDER_REQUESTS_PER_SECOND: z.coerce.number().int().min(1).max(10_000).optional(),
});

export const jpMorgan: ProviderConfig<typeof variables, JpMorganSettings> = {
  variables,
  fromFile: [
    'PROVIDER_OAUTH_PRIVATE_KEY',
    'PROVIDER_OAUTH_CERTIFICATE',
    'PROVIDER_MTLS_CERTIFICATE',
    'PROVIDER_MTLS_PRIVATE_KEY',
    'PROVIDER_MTLS_CA',
    'PROVIDER_CALLBACK_SECRET',
  ],
  together: [
    ['PROVIDER_CREDITOR_KEY', 'PROVIDER_CREDITOR_SCHEME', 'PROVIDER_CREDITOR_NAME', 'PROVIDER_CREDITOR_CITY'],
    [
      'PROVIDER_OAUTH_TOKEN_URL',
      'PROVIDER_OAUTH_CLIENT_ID',
      'PROVIDER_OAUTH_RESOURCE',
      'PROVIDER_OAUTH_PRIVATE_KEY',
      'PROVIDER_OAUTH_CERTIFICATE',
    ],
    ['PROVIDER_MTLS_CERTIFICATE', 'PROVIDER_MTLS_PRIVATE_KEY'],
  ],
  secrets: ['privateKey', 'callbackSecret'],
  unfitForProduction,
  settingsFrom,
};

function unfitForProduction(given: GivenVariables): readonly string[] {
  const reasons: string[] = [];
  const insist = (holds: boolean, reason: string): void => void (holds || reasons.push(reason));
  insist(
    given['PROVIDER_URL']?.startsWith('https://') === true,
    'PROVIDER_URL must be the https address of the provider.',
  );
  insist(
    given['PROVIDER_RETURNS_URL']?.startsWith('https://') !== false,
    'PROVIDER_RETURNS_URL must be the https address of the provider’s returns.',
  );
  insist(given['PROVIDER_CREDITOR_KEY'] !== undefined, 'PROVIDER_CREDITOR_KEY names the account that is paid: set it.');
  insist(
    given['PROVIDER_OAUTH_CLIENT_ID'] !== undefined || given['PROVIDER_MTLS_CERTIFICATE'] !== undefined,
    'The provider has no credentials: set the PROVIDER_OAUTH_ or the PROVIDER_MTLS_ variables.',
  );
  insist(
    (given['PROVIDER_CALLBACK_SECRET'] ?? '').length >= 32,
    'PROVIDER_CALLBACK_SECRET must be set to at least 32 characters: without it anybody could send callbacks.',
  );
  return reasons;
}

function settingsFrom(values: z.output<typeof variables>): JpMorganSettings {
  const mutualTls = whole({
    certificate: values.PROVIDER_MTLS_CERTIFICATE,
    privateKey: values.PROVIDER_MTLS_PRIVATE_KEY,
  });
  return present({
    url: values.PROVIDER_URL?.replace(/\/+$/, ''),
    returnsUrl: values.PROVIDER_RETURNS_URL?.replace(/\/+$/, ''),
    creditor: whole({
      accountKey: values.PROVIDER_CREDITOR_KEY,
      accountScheme: values.PROVIDER_CREDITOR_SCHEME,
      name: values.PROVIDER_CREDITOR_NAME,
      city: values.PROVIDER_CREDITOR_CITY,
    }),
    oauth: whole({
      tokenUrl: values.PROVIDER_OAUTH_TOKEN_URL,
      clientId: values.PROVIDER_OAUTH_CLIENT_ID,
      resource: values.PROVIDER_OAUTH_RESOURCE,
      privateKey: values.PROVIDER_OAUTH_PRIVATE_KEY,
      certificate: values.PROVIDER_OAUTH_CERTIFICATE,
    }),
    mutualTls: mutualTls && present({ ...mutualTls, ca: values.PROVIDER_MTLS_CA }),
    callbackSecret: values.PROVIDER_CALLBACK_SECRET,
    requestsPerSecond: values.PROVIDER_REQUESTS_PER_SECOND,
  });
}

/** All or nothing: half a set of credentials has been refused before. */
function whole<T extends object>(record: T): { [K in keyof T]: Exclude<T[K], undefined> } | undefined {
  const complete = Object.values(record).every((value) => value !== undefined);
  return complete ? (record as { [K in keyof T]: Exclude<T[K], undefined> }) : undefined;
}
