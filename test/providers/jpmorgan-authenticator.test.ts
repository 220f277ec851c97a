import { createHash, createPublicKey, generateKeyPairSync, verify } from 'node:crypto';
import { afterEach, describe, expect, it } from '@jest/globals';
import { createAuthenticator, type OAuth } from '../../providers/jpmorgan/authenticator.ts';
import type { Exchange, HttpRequest } from '../../providers/jpmorgan/exchange.ts';
import { aBank, aProvider, aWrite, call, details, failureOf, REQUEST_ID } from './builders.ts';

const pair = generateKeyPairSync('rsa', {
  modulusLength: 2048,
  publicKeyEncoding: { type: 'spki', format: 'pem' },
  privateKeyEncoding: { type: 'pkcs8', format: 'pem' },
});

function oauth(differences: Partial<OAuth> = {}): OAuth {
  return {
    tokenUrl: 'https://tokens.example/adfs/oauth2/token',
    clientId: 'client-1',
    resource: 'JPMC:URI:RS-1',
    privateKey: pair.privateKey,
    certificate: pair.publicKey,
    ...differences,
  };
}

/** Counts what was asked and answers token-1, token-2, …, each good for an hour. */
function tokenService(answerAfterMs = 0): { readonly exchange: Exchange; readonly asked: HttpRequest[] } {
  const asked: HttpRequest[] = [];
  const exchange: Exchange = async (request) => {
    asked.push(request);
    const number = asked.length;
    await new Promise((resolve) => setTimeout(resolve, answerAfterMs));
    const json = { access_token: `token-${number}`, token_type: 'bearer', expires_in: 3600 };
    return { status: 200, headers: {}, bytes: Buffer.from(JSON.stringify(json)) };
  };
  return { exchange, asked };
}

function decode(part: string | undefined): Record<string, unknown> {
  return JSON.parse(Buffer.from(part ?? '', 'base64url').toString('utf8')) as Record<string, unknown>;
}

const open: { close(): Promise<void> }[] = [];
afterEach(async () => {
  for (const one of open.splice(0)) await one.close();
});

describe('the assertion', () => {
  it('says who we are to whom, briefly, and is signed with our key', async () => {
    const { exchange, asked } = tokenService();
    await createAuthenticator(oauth(), exchange, () => 1_700_000_000_000).token(call());
    const form = new URLSearchParams(asked[0]?.body);
    expect(asked[0]).toMatchObject({ method: 'POST', url: 'https://tokens.example/adfs/oauth2/token' });
    expect(Object.fromEntries(form)).toMatchObject({
      grant_type: 'client_credentials',
      client_id: 'client-1',
      resource: 'JPMC:URI:RS-1',
      client_assertion_type: 'urn:ietf:params:oauth:client-assertion-type:jwt-bearer',
    });

    const [header, claims, signature] = (form.get('client_assertion') ?? '').split('.');
    const publicDer = createPublicKey(pair.publicKey).export({ type: 'spki', format: 'der' });
    expect(decode(header)).toEqual({
      alg: 'RS256',
      typ: 'JWT',
      kid: createHash('sha1').update(publicDer).digest('hex').toUpperCase(),
    });
    expect(decode(claims)).toEqual({
      iss: 'client-1',
      sub: 'client-1',
      aud: 'https://tokens.example/adfs/oauth2/token',
      iat: 1_700_000_000,
      exp: 1_700_000_300,
      jti: expect.stringMatching(/^[0-9a-f-]{36}$/),
    });
    const signed = Buffer.from(`${header}.${claims}`);
    expect(verify('sha256', signed, pair.publicKey, Buffer.from(signature ?? '', 'base64url'))).toBe(true);
  });

  it('is never used twice', async () => {
    const { exchange, asked } = tokenService();
    const authenticator = createAuthenticator(oauth(), exchange);
    authenticator.forget(await authenticator.token(call()));
    await authenticator.token(call());
    const [first, second] = asked.map(({ body }) =>
      decode(new URLSearchParams(body).get('client_assertion')?.split('.')[1]),
    );
    expect(first?.['jti']).not.toBe(second?.['jti']);
  });
});

describe('the token', () => {
  it('is fetched once for all who wait for it', async () => {
    const { exchange, asked } = tokenService(20);
    const authenticator = createAuthenticator(oauth(), exchange);
    const tokens = await Promise.all(Array.from({ length: 20 }, () => authenticator.token(call())));
    expect(new Set(tokens)).toEqual(new Set(['token-1']));
    expect(asked).toHaveLength(1);
  });

  it('survives a caller who gives up', async () => {
    const { exchange, asked } = tokenService(40);
    const authenticator = createAuthenticator(oauth(), exchange);
    const [impatient, patient] = await Promise.allSettled([authenticator.token(call(5)), authenticator.token(call())]);
    expect(impatient).toMatchObject({ status: 'rejected', reason: { name: 'ExchangeCut', sent: false } });
    expect(patient).toEqual({ status: 'fulfilled', value: 'token-1' });
    expect(asked).toHaveLength(1);
  });

  it('is kept until 30 seconds before it expires', async () => {
    let now = 0;
    const { exchange } = tokenService();
    const authenticator = createAuthenticator(oauth(), exchange, () => now);
    expect(await authenticator.token(call())).toBe('token-1');
    now = 3_569_999;
    expect(await authenticator.token(call())).toBe('token-1');
    now = 3_570_000;
    expect(await authenticator.token(call())).toBe('token-2');
  });

  it('is forgotten only by those who hold the current one', async () => {
    const { exchange, asked } = tokenService();
    const authenticator = createAuthenticator(oauth(), exchange);
    const token = await authenticator.token(call());
    authenticator.forget(token);
    await authenticator.token(call());
    authenticator.forget(token);
    expect(await authenticator.token(call())).toBe('token-2');
    expect(asked).toHaveLength(2);
  });

  it('is asked for again after a failure', async () => {
    let count = 0;
    const { exchange } = tokenService();
    const failingOnce: Exchange = (request, limits) => {
      count += 1;
      return count === 1
        ? Promise.resolve({ status: 400, headers: {}, bytes: Buffer.from('{"error":"invalid_grant"}') })
        : exchange(request, limits);
    };
    const authenticator = createAuthenticator(oauth(), failingOnce);
    await expect(authenticator.token(call())).rejects.toThrow('the token service answered 400');
    expect(await authenticator.token(call())).toBe('token-1');
  });
});

describe('a call that is turned away with 401', () => {
  /** One server for both: tokens count up, and the API takes only those named. */
  async function bankThatTakes(...tokens: string[]) {
    let issued = 0;
    const bank = await aBank(({ url, headers }) => {
      if (url === '/token') return { json: { access_token: `token-${(issued += 1)}`, expires_in: '3600' } };
      return tokens.includes(headers.authorization ?? '')
        ? { json: details() }
        : { status: 401, json: { title: 'Unauthorized', httpStatus: 401, context: [{ message: 'Unauthorized' }] } };
    });
    const jpmorgan = aProvider(`${bank.url}/v1`, { oauth: oauth({ tokenUrl: `${bank.url}/token` }) });
    open.push(jpmorgan, bank);
    return { jpmorgan, paths: () => bank.received.map(({ url }) => url.split('/')[1]) };
  }

  it('is repeated once with a fresh token', async () => {
    const { jpmorgan, paths } = await bankThatTakes('Bearer token-2');
    expect((await jpmorgan.putRequest(aWrite(), call())).requestId).toBe(REQUEST_ID);
    expect(paths()).toEqual(['token', 'v1', 'token', 'v1']);
  });

  it('is repeated no more than once, and tells no token', async () => {
    const { jpmorgan, paths } = await bankThatTakes();
    const failure = await failureOf(jpmorgan.putRequest(aWrite(), call()));
    expect(failure).toMatchObject({ kind: 'retryable', status: 401 });
    expect(JSON.stringify([failure.message, failure.reasons])).not.toContain('token-');
    expect(paths()).toEqual(['token', 'v1', 'token', 'v1']);
  });

  it('is retryable, and nothing is sent, while no token is to be had', async () => {
    const bank = await aBank(() => ({ status: 400, json: { error: 'invalid_grant', error_description: 'MSIS9622' } }));
    const jpmorgan = aProvider(`${bank.url}/v1`, { oauth: oauth({ tokenUrl: `${bank.url}/token` }) });
    open.push(jpmorgan, bank);
    expect((await failureOf(jpmorgan.putRequest(aWrite(), call()))).kind).toBe('retryable');
    expect(bank.received.map(({ url }) => url)).toEqual(['/token']);
  });
});
