/** How the bank says no: the documented bodies, titles and five-digit codes, and nothing else. */
import { randomUUID } from 'node:crypto';

export type ErrorCode =
  | '10001'
  | '10002'
  | '10003'
  | '10100'
  | '10101'
  | '10102'
  | '10103'
  | '10104'
  | '10105'
  | '10106'
  | '10107'
  | '12000'
  | '14000';

export interface ErrorContext {
  readonly code?: ErrorCode;
  readonly message: string;
  readonly location?: 'BODY' | 'PATH' | 'QUERY' | 'HEADER';
  readonly field?: string;
}

/** The title of a 400 follows from its first code. */
const TITLES: Readonly<Partial<Record<ErrorCode, string>>> = {
  '10001': 'Mandatory field missing',
  '10002': 'Field too short',
  '10003': 'Field too long',
  '10100': 'Value below minimum',
  '10101': 'Value above maximum',
  '10102': 'Value out of range',
  '10103': 'Bad format',
  '10104': 'Invalid value',
  '10105': 'Unexpected field',
  '10106': 'Idempotency key reused',
};

/** Thrown by whatever serves a bank call; one place turns it into an answer. */
export class BankRefusal extends Error {
  readonly status: number;
  readonly title: string;
  readonly context: readonly ErrorContext[];

  constructor(status: number, title: string, context: readonly ErrorContext[] = []) {
    super(title);
    this.name = 'Refusal';
    this.status = status;
    this.title = title;
    this.context = context;
  }
}

export function badRequest(context: readonly ErrorContext[]): BankRefusal {
  const code = context[0]?.code;
  return new BankRefusal(400, (code === undefined ? undefined : TITLES[code]) ?? 'Bad request', context.slice(0, 100));
}

export function badValue(message: string, field: string, location: ErrorContext['location'] = 'BODY'): BankRefusal {
  return badRequest([{ code: '10104', message, field, location }]);
}

export function badIdentifier(): BankRefusal {
  const message = 'Invalid resource identifier format.';
  return badRequest([{ code: '10103', message, field: 'id', location: 'PATH' }]);
}

export function resourceNotFound(message?: string): BankRefusal {
  return new BankRefusal(404, 'Not Found', message === undefined ? [] : [{ message }]);
}

export function methodNotAllowed(): BankRefusal {
  return new BankRefusal(405, 'Method not allowed');
}

export function unauthorized(): BankRefusal {
  return new BankRefusal(401, 'Unauthorized', [{ message: 'Unauthorized' }]);
}

export function preconditionFailed(): BankRefusal {
  const message = 'The E-Tag version provided in the If-Match header does not match.';
  return new BankRefusal(412, 'Precondition failed', [{ message, field: 'If-Match', location: 'HEADER' }]);
}

/** How the returns API refuses a key that was used for something else, or that another call is using now. */
export function idempotencyFailure(code: '10106' | '10107', message: string): BankRefusal {
  return new BankRefusal(422, 'Idempotency Failure', [{ code, message, field: 'Idempotency-Key', location: 'HEADER' }]);
}

/** The documented body of a status that a fault asks for. */
export function refusalOfStatus(status: number): BankRefusal {
  switch (status) {
    case 401:
      return unauthorized();
    case 403:
      return new BankRefusal(403, 'Security Failure', [{ code: '14000', message: 'Invalid client profile' }]);
    case 404:
      return resourceNotFound();
    case 422:
      return idempotencyFailure('10107', 'Another request with this Idempotency Key is being processed');
    case 429: {
      const message = 'The agreed upon rate limit for this API has been exceeded';
      return new BankRefusal(429, 'Too Many Requests', [{ message }]);
    }
    default:
      return new BankRefusal(status, 'System Error', [{ code: '12000', message: 'Service Unavailable' }]);
  }
}

export function errorBody(refusal: BankRefusal, withContext: boolean): Record<string, unknown> {
  const stamp = new Date().toISOString().replaceAll(/\D/g, '');
  return {
    title: refusal.title,
    httpStatus: refusal.status,
    traceId: randomUUID(),
    requestId: `UK${stamp.slice(0, 14)}${stamp.slice(13, 17)}`,
    ...(withContext && refusal.context.length > 0 ? { context: refusal.context } : {}),
  };
}
