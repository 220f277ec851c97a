/** What senders share with the workflows: names, payloads, ids and search attributes. No workflow code. */
import { defineSearchAttributeKey, SearchAttributeType } from '@temporalio/common';
import { defineQuery, defineSignal, defineUpdate } from '@temporalio/workflow';
import type { LinkKind } from '../domain/money/charge.ts';
import type { UsageMessage } from '../domain/billing/bill-messages.ts';
import type { BillDecisionMessage } from '../domain/links/decision-messages.ts';
import type {
  LinkMessage,
  NoticeMessage,
  OperatorMessage,
  UnlinkMessage,
  UpdateChargeMessage,
} from '../domain/links/link-messages.ts';
import type { DecisionName } from '../domain/money/exception.ts';
import type { Answer, LinkState } from '../domain/links/link-state.ts';
import type { MoneyAnswer } from '../domain/links/money-answers.ts';

export interface PaymentLinkInput {
  readonly merchantId: string;
  readonly paymentLinkId: string;
  /** The state of the run before this one. Senders leave it out: a run without it loads the link from Postgres (F6). */
  readonly carried?: LinkState;
  /** Test only: continue as new after so many history events. */
  readonly continueAsNewAfter?: number;
}

export const PAYMENT_LINK_WORKFLOW = 'paymentLink';
export const WATCH_WORKFLOW = 'watch';
export const RECONCILE_WORKFLOW = 'reconcile';

export interface ReconcileInput {
  readonly merchantId: string;
  /** A run that was asked for and is written down; absent: the nightly one, which writes its own. */
  readonly runId?: string;
}

export const BILL_BATCH_WORKFLOW = 'billBatch';

export interface BillBatchInput {
  readonly merchantId: string;
  readonly batchId: string;
}

export function billBatchWorkflowId(merchantId: string, batchId: string): string {
  return `bill-batch:${merchantId}:${batchId}`;
}

/** Every command is an Update and a Signal under one name: for callers that wait and for callers that do not. */
export const updates = {
  open: defineUpdate<Answer, [OperatorMessage?]>('open'),
  link: defineUpdate<Answer, [LinkMessage]>('link'),
  updateCharge: defineUpdate<Answer, [UpdateChargeMessage]>('updateCharge'),
  unlink: defineUpdate<Answer, [UnlinkMessage?]>('unlink'),
  retire: defineUpdate<Answer, [OperatorMessage?]>('retire'),
  resolve: defineUpdate<Answer, [OperatorMessage]>('resolve'),
  reconcileNow: defineUpdate<Answer, [OperatorMessage]>('reconcileNow'),
  annotate: defineUpdate<Answer, [OperatorMessage]>('annotate'),
  approve: defineUpdate<Answer, [BillDecisionMessage]>('approve'),
  correct: defineUpdate<Answer, [BillDecisionMessage]>('correct'),
  reread: defineUpdate<Answer, [BillDecisionMessage]>('reread'),
} as const;

export const signals = {
  open: defineSignal<[OperatorMessage?]>('open'),
  link: defineSignal<[LinkMessage]>('link'),
  updateCharge: defineSignal<[UpdateChargeMessage]>('updateCharge'),
  unlink: defineSignal<[UnlinkMessage?]>('unlink'),
  retire: defineSignal<[OperatorMessage?]>('retire'),
  approve: defineSignal<[BillDecisionMessage]>('approve'),
  correct: defineSignal<[BillDecisionMessage]>('correct'),
  reread: defineSignal<[BillDecisionMessage]>('reread'),
  usage: defineSignal<[UsageMessage?]>('usage'),
  paid: defineSignal<[NoticeMessage?]>('paid'),
  expired: defineSignal<[NoticeMessage?]>('expired'),
  check: defineSignal<[NoticeMessage?]>('check'),
} as const;

/** Debugging only: no product path asks it. */
export const state = defineQuery<LinkState | undefined>('state');

/** The only name that Temporal UI's list shows. Colons, because slashes get mangled in addresses. */
export function paymentLinkWorkflowId(merchantId: string, kind: LinkKind, paymentLinkId: string): string {
  return `payment-link:${merchantId}:${kind}:${paymentLinkId}`;
}

export function watchScheduleId(merchantId: string): string {
  return `watch:${merchantId}`;
}

export function reconcileScheduleId(merchantId: string): string {
  return `reconcile:${merchantId}`;
}

export function reconcileWorkflowId(merchantId: string, runId: string): string {
  return `reconcile:${merchantId}:${runId}`;
}

export const EXCEPTION_WORKFLOW = 'exception';
export const RETURN_WORKFLOW = 'moneyReturn';

export interface ExceptionInput {
  readonly merchantId: string;
  readonly exceptionId: string;
}

export interface ReturnInput {
  readonly merchantId: string;
  readonly returnId: string;
}

/** What a person decides about an exception; `operator` and `reason` are asked of everybody. */
interface DecisionMessage {
  readonly commandId?: string;
  readonly operator: string;
  readonly reason: string;
  /** `applyTo`: the bill that gets the money. */
  readonly paymentRequestId?: string;
  /** `returnMoney`: all that is left when absent. */
  readonly amount?: { readonly currency: string; readonly value: string };
}

export const decisions = {
  acceptAsIs: defineUpdate<MoneyAnswer, [DecisionMessage]>('acceptAsIs'),
  returnMoney: defineUpdate<MoneyAnswer, [DecisionMessage]>('returnMoney'),
  keepAsCredit: defineUpdate<MoneyAnswer, [DecisionMessage]>('keepAsCredit'),
  applyTo: defineUpdate<MoneyAnswer, [DecisionMessage]>('applyTo'),
  writeOff: defineUpdate<MoneyAnswer, [DecisionMessage]>('writeOff'),
} as const satisfies { readonly [name in DecisionName]: unknown };

/** Answers once the money is set aside, or refused; not once it has arrived. */
export const begun = defineUpdate<MoneyAnswer>('begun');
/** Of an exception or of a return: look at the row again. */
export const look = defineSignal('look');

export function exceptionWorkflowId(merchantId: string, exceptionId: string): string {
  return `exception:${merchantId}:${exceptionId}`;
}

export function returnWorkflowId(merchantId: string, returnId: string): string {
  return `return:${merchantId}:${returnId}`;
}

/** The type of the ApplicationFailure by which a validator refuses; its first detail is the refused `Answer`. */
export const REFUSED = 'Refused';

export const searchAttributes = {
  merchantId: defineSearchAttributeKey('MerchantId', SearchAttributeType.KEYWORD),
  kind: defineSearchAttributeKey('PaymentLinkKind', SearchAttributeType.KEYWORD),
  status: defineSearchAttributeKey('PaymentLinkStatus', SearchAttributeType.KEYWORD),
} as const;
