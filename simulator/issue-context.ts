/**
 * Turns what a zod schema found wrong into the bank's context entries: every error of a body, each with code and
 * JSONPath.
 */
import type { z } from 'zod';

import { badRequest } from './bank-errors.ts';
import type { ErrorCode, ErrorContext } from './bank-errors.ts';

type Location = NonNullable<ErrorContext['location']>;
type Issue = z.core.$ZodIssue;

/** Parses or throws a 400 that lists everything wrong, with what `more` finds beside the schema. */
export function parseOrRefuse<T>(
  schema: z.ZodType<T>,
  value: unknown,
  location: Location,
  more: readonly ErrorContext[] = [],
): T {
  const parsed = schema.safeParse(value, { reportInput: true });
  const found = parsed.success ? [] : parsed.error.issues.flatMap((issue) => contextsOf(issue, location));
  if (!parsed.success || more.length > 0) throw badRequest([...found, ...more]);
  return parsed.data;
}

function contextsOf(issue: Issue, location: Location): ErrorContext[] {
  const field = fieldOf(issue.path, location);
  if (issue.code === 'unrecognized_keys') {
    return issue.keys.map((key) => ({
      code: '10105',
      message: 'Unexpected field.',
      field: location === 'BODY' ? `${field}${member(key)}` : key,
      location,
    }));
  }
  return [{ code: codeOf(issue), message: messageOf(issue).slice(0, 99), field, location }];
}

function codeOf(issue: Issue): ErrorCode {
  if (issue.input === undefined && (issue.code === 'invalid_type' || issue.code === 'invalid_value')) return '10001';
  switch (issue.code) {
    case 'invalid_value':
      return '10104';
    case 'too_small':
      return issue.origin === 'string' || issue.origin === 'array' ? '10002' : '10100';
    case 'too_big':
      return issue.origin === 'string' || issue.origin === 'array' ? '10003' : '10101';
    case 'custom':
      return (issue.params?.['code'] as ErrorCode | undefined) ?? '10104';
    case 'invalid_type':
    case 'invalid_format':
    case 'invalid_key':
    case 'invalid_element':
    case 'invalid_union':
    case 'not_multiple_of':
    case 'unrecognized_keys':
      return '10103';
  }
}

function messageOf(issue: Issue): string {
  return codeOf(issue) === '10001' ? 'Mandatory field is missing.' : issue.message;
}

function fieldOf(path: readonly PropertyKey[], location: Location): string {
  if (location !== 'BODY') return path.map(String).join('.');
  return `$${path.map((part) => (typeof part === 'number' ? `[${part}]` : member(String(part)))).join('')}`;
}

/** Search criteria have dots in their names; JSONPath quotes such names. */
function member(key: string): string {
  return /^[A-Za-z_]\w*$/.test(key) ? `.${key}` : `['${key}']`;
}
