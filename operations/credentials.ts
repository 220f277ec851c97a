/**
 * Credentials of a laptop: made once, kept beside the data, good for the simulated bank only. Production brings its own
 * and refuses these variables' simulator.
 */
import { generateKeyPairSync, randomBytes } from 'node:crypto';
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';

interface StoredCredentials {
  readonly clientId: string;
  readonly privateKey: string;
  readonly publicKey: string;
  readonly callbackSecret: string;
}

const RESOURCE = 'JPMC:URI:RS-RELINK-DEVELOPMENT';

/** Who the provider pays, as payers read it. */
const CREDITOR = {
  PROVIDER_CREDITOR_KEY: '12345678000195',
  PROVIDER_CREDITOR_SCHEME: 'CNPJ',
  PROVIDER_CREDITOR_NAME: 'Padaria Aurora',
  PROVIDER_CREDITOR_CITY: 'Sao Paulo',
};

interface SimulatedProvider {
  /** The PROVIDER_ variables of a worker or an API that talks to this bank. */
  readonly providerEnv: Readonly<Record<string, string>>;
  readonly simulatorOptions: {
    readonly clientId: string;
    readonly clientCertificate: string;
    readonly callbackSecret: string;
  };
}

export function simulatedProvider(dir: string, simulatorUrl: string): SimulatedProvider {
  const { clientId, privateKey, publicKey, callbackSecret } = keptCredentials(dir);
  return {
    providerEnv: {
      PROVIDER_URL: `${simulatorUrl}/receivables/request-to-pay/v1`,
      PROVIDER_RETURNS_URL: `${simulatorUrl}/payment/v2`,
      ...CREDITOR,
      PROVIDER_OAUTH_TOKEN_URL: `${simulatorUrl}/adfs/oauth2/token`,
      PROVIDER_OAUTH_CLIENT_ID: clientId,
      PROVIDER_OAUTH_RESOURCE: RESOURCE,
      PROVIDER_OAUTH_PRIVATE_KEY: privateKey,
      PROVIDER_OAUTH_CERTIFICATE: publicKey,
      PROVIDER_CALLBACK_SECRET: callbackSecret,
    },
    simulatorOptions: { clientId, clientCertificate: publicKey, callbackSecret },
  };
}

function keptCredentials(dir: string): StoredCredentials {
  const file = path.join(dir, 'credentials.json');
  if (existsSync(file)) return JSON.parse(readFileSync(file, 'utf8')) as StoredCredentials;
  const pair = generateKeyPairSync('rsa', {
    modulusLength: 2048,
    publicKeyEncoding: { type: 'spki', format: 'pem' },
    privateKeyEncoding: { type: 'pkcs8', format: 'pem' },
  });
  const made: StoredCredentials = {
    clientId: 'relink-development',
    privateKey: pair.privateKey,
    publicKey: pair.publicKey,
    callbackSecret: randomBytes(32).toString('base64url'),
  };
  mkdirSync(dir, { recursive: true });
  writeFileSync(file, JSON.stringify(made), { mode: 0o600 });
  return made;
}
