/** Tokens: who gets one, and that nothing works without. */
import { createSign, generateKeyPairSync } from 'node:crypto';
import { afterEach, describe, expect, it } from '@jest/globals';

import { createSimulator } from '../../simulator/simulator.ts';
import { askToken, claims, encoded, startBank } from './bank.ts';

const { privateKey, publicKey } = generateKeyPairSync('rsa', { modulusLength: 2048 });
const stranger = generateKeyPairSync('rsa', { modulusLength: 2048 }).privateKey;
const clientCertificate = publicKey.export({ type: 'spki', format: 'pem' }).toString();

function assertion(url: string, change: object = {}, header: object = {}, key = privateKey): string {
  const signed = `${encoded({ alg: 'RS256', typ: 'JWT', kid: 'A'.repeat(40), ...header })}.${encoded(claims(url, change))}`;
  return `${signed}.${createSign('RSA-SHA256').update(signed).sign(key, 'base64url')}`;
}

// The bank's own test client sends unsigned assertions, so a bank that verifies them is started without it.
async function startStrictBank(): Promise<string> {
  const simulator = createSimulator({ clientId: 'relink-test', clientCertificate });
  strict.push(() => simulator.close());
  return (await simulator.listen(0)).url;
}
const strict: (() => Promise<void>)[] = [];
afterEach(async () => {
  await Promise.all(strict.splice(0).map((close) => close()));
});

const now = (): number => Math.floor(Date.now() / 1000);

describe('the token desk', () => {
  it('gives an hour’s token for a signed assertion, and the token opens the bank', async () => {
    const url = await startStrictBank();
    const answer = await askToken(url, assertion(url));
    const body = (await answer.json()) as { access_token: string };
    expect([answer.status, body]).toEqual([
      200,
      { access_token: expect.any(String), token_type: 'bearer', expires_in: 3600 },
    ]);
    const call = (authorization: string) =>
      fetch(`${url}/receivables/request-to-pay/v1/payment-links`, { headers: { authorization } });
    expect((await call(`Bearer ${body.access_token}`)).status).toBe(200);
    const refused = await call('Bearer something else');
    expect([refused.status, await refused.json()]).toMatchObject([
      401,
      { title: 'Unauthorized', httpStatus: 401, context: [{ message: 'Unauthorized' }] },
    ]);
  });

  it.each<[string, (url: string) => string, Record<string, string>]>([
    ['another grant type', (url) => assertion(url), { grant_type: 'password' }],
    ['another assertion type', (url) => assertion(url), { client_assertion_type: 'urn:other' }],
    ['no resource', (url) => assertion(url), { resource: '' }],
    ['another client', (url) => assertion(url, { iss: 'other', sub: 'other' }), { client_id: 'other' }],
    ['a foreign issuer', (url) => assertion(url, { iss: 'other' }), {}],
    ['a foreign subject', (url) => assertion(url, { sub: 'other' }), {}],
    ['another audience', (url) => assertion(url, { aud: 'https://bank.example/token' }), {}],
    ['an audience on another host', (url) => assertion(url, { aud: 'http://bank.example/adfs/oauth2/token' }), {}],
    ['an expired assertion', (url) => assertion(url, { exp: now() - 120 }), {}],
    ['an assertion that lives for days', (url) => assertion(url, { exp: now() + 200_000 }), {}],
    ['an assertion from the future', (url) => assertion(url, { iat: now() + 600, exp: now() + 900 }), {}],
    ['no jti', (url) => assertion(url, { jti: undefined }), {}],
    ['another algorithm', (url) => assertion(url, {}, { alg: 'HS256' }), {}],
    ['a stranger’s key', (url) => assertion(url, {}, {}, stranger), {}],
    ['no assertion at all', () => 'nonsense', {}],
  ])('refuses %s', async (_named, make, change) => {
    const url = await startStrictBank();
    const answer = await askToken(url, make(url), change);
    expect([answer.status, await answer.json()]).toEqual([
      400,
      { error: 'invalid_grant', error_description: expect.stringContaining('MSIS9622') },
    ]);
  });

  it('takes each assertion once', async () => {
    const url = await startStrictBank();
    const once = assertion(url);
    expect((await askToken(url, once)).status).toBe(200);
    expect((await askToken(url, once)).status).toBe(400);
  });

  it('does not mind where the bank’s clock stands', async () => {
    const bank = await startBank();
    await bank.control('/clock', { advanceSeconds: 86_400 * 400 });
    expect((await bank.call('GET', '/payment-links')).status).toBe(200);
    expect((await askToken(bank.url, assertion(bank.url))).status).toBe(200);
  });
});
