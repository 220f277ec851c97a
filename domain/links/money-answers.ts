/** What becomes of a command about money that has arrived: a return, or a decision about an exception. */

import type { Answer } from './link-state.ts';

/** The words that go into a problem's `type` as well (api/http/problems.ts). */
export type MoneyRefusal =
  | 'nothing-to-return'
  | 'exceeds-received'
  | 'other-currency'
  | 'exception-resolved'
  | 'decision-unfit'
  | 'payment-request-alive'
  | 'already-paid'
  | 'not-found';

export type MoneyAnswer =
  | { readonly is: 'returning'; readonly returnId: string }
  | { readonly is: 'resolved'; readonly exceptionId: string; readonly returnId?: string }
  | { readonly is: 'pending' }
  | { readonly is: 'refused'; readonly because: MoneyRefusal; readonly detail?: string };

/** Of any command. */
export type CommandAnswer = Answer | MoneyAnswer;
