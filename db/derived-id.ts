/** Ids that are derived and never drawn: the same words give the same id, so asking twice makes one row. */
import { createHash } from 'node:crypto';

/** 32 lower-case hex characters. */
export function derivedId(...words: readonly string[]): string {
  return createHash('sha256').update(words.join('|')).digest('hex').slice(0, 32);
}
