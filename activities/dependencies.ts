/** What every activity is given. The composition root (worker/) makes it; tests make their own. */
import type pg from 'pg';
import { encodeBrCode } from '../domain/codes/br-code.ts';
import type { Charge, LinkKind } from '../domain/money/charge.ts';
import type { Answer } from '../domain/links/link-state.ts';
import { fromJson } from '../domain/money.ts';
import { notifyEvents, type Facts } from '../db/facts.ts';
import type { LinkRow } from '../db/links/link-rows.ts';
import { tenantTransaction } from '../db/pool.ts';
import type { Provider } from '../providers/provider.ts';
import type { Attempt } from './attempt.ts';
import type { LinkRef } from './links/link-activities.ts';

export interface Dependencies {
  readonly pool: pg.Pool;
  readonly provider: Provider;
  readonly messages: Messages;
  /** Test only: kills the process at the named step. Does nothing in any other environment. */
  readonly crash: (step: string) => void;
  /** Waits for the provider's reads to catch up; simulations replace it with their virtual clock. */
  readonly pause: (ms: number) => Promise<void>;
}

/** A link as its workflow is addressed. */
export interface AddressedLink {
  readonly merchantId: string;
  readonly paymentLinkId: string;
  readonly kind: LinkKind;
  readonly label: string;
}

/**
 * Messages to workflows, each with a start: a workflow that is not running is started and loads its state from Postgres
 * (F6).
 */
export interface Messages {
  /** Of a link, by name; or the command of an exception or of a return, by its kind. */
  readonly signal: (name: string, link: AddressedLink, message: object) => Promise<void>;
  /** Makes the workflow of an exception or of a return read its row. If lost, `watch` repeats it. */
  readonly wake: (what: 'exception' | 'return', merchantId: string, id: string) => Promise<void>;
  /** Starts the workflow of a batch, unless it runs. If lost, the next round of `watch` repeats it. */
  readonly startBatch: (merchantId: string, batchId: string) => Promise<void>;
  /** Takes a request off its code, as a command of its own, and answers what was found; undefined: not known yet. */
  readonly unlink: (
    link: AddressedLink,
    message: {
      readonly commandId: string;
      readonly requestId: string;
      readonly reason: string;
      readonly actor: string;
    },
  ) => Promise<Answer | undefined>;
}

/** One transaction of this merchant that ends with the attempt. */
export async function inTransaction<T>(
  { pool }: Pick<Dependencies, 'pool'>,
  { merchantId }: Pick<LinkRef, 'merchantId'>,
  attempt: Attempt,
  work: (client: pg.PoolClient) => Promise<T>,
): Promise<T> {
  return tenantTransaction(pool, merchantId, work, { signal: attempt.signal });
}

/** Notifies listeners after the commit. If lost in a crash, their own polling makes up for it. */
export async function notifyListeners(
  { pool }: Dependencies,
  merchantId: string,
  position: string | undefined,
): Promise<void> {
  if (position === undefined) return;
  await notifyEvents(pool, merchantId, position).catch(() => undefined);
}

/**
 * After the commit: starts the workflows of newly opened exceptions and returns. Not awaited, so that the next sale on
 * the code is not delayed.
 */
export function wakeOwners(
  { messages }: Pick<Dependencies, 'messages'>,
  merchantId: string,
  facts: Pick<Facts, 'events'> | undefined,
): void {
  for (const { name, cause } of facts?.events ?? []) {
    const what =
      name === 'exception.opened' ? 'exception' : name === 'payment_request.returning' ? 'return' : undefined;
    if (what !== undefined) void messages.wake(what, merchantId, cause).catch(() => undefined);
  }
}

/** The code of one revision, for a screen: it carries the amount, so it is written anew with every revision. */
export function requestCodeOf(link: LinkRow, charge: Charge): string {
  if (link.url === undefined) throw new Error(`link ${link.paymentLinkId} has no URL yet`);
  return encodeBrCode({
    url: link.url,
    merchantName: link.merchantName,
    merchantCity: link.merchantCity,
    amount: fromJson(charge.amount),
    oneTime: true,
  });
}
