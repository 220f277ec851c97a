/**
 * One request here against the same one at the provider: I1 and I2 by its payments, I8 by its state and amount. Pure.
 */
import { compare, fromJson, toSentence, type MoneyJson } from '../domain/money.ts';
import { judgeSettlement } from '../domain/money/settlement.ts';
import type { ProviderStatus } from '../domain/money/provider-status.ts';
import type { ProviderRequest, ProviderSettlement } from '../providers/provider.ts';
import type { Invariant } from './verdict.ts';

export interface CheckedRequest {
  readonly requestId: string;
  readonly status: string;
  readonly because: string | null;
  readonly amount: MoneyJson;
  /** It waits in a queue: the provider has not heard of it. */
  readonly queued: boolean;
  /** An open exception says that the two differ, and somebody is at it: in state or amount, or in money. */
  readonly explained: { readonly state: boolean; readonly money: boolean };
  /** A person took money for it that arrived elsewhere, or gave up what it lacked: the ledger says who and why. */
  readonly decided: boolean;
  readonly inFlight: boolean;
  readonly payments: readonly { readonly endToEndId: string; readonly received: MoneyJson | null }[];
}

interface Difference {
  readonly invariant: Invariant;
  readonly sentence: string;
}

/** What a request may be called here, for what it is there. */
const AGREES: Readonly<Record<ProviderStatus | 'absent', readonly string[]>> = {
  active: ['active'],
  processing: ['processing'],
  settled: ['paid', 'underpaid'],
  expired: ['expired'],
  cancelled: ['cancelled', 'refused'],
  absent: ['refused'],
};

/** Over at the provider, without money of its own. */
const ENDED: readonly (ProviderStatus | 'absent')[] = ['expired', 'cancelled', 'absent'];

export function differences(ours: CheckedRequest, theirs: ProviderRequest | undefined): readonly Difference[] {
  return [...stateDifferences(ours, theirs), ...moneyDifferences(ours, theirs)];
}

function stateDifferences(ours: CheckedRequest, theirs: ProviderRequest | undefined): readonly Difference[] {
  if (ours.explained.state) return [];
  const there = theirs?.status ?? 'absent';
  const found: Difference[] = [];
  const paidByDecision = ours.decided && AGREES.settled.includes(ours.status) && ENDED.includes(there);
  if (!AGREES[there].includes(ours.status) && !paidByDecision && !(ours.queued && there === 'absent')) {
    const because = ours.because === null ? '' : ` (${ours.because})`;
    found.push({
      invariant: 'I8',
      sentence: `request ${ours.requestId} is ${ours.status}${because} here and ${there} at the provider`,
    });
  }
  const alive = theirs?.status === 'active' || theirs?.status === 'processing';
  if (alive && (ours.status === 'active' || ours.status === 'processing') && !same(ours.amount, theirs.charge.amount)) {
    const sentence = `request ${ours.requestId} asks ${said(ours.amount)} here and ${said(theirs.charge.amount)} at the provider`;
    found.push({ invariant: 'I8', sentence });
  }
  return found;
}

/** The provider's read shows one payment for each request, whatever there were. */
function moneyDifferences(ours: CheckedRequest, theirs: ProviderRequest | undefined): readonly Difference[] {
  const { requestId, payments } = ours;
  const settlement = theirs?.settlement;
  const seen = settlement?.endToEndId;
  const found: Difference[] = [];
  if (settlement !== undefined && seen !== undefined && !ours.explained.money) {
    const booked = payments.filter(({ endToEndId }) => endToEndId === seen);
    const name = `payment ${seen} of request ${requestId} over ${said(settlement.amount)}`;
    const [first] = booked;
    if (first === undefined)
      found.push({ invariant: 'I1', sentence: `${name} is at the provider and not in the ledger` });
    else if (first.received === null || !isMeant(first.received, settlement, theirs)) {
      const as = first.received === null ? 'nothing' : said(first.received);
      found.push({ invariant: 'I1', sentence: `${name} is booked as ${as}` });
    }
    if (booked.length > 1) found.push({ invariant: 'I2', sentence: `${name} is booked ${booked.length} times` });
  }
  const confirmed = payments.length > 1 && seen !== undefined;
  for (const { endToEndId } of payments) {
    if (ours.explained.money || confirmed || endToEndId === seen) continue;
    const shows = seen === undefined ? 'none' : seen;
    found.push({
      invariant: 'I1',
      sentence: `the ledger has payment ${endToEndId} for request ${requestId}, and the provider shows ${shows}`,
    });
  }
  return found;
}

/** Face value or total: whichever reading balances is what arrived (domain/money/settlement.ts). */
function isMeant(received: MoneyJson, settlement: ProviderSettlement, theirs: ProviderRequest | undefined): boolean {
  if (same(received, settlement.amount)) return true;
  if (theirs === undefined || theirs.charge.amount.currency !== received.currency) return false;
  const { amount: reported, parts } = settlement;
  const { entries } = judgeSettlement({ asked: theirs.charge.amount, received: reported, parts, ended: false });
  return entries.some(({ account, amount }) => account === 'provider' && same(amount, received));
}

function same(one: MoneyJson, other: MoneyJson): boolean {
  return one.currency === other.currency && compare(fromJson(one), fromJson(other)) === 0;
}

function said(amount: MoneyJson): string {
  return toSentence(fromJson(amount));
}
