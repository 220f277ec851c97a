/**
 * What the operator's page reads of the HTTP API and sends to it: types only, for the checker; browsers never load it.
 */
import type { z } from 'zod';
import type * as s from '../../api/links/schemas.ts';
import type * as money from '../../api/money/money-schemas.ts';
import type * as reconciliations from '../../api/reconciliation/reconciliation-schemas.ts';
import type { BillDecisionName } from '../../domain/money/exception.ts';
import type { AnswerOf } from '../contract.ts';

export type { BillDecisionName };

/** Money or a state that matches nothing. */
export type ExceptionDetail = AnswerOf<typeof money.exception>;
/** A held bill is decided on its own page. */
export type DecisionName = Exclude<ExceptionDetail['may'][number], BillDecisionName>;
export type Decision = z.input<typeof money.decisionBody> & { readonly decision: DecisionName };

/** A payment request with its money. */
export type Bill = AnswerOf<typeof s.paymentRequest>;
export type Payment = NonNullable<Bill['settlement']>['payments'][number];
export type NewReturn = z.input<typeof money.newReturn>;
export type MoneyReturn = AnswerOf<typeof money.moneyReturn>;

export type Balances = AnswerOf<typeof money.balances>;

export type Link = AnswerOf<typeof s.paymentLink>;
export type HistoryEntry = AnswerOf<typeof s.historyEntry>;
/** What a code showed at an instant, and what became of it. */
export type HistoryInstant = AnswerOf<typeof s.historyInstant>;

export type Finding = AnswerOf<typeof reconciliations.finding>;
export type Run = AnswerOf<typeof reconciliations.reconciliation>;
export type Statement = AnswerOf<typeof reconciliations.statement>;
