/**
 * An exception: money or a state that matches nothing. What kinds there are, what may be decided about each, and what
 * its workflow does next. Pure; who carries it out is activities/money/decide-exception.ts.
 */
import type { MoneyJson } from '../money.ts';

/**
 * Each with its rules below, its words in `web/office/words.js`, its row in the glossary, and its name in a SQL check.
 */
export const EXCEPTION_KINDS = [
  'late',
  'second',
  'partial',
  'over',
  'wrong-currency',
  'unknown-request',
  'return-failed',
  'drift',
  'stranger',
  'cancelled-outside',
  'return-unknown',
  'unseen-payment',
  'missing-at-provider',
  'differs-at-provider',
  'held-bill',
] as const;
export type ExceptionKind = (typeof EXCEPTION_KINDS)[number];

export const POLICIES = ['return', 'credit', 'hold', 'accept'] as const;
export type Policy = (typeof POLICIES)[number];

/** What a person may decide; a policy decides one of the first four by itself. */
export const DECISIONS = ['acceptAsIs', 'returnMoney', 'keepAsCredit', 'applyTo', 'writeOff'] as const;
export type DecisionName = (typeof DECISIONS)[number];

const NEEDS_MONEY: { readonly [name in DecisionName]: boolean } = {
  acceptAsIs: false,
  returnMoney: true,
  keepAsCredit: true,
  applyTo: true,
  writeOff: false,
};

/** About a held bill: carried out by the workflow of its link, where the bill is made. */
export const BILL_DECISIONS = ['approve', 'correct', 'reread'] as const;
export type BillDecisionName = (typeof BILL_DECISIONS)[number];

export interface PolicyTerms {
  readonly policy: Policy;
  /** After so long without a decision, those above the owner are told. The money stays where it is. */
  readonly deadlineSeconds: number;
  readonly owner: string;
}

interface KindRules {
  /**
   * `money`: on `unapplied`, all of which the exception owns. `state`: without money of its own, something that a
   * person has to look at. `bill`: one that is held, and decided by the workflow of its link.
   */
  readonly about: 'money' | 'state' | 'bill';
  /** The default policy. Anything that may have been intended is held for a person. */
  readonly usually: Policy;
}

const RULES: { readonly [kind in ExceptionKind]: KindRules } = {
  late: { about: 'money', usually: 'hold' },
  // A second payment of a paid bill is returned to its payer.
  second: { about: 'money', usually: 'return' },
  partial: { about: 'money', usually: 'hold' },
  over: { about: 'money', usually: 'hold' },
  'wrong-currency': { about: 'money', usually: 'hold' },
  'unknown-request': { about: 'money', usually: 'hold' },
  'return-failed': { about: 'money', usually: 'hold' },
  drift: { about: 'state', usually: 'hold' },
  stranger: { about: 'state', usually: 'hold' },
  'cancelled-outside': { about: 'state', usually: 'hold' },
  'return-unknown': { about: 'state', usually: 'hold' },
  'unseen-payment': { about: 'state', usually: 'hold' },
  'missing-at-provider': { about: 'state', usually: 'hold' },
  'differs-at-provider': { about: 'state', usually: 'hold' },
  'held-bill': { about: 'bill', usually: 'hold' },
};

const DAY = 86_400;

/** The defaults of `RULES`; a merchant overrides them by kind. */
export function usualTerms(kind: ExceptionKind): PolicyTerms {
  return { policy: RULES[kind].usually, deadlineSeconds: DAY, owner: 'operations' };
}

export function hasMoney(kind: ExceptionKind): boolean {
  return RULES[kind].about === 'money';
}

/** A policy that moves money fits only a kind that has money. */
export function policyFits(kind: ExceptionKind, policy: Policy): boolean {
  return policy === 'hold' || hasMoney(kind);
}

/** What may be decided about an open one. */
export function choicesOf(kind: ExceptionKind): readonly (DecisionName | BillDecisionName)[] {
  switch (RULES[kind].about) {
    case 'money':
      return DECISIONS;
    case 'state':
      return DECISIONS.filter((name) => !NEEDS_MONEY[name]);
    case 'bill':
      return BILL_DECISIONS;
  }
}

/** What a policy decides by itself; undefined: a person decides. */
export function decisionOfPolicy(kind: ExceptionKind, policy: Policy): DecisionName | undefined {
  if (!hasMoney(kind)) return undefined;
  // This return has failed once; an automatic retry would loop.
  if (kind === 'return-failed' && policy === 'return') return undefined;
  switch (policy) {
    case 'return':
      return 'returnMoney';
    case 'credit':
      return 'keepAsCredit';
    case 'accept':
      return 'acceptAsIs';
    case 'hold':
      return undefined;
  }
}

/** A decision as it was taken: by whom, why, and by which command it is known. */
export interface Decision {
  readonly commandId: string;
  readonly decision: DecisionName;
  readonly operator: string;
  readonly reason: string;
  /** `applyTo`: the bill that gets the money. */
  readonly paymentRequestId?: string;
  /** `returnMoney`: all that is left when absent. */
  readonly amount?: MoneyJson;
}

/** Why a decision cannot be carried out; undefined: it can. */
export function whyUnfit(
  kind: ExceptionKind,
  decision: Pick<Decision, 'decision' | 'paymentRequestId'>,
): string | undefined {
  const { decision: name, paymentRequestId } = decision;
  if (RULES[kind].about === 'bill') return 'a held bill is decided by its link: approve, correct or reread';
  if (name === 'applyTo' && paymentRequestId === undefined)
    return 'applyTo names the payment request that gets the money';
  if (hasMoney(kind) || !NEEDS_MONEY[name]) return undefined;
  return `an exception of kind ${kind} holds no money: acceptAsIs or writeOff closes it`;
}

export const EXCEPTION_STATUSES = ['open', 'resolved'] as const;
export type ExceptionStatus = (typeof EXCEPTION_STATUSES)[number];

/** What Postgres remembers of an exception: all that its workflow needs. */
export interface StoredException {
  readonly exceptionId: string;
  readonly kind: ExceptionKind;
  readonly status: ExceptionStatus;
  readonly sentence: string;
  /** "BRL 24.90", what is left of its money, for sentences. */
  readonly left?: string;
  readonly policy: Policy;
  readonly owner: string;
  /** Milliseconds since the epoch. */
  readonly deadlineAt?: number;
  readonly escalated: boolean;
  /** The decision of the policy was tried: it has closed the exception, or a person must decide. */
  readonly policyTried: boolean;
  /** Decisions that were accepted and not carried out yet, oldest first. */
  readonly pending: readonly Decision[];
}

type NextStep =
  | { readonly is: 'end' }
  | { readonly is: 'decide'; readonly decision: Decision }
  | { readonly is: 'escalate' }
  | { readonly is: 'wait'; readonly until?: number };

/** A person's decision takes precedence over the policy's. */
export function nextStep(stored: StoredException, now: number): NextStep {
  if (stored.status === 'resolved') return { is: 'end' };
  const [decision] = stored.pending;
  if (decision !== undefined) return { is: 'decide', decision };
  const name = decisionOfPolicy(stored.kind, stored.policy);
  if (name !== undefined && !stored.policyTried) return { is: 'decide', decision: byPolicy(stored, name) };
  if (stored.deadlineAt === undefined || stored.escalated) return { is: 'wait' };
  return now >= stored.deadlineAt ? { is: 'escalate' } : { is: 'wait', until: stored.deadlineAt };
}

/** One command for one exception, however often the policy is asked. */
function byPolicy({ exceptionId, policy, kind }: StoredException, decision: DecisionName): Decision {
  const reason = `policy of the merchant for ${kind}: ${policy}`;
  return { commandId: policyCommandId(exceptionId), decision, operator: 'policy', reason };
}

export function policyCommandId(exceptionId: string): string {
  return `policy:${exceptionId}`;
}

/** What Temporal UI tells an operator: Markdown. */
export function describeException(stored: StoredException): string {
  const lines = [`### ${stored.kind}${stored.left === undefined ? '' : `: ${stored.left}`}`, '', stored.sentence, ''];
  if (stored.status === 'resolved') return [...lines, 'Resolved.'].join('\n');
  const until = stored.deadlineAt === undefined ? '' : ` until ${new Date(stored.deadlineAt).toISOString()}`;
  const late = stored.escalated ? ' **The deadline has passed, and it was escalated.**' : '';
  lines.push(`Waits for a decision of **${stored.owner}**${until} (policy: ${stored.policy}).${late}`, '');
  const updates = choicesOf(stored.kind).map((name) => `\`${name}\``);
  const to = RULES[stored.kind].about === 'bill' ? ' to the workflow of its link' : '';
  lines.push(`You may: send the Update ${updates.join(', ')}${to}, each with { operator, reason }.`);
  return lines.join('\n');
}
