/**
 * `POST /adfs/oauth2/token`: client credentials with a signed assertion (RS256). Time here is the machine's, not the
 * bank's: moving the bank's clock must not spoil assertions that clients sign by their own.
 */
import { createPublicKey, randomBytes, verify, X509Certificate } from 'node:crypto';
import type { KeyObject } from 'node:crypto';

import express from 'express';
import type { Router } from 'express';
import { z } from 'zod';

export const TOKEN_PATH = '/adfs/oauth2/token';
const TOKEN_SECONDS = 3_600;
/** Clocks of two machines differ; longer-lived assertions are refused as well. */
const SKEW_SECONDS = 60;
const LONGEST_ASSERTION_SECONDS = 3_600;

export interface TokenDesk {
  readonly router: Router;
  accepts(authorization: string | undefined): boolean;
}

interface TokenDeskSettings {
  /** The only client, when named. */
  readonly clientId: string | undefined;
  /** PEM of the client's certificate or public key; without it signatures are not verified. */
  readonly clientCertificate: string | undefined;
  readonly count: (route: string) => void;
}

const formSchema = z.looseObject({
  grant_type: z.literal('client_credentials'),
  client_id: z.string().min(1),
  resource: z.string().min(1),
  client_assertion_type: z.literal('urn:ietf:params:oauth:client-assertion-type:jwt-bearer'),
  client_assertion: z.string(),
});
const headerSchema = z.looseObject({ alg: z.literal('RS256'), kid: z.string().min(1) });
const claimsSchema = z.looseObject({
  iss: z.string(),
  sub: z.string(),
  aud: z.string(),
  exp: z.number(),
  iat: z.number().optional(),
  jti: z.string().min(1),
});

export function createTokenDesk(settings: TokenDeskSettings): TokenDesk {
  const tokens = new Map<string, number>();
  const usedAssertions = new Map<string, number>();
  const trusted = settings.clientCertificate === undefined ? undefined : trustedKey(settings.clientCertificate);
  const router = express.Router();
  router.post(TOKEN_PATH, express.urlencoded({ extended: false }), (request, response) => {
    settings.count(`POST ${TOKEN_PATH}`);
    const now = Math.floor(Date.now() / 1000);
    forgetPast(tokens, now);
    forgetPast(usedAssertions, now - SKEW_SECONDS);
    const wrong = faultOf(request.body, request.headers.host ?? '', { now, trusted, settings, usedAssertions });
    if (wrong !== undefined) {
      const description = `MSIS9622: Client authentication failed. ${wrong}`;
      response.status(400).json({ error: 'invalid_grant', error_description: description });
      return;
    }
    const token = randomBytes(24).toString('base64url');
    tokens.set(token, now + TOKEN_SECONDS);
    response.json({ access_token: token, token_type: 'bearer', expires_in: TOKEN_SECONDS });
  });
  return {
    router,
    accepts: (authorization) => {
      const token = /^bearer (\S+)$/i.exec(authorization ?? '')?.[1] ?? '';
      return (tokens.get(token) ?? 0) > Date.now() / 1000;
    },
  };
}

interface TrustedClient {
  readonly key: KeyObject;
  /** Known for a certificate only: the SHA-1 thumbprint that `kid` has to be. */
  readonly thumbprint: string | undefined;
}

function trustedKey(pem: string): TrustedClient {
  if (!pem.includes('BEGIN CERTIFICATE')) return { key: createPublicKey(pem), thumbprint: undefined };
  const certificate = new X509Certificate(pem);
  return { key: certificate.publicKey, thumbprint: certificate.fingerprint.replaceAll(':', '') };
}

interface AssertionContext {
  readonly now: number;
  readonly trusted: TrustedClient | undefined;
  readonly settings: TokenDeskSettings;
  readonly usedAssertions: Map<string, number>;
}

/** What is wrong with the request for a token; undefined when nothing is, and then its assertion is used up. */
function faultOf(body: unknown, host: string, { now, trusted, settings, usedAssertions }: AssertionContext) {
  const form = formSchema.safeParse(body);
  if (!form.success) return `Bad or missing: ${form.error.issues.map((issue) => issue.path.join('.')).join(', ')}.`;
  const { client_id: clientId, client_assertion: assertion } = form.data;
  if (settings.clientId !== undefined && settings.clientId !== clientId) return 'Unknown client.';
  const parts = assertion.split('.');
  const [header = '', claims = '', signature = ''] = parts;
  const head = headerSchema.safeParse(decoded(header));
  const said = claimsSchema.safeParse(decoded(claims));
  if (parts.length !== 3 || !head.success || !said.success) return 'The assertion is not a complete RS256 token.';
  const { iss, sub, aud, exp, iat = now, jti } = said.data;
  if (iss !== clientId || sub !== clientId) return 'iss and sub have to be the client id.';
  if (!isTokenUrl(aud, host)) return 'aud has to be the token URL.';
  if (exp <= now - SKEW_SECONDS) return 'The assertion has expired.';
  if (iat > now + SKEW_SECONDS || exp > now + LONGEST_ASSERTION_SECONDS + SKEW_SECONDS) return 'Its times are not now.';
  if (trusted?.thumbprint !== undefined && trusted.thumbprint !== head.data.kid)
    return 'kid names another certificate.';
  const signed = Buffer.from(`${header}.${claims}`);
  if (trusted !== undefined && !verify('RSA-SHA256', signed, trusted.key, Buffer.from(signature, 'base64url'))) {
    return 'The signature is wrong.';
  }
  if (usedAssertions.has(jti)) return 'jti was used before.';
  usedAssertions.set(jti, exp);
  return undefined;
}

function isTokenUrl(audience: string, host: string): boolean {
  if (!URL.canParse(audience)) return false;
  const url = new URL(audience);
  return url.pathname === TOKEN_PATH && url.host === host;
}

function decoded(part: string): unknown {
  try {
    return JSON.parse(Buffer.from(part, 'base64url').toString()) as unknown;
  } catch {
    return undefined;
  }
}

function forgetPast(moments: Map<string, number>, now: number): void {
  for (const [name, until] of moments) if (until <= now) moments.delete(name);
}
