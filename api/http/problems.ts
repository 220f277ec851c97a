/**
 * Every error that this API answers (RFC 9457), from one table. The `type` of a problem never changes; its `detail` is
 * for the case at hand, and holds no stack trace, no secret and no payer's data.
 */
import type { Refusal } from '../../domain/links/link-state.ts';
import type { MoneyRefusal } from '../../domain/links/money-answers.ts';
import { present } from '../../domain/present.ts';

export const problems = {
  'bad-request': { status: 400, title: 'The request cannot be read' },
  'invalid-json': { status: 400, title: 'The body is not valid JSON' },
  'invalid-query': { status: 400, title: 'A query parameter is not valid' },
  'idempotency-key-required': { status: 400, title: 'An Idempotency-Key is needed' },
  'idempotency-key-invalid': { status: 400, title: 'The Idempotency-Key is not valid' },
  unauthenticated: { status: 401, title: 'The API key is missing or not valid' },
  'not-found': { status: 404, title: 'Not found' },
  'method-not-allowed': { status: 405, title: 'This address does not take this method' },
  'payment-link-busy': { status: 409, title: 'Another payment request is linked' },
  'payment-link-opening': { status: 409, title: 'The payment link is still being opened' },
  'payment-link-attention': { status: 409, title: 'What the code shows is not known' },
  superseded: { status: 409, title: 'A newer command was applied first' },
  'timed-out': { status: 409, title: 'The command came too late to be carried out' },
  retired: { status: 409, title: 'The payment link is retired' },
  'payment-in-flight': { status: 409, title: "The payer's bank is at it" },
  'already-paid': { status: 409, title: 'The payment request is paid' },
  'not-active': { status: 409, title: 'The payment request is not active' },
  'too-many-changes': { status: 409, title: 'The payment request was changed too often' },
  cancelled: { status: 409, title: 'The payment request was cancelled meanwhile' },
  drift: { status: 409, title: 'The payment request was changed outside of this API' },
  'queue-full': { status: 409, title: 'Too many sales wait for this payment link' },
  'refused-by-provider': { status: 409, title: 'The payment provider refused it' },
  'nothing-to-return': { status: 409, title: 'There is no money that could go back' },
  'exceeds-received': { status: 409, title: 'It is more than can go back' },
  'other-currency': { status: 409, title: 'The money is in another currency' },
  'exception-resolved': { status: 409, title: 'The exception was decided before' },
  'decision-unfit': { status: 409, title: 'This cannot be decided about this exception' },
  'payment-request-alive': { status: 409, title: 'That payment request can still be paid' },
  'wrong-value': { status: 409, title: 'The register cannot show this' },
  'tariff-version-taken': { status: 409, title: 'This version of the tariff says something else' },
  'meter-in-service': { status: 409, title: 'The meter is in service elsewhere' },
  'bill-batch-running': { status: 409, title: 'The batch of bills has not finished' },
  'stale-revision': { status: 412, title: 'The payment request has another revision' },
  'payload-too-large': { status: 413, title: 'The body is too large' },
  'unsupported-media-type': { status: 415, title: 'The body is of a type that is not taken here' },
  'validation-failed': { status: 422, title: 'The body is not valid' },
  'idempotency-key-reuse': { status: 422, title: 'The Idempotency-Key stands for another request' },
  'precondition-required': { status: 428, title: 'An If-Match header is needed' },
  'internal-error': { status: 500, title: 'Something went wrong here' },
  'printed-code-changed': { status: 500, title: 'The stored code is not the printed one' },
  'temporal-unavailable': { status: 503, title: 'The command is stored and not yet sent' },
  'database-unavailable': { status: 503, title: 'The database does not answer' },
} as const satisfies Record<string, { readonly status: number; readonly title: string }>;

export type ProblemName = keyof typeof problems;

/** Of a body by JSON pointer, of a query by the parameter's name, of a statement by line and column. */
export type FieldError =
  | { readonly pointer: string; readonly detail: string }
  | { readonly parameter: string; readonly detail: string }
  | { readonly line: number; readonly column: string; readonly detail: string };

interface ProblemExtras {
  readonly errors?: readonly FieldError[];
  /** Members of the body beside those of RFC 9457. */
  readonly members?: Readonly<Record<string, unknown>>;
  readonly headers?: Readonly<Record<string, string>>;
  readonly cause?: unknown;
}

/** Thrown by a handler; one renderer turns it into an answer. */
export class Problem extends Error {
  readonly problem: ProblemName;
  readonly more: ProblemExtras;

  constructor(problem: ProblemName, detail: string, more: ProblemExtras = {}) {
    super(detail, { cause: more.cause });
    this.name = 'Problem';
    this.problem = problem;
    this.more = more;
  }
}

/** The same answer for what does not exist and for what belongs to another merchant. */
export function notFound(): Problem {
  return new Problem('not-found', 'There is nothing at this address.');
}

export const PROBLEM_TYPE = 'https://relink.dev/problems/';

interface RenderedProblem {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
}

export function renderProblem({ problem, message, more }: Problem, traceId: string): RenderedProblem {
  const { status, title } = problems[problem];
  return {
    status,
    headers: { 'content-type': 'application/problem+json', ...more.headers },
    body: JSON.stringify({
      type: `${PROBLEM_TYPE}${problem}`,
      title,
      status,
      detail: message,
      ...present({ errors: more.errors }),
      ...more.members,
      traceId,
    }),
  };
}

const REFUSAL_SENTENCES: {
  readonly [refusal in Refusal | MoneyRefusal]: { readonly problem: ProblemName; readonly detail: string };
} = {
  busy: { problem: 'payment-link-busy', detail: 'The code serves another payment request: unlink it, or use onBusy.' },
  superseded: { problem: 'superseded', detail: 'A newer command for this payment link was applied before this one.' },
  'timed-out': { problem: 'timed-out', detail: 'Its notAfter had passed before it could be carried out.' },
  retired: { problem: 'retired', detail: 'A retired payment link takes no new payment requests.' },
  'not-current': { problem: 'not-active', detail: 'The code does not serve this payment request.' },
  'not-active': { problem: 'not-active', detail: 'Only an active payment request can be changed.' },
  'stale-revision': { problem: 'stale-revision', detail: 'Read the payment request again and use its ETag.' },
  'already-paid': { problem: 'already-paid', detail: 'The payment request was paid before it could be changed.' },
  'payment-in-flight': { problem: 'payment-in-flight', detail: 'A payment is being settled: wait for its outcome.' },
  'payment-link-attention': {
    problem: 'payment-link-attention',
    detail: 'The code shows, or may show, something that is not ours: see the history of the payment link.',
  },
  'too-many-changes': {
    problem: 'too-many-changes',
    detail: 'The provider takes no more changes: cancel and link anew.',
  },
  cancelled: { problem: 'cancelled', detail: 'It was cancelled while this command waited.' },
  drift: { problem: 'drift', detail: 'The provider shows a change that did not come from here; an exception owns it.' },
  'refused-by-provider': {
    problem: 'refused-by-provider',
    detail: 'The payment provider refused the payment request.',
  },
  'not-found': { problem: 'not-found', detail: 'There is nothing at this address.' },
  'queue-full': { problem: 'queue-full', detail: 'Ten sales wait for this payment link already.' },
  'nothing-to-return': { problem: 'nothing-to-return', detail: 'All of it went back before, or nothing has arrived.' },
  'exceeds-received': {
    problem: 'exceeds-received',
    detail: 'All returns together are never above what was received.',
  },
  'other-currency': {
    problem: 'other-currency',
    detail: 'Money goes back, or pays a bill, in the currency it came in.',
  },
  'exception-resolved': { problem: 'exception-resolved', detail: 'See its resolution.' },
  'decision-unfit': { problem: 'decision-unfit', detail: 'An exception without money is accepted or written off.' },
  'payment-request-alive': { problem: 'payment-request-alive', detail: 'Unlink it, and decide again.' },
  'not-held': { problem: 'exception-resolved', detail: 'Another reading, or somebody else, has decided it meanwhile.' },
  'wrong-value': { problem: 'wrong-value', detail: 'The value does not fit the register.' },
};

/** A refusal of the workflow as a problem. `detail` is the provider's or the workflow's text, if there is one. */
export function refusalProblem(
  because: Refusal | MoneyRefusal,
  detail?: string,
  members?: Readonly<Record<string, unknown>>,
): Problem {
  const said = REFUSAL_SENTENCES[because];
  return new Problem(said.problem, detail ?? said.detail, members === undefined ? {} : { members });
}
