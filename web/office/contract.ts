/**
 * What the operator's page reads of the HTTP API and sends to it: types only, for the checker; browsers never load it.
 */
import type { z } from 'zod';
import type * as s from '../../api/links/schemas.ts';
import type * as money from '../../api/money/money-schemas.ts';
import type * as reconciliations from '../../api/reconciliation/reconciliation-schemas.ts';
import type { BillDecisionName } from '../../domain/money/exception.ts';
import type { Answer } from '../contract.ts';

export type { BillDecisionName };

/** Money or a state that matches nothing. */
export type Exceptional = Answer<typeof money.exception>;
/** A held bill is decided on its own page. */
export type DecisionName = Exclude<Exceptional['may'][number], BillDecisionName>;
export type Decision = z.input<typeof money.decisionBody> & { readonly decision: DecisionName };

/** A payment request with its money. */
export type Bill = Answer<typeof s.paymentRequest>;
export type Payment = NonNullable<Bill['settlement']>['payments'][number];
export type NewReturn = z.input<typeof money.newReturn>;
export type MoneyReturn = Answer<typeof money.moneyReturn>;

export type Balances = Answer<typeof money.balances>;

export type Link = Answer<typeof s.paymentLink>;
export type Entry = Answer<typeof s.historyEntry>;
/** What a code showed at an instant, and what became of it. */
export type Moment = Answer<typeof s.historyInstant>;

export type Finding = Answer<typeof reconciliations.finding>;
export type Run = Answer<typeof reconciliations.reconciliation>;
export type Statement = Answer<typeof reconciliations.statement>;
