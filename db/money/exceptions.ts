/** Exceptions: money or a state that matches nothing. Opened once per cause, owned from then on, never dropped. */
import { createHash } from 'node:crypto';
import type pg from 'pg';
import { z } from 'zod';
import { usualTerms, type ExceptionKind, type PolicyTerms, POLICIES } from '../../domain/money/exception.ts';
import { fromJson, toText, type MoneyJson } from '../../domain/money.ts';
import type { EventFact } from '../facts.ts';
import { readRows } from '../rows.ts';

export interface ExceptionFact {
  readonly kind: ExceptionKind;
  /** The end-to-end id, or another key that identifies the exception when it is found again. */
  readonly cause: string;
  /** Absent where no link of ours is concerned. */
  readonly paymentLinkId?: string;
  readonly paymentRequestId?: string;
  readonly amount?: MoneyJson;
  readonly sentence: string;
  readonly detail: object;
}

/** Derived from the cause, so that a repeated finding is the same exception. */
export function exceptionIdOf(merchantId: string, kind: ExceptionKind, cause: string): string {
  return createHash('sha256').update(`${merchantId}|${kind}|${cause}`).digest('hex').slice(0, 32);
}

const termsShape = z.object({
  policy: z.enum(POLICIES),
  deadlineSeconds: z.number(),
  owner: z.string(),
});

/** The merchant's newest policy for this kind, or the default. */
async function termsFor(client: pg.ClientBase, kind: ExceptionKind): Promise<PolicyTerms> {
  const rows = await readRows(
    client,
    termsShape,
    'select policy, deadline_seconds, owner from exception_policy where kind = $1 order by policy_id desc limit 1',
    [kind],
  );
  const said = rows[0];
  return said === undefined
    ? usualTerms(kind)
    : { policy: said.policy, deadlineSeconds: said.deadlineSeconds, owner: said.owner };
}

/** Answers the event to tell; none when it was opened before. */
export async function openException(
  client: pg.ClientBase,
  merchantId: string,
  fact: ExceptionFact,
): Promise<readonly EventFact[]> {
  const exceptionId = exceptionIdOf(merchantId, fact.kind, fact.cause);
  const terms = await termsFor(client, fact.kind);
  const { rowCount } = await client.query(
    `insert into exception (exception_id, merchant_id, payment_link_id, payment_request_id, kind, cause, currency,
                            amount_minor, sentence, detail, policy, deadline_at, owner)
     values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, now() + make_interval(secs => $12), $13)
       on conflict do nothing`,
    [
      exceptionId,
      merchantId,
      fact.paymentLinkId ?? null,
      fact.paymentRequestId ?? null,
      fact.kind,
      fact.cause,
      fact.amount?.currency ?? null,
      fact.amount?.minorUnits ?? null,
      fact.sentence,
      JSON.stringify(fact.detail),
      terms.policy,
      terms.deadlineSeconds,
      terms.owner,
    ],
  );
  if (rowCount === 0) return [];
  const link = fact.paymentLinkId === undefined ? {} : { paymentLinkId: fact.paymentLinkId };
  const request = fact.paymentRequestId === undefined ? {} : { paymentRequestId: fact.paymentRequestId };
  const amount = fact.amount === undefined ? {} : { amount: toText(fromJson(fact.amount)) };
  const { kind, sentence } = fact;
  return [
    {
      name: 'exception.opened',
      cause: exceptionId,
      ...link,
      ...request,
      payload: { exceptionId, kind, ...link, ...request, ...amount, policy: terms.policy, sentence },
    },
  ];
}
