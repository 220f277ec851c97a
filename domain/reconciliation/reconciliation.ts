/**
 * Compares one payment request at the provider with what is booked here, as findings with a sentence each. Pure;
 * reading both sides and acting on findings is done in activities/reconciliation/reconcile-*.ts.
 */
import { isAlive, type RequestStatus } from '../money/check-schedule.ts';
import { isAliveThere, type ProviderReturnStatus, type ProviderStatus } from '../money/provider-status.ts';
import type { AmountBasis } from '../money/settlement.ts';
import type { Comparison, Finding, FindingKind, Remedy, Side } from './finding.ts';
import { fromJson, toSentence, type MoneyJson } from '../money.ts';
import { present } from '../present.ts';

export interface TheirRequest {
  readonly requestId: string;
  readonly status: ProviderStatus;
  readonly providerLinkId?: string;
  readonly settlement?: {
    readonly endToEndId?: string;
    readonly amount: MoneyJson;
    /** With interest and penalty, less discount and reduction; absent where no parts are named. */
    readonly total?: MoneyJson;
    readonly on?: string;
  };
  readonly returns: readonly TheirReturn[];
}

interface TheirReturn {
  readonly id: string;
  /** Ours, where the provider repeats it. */
  readonly reference?: string;
  readonly amount?: MoneyJson;
  readonly status: ProviderReturnStatus;
}

export interface OurPayment {
  readonly endToEndId: string;
  /** Absent for money of a request that nobody here knows. */
  readonly requestId?: string;
  readonly received: MoneyJson;
  /**
   * `face`: the provider's amount was the face value, and what was booked is the total (domain/money/settlement.ts).
   */
  readonly balanced?: AmountBasis;
  readonly on?: string;
}

export interface OurReturn {
  readonly returnId: string;
  readonly providerReturnId?: string;
  readonly amount: MoneyJson;
  readonly status: ProviderReturnStatus | 'sending';
}

export interface OurRequest {
  readonly requestId: string;
  readonly paymentLinkId: string;
  readonly status: RequestStatus;
  /** Every payment booked for it. */
  readonly payments: readonly OurPayment[];
  /** The payment under the id that the provider shows, whatever request it is booked to. */
  readonly shown?: OurPayment;
  readonly returns: readonly OurReturn[];
}

const NOTHING: Comparison = { findings: [], money: [] };

/** Of a request that both sides know; `theirs` undefined: the provider says that it does not know it. */
export function compareRequest(theirs: TheirRequest | undefined, ours: OurRequest): Comparison {
  if (theirs === undefined) return compareAbsent(ours);
  const returns = compareReturns(theirs, ours);
  const rest = compareStatus(theirs, ours);
  return { findings: [...rest.findings, ...returns], money: rest.money };
}

function compareStatus(theirs: TheirRequest, ours: OurRequest): Comparison {
  switch (theirs.status) {
    case 'settled':
      return compareSettled(theirs, ours);
    case 'active':
    case 'processing':
    case 'expired':
    case 'cancelled':
      return compareUnsettled(theirs, ours);
  }
}

function compareAbsent(ours: OurRequest): Comparison {
  if (ours.payments.length > 0) return missingThere(ours, 'the provider does not know the payment request');
  // Never put there, or being put there just now.
  if (ours.status === 'linking' || ours.status === 'refused') return NOTHING;
  const sentence = `Payment request ${ours.requestId} is ${ours.status} here, and the provider does not know it.`;
  const remedy = isAlive(ours.status) ? 'check' : 'none';
  return { findings: [findingAbout(ours, 'request-missing-there', ours.requestId, remedy, sentence)], money: [] };
}

function compareUnsettled({ requestId, status }: TheirRequest, ours: OurRequest): Comparison {
  if (ours.payments.length > 0) return missingThere(ours, `the provider says ${status}`);
  const aliveThere = isAliveThere(status);
  const aliveHere = isAlive(ours.status);
  if (aliveThere && !aliveHere) {
    const sentence = `Payment request ${requestId} is ${ours.status} here and ${status} at the provider: it can be paid.`;
    return { findings: [findingAbout(ours, 'became-payable', requestId, 'check', sentence)], money: [] };
  }
  if (!aliveThere && aliveHere && ours.status !== 'linking') {
    const sentence = `Payment request ${requestId} is ${ours.status} here and ${status} at the provider.`;
    return { findings: [findingAbout(ours, 'status-differs', requestId, 'check', sentence)], money: [] };
  }
  return NOTHING;
}

function missingThere(ours: OurRequest, why: string): Comparison {
  const findings = ours.payments.map((payment) => {
    const sentence = `${sentenceAmount(payment.received)} of payment ${payment.endToEndId} is booked here, and ${why}.`;
    const sides = { endToEndId: payment.endToEndId, ours: sideOf(payment.received, payment.on) };
    return { ...findingAbout(ours, 'missing-there', payment.endToEndId, 'missing-at-provider', sentence), ...sides };
  });
  return { findings, money: ours.payments.map(({ received }) => ({ amount: received, explained: false })) };
}

function compareSettled(theirs: TheirRequest, ours: OurRequest): Comparison {
  const { settlement, requestId } = theirs;
  if (settlement?.endToEndId === undefined) {
    if (ours.payments.length > 0) return NOTHING;
    const sentence = `Payment request ${requestId} is settled at the provider, and no payment is booked here.`;
    return { findings: [findingAbout(ours, 'missing-here', requestId, 'check', sentence)], money: [] };
  }
  const { endToEndId, amount, on } = settlement;
  const { shown } = ours;
  const base = { endToEndId, theirs: sideOf(amount, on) };
  const unexplained = [{ amount, explained: false }];
  if (shown === undefined)
    return { findings: [{ ...unbooked(theirs, ours, endToEndId, amount), ...base }], money: unexplained };
  if (shown.requestId !== requestId) {
    const sentence = `Payment ${endToEndId} is shown for payment request ${requestId}, and is booked to ${shown.requestId ?? 'none'}.`;
    const finding = findingAbout(ours, 'doubled', `${requestId}|${endToEndId}`, 'none', sentence);
    return { findings: [{ ...finding, ...base, ours: sideOf(shown.received, shown.on) }], money: unexplained };
  }
  const expected = isOfFaceValue(shown.balanced) ? (settlement.total ?? amount) : amount;
  const difference = differenceOf(endToEndId, { amount: expected, ...present({ on }) }, shown);
  if (difference === undefined) return { findings: [], money: [{ amount: expected, explained: true }] };
  const { kind, remedy, sentence } = difference;
  const sides = { ...base, ours: sideOf(shown.received, shown.on), theirs: sideOf(expected, on) };
  return {
    findings: [{ ...findingAbout(ours, kind, endToEndId, remedy, sentence), ...sides }],
    money: [{ amount: expected, explained: kind === 'date-differs' }],
  };
}

/** The provider's amount was the face value, so that what is booked is the total. */
function isOfFaceValue(balanced: AmountBasis | undefined): boolean {
  switch (balanced) {
    case 'face':
      return true;
    case 'total':
    case 'neither':
    case undefined:
      return false;
  }
}

function unbooked(theirs: TheirRequest, ours: OurRequest, endToEndId: string, amount: MoneyJson): Finding {
  const { requestId } = theirs;
  const money = `${sentenceAmount(amount)} of payment ${endToEndId}`;
  if (ours.payments.length > 0) {
    const sentence = `${money} is a further payment of payment request ${requestId}, and is not booked here.`;
    return findingAbout(ours, 'unseen-payment', endToEndId, 'check', sentence);
  }
  if (!isAlive(ours.status)) {
    const sentence = `${money} has paid payment request ${requestId}, which is ${ours.status} here, and is not booked here.`;
    return findingAbout(ours, 'became-paid', endToEndId, 'check', sentence);
  }
  const sentence = `${money} for payment request ${requestId} is not booked here.`;
  return findingAbout(ours, 'missing-here', endToEndId, 'check', sentence);
}

interface Difference {
  readonly kind: 'amount-differs' | 'currency-differs' | 'date-differs';
  readonly remedy: Remedy;
  readonly sentence: string;
}

/**
 * The most important difference of a payment that both sides have; a differing day comes last, because the money is
 * there.
 */
export function differenceOf(
  endToEndId: string,
  theirs: Required<Pick<Side, 'amount'>> & Side,
  ours: Pick<OurPayment, 'received' | 'on'>,
): Difference | undefined {
  const { amount } = theirs;
  const { received } = ours;
  const sentence = `Payment ${endToEndId} is ${sentenceAmount(amount)} there and ${sentenceAmount(received)} here.`;
  if (amount.currency !== received.currency)
    return { kind: 'currency-differs', remedy: 'differs-at-provider', sentence };
  if (amount.minorUnits !== received.minorUnits)
    return { kind: 'amount-differs', remedy: 'differs-at-provider', sentence };
  if (theirs.on === undefined || ours.on === undefined || theirs.on === ours.on) return undefined;
  const days = `Payment ${endToEndId} of ${sentenceAmount(amount)} is of ${theirs.on} there and of ${ours.on} here.`;
  return { kind: 'date-differs', remedy: 'none', sentence: days };
}

function compareReturns(theirs: TheirRequest, ours: OurRequest): readonly Finding[] {
  return theirs.returns.flatMap((back): readonly Finding[] => {
    const own = ours.returns.find(
      ({ providerReturnId, returnId }) => providerReturnId === back.id || returnId === back.reference,
    );
    if (own === undefined) {
      // A return just begun at the provider may be one just begun here whose provider id is not stored yet.
      const begunHere = ours.returns.some(({ providerReturnId }) => providerReturnId === undefined);
      if (back.status !== 'completed' || begunHere) return [];
      const amount = back.amount === undefined ? 'Money' : sentenceAmount(back.amount);
      const sentence = `${amount} of payment request ${ours.requestId} was returned at the provider (${back.id}), and is not booked here.`;
      const finding = findingAbout(ours, 'return-missing-here', back.id, 'check', sentence);
      return [{ ...finding, ...(back.amount === undefined ? {} : { theirs: { amount: back.amount } }) }];
    }
    const sameAmount = back.amount === undefined || same(back.amount, own.amount);
    if (sameAmount && (own.status === back.status || UNDER_WAY[own.status])) return [];
    const there = back.amount === undefined ? back.status : `${sentenceAmount(back.amount)}, ${back.status}`;
    const sentence = `Return ${own.returnId} is ${there} at the provider and ${sentenceAmount(own.amount)}, ${own.status} here.`;
    const sides = {
      ours: { amount: own.amount },
      ...(back.amount === undefined ? {} : { theirs: { amount: back.amount } }),
    };
    return [{ ...findingAbout(ours, 'return-differs', own.returnId, 'check', sentence), ...sides }];
  });
}

/** True while the return has not ended here. */
const UNDER_WAY: { readonly [status in OurReturn['status']]: boolean } = {
  sending: true,
  pending: true,
  completed: false,
  failed: false,
};

/** Where a request that this merchant does not know belongs. */
type RequestPlace = { readonly is: 'our-link'; readonly paymentLinkId: string } | { readonly is: 'nowhere' };

export function compareUnknown(theirs: TheirRequest, place: RequestPlace): Comparison {
  const { requestId, settlement, providerLinkId, status } = theirs;
  const where =
    place.is === 'our-link' ? `on payment link ${place.paymentLinkId}` : 'on no payment link that is known here';
  const money = settlement === undefined ? '' : ` with ${sentenceAmount(settlement.amount)}`;
  const finding: Finding = {
    kind: 'unknown-request',
    subject: requestId,
    sentence: `Payment request ${requestId}${money} is ${status} at the provider ${where}, and nobody here knows it.`,
    remedy: place.is === 'our-link' && settlement?.endToEndId !== undefined ? 'book' : 'none',
    requestId,
    ...(place.is === 'our-link' ? { paymentLinkId: place.paymentLinkId } : {}),
    ...present({ providerLinkId, endToEndId: settlement?.endToEndId }),
    ...(settlement === undefined ? {} : { theirs: sideOf(settlement.amount, settlement.on) }),
  };
  // It is booked by this run and then owned by an exception, so it counts as explained.
  const looked = settlement === undefined ? [] : [{ amount: settlement.amount, explained: finding.remedy === 'book' }];
  return { findings: [finding], money: looked };
}

export function strayLink(link: { readonly providerLinkId: string; readonly createdAt: string }): Finding {
  return {
    kind: 'stray-link',
    subject: link.providerLinkId,
    sentence: `The link ${link.providerLinkId}, made at the provider at ${link.createdAt}, is nobody's here.`,
    remedy: 'none',
    providerLinkId: link.providerLinkId,
  };
}

export function unseenNotice(notice: {
  readonly requestId: string;
  readonly paymentLinkId: string;
  readonly endToEndId: string;
}): Finding {
  const { requestId, endToEndId } = notice;
  return {
    kind: 'unseen-payment',
    subject: endToEndId,
    sentence: `A notice tells of payment ${endToEndId} of payment request ${requestId}, and no such payment is booked here.`,
    remedy: 'unseen-payment',
    ...notice,
  };
}

function findingAbout(ours: OurRequest, kind: FindingKind, subject: string, remedy: Remedy, sentence: string): Finding {
  return { kind, subject, sentence, remedy, requestId: ours.requestId, paymentLinkId: ours.paymentLinkId };
}

function sideOf(amount: MoneyJson, on: string | undefined): Side {
  return on === undefined ? { amount } : { amount, on };
}

function sentenceAmount(amount: MoneyJson): string {
  return toSentence(fromJson(amount));
}

function same(left: MoneyJson, right: MoneyJson): boolean {
  return left.currency === right.currency && left.minorUnits === right.minorUnits;
}
