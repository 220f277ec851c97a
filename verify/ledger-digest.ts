/**
 * The digest of a ledger transaction, computed a second time: in another language and from the description alone, so
 * that a mistake in `ledger_digest()` of the database, or a change of it, does not vouch for itself.
 */
import { createHash } from 'node:crypto';

export interface HashedEntry {
  readonly merchantId: string;
  readonly line: string;
  readonly account: string;
  readonly currency: string;
  readonly minor: string;
}

/** As text, exactly as Postgres has it; instants as `extract(epoch from …)` writes them. */
export interface HashedTransaction {
  readonly transactionId: string;
  readonly merchantId: string;
  readonly provider: string;
  readonly endToEndId: string;
  readonly paymentLinkId: string | null;
  readonly paymentRequestId: string | null;
  readonly kind: string;
  readonly revision: string;
  readonly settledAt: string | null;
  readonly bookedAt: string;
  readonly evidence: string;
  readonly exceptionId: string | null;
  readonly returnId: string | null;
  readonly balanced: string | null;
  readonly commandId: string | null;
  readonly actor: string | null;
  readonly reason: string | null;
  /** By line. */
  readonly entries: readonly HashedEntry[];
}

/** Undefined: no such version. */
export function transactionDigest(version: number, transaction: HashedTransaction): Buffer | undefined {
  if (version === 1) return sha256(firstForm(transaction));
  if (version === 2) return sha256(secondForm(transaction));
  return undefined;
}

/** Each row follows from the one before it and from its own digest. */
export function hashAfter(before: Buffer, digest: Buffer): Buffer {
  return createHash('sha256').update(before).update(digest).digest();
}

function sha256(text: string): Buffer {
  return createHash('sha256').update(text, 'utf8').digest();
}

/** Rows written before 0002_money.sql: a few columns and the entries, a line each. */
function firstForm(transaction: HashedTransaction): string {
  const { transactionId, paymentRequestId, kind, revision, entries } = transaction;
  const lines = entries.map(({ line, account, currency, minor }) => `${line}|${account}|${currency}|${minor}`);
  return [`${transactionId}|${paymentRequestId ?? ''}|${kind}|${revision}`, ...lines].join('\n');
}

/** Every byte of the transaction and of its entries, each with its length first: no two rows are written the same. */
function secondForm(of: HashedTransaction): string {
  const { transactionId, merchantId, provider, endToEndId, paymentLinkId, paymentRequestId } = of;
  const { kind, revision, evidence, exceptionId, returnId, balanced, commandId, actor, reason } = of;
  const names = [transactionId, merchantId, provider, endToEndId, paymentLinkId, paymentRequestId];
  const facts = [kind, revision, microseconds(of.settledAt), microseconds(of.bookedAt), evidence];
  const head = [...names, ...facts, exceptionId, returnId, balanced, commandId, actor, reason].map(field);
  const entries = of.entries.map((entry) =>
    [entry.merchantId, entry.line, entry.account, entry.currency, entry.minor].map(field).join(','),
  );
  return entries.length === 0 ? head.join(',') : `${head.join(',')},${entries.join(';')}`;
}

function field(value: string | null): string {
  return value === null ? '-' : `${Buffer.byteLength(value, 'utf8')}:${value}`;
}

/** "1764136370.123456" as microseconds, without a float on the way. What is no such number never had a digest. */
function microseconds(epoch: string | null): string | null {
  if (epoch === null) return null;
  const form = /^(-?)(\d+)(?:\.(\d{1,6}))?$/.exec(epoch);
  if (form === null) return `unreadable ${epoch}`;
  const [, sign, seconds = '0', fraction = ''] = form;
  return BigInt(`${sign}${seconds}${fraction.padEnd(6, '0')}`).toString();
}
