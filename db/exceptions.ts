/** Exceptions: money or a state that matches nothing. Opened once per cause, owned from then on, never dropped. */
import { createHash } from 'node:crypto';
import type pg from 'pg';
import type { ExceptionKind } from '../domain/exception.ts';
import { fromJson, toText, type MoneyJson } from '../domain/money.ts';
import type { EventFact } from './facts.ts';

export interface ExceptionFact {
  readonly kind: ExceptionKind;
  /** End-to-end id, or what else makes this exception the same one when it is found again. */
  readonly cause: string;
  readonly paymentLinkId: string;
  readonly paymentRequestId?: string;
  readonly amount?: MoneyJson;
  readonly sentence: string;
  readonly detail: object;
}

/** Made of its cause: found again, it is the same exception. */
export function exceptionIdOf(merchantId: string, kind: ExceptionKind, cause: string): string {
  return createHash('sha256').update(`${merchantId}|${kind}|${cause}`).digest('hex').slice(0, 32);
}

/** Answers the event to tell; none when it was open already. */
export async function openException(
  client: pg.ClientBase,
  merchantId: string,
  fact: ExceptionFact,
): Promise<readonly EventFact[]> {
  const exceptionId = exceptionIdOf(merchantId, fact.kind, fact.cause);
  const { rowCount } = await client.query(
    `insert into exception (exception_id, merchant_id, payment_link_id, payment_request_id, kind, cause, currency, amount_minor, sentence, detail)
     values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10) on conflict do nothing`,
    [
      exceptionId,
      merchantId,
      fact.paymentLinkId,
      fact.paymentRequestId ?? null,
      fact.kind,
      fact.cause,
      fact.amount?.currency ?? null,
      fact.amount?.minorUnits ?? null,
      fact.sentence,
      JSON.stringify(fact.detail),
    ],
  );
  if (rowCount === 0) return [];
  const request = fact.paymentRequestId === undefined ? {} : { paymentRequestId: fact.paymentRequestId };
  const amount = fact.amount === undefined ? {} : { amount: toText(fromJson(fact.amount)) };
  return [
    {
      name: 'exception.opened',
      paymentLinkId: fact.paymentLinkId,
      cause: exceptionId,
      ...request,
      payload: {
        exceptionId,
        kind: fact.kind,
        paymentLinkId: fact.paymentLinkId,
        ...request,
        ...amount,
        sentence: fact.sentence,
      },
    },
  ];
}
