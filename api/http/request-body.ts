/** Reads bodies: bounded, uncompressed, of the right type; then validates them by the schemas. */
import type { IncomingMessage } from 'node:http';
import type { z } from 'zod';
import { escapePointer, parseJson } from './json-body.ts';
import { Problem, type FieldError } from './problems.ts';
import type { RouteSpec } from './route-spec.ts';

const JSON_BYTES = 100_000;
/**
 * An oversized body is read and discarded up to here before the connection is cut, because a client that is still
 * sending reads no answer.
 */
const DRAINED_BYTES = 64 * 1024 * 1024;

export async function readBody(request: IncomingMessage, route: RouteSpec): Promise<Buffer> {
  if (route.body === undefined && route.rawBodyBytes === undefined) return Buffer.alloc(0);
  const most = route.rawBodyBytes ?? JSON_BYTES;
  const encoding = request.headers['content-encoding'];
  const parts: Buffer[] = [];
  let size = 0;
  for await (const part of request as AsyncIterable<Buffer>) {
    size += part.length;
    if (size <= most) parts.push(part);
    else parts.length = 0;
    if (size > DRAINED_BYTES) break;
  }
  if (size > most) throw new Problem('payload-too-large', `At most ${most} bytes are taken.`);
  if (encoding !== undefined && encoding.toLowerCase() !== 'identity') {
    throw new Problem('unsupported-media-type', 'A compressed body is not taken.');
  }
  return Buffer.concat(parts);
}

export function parseBody(bytes: Buffer, request: IncomingMessage, route: RouteSpec): unknown {
  if (route.body === undefined) return undefined;
  if (bytes.length === 0 && route.bodyOptional === true) return validate(route.body, {});
  if (!isJsonType(request.headers['content-type'])) {
    throw new Problem('unsupported-media-type', 'Send the body as Content-Type: application/json.');
  }
  return validate(route.body, parseJson(bytes));
}

export function isJsonType(type: string | undefined): boolean {
  return /^application\/json *(; *charset="?utf-8"? *)?$/i.test(type ?? '');
}

export function validate<T>(schema: z.ZodType<T>, json: unknown): T {
  const parsed = schema.safeParse(json);
  if (parsed.success) return parsed.data;
  const errors = parsed.error.issues.flatMap(fieldErrors);
  throw new Problem('validation-failed', 'See errors.', { errors });
}

/** An unknown field is pointed at itself, not at the object that holds it. */
function fieldErrors(issue: z.core.$ZodIssue): readonly FieldError[] {
  const pointer = issue.path.map((part) => `/${escapePointer(String(part))}`).join('');
  if (issue.code !== 'unrecognized_keys') return [{ pointer, detail: issue.message }];
  return issue.keys.map((key) => ({ pointer: `${pointer}/${escapePointer(key)}`, detail: 'this field is not known' }));
}

export function parseQuery(query: unknown, route: RouteSpec): unknown {
  if (route.query === undefined) return undefined;
  const parsed = route.query.safeParse(query);
  if (parsed.success) return parsed.data;
  const errors = parsed.error.issues.flatMap((issue) => {
    const names = issue.code === 'unrecognized_keys' ? issue.keys : [String(issue.path[0] ?? '')];
    const detail = issue.code === 'unrecognized_keys' ? 'this parameter is not known' : issue.message;
    return names.map((parameter) => ({ parameter, detail }));
  });
  throw new Problem('invalid-query', 'See errors.', { errors });
}
