/**
 * Untrusted JSON. Refuses what a parser accepts and the database would change or reject: bytes that are not UTF-8, NUL,
 * lone surrogates, excessive depth. Fields are checked by the schemas.
 */
import { Problem, type FieldError } from './problems.ts';

const DEEPEST = 8;

export function parseJson(bytes: Buffer): unknown {
  const json = decodeJson(bytes);
  const errors = unstorable(json, '', 0);
  if (errors.length > 0) {
    throw new Problem('validation-failed', 'The body holds something that cannot be kept as it is.', {
      errors: errors.slice(0, 20),
    });
  }
  return json;
}

/** Decodes JSON without checking its strings, for callers that check each themselves. */
export function decodeJson(bytes: Buffer): unknown {
  try {
    return JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(bytes));
  } catch (error) {
    const utf8 = error instanceof SyntaxError;
    throw new Problem('invalid-json', utf8 ? 'The body is not JSON.' : 'The body is not UTF-8.', { cause: error });
  }
}

function unstorable(value: unknown, pointer: string, depth: number): readonly FieldError[] {
  if (typeof value === 'string') return isStorable(value) ? [] : [{ pointer, detail: 'characters that do not exist' }];
  if (typeof value !== 'object' || value === null) return [];
  if (depth >= DEEPEST) return [{ pointer, detail: `more than ${DEEPEST} levels deep` }];
  return Object.entries(value).flatMap(([key, inner]) => {
    if (!isStorable(key)) return [{ pointer, detail: 'a name with characters that do not exist' }];
    return unstorable(inner, `${pointer}/${escapePointer(key)}`, depth + 1);
  });
}

function isStorable(text: string): boolean {
  return !/\p{Cs}/u.test(text) && !text.includes('\0');
}

/** RFC 6901. */
export function escapePointer(key: string): string {
  return key.replaceAll('~', '~0').replaceAll('/', '~1');
}

/** Of a field as the domain names it: "tiers.list[1].upTo" is /tiers/list/1/upTo. */
export function pointerOf(field: string): string {
  return `/${field.replaceAll(/\[(\d+)\]/g, '.$1').replaceAll('.', '/')}`;
}

/**
 * The JSON pointer of a field that the domain prefixes with a name and the API takes as the body: "charge.amount.value"
 * is /amount/value.
 */
export function pointerIn(body: string, at: string): string {
  return pointerOf(at).slice(1 + body.length);
}

/** Canonical text of a JSON value, independent of field order and white space, to which an idempotency key is bound. */
export function canonicalJson(value: unknown): string {
  if (Array.isArray(value)) return `[${value.map(canonicalJson).join(',')}]`;
  if (typeof value !== 'object' || value === null) return JSON.stringify(value) ?? 'null';
  const fields = Object.entries(value)
    .filter(([, inner]) => inner !== undefined)
    .toSorted(([left], [right]) => (left < right ? -1 : 1))
    .map(([key, inner]) => `${JSON.stringify(key)}:${canonicalJson(inner)}`);
  return `{${fields.join(',')}}`;
}
