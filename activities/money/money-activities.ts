/** The effects of exceptions and of returns, as their workflows see them. */
import type { Decision, StoredException } from '../../domain/money/exception.ts';
import type { MoneyAnswer } from '../../domain/links/money-answers.ts';

export interface ExceptionRef {
  readonly merchantId: string;
  readonly exceptionId: string;
}

export interface ReturnRef {
  readonly merchantId: string;
  readonly returnId: string;
}

/** `unknown`: it may have left, and asking again could make it leave twice; only reads tell from here on. */
export interface ReturnProgress {
  readonly status: 'pending' | 'completed' | 'failed' | 'unknown';
  readonly because?: string;
}

export interface MoneyActivities {
  /** Null: there is no such exception. Otherwise never gives up. */
  loadException(exception: ExceptionRef): Promise<StoredException | null>;

  /** One decision, carried out and answered in one transaction. Idempotent by its command. */
  decideException(input: { readonly exception: ExceptionRef; readonly decision: Decision }): Promise<MoneyAnswer>;

  /** Its deadline has passed: told once, and the money stays where it is. */
  escalateException(exception: ExceptionRef): Promise<void>;

  /** Sets the money aside, once, or says why not. Idempotent by return id. */
  beginReturn(money: ReturnRef): Promise<MoneyAnswer>;

  /** Asks the provider to pay it back. Idempotent by return id; after a lost answer it reads first (F2). */
  sendReturn(money: ReturnRef): Promise<ReturnProgress>;

  /** Reads what became of it. */
  checkReturn(money: ReturnRef): Promise<ReturnProgress>;
}
