/**
 * The bank's callbacks: who may send one, and what one claims. A claim is a hint and never evidence; nothing that
 * arrives here, however broken, throws.
 */
import { createHash, timingSafeEqual } from 'node:crypto';
import type { Notice } from '../provider.ts';
import { statusFrom } from './mapping.ts';
import { statusEvent } from './schemas.ts';

/** Compares hashes, so that neither the length nor the first wrong character of a guess can be timed. */
export function createCallbackCheck(
  secret: string,
): (headers: Readonly<Record<string, string | undefined>>) => boolean {
  if (secret === '') throw new Error('a callback secret is required: without one anybody could claim a payment');
  const expected = digest(secret);
  return (headers) => {
    const [, given] = /^bearer +(\S+)$/i.exec(headers['authorization'] ?? '') ?? [];
    const same = timingSafeEqual(digest(given ?? ''), expected);
    return same && given !== undefined;
  };
}

function digest(text: string): Buffer {
  return createHash('sha256').update(text).digest();
}

/** One event, a list of them, or `{ events: [] }`. A bad one among good ones costs only itself. */
export function parseCallback(body: Buffer): readonly Notice[] {
  let json: unknown;
  try {
    json = JSON.parse(body.toString('utf8'));
  } catch {
    return [];
  }
  return eventsOf(json).flatMap((event) => {
    const read = statusEvent.safeParse(event);
    if (!read.success) return [];
    const { id, status, endToEndId } = read.data;
    return [
      { requestId: id, status: statusFrom(status.toUpperCase()) ?? 'unreadable', ...(endToEndId && { endToEndId }) },
    ];
  });
}

function eventsOf(json: unknown): readonly unknown[] {
  if (Array.isArray(json)) return json;
  if (typeof json === 'object' && json !== null && 'events' in json && Array.isArray(json.events)) return json.events;
  return [json];
}
