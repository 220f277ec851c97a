/**
 * One call of the bank's API without its transport, so that a late write can be carried out after its caller has gone.
 */
import { badRequest } from './bank-errors.ts';

export interface BankCall {
  readonly method: string;
  /** Below the API's base, without query. */
  readonly path: string;
  readonly query: URLSearchParams;
  /** Lower-case names. */
  readonly headers: Readonly<Record<string, string | undefined>>;
  readonly body: string;
}

export interface BankAnswer {
  readonly status: number;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body: unknown;
}

export function jsonBody(call: BankCall): unknown {
  try {
    return JSON.parse(call.body) as unknown;
  } catch {
    throw badRequest([{ code: '10103', message: 'The body is not JSON.', field: '$', location: 'BODY' }]);
  }
}
