/**
 * API keys: a bearer token that identifies the merchant. Looked up by its hash, compared in constant time, cached for 5
 * s.
 */
import { timingSafeEqual } from 'node:crypto';
import type pg from 'pg';
import { findApiKey, hashOfKey } from '../../db/merchants.ts';
import type { Caller } from './call.ts';
import { Problem } from './problems.ts';

export type Authenticate = (authorization: string | undefined) => Promise<Caller>;

/** A revoked key keeps working for this long. */
const KEPT_MS = 5_000;
const MOST_KEPT = 10_000;
const LONGEST_KEY = 200;

export function createAuthentication(router: pg.Pool): Authenticate {
  const known = new Map<string, { readonly caller: Caller; readonly until: number }>();
  return async (authorization) => {
    const [, key] = /^bearer +(\S+)$/i.exec(authorization ?? '') ?? [];
    if (key === undefined || key.length > LONGEST_KEY) throw unauthenticated();
    const hash = hashOfKey(key);
    const place = hash.toString('base64');
    const kept = known.get(place);
    if (kept !== undefined && kept.until > Date.now()) return kept.caller;
    const found = await findApiKey(router, hash);
    if (found === undefined || !timingSafeEqual(found.hash, hash)) {
      known.delete(place);
      throw unauthenticated();
    }
    const caller = { merchantId: found.merchantId, keyId: found.keyId };
    if (known.size >= MOST_KEPT) known.clear();
    known.set(place, { caller, until: Date.now() + KEPT_MS });
    return caller;
  };
}

function unauthenticated(): Problem {
  return new Problem('unauthenticated', 'Send a valid API key as Authorization: Bearer.', {
    headers: { 'www-authenticate': 'Bearer' },
  });
}
