/**
 * The bearer token: a signed assertion, exchanged for a token that is kept until 30 s before it expires. One refresh at
 * a time is shared by all who wait. Keys, assertions and tokens never reach a message or a log.
 */
import { createHash, createPrivateKey, createPublicKey, randomUUID, sign, X509Certificate } from 'node:crypto';
import type { KeyObject } from 'node:crypto';
import type { CallLimits } from '../provider.ts';
import { ExchangeCut, type Exchange } from './exchange.ts';
import { tokenAnswer } from './schemas.ts';

export interface OAuth {
  readonly tokenUrl: string;
  readonly clientId: string;
  readonly resource: string;
  /** PEM. */
  readonly privateKey: string;
  /** PEM; names the key. A self-made key without a certificate is named by its public half. */
  readonly certificate: string;
}

export interface Authenticator {
  /** Throws `TokenRefusal` or `ExchangeCut`; in both cases nothing has reached the payments API. */
  token(call: CallLimits): Promise<string>;
  /** Forgets this token, and no younger one: ten calls that meet a 401 together cause one refresh. */
  forget(token: string): void;
}

export class TokenRefusal extends Error {
  constructor(because: string) {
    super(because);
    this.name = 'TokenRefusal';
  }
}

const REFRESH_BEFORE_EXPIRY_MS = 30_000;
const REFRESH_TIMEOUT_MS = 3_000;
const ASSERTION_SECONDS = 300;

interface AccessToken {
  readonly value: string;
  readonly goodUntil: number;
}

export function createAuthenticator(oauth: OAuth, exchange: Exchange, now: () => number = Date.now): Authenticator {
  const key = createPrivateKey(oauth.privateKey);
  const keyId = keyIdOf(oauth.certificate, key);
  let held: AccessToken | undefined;
  let refreshing: Promise<AccessToken> | undefined;

  const refresh = (): Promise<AccessToken> => {
    // The refresh has its own deadline: the caller who happened to start it may give up without failing the others.
    refreshing ??= fetchToken(oauth, key, keyId, exchange, now)
      .then((fresh) => (held = fresh))
      .finally(() => {
        refreshing = undefined;
      });
    return refreshing;
  };

  return {
    token: async (call) => {
      if (held && now() < held.goodUntil) return held.value;
      const fresh = await withinCall(refresh(), call);
      return fresh.value;
    },
    forget: (token) => {
      if (held?.value === token) held = undefined;
    },
  };
}

async function fetchToken(
  oauth: OAuth,
  key: KeyObject,
  keyId: string,
  exchange: Exchange,
  now: () => number,
): Promise<AccessToken> {
  const askedAt = now();
  const answer = await exchange(
    {
      method: 'POST',
      url: oauth.tokenUrl,
      headers: { 'content-type': 'application/x-www-form-urlencoded', accept: 'application/json' },
      body: new URLSearchParams({
        grant_type: 'client_credentials',
        client_id: oauth.clientId,
        resource: oauth.resource,
        client_assertion_type: 'urn:ietf:params:oauth:client-assertion-type:jwt-bearer',
        client_assertion: assertion(oauth, key, keyId, Math.floor(askedAt / 1000)),
      }).toString(),
    },
    { signal: new AbortController().signal, timeoutMs: REFRESH_TIMEOUT_MS },
  );
  if (answer.status !== 200) throw new TokenRefusal(`the token service answered ${answer.status}`);
  const read = tokenAnswer.safeParse(parseJson(answer.bytes));
  if (!read.success) throw new TokenRefusal('the token service gave an answer that cannot be read');
  return { value: read.data.access_token, goodUntil: askedAt + read.data.expires_in * 1000 - REFRESH_BEFORE_EXPIRY_MS };
}

function assertion(oauth: OAuth, key: KeyObject, keyId: string, issuedAt: number): string {
  const header = { alg: 'RS256', typ: 'JWT', kid: keyId };
  const claims = {
    iss: oauth.clientId,
    sub: oauth.clientId,
    aud: oauth.tokenUrl,
    iat: issuedAt,
    exp: issuedAt + ASSERTION_SECONDS,
    jti: randomUUID(),
  };
  const signed = `${base64url(header)}.${base64url(claims)}`;
  return `${signed}.${sign('sha256', Buffer.from(signed), key).toString('base64url')}`;
}

function base64url(part: object): string {
  return Buffer.from(JSON.stringify(part)).toString('base64url');
}

/** SHA-1 thumbprint in upper-case hex without colons, as the bank registers it. */
function keyIdOf(certificate: string, key: KeyObject): string {
  if (certificate.includes('BEGIN CERTIFICATE')) {
    return new X509Certificate(certificate).fingerprint.replaceAll(':', '');
  }
  const publicHalf = createPublicKey(key).export({ type: 'spki', format: 'der' });
  return createHash('sha1').update(publicHalf).digest('hex').toUpperCase();
}

function parseJson(bytes: Buffer): unknown {
  try {
    return JSON.parse(bytes.toString('utf8'));
  } catch {
    return undefined;
  }
}

function withinCall<T>(work: Promise<T>, call: CallLimits): Promise<T> {
  return new Promise((resolve, reject) => {
    const stop = (): void => reject(new ExchangeCut(false, 'the attempt ended while waiting for a token'));
    const timer = setTimeout(stop, call.timeoutMs);
    call.signal.addEventListener('abort', stop);
    const finish = (): void => {
      clearTimeout(timer);
      call.signal.removeEventListener('abort', stop);
    };
    if (call.signal.aborted) stop();
    work.then(resolve, reject).finally(finish);
  });
}
