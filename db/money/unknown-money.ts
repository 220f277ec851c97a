/**
 * Money at the provider for a payment request that nobody here knows, on a code of ours: booked once, owned by an
 * exception.
 */
import type pg from 'pg';
import { fromJson, toSentence, type MoneyJson } from '../../domain/money.ts';
import { judgeUnknown } from '../../domain/money/settlement.ts';
import { exceptionIdOf, openException } from './exceptions.ts';
import { writeFacts, type EventFact } from '../facts.ts';
import { insertTransaction } from './ledger.ts';

export interface UnknownMoney {
  readonly merchantId: string;
  readonly provider: string;
  readonly paymentLinkId: string;
  /** The provider's: here there is none. */
  readonly requestId: string;
  readonly endToEndId: string;
  readonly amount: MoneyJson;
  readonly settledAt?: string | undefined;
  readonly evidence: string;
}

/** Answers the events and their position; none when it was booked before. */
export async function bookUnknownMoney(
  client: pg.ClientBase,
  found: UnknownMoney,
): Promise<{ readonly position: string | undefined; readonly events: readonly EventFact[] }> {
  const { merchantId, provider, paymentLinkId, endToEndId, amount, requestId } = found;
  const { kind, entries } = judgeUnknown(amount);
  const transactionId = `${provider}:${endToEndId}`;
  const inserted = await insertTransaction(client, {
    transactionId,
    merchantId,
    provider,
    endToEndId,
    kind,
    revision: 0,
    entries,
    evidence: found.evidence,
    paymentLinkId,
    settledAt: found.settledAt,
    exceptionId: exceptionIdOf(merchantId, 'unknown-request', endToEndId),
  });
  if (!inserted) return { position: undefined, events: [] };
  const sentence = `${toSentence(fromJson(amount))} of payment ${endToEndId} was paid for payment request ${requestId}, which nobody here knows`;
  const events = await openException(client, merchantId, {
    kind: 'unknown-request',
    cause: endToEndId,
    paymentLinkId,
    amount,
    sentence,
    detail: { endToEndId, providerRequestId: requestId, evidence: found.evidence },
  });
  const timeline = [{ paymentLinkId, what: 'unknown-money', sentence, evidence: found.evidence }];
  const position = await writeFacts(client, merchantId, { events, timeline, ledger: [transactionId] });
  return { position, events };
}
