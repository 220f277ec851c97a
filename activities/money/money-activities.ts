/** The activities of the exception and return workflows. */
import type { Decision, StoredException } from '../../domain/money/exception.ts';
import type { MoneyAnswer } from '../../domain/links/money-answers.ts';
import type { ProviderReturnStatus } from '../../domain/money/provider-status.ts';

export interface ExceptionRef {
  readonly merchantId: string;
  readonly exceptionId: string;
}

export interface ReturnRef {
  readonly merchantId: string;
  readonly returnId: string;
}

/** `unknown`: the money may have left, and a repeat could send it twice; from here on there are only reads. */
export interface ReturnProgress {
  readonly status: ProviderReturnStatus | 'unknown';
  readonly because?: string;
}

export interface MoneyActivities {
  /** Null when there is no such exception. Retried without limit. */
  loadException(exception: ExceptionRef): Promise<StoredException | null>;

  /** One decision, carried out and answered in one transaction. Idempotent by its command. */
  decideException(input: { readonly exception: ExceptionRef; readonly decision: Decision }): Promise<MoneyAnswer>;

  /** The deadline has passed: reported once; the money stays where it is. */
  escalateException(exception: ExceptionRef): Promise<void>;

  /** Reserves the money once, or refuses with a reason. Idempotent by return id. */
  beginReturn(money: ReturnRef): Promise<MoneyAnswer>;

  /** Asks the provider to pay it back. Idempotent by return id; after a lost answer it reads first (F2). */
  sendReturn(money: ReturnRef): Promise<ReturnProgress>;

  /** Reads what became of it. */
  checkReturn(money: ReturnRef): Promise<ReturnProgress>;
}
